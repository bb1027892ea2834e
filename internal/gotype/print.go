package gotype

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/eventbridge-go/eventbridge/internal/jsonschema"
)

// maxNesting bounds how deep a type that is used once is written where it is used.
// Below, it is a definition, so that the document stays within the depth that is read.
const maxNesting = 12

// A printer writes nodes as JSON. Types that are used more than once, or too deep, are
// definitions.
type printer struct {
	refs        map[*definition]string
	taken       map[string]bool // names of definitions
	definitions object
}

// print writes a whole document. The root's own type is "#" to what refers to it.
func print(root *node) ([]byte, error) {
	p := printer{refs: map[*definition]string{}, taken: map[string]bool{}}
	if root.use != nil && !root.nullable {
		p.refs[root.use] = "#"
		root = root.use.node
	}
	doc := append(object{{"$schema", jsonschema.Draft7.String()}}, p.object(root, 0)...)
	if len(p.definitions) > 0 {
		doc = append(doc, member{"definitions", p.definitions})
	}
	text, err := marshal(doc)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = json.Indent(&b, text, "", "  ")
	return b.Bytes(), err
}

// object is a node as JSON, so many schemas deep.
func (p *printer) object(n *node, depth int) object {
	switch {
	case len(n.given) > 0 && n.nullable:
		return orNull(n.given)
	case len(n.given) > 0:
		return n.given
	case n.use == nil:
		return p.inline(n, depth)
	case n.use.uses > 1 || depth > maxNesting || p.refs[n.use] != "":
		ref := object{{"$ref", p.ref(n.use)}}
		if n.nullable {
			return orNull(ref)
		}
		return ref
	}
	once := *n.use.node
	once.nullable = n.nullable
	return p.object(&once, depth)
}

func orNull(o object) object {
	return object{{"anyOf", []object{o, {{"type", "null"}}}}}
}

// ref refers to a definition, which is written when it is first referred to.
func (p *printer) ref(d *definition) string {
	if ref := p.refs[d]; ref != "" {
		return ref
	}
	base := definitionName(d.typ.Name())
	name := base
	for i := 2; p.taken[name]; i++ {
		name = fmt.Sprintf("%s_%d", base, i)
	}
	p.taken[name] = true
	p.refs[d] = "#/definitions/" + name
	place := len(p.definitions)
	p.definitions = append(p.definitions, member{name: name})
	value := p.object(d.node, 1)
	p.definitions[place].value = value
	return p.refs[d]
}

// inline writes a node's own keywords.
func (p *printer) inline(n *node, depth int) (o object) {
	add := func(keyword string, value any) { o = append(o, member{keyword, value}) }
	if n.typ != "" && n.nullable {
		add("type", []string{n.typ, "null"})
	} else if n.typ != "" {
		add("type", n.typ)
	}
	if n.format != "" {
		add("format", n.format)
	}
	if n.pattern != "" {
		add("pattern", n.pattern)
	}
	if n.enum != nil && n.nullable {
		add("enum", append(n.enum[:len(n.enum):len(n.enum)], json.RawMessage("null")))
	} else if n.enum != nil {
		add("enum", n.enum)
	}
	if n.minimum != nil {
		add("minimum", *n.minimum)
	}
	if n.maximum != nil {
		add("maximum", *n.maximum)
	}
	return append(o, p.parts(n, depth+1)...)
}

// parts writes the keywords of a node that hold other schemas.
func (p *printer) parts(n *node, depth int) (o object) {
	add := func(keyword string, value any) { o = append(o, member{keyword, value}) }
	if n.items != nil {
		add("items", p.object(n.items, depth))
	}
	if n.minItems != nil {
		add("minItems", *n.minItems)
		add("maxItems", *n.maxItems)
	}
	if len(n.properties) > 0 {
		properties := make(object, len(n.properties))
		for i, f := range n.properties {
			properties[i] = member{f.name, p.object(f.node, depth)}
		}
		add("properties", properties)
	}
	if len(n.required) > 0 {
		add("required", n.required)
	}
	if n.names != nil {
		add("propertyNames", p.object(n.names, depth))
	}
	if n.values != nil {
		add("additionalProperties", p.object(n.values, depth))
	}
	if len(n.anyOf) > 0 {
		alternatives := make([]object, len(n.anyOf), len(n.anyOf)+1)
		for i, a := range n.anyOf {
			alternatives[i] = p.object(a, depth)
		}
		if n.nullable {
			alternatives = append(alternatives, object{{"type", "null"}})
		}
		add("anyOf", alternatives)
	}
	return o
}

var (
	qualified = regexp.MustCompile(`[^\[\],*\s]*[/.]([^\[\],*\s/.]+)`)
	noName    = regexp.MustCompile(`[^A-Za-z0-9_]+`)
)

// definitionName is a Go type's name for use in a reference: Box[example.org/shop.Item]
// is Box_Item. What is not ASCII is left out, and a name of nothing else is Type.
func definitionName(name string) string {
	name = qualified.ReplaceAllString(name, "$1")
	return cmp.Or(strings.Trim(noName.ReplaceAllString(name, "_"), "_"), "Type")
}
