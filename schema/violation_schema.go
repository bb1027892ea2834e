package schema

import (
	"encoding/json"
	"math/big"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/eventbridge-go/eventbridge/internal/jsonschema"
)

// A node is a schema as violations are found with it: what a keyword holds, decoded.
type node struct {
	id int
	// opaque is a dialect's own metaschema, which is not looked into.
	opaque bool
	never  bool
	// alone: the reference is all that counts.
	alone bool
	refs  []*node

	types      []string
	enum       []any // nil when there is none
	constant   any
	hasConst   bool
	limits     []limit
	multipleOf json.Number
	counts     []count
	pattern    *regexp.Regexp
	// patternSize is the length of its program.
	patternSize int
	format      string
	unique      bool
	required    []string

	dependentRequired []dependent
	properties        map[string]*node
	patterns          []patternNode
	additional, names *node
	prefix            []*node
	items             *node
	contains          *node
	minContains       int
	maxContains       int
	allOf             []*node
	anyOf, oneOf      []*node
	not               *node
	cond, then, els   *node
	dependents        []dependentNode
	unevaluated       []*node
}

type (
	// A limit is a bound of a number.
	limit struct {
		keyword string
		text    json.Number
		value   *big.Rat
	}
	// A count is a bound of a length.
	count struct {
		keyword string
		n       int
	}
	dependent struct {
		name  string
		needs []string
	}
	dependentNode struct {
		name   string
		schema *node
	}
	patternNode struct {
		name   *regexp.Regexp
		steps  int // to compile it
		schema *node
	}
)

// A graph builds the nodes of everything that a document reaches.
type graph struct {
	set   *jsonschema.Set
	entry *jsonschema.Document
	nodes map[schemaPlace]*node
	err   error

	compares comparing
}

// comparing is whether schemas compare values as a whole, and by long numbers.
type comparing struct{ any, long bool }

func (g *graph) build(doc *jsonschema.Document) (*node, error) {
	g.entry = doc
	l, _ := doc.At("")
	n := g.node(l)
	return n, g.err
}

// node is that of a place, made once.
func (g *graph) node(l jsonschema.Location) *node {
	at := schemaPlace{l.Doc, l.Pointer}
	if l.Doc == nil {
		at.pointer = l.Base + "#" + l.Pointer
	}
	if n, ok := g.nodes[at]; ok {
		return n
	}
	n := &node{id: len(g.nodes), maxContains: -1, minContains: 1}
	g.nodes[at] = n
	if l.Doc == nil {
		n.opaque = true
		return n
	}
	if allowed, ok := l.Schema.(bool); ok {
		n.never = !allowed
		return n
	}
	o := l.Object()
	for _, keyword := range []string{"$ref", "$dynamicRef", "$recursiveRef"} {
		if ref, ok := o[keyword].(string); ok && refersIn(keyword, l.Doc.Dialect) {
			to, err := g.set.Resolve(l, ref)
			if err != nil {
				g.err = err
				return n
			}
			n.refs = append(n.refs, g.node(g.dynamic(keyword, ref, to)))
		}
	}
	if o["$ref"] != nil && l.Doc.Dialect <= jsonschema.Draft7 {
		n.alone = true
		return n
	}
	n.read(o, l.Doc.Dialect)
	g.compare(n)
	for _, c := range l.Children() {
		n.hold(c, o, g.node(c.Location))
	}
	return n
}

// compare notes what a schema compares.
func (g *graph) compare(n *node) {
	if n.enum == nil && !n.hasConst && !n.unique {
		return
	}
	g.compares.any = true
	var s size
	s.measure([]any{n.enum, n.constant}, 0)
	g.compares.long = g.compares.long || s.long
}

// dynamic is what a reference means whose meaning depends on the schemas on the way:
// the outermost with the same anchor. The document itself is the outermost of all; one
// in between is not seen.
func (g *graph) dynamic(keyword, ref string, to jsonschema.Location) jsonschema.Location {
	anchor, _ := to.Object()["$dynamicAnchor"].(string)
	switch {
	case keyword == "$recursiveRef":
		entry, _ := g.entry.At("")
		if to.Object()["$recursiveAnchor"] == true && entry.Object()["$recursiveAnchor"] == true {
			return entry
		}
	case keyword == "$dynamicRef" && anchor != "" && strings.HasSuffix(ref, "#"+anchor):
		entry, err := g.set.Resolve(jsonschema.Location{Doc: g.entry, Base: g.entry.Base}, "#"+anchor)
		if err == nil && entry.Object()["$dynamicAnchor"] == anchor {
			return entry
		}
	}
	return to
}

func refersIn(keyword string, d jsonschema.Dialect) bool {
	switch keyword {
	case "$dynamicRef":
		return d >= jsonschema.Draft2020
	case "$recursiveRef":
		return d == jsonschema.Draft2019
	}
	return true
}

// read takes what holds no schemas.
func (n *node) read(o map[string]any, d jsonschema.Dialect) {
	switch t := o["type"].(type) {
	case string:
		n.types = []string{t}
	case []any:
		n.types = texts(t)
	}
	n.enum, _ = o["enum"].([]any)
	if d > jsonschema.Draft4 {
		n.constant, n.hasConst = o["const"]
	}
	n.readLimits(o, d)
	n.multipleOf, _ = o["multipleOf"].(json.Number)
	for _, keyword := range []string{"minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"} {
		if i, ok := wholeIn(o, keyword); ok {
			n.counts = append(n.counts, count{keyword, i})
		}
	}
	if expr, ok := o["pattern"].(string); ok {
		n.pattern, n.patternSize, _ = expression(expr)
	}
	if d <= jsonschema.Draft7 { // later ones take it for a remark
		n.format, _ = o["format"].(string)
	}
	n.unique, _ = o["uniqueItems"].(bool)
	required, _ := o["required"].([]any)
	n.required = texts(required)
	keyword := "dependencies"
	if d >= jsonschema.Draft2019 {
		keyword = "dependentRequired"
		if i, ok := wholeIn(o, "minContains"); ok {
			n.minContains = i
		}
		if i, ok := wholeIn(o, "maxContains"); ok {
			n.maxContains = i
		}
	}
	named, _ := o[keyword].(map[string]any)
	for _, name := range sortedKeys(named) {
		if needs, ok := named[name].([]any); ok {
			n.dependentRequired = append(n.dependentRequired, dependent{name, texts(needs)})
		}
	}
}

// readLimits takes the bounds of a number. In draft-04 "exclusive…" is a remark to
// the bound beside it.
func (n *node) readLimits(o map[string]any, d jsonschema.Dialect) {
	for _, keyword := range []string{"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"} {
		text, ok := o[keyword].(json.Number)
		if !ok {
			continue
		}
		if exclusive := "exclusiveM" + keyword[1:]; d == jsonschema.Draft4 && o[exclusive] == true {
			keyword = exclusive
		}
		if r, ok := new(big.Rat).SetString(string(text)); ok {
			n.limits = append(n.limits, limit{keyword, text, r})
		}
	}
}

// hold takes what a keyword holds.
func (n *node) hold(c jsonschema.Child, o map[string]any, child *node) {
	switch c.Keyword {
	case "properties":
		if n.properties == nil {
			n.properties = map[string]*node{}
		}
		n.properties[c.Name] = child
	case "patternProperties":
		if re, _, steps := expression(c.Name); re != nil {
			n.patterns = append(n.patterns, patternNode{re, steps, child})
		}
	case "additionalProperties":
		n.additional = child
	case "propertyNames":
		n.names = child
	case "prefixItems":
		n.prefix = append(n.prefix, child)
	case "items":
		if _, isList := o["items"].([]any); isList {
			n.prefix = append(n.prefix, child)
			return
		}
		n.items = child
	case "additionalItems":
		if _, isList := o["items"].([]any); isList {
			n.items = child
		}
	case "contains":
		n.contains = child
	case "allOf":
		n.allOf = append(n.allOf, child)
	case "anyOf":
		n.anyOf = append(n.anyOf, child)
	case "oneOf":
		n.oneOf = append(n.oneOf, child)
	case "not":
		n.not = child
	case "if":
		n.cond = child
	case "then":
		n.then = child
	case "else":
		n.els = child
	case "dependencies", "dependentSchemas":
		n.dependents = append(n.dependents, dependentNode{c.Name, child})
	case "unevaluatedProperties", "unevaluatedItems":
		n.unevaluated = append(n.unevaluated, child)
	}
}

// expression compiles a regular expression. It tells how long its program is, and how
// many steps it is worth to compile it.
func expression(text string) (re *regexp.Regexp, size, steps int) {
	re, err := regexp.Compile(text)
	if err != nil {
		return nil, 0, 0
	}
	parsed, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil, 0, 0
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return nil, 0, 0
	}
	runes := 0
	for _, i := range program.Inst {
		runes += len(i.Rune)
	}
	return re, len(program.Inst), 2 + len(program.Inst)/10 + runes/200
}

func wholeIn(o map[string]any, keyword string) (int, bool) {
	n, ok := o[keyword].(json.Number)
	if !ok {
		return 0, false
	}
	return jsonschema.Whole(n)
}

func texts(list []any) []string {
	out := make([]string, 0, len(list))
	for _, v := range list {
		if s, ok := v.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
