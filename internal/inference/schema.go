package inference

import (
	"bytes"
	"encoding/json"
	"slices"
)

// Schema returns the schema that all samples have in common: JSON Schema draft-07,
// indented, members in alphabetical order, so that equal models give equal bytes. It
// accepts every sample. Its member x-samples counts them. Without samples it accepts
// anything.
//
// It names types, properties, which of them are required, the items of arrays, and a
// format that every string has, where no value is a number; never values or bounds. An
// object is open, except that the values of a map are described by additionalProperties.
// More samples only widen the schema, except that arrays that were always empty may get
// a type of items.
func (m *Model) Schema() []byte {
	doc := map[string]any{}
	if m.root != nil {
		doc = m.root.schema()
	}
	doc["$schema"] = "http://json-schema.org/draft-07/schema#"
	doc["x-samples"] = m.Count()
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(doc); err != nil {
		panic("inference: a schema of maps, strings and numbers: " + err.Error())
	}
	return out.Bytes()
}

var typeNames = [...]struct {
	kinds kinds
	name  string
}{
	{isArray, "array"},
	{isBoolean, "boolean"},
	{isInteger, "integer"}, // unless it is
	{isNull, "null"},
	{isFraction, "number"},
	{isObject, "object"},
	{isString, "string"},
}

func (n *node) schema() map[string]any {
	doc := map[string]any{}
	var types []string
	for _, t := range typeNames {
		if n.kinds&t.kinds != 0 && !(t.kinds == isInteger && n.kinds&isFraction != 0) {
			types = append(types, t.name)
		}
	}
	doc["type"] = types
	if len(types) == 1 {
		doc["type"] = types[0]
	}
	// gojsonschema asks numbers for the format, too.
	if n.kinds&isString != 0 && n.kinds&isNumber == 0 {
		for _, t := range formatNames {
			if n.dropped&t.format == 0 {
				doc["format"] = t.name
				break
			}
		}
	}
	if n.items != nil {
		doc["items"] = n.items.schema()
	}
	if n.object != nil {
		n.object.describe(doc)
	}
	return doc
}

func (o *object) describe(doc map[string]any) {
	if o.wide || len(o.fields) == 0 && o.others != nil {
		doc["additionalProperties"] = o.others.schema()
		return
	}
	properties := map[string]any{}
	var required []string
	for i := range o.fields {
		f := &o.fields[i]
		properties[f.name] = f.node.schema()
		if f.common && !o.empty {
			required = append(required, f.name)
		}
	}
	doc["properties"] = properties // though there be none: it is not a map
	if len(required) > 0 {
		slices.Sort(required)
		doc["required"] = required
	}
}
