package schema

import (
	"encoding/json"
	"math/big"
	"regexp"
	"regexp/syntax"
	"slices"

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
	// mayRefer are what a dynamic reference may turn out to mean besides.
	mayRefer []*node

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
