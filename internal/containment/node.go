package containment

import (
	"encoding/json"
	"maps"
	"math/big"
	"regexp"
	"slices"

	"github.com/eventbridge-go/eventbridge/internal/jsonschema"
)

// kinds is a set of kinds of values. A number is an integer or a fraction: 1.0 is an
// integer.
type kinds uint8

const (
	null kinds = 1 << iota
	boolean
	integer
	fraction
	text
	array
	object

	number   = integer | fraction
	allKinds = null | boolean | number | text | array | object
)

var kindOf = map[string]kinds{
	"null": null, "boolean": boolean, "integer": integer, "number": number,
	"string": text, "array": array, "object": object,
}

// A node is a schema with a number that identifies it.
type node struct {
	id   int
	loc  jsonschema.Location
	seen *view
}

// A view is what a schema says, as far as its dialect knows the words.
type view struct {
	keywords      map[string]any // those that count
	isTrue, never bool
	nested        map[string]bool  // of keywords, those that hold schemas
	children      map[string]*node // the schemas that keywords hold, by their place

	kinds    kinds
	enum     []any           // also const
	enumKeys map[string]bool // canonical, when they are asked for
	hasEnum  bool
	lower    []bound
	upper    []bound
	factor   *big.Rat // multipleOf

	minLength, minItems, minProperties int
	maxLength, maxItems, maxProperties int // -1: none
	pattern                            *pattern
	format                             string // "" where it refuses nothing

	prefix                   []*node
	rest                     *node // of the items beyond prefix
	restKeyword              string
	unique                   bool
	contains                 *node
	minContains, maxContains int

	properties map[string]*node
	patterns   []*pattern
	additional *node
	described  bool // properties are declared
	required   []string
	names      *node
	needs      map[string][]string // dependencies
	needsThat  map[string]*node

	ref                                  *node
	allOf, anyOf, oneOf                  []*node
	not, when, then, otherwise           *node
	unevaluatedItems, unevaluatedMembers *node
	opaque                               []string // keywords of which nothing is known here
}

// A bound is a limit of numbers.
type bound struct {
	n         *big.Rat
	exclusive bool
	keyword   string
	text      json.Number
}

// A pattern is a regular expression, and the schema it goes with.
type pattern struct {
	expr string
	re   *regexp.Regexp // nil where it does not compile
	n    *node
}

func newPattern(expr string, n *node) *pattern {
	re, err := regexp.Compile(expr)
	if err != nil {
		re = nil
	}
	return &pattern{expr: expr, re: re, n: n}
}

// node is the node at a location, always the same one.
func (c *checker) node(loc jsonschema.Location) *node {
	at := place{loc.Doc, loc.Pointer}
	if n, ok := c.nodes[at]; ok && loc.Doc != nil {
		return n
	}
	c.made++
	n := &node{id: c.made, loc: loc}
	c.nodes[at] = n
	return n
}

// wanted is a schema made up here: an object with the property.
func (c *checker) wanted(name string) *node {
	at := place{nil, "wanted " + name}
	if n, ok := c.nodes[at]; ok {
		return n
	}
	c.made++
	n := &node{id: c.made, seen: blank()}
	n.seen.required, n.seen.keywords = []string{name}, map[string]any{"required": []any{name}}
	c.nodes[at] = n
	return n
}

// named is a schema made up here: a string that matches the expression.
func (c *checker) named(expr string) *node {
	at := place{nil, "named " + expr}
	if n, ok := c.nodes[at]; ok {
		return n
	}
	c.made++
	n := &node{id: c.made, seen: blank()}
	n.seen.kinds, n.seen.pattern, n.seen.keywords = text, newPattern(expr, nil), map[string]any{"pattern": expr}
	c.nodes[at] = n
	return n
}

func blank() *view {
	return &view{kinds: allKinds, maxLength: -1, maxItems: -1, maxProperties: -1, minContains: 1, maxContains: -1}
}

// view reads a node, once.
func (c *checker) view(n *node) *view {
	if n.seen != nil {
		return n.seen
	}
	c.step()
	v := blank()
	n.seen = v
	switch s := n.loc.Schema.(type) {
	case bool:
		v.isTrue, v.never = s, !s
		return v
	case map[string]any:
		c.read(n, v, s)
	default: // a dialect's own metaschema, or no schema at all
		v.keywords, v.opaque = map[string]any{"$ref": nil}, []string{"$ref"}
	}
	return v
}

// read goes over the keywords that the dialect knows; others are annotations.
func (c *checker) read(n *node, v *view, s map[string]any) {
	dialect := n.loc.Doc.Dialect
	ref, isRef := s["$ref"].(string)
	if isRef {
		v.keywords = map[string]any{"$ref": ref}
		if to, err := c.Set.Resolve(n.loc, ref); err != nil || to.Doc == nil {
			v.opaque = append(v.opaque, "$ref")
		} else {
			v.ref = c.node(to)
		}
		if dialect <= jsonschema.Draft7 {
			return
		}
	}
	if v.keywords == nil {
		v.keywords = map[string]any{}
	}
	v.nested, v.children = map[string]bool{}, map[string]*node{}
	children := map[string][]jsonschema.Child{}
	for _, child := range n.loc.Children() {
		children[child.Keyword] = append(children[child.Keyword], child)
	}
	for _, name := range slices.Sorted(maps.Keys(s)) {
		word, ok := words[name]
		if !ok || dialect < word.from || word.until != 0 && dialect > word.until {
			continue
		}
		if format, _ := s[name].(string); name == "format" && !asserted(dialect, format) {
			continue
		}
		v.keywords[name] = s[name]
		var held []*node
		for _, child := range children[name] {
			n := c.node(child.Location)
			held = append(held, n)
			v.nested[name] = true
			v.children[jsonschema.Append(name, child.Name)] = n
		}
		word.read(v, reading{name: name, value: s[name], schema: s, dialect: dialect, children: children[name], nodes: held})
	}
}

// formats are those that an engine looks at. An unknown one refuses nothing.
var formats = map[string]bool{
	"date": true, "time": true, "date-time": true, "duration": true, "email": true, "idn-email": true, "hostname": true,
	"idn-hostname": true, "ipv4": true, "ipv6": true, "uri": true, "uri-reference": true, "iri": true,
	"iri-reference": true, "uri-template": true, "uuid": true, "regex": true, "json-pointer": true,
	"relative-json-pointer": true, "period": true, "semver": true,
}
