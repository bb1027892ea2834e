// Package filter says which events a rule takes.
//
//	the zero Filter   every event
//	Pattern           a JSON pattern: AWS EventBridge's language and more
//	Type              events of these types, "order.*"
//	Expr              an expression: data.total > 100
//	Subscription      the filters of the CloudEvents Subscriptions API
//	And, Or, Not      of others
//	Func              a Go function
//
// A pattern is a JSON object whose keys must all match. At the top stand CloudEvents
// attributes by name, and data for the payload (or detail-type and detail, as AWS
// calls type and data); below data, nested objects name nested fields. A leaf is an
// array of alternatives, one of which must match:
//
//	"x", 12, true, null              the value; numbers compare exactly, by value
//	{"exactly": "x"}                 the string
//	{"prefix": "x"}, {"suffix": "x"} strings; a list means any of it, and
//	                                 {"equals-ignore-case": "x"} in its place folds case
//	{"equals-ignore-case": "x"}      strings, under simple case folding; a list means any
//	{"contains": "x"}                strings with x in them
//	{"wildcard": "a*b"}              * is any run of characters; \* and \\ are themselves
//	{"shellstyle": "a*b"}            the same
//	{"regexp": "a[0-9]+"}            the whole string, by I-Regexp (RFC 9485)
//	{"numeric": [">", 0, "<=", 5]}   numbers; = != < <= > >=
//	{"cidr": "10.0.0.0/24"}          strings that are IP addresses in the block
//	{"exists": true}                 any value, null too; an object is none
//	{"exists": false}                no value there
//	{"anything-but": …}              a value that is none of these: a literal, a list of
//	                                 them, or prefix, suffix, wildcard, equals-ignore-case
//	{"prefix": "a", "suffix": "z"}   several operators: all, of one value
//
// "$or", at any level, is a list of patterns of which one must match.
//
// What is promised:
//
//   - A field that is an array matches when an element does. What a nested pattern
//     asks of an array of objects must hold within one element, exists: false too.
//   - Types are strict, numbers are compared with every digit they have, strings by
//     code point. Of duplicate names in an event's data the last counts; in a pattern
//     they are an error.
//   - Data that is not JSON, or not an object, has no fields: only exists: false holds.
//   - Every fault of a pattern is told at once, with JSON Pointer and byte offset, in
//     words that say what would be right.
//   - String gives a normalised form, from which the same filter can be made again.
//   - Neither a pattern nor an event makes matching cost more than linear time in the
//     event's size, and no event makes it panic.
//   - A Set matches an event against all its filters in one pass and takes no lock for
//     it. The data is looked at once at most, and not at all when every filter that asks
//     for it is ruled out by attributes that must be one of at most eight strings,
//     numbers, prefixes and the like.
//   - A name with dots in an event is a path: "a.b" is b in a. Where an event has an
//     array at a, too, what a pattern wants absent in its elements may be there.
//
// docs/filters.md leads here from other systems' patterns.
package filter
