package schema

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/eventbridge-go/eventbridge/internal/jsonschema"
)

// A schemaPlace identifies a schema.
type schemaPlace struct {
	doc     *jsonschema.Document
	pointer string
}

// A bundler writes what is reached anew for gojsonschema.
type bundler struct {
	set     *jsonschema.Set
	names   map[schemaPlace]string
	queue   []jsonschema.Location
	bundles map[jsonschema.Dialect]map[string]any
	err     error
}

// name queues a schema and returns the reference to it.
func (b *bundler) name(l jsonschema.Location) string {
	if l.Doc == nil {
		d, ok := jsonschema.DialectOf(l.Base)
		if _, serves := drafts[d]; !ok || !serves {
			b.err = fmt.Errorf("the metaschema %q is none of this engine's", l.Base)
		}
		return metaschema(d) + "#" + l.Pointer
	}
	at := schemaPlace{l.Doc, l.Pointer}
	name, known := b.names[at]
	if !known {
		schemas := b.bundles[l.Doc.Dialect]
		if schemas == nil {
			schemas = map[string]any{}
			b.bundles[l.Doc.Dialect] = schemas
		}
		name = strconv.Itoa(len(b.names))
		b.names[at] = name
		b.queue = append(b.queue, l)
	}
	return bundle(l.Doc.Dialect) + "#/schemas/" + name
}

// write is a schema in the keywords that its dialect knows.
func (b *bundler) write(l jsonschema.Location) any {
	o := l.Object()
	if o == nil {
		return l.Schema
	}
	if ref, ok := l.Ref(); ok {
		to, err := b.set.Resolve(l, ref)
		if err != nil {
			b.err = err
			return nil
		}
		return map[string]any{"$ref": b.name(to)}
	}
	out := map[string]any{}
	for _, keyword := range plainKeywords {
		if v, ok := o[keyword]; ok {
			out[keyword] = whole(v)
		}
	}
	if c, ok := o["const"]; ok && l.Doc.Dialect > jsonschema.Draft4 {
		out["const"] = c
	}
	if named, ok := o["dependencies"].(map[string]any); ok {
		out["dependencies"] = lists(named)
	}
	for _, child := range l.Children() {
		if child.Keyword != "definitions" {
			put(out, o, child, b.write(child.Location))
		}
	}
	settle(out)
	return out
}

// Keywords that hold no schemas and mean the same in the engine.
var plainKeywords = []string{
	"type", "enum", "multipleOf", "maximum", "minimum", "exclusiveMaximum", "exclusiveMinimum",
	"maxLength", "minLength", "pattern", "format", "maxItems", "minItems", "uniqueItems",
	"maxProperties", "minProperties", "required",
}

// whole writes a whole number as the engine wants limits to be: 2 for 2.0.
func whole(v any) any {
	if n, ok := v.(json.Number); ok {
		if i, ok := jsonschema.Whole(n); ok {
			return json.Number(strconv.Itoa(i))
		}
	}
	return v
}

// lists are the members that are arrays.
func lists(named map[string]any) map[string]any {
	out := map[string]any{}
	for name, v := range named {
		if _, ok := v.([]any); ok {
			out[name] = v
		}
	}
	return out
}

// put puts a child where it was.
func put(out, was map[string]any, c jsonschema.Child, written any) {
	switch c.Keyword {
	case "properties", "patternProperties", "dependencies":
		named, ok := out[c.Keyword].(map[string]any)
		if !ok {
			named = map[string]any{}
			out[c.Keyword] = named
		}
		named[c.Name] = written
		return
	}
	if _, ok := was[c.Keyword].([]any); ok {
		list, _ := out[c.Keyword].([]any)
		out[c.Keyword] = append(list, written)
		return
	}
	out[c.Keyword] = written
}

// settle says in other words what the engine refuses to compile or takes otherwise.
func settle(out map[string]any) {
	var all []any
	for _, pair := range [][2]string{{"minLength", "maxLength"}, {"minProperties", "maxProperties"}} {
		if limit, ok := out[pair[1]]; ok && out[pair[0]] != nil {
			delete(out, pair[1])
			all = append(all, map[string]any{pair[1]: limit})
		}
	}
	if enum, ok := out["enum"].([]any); ok {
		out["enum"] = distinct(enum)
	}
	if name, ok := out["format"].(string); ok {
		out["format"] = ownFormat + name // one that we do not know is none
	}
	if len(all) > 0 {
		was, _ := out["allOf"].([]any)
		out["allOf"] = append(was[:len(was):len(was)], all...)
	}
}

// distinct leaves out what the engine would take for a repetition: it compares
// numbers as float64.
func distinct(enum []any) []any {
	seen, out := map[string]bool{}, []any{}
	for _, v := range enum {
		text := asFloats(v)
		if !seen[text] {
			seen[text] = true
			out = append(out, v)
		}
	}
	return out
}

func asFloats(v any) string {
	text, _ := json.Marshal(v)
	var tree any
	if json.Unmarshal(text, &tree) != nil {
		return string(text)
	}
	text, _ = json.Marshal(tree)
	return string(text)
}
