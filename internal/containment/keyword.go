package containment

import (
	"encoding/json"
	"math/big"
	"slices"

	"github.com/eventbridge-go/eventbridge/internal/jsonschema"
)

// A reading is a keyword as it stands in a schema.
type reading struct {
	name     string
	value    any
	schema   map[string]any
	dialect  jsonschema.Dialect
	children []jsonschema.Child
	nodes    []*node // of the children
}

func (r reading) node() *node {
	if len(r.nodes) == 0 {
		return nil
	}
	return r.nodes[0]
}

func (r reading) count(dflt int) int {
	if n, ok := r.value.(json.Number); ok {
		if i, ok := jsonschema.Whole(n); ok {
			return i
		}
	}
	return dflt
}

// words are the keywords that may refuse something, and which dialects know them.
var words = map[string]struct {
	from, until jsonschema.Dialect
	read        func(v *view, r reading)
}{
	"type":                  {read: readType},
	"enum":                  {read: func(v *view, r reading) { values, _ := r.value.([]any); v.allow(values) }},
	"const":                 {from: jsonschema.Draft6, read: func(v *view, r reading) { v.allow([]any{r.value}) }},
	"minimum":               {read: readLower},
	"exclusiveMinimum":      {read: readLower},
	"maximum":               {read: readUpper},
	"exclusiveMaximum":      {read: readUpper},
	"multipleOf":            {read: func(v *view, r reading) { v.factor, _ = rational(r.value) }},
	"minLength":             {read: func(v *view, r reading) { v.minLength = r.count(0) }},
	"maxLength":             {read: func(v *view, r reading) { v.maxLength = r.count(-1) }},
	"pattern":               {read: func(v *view, r reading) { s, _ := r.value.(string); v.pattern = newPattern(s, nil) }},
	"format":                {read: readFormat},
	"contentEncoding":       {from: jsonschema.Draft7, until: jsonschema.Draft7, read: readOpaque},
	"contentMediaType":      {from: jsonschema.Draft7, until: jsonschema.Draft7, read: readOpaque},
	"items":                 {read: readItems},
	"prefixItems":           {from: jsonschema.Draft2020, read: func(v *view, r reading) { v.prefix = r.nodes }},
	"additionalItems":       {until: jsonschema.Draft2019, read: readAdditionalItems},
	"minItems":              {read: func(v *view, r reading) { v.minItems = r.count(0) }},
	"maxItems":              {read: func(v *view, r reading) { v.maxItems = r.count(-1) }},
	"uniqueItems":           {read: func(v *view, r reading) { v.unique, _ = r.value.(bool) }},
	"contains":              {from: jsonschema.Draft6, read: func(v *view, r reading) { v.contains = r.node() }},
	"minContains":           {from: jsonschema.Draft2019, read: func(v *view, r reading) { v.minContains = r.count(1) }},
	"maxContains":           {from: jsonschema.Draft2019, read: func(v *view, r reading) { v.maxContains = r.count(-1) }},
	"properties":            {read: readProperties},
	"patternProperties":     {read: readPatterns},
	"additionalProperties":  {read: func(v *view, r reading) { v.additional = r.node() }},
	"required":              {read: func(v *view, r reading) { v.required = list(r.value) }},
	"minProperties":         {read: func(v *view, r reading) { v.minProperties = r.count(0) }},
	"maxProperties":         {read: func(v *view, r reading) { v.maxProperties = r.count(-1) }},
	"propertyNames":         {from: jsonschema.Draft6, read: func(v *view, r reading) { v.names = r.node() }},
	"dependencies":          {read: readDependencies},
	"dependentRequired":     {from: jsonschema.Draft2019, read: readNeeds},
	"dependentSchemas":      {from: jsonschema.Draft2019, read: readNeeds},
	"allOf":                 {read: func(v *view, r reading) { v.allOf = r.nodes }},
	"anyOf":                 {read: func(v *view, r reading) { v.anyOf = r.nodes }},
	"oneOf":                 {read: func(v *view, r reading) { v.oneOf = r.nodes }},
	"not":                   {read: func(v *view, r reading) { v.not = r.node() }},
	"if":                    {from: jsonschema.Draft7, read: func(v *view, r reading) { v.when = r.node() }},
	"then":                  {from: jsonschema.Draft7, read: func(v *view, r reading) { v.then = r.node() }},
	"else":                  {from: jsonschema.Draft7, read: func(v *view, r reading) { v.otherwise = r.node() }},
	"unevaluatedItems":      {from: jsonschema.Draft2019, read: func(v *view, r reading) { v.unevaluatedItems = r.node() }},
	"unevaluatedProperties": {from: jsonschema.Draft2019, read: func(v *view, r reading) { v.unevaluatedMembers = r.node() }},
	"$dynamicRef":           {from: jsonschema.Draft2020, read: readOpaque},
	"$recursiveRef":         {from: jsonschema.Draft2019, until: jsonschema.Draft2019, read: readOpaque},
}

func readOpaque(v *view, r reading) { v.opaque = append(v.opaque, r.name) }

func readType(v *view, r reading) {
	if one, ok := r.value.(string); ok {
		v.kinds = kindOf[one]
		return
	}
	v.kinds = 0
	for _, name := range list(r.value) {
		v.kinds |= kindOf[name]
	}
}

// allow restricts the values to some.
func (v *view) allow(values []any) {
	if !v.hasEnum {
		v.enum, v.hasEnum = values, true
		return
	}
	other := view{enum: values}
	v.enum = slices.DeleteFunc(slices.Clone(v.enum), func(one any) bool { return !other.lists(one) })
}

func readLower(v *view, r reading) { v.lower = limit(v.lower, r, "minimum", "exclusiveMinimum") }
func readUpper(v *view, r reading) { v.upper = limit(v.upper, r, "maximum", "exclusiveMaximum") }

// limit reads a bound. Until draft-04 the exclusive keyword is a boolean beside it.
func limit(bounds []bound, r reading, plain, exclusive string) []bound {
	n, ok := rational(r.value)
	if !ok {
		return bounds
	}
	b := bound{n: n, keyword: r.name, text: r.value.(json.Number), exclusive: r.name == exclusive}
	if r.name == plain && r.schema[exclusive] == true {
		b.exclusive = true
	}
	return append(bounds, b)
}

// rational is a number, exactly. It says no to what is none and to what is too long.
func rational(v any) (*big.Rat, bool) {
	n, ok := v.(json.Number)
	if !ok || !jsonschema.NumberInBounds(string(n)) {
		return nil, false
	}
	return new(big.Rat).SetString(string(n))
}

// readFormat passes over a format that is an annotation, as it is from 2019-09 on, or
// that no engine knows.
func readFormat(v *view, r reading) {
	if name, _ := r.value.(string); asserted(r.dialect, name) {
		v.format = name
	}
}

func asserted(d jsonschema.Dialect, format string) bool {
	return d <= jsonschema.Draft7 && formats[format]
}

func readItems(v *view, r reading) {
	if _, tuple := r.value.([]any); tuple {
		v.prefix = r.nodes
		return
	}
	v.rest, v.restKeyword = r.node(), "items"
}

func readAdditionalItems(v *view, r reading) {
	if _, tuple := r.schema["items"].([]any); tuple {
		v.rest, v.restKeyword = r.node(), "additionalItems"
	}
}

func readProperties(v *view, r reading) {
	v.described, v.properties = true, map[string]*node{}
	for i, child := range r.children {
		v.properties[child.Name] = r.nodes[i]
	}
}

func readPatterns(v *view, r reading) {
	v.described = true
	for i, child := range r.children {
		v.patterns = append(v.patterns, newPattern(child.Name, r.nodes[i]))
	}
}

// readDependencies is what 2019-09 made two keywords of. From then on an engine may
// look at it or not.
func readDependencies(v *view, r reading) {
	if r.dialect >= jsonschema.Draft2019 {
		readOpaque(v, r)
		return
	}
	readNeeds(v, r)
}

func readNeeds(v *view, r reading) {
	if v.needs == nil {
		v.needs, v.needsThat = map[string][]string{}, map[string]*node{}
	}
	for i, child := range r.children {
		v.needsThat[child.Name] = r.nodes[i]
	}
	entries, _ := r.value.(map[string]any)
	for name, entry := range entries {
		if _, ok := entry.([]any); ok {
			v.needs[name] = list(entry)
		}
	}
}

func list(v any) []string {
	entries, _ := v.([]any)
	found := make([]string, 0, len(entries))
	for _, e := range entries {
		if s, ok := e.(string); ok {
			found = append(found, s)
		}
	}
	return found
}
