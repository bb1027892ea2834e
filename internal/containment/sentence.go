package containment

import "strings"

// A sentence is how a break is told: as old events that the new schema refuses, and as
// new events that the old schema refuses. {1} and so on are the break's own words.
type sentence struct{ backward, forward string }

var sentences = map[string]sentence{
	"required/added": {
		"required property `{1}` added: old events lack it",
		"required property `{1}` removed: new events lack it and the old schema wants it",
	},
	"required/optional": {
		"property `{1}` is required now: old events may lack it",
		"property `{1}` is no longer required: new events may lack it and the old schema wants it",
	},
	"type/narrowed": {
		"type narrowed from {1} to {2}: old events may hold {3}",
		"type widened from {2} to {1}: new events may hold {3}",
	},
	"type/changed": {
		"type changed from {1} to {2}",
		"type changed from {2} to {1}",
	},
	"type/value": {
		"type is {2} now: old events may hold {1}",
		"type was {2}: new events may hold {1}",
	},
	"enum/added": {
		"values limited to a list: old events may hold others",
		"values no longer limited to a list: new events may hold others than the old schema lists",
	},
	"enum/removed": {
		"value {1} removed: old events may hold it",
		"value {1} added: new events may hold it and the old schema does not list it",
	},
	"value": {
		"value {1} is refused now: old events may hold it",
		"value {1} was refused: new events may hold it",
	},
	"lower/added": {
		"{1} {2} added: old events may be below it",
		"{1} {2} removed: new events may be below it",
	},
	"lower/moved": {
		"{1} raised from {2} to {3}: old events may be below it",
		"{1} lowered from {3} to {2}: new events may be below what the old schema wants",
	},
	"upper/added": {
		"{1} {2} added: old events may be beyond it",
		"{1} {2} removed: new events may be beyond it",
	},
	"upper/moved": {
		"{1} lowered from {2} to {3}: old events may be beyond it",
		"{1} raised from {3} to {2}: new events may be beyond what the old schema wants",
	},
	"multipleOf": {
		"multipleOf {1} added: old events may hold other numbers",
		"multipleOf {1} removed: new events may hold other numbers",
	},
	"pattern/added": {
		"pattern {1} added: old events may not match it",
		"pattern {1} removed: new events may not match it",
	},
	"pattern/changed": {
		"pattern changed from {1} to {2}",
		"pattern changed from {2} to {1}",
	},
	"format/added": {
		"format {1} added: old events may not have it",
		"format {1} removed: new events may not have it",
	},
	"format/changed": {
		"format changed from {2} to {1}",
		"format changed from {1} to {2}",
	},
	"uniqueItems": {
		"uniqueItems added: old events may hold an item twice",
		"uniqueItems removed: new events may hold an item twice",
	},
	"items/closed": {
		"no more than {1} items are allowed: old events may hold more",
		"more than {1} items are allowed: new events may hold more than the old schema allows",
	},
	"contains": {
		"contains added or narrowed: old events may hold no such item",
		"contains removed or widened: new events may hold no such item",
	},
	"properties/open": {
		"property `{1}` added: old events may hold anything under that name",
		"property `{1}` removed: new events may hold anything under that name",
	},
	"additionalProperties/removed": {
		"property `{1}` removed and no others are allowed: old events may hold it",
		"property `{1}` added: the old schema allows no others than its own",
	},
	"additionalProperties/closed": {
		"additional properties are no longer allowed: old events may hold some",
		"additional properties are allowed: new events may hold some and the old schema allows none",
	},
	"propertyNames": {
		"propertyNames added or changed: old events may hold other names",
		"propertyNames removed or changed: new events may hold other names",
	},
	"propertyNames/name": {
		"the name {1} is refused now: old events may hold it",
		"the name {1} was refused: new events may hold it",
	},
	"dependencies": {
		"property `{1}` needs `{2}` now: old events may have it alone",
		"property `{1}` no longer needs `{2}`: new events may have it alone",
	},
	"anyOf/none": {
		"no alternative of anyOf accepts what old events hold",
		"no alternative of the old anyOf accepts what new events hold",
	},
	"anyOf/several": {
		"no single one of {1} alternatives of anyOf accepts all that old events may hold",
		"no single one of {1} alternatives of the old anyOf accepts all that new events may hold",
	},
	"oneOf/none": {
		"no alternative of oneOf accepts what old events hold",
		"no alternative of the old oneOf accepts what new events hold",
	},
	"oneOf/several": {
		"no single one of {1} alternatives of oneOf accepts all that old events may hold",
		"no single one of {1} alternatives of the old oneOf accepts all that new events may hold",
	},
	"oneOf/overlap": {
		"old events may fit two alternatives of oneOf",
		"new events may fit two alternatives of the old oneOf",
	},
	"not": {
		"not added or changed: old events may be of what is excluded",
		"not removed or changed: new events may be of what the old schema excludes",
	},
	"false": {
		"nothing is allowed here now: old events may hold something",
		"nothing was allowed here: new events may hold something",
	},
	"opaque": {
		"{1} is there, of which nothing is known",
		"{1} was there, of which nothing is known",
	},
	"cycle": {
		"the schemas refer to each other in a way that is not followed",
		"the schemas refer to each other in a way that is not followed",
	},
	"budget": {
		"the schemas are too large to compare in full",
		"the schemas are too large to compare in full",
	},
}

// Text is the break in a sentence, with the writer's schema as the old one or, if
// forward, as the new one.
func (b Break) Text(forward bool) string {
	format := sentences[b.row].backward
	if forward {
		format = sentences[b.row].forward
	}
	text := strings.NewReplacer("{1}", b.args[0], "{2}", b.args[1], "{3}", b.args[2]).Replace(format)
	if b.Unproven {
		return "not proven: " + text
	}
	return text
}
