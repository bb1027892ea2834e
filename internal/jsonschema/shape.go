package jsonschema

import (
	"encoding/json"
	"slices"
	"strings"
)

// A shape says what is wrong with a keyword's value, or "".
type shape func(v any) string

// What the keywords that hold no subschemas must look like. What a dialect does not
// know it ignores, hence the bounds.
var shapes = map[string]struct {
	check       shape
	from, until Dialect
}{
	"type":              {check: typeShape},
	"enum":              {check: enumShape},
	"required":          {check: stringsShape},
	"multipleOf":        {check: positiveShape},
	"maximum":           {check: numberShape},
	"minimum":           {check: numberShape},
	"maxLength":         {check: countShape},
	"minLength":         {check: countShape},
	"maxItems":          {check: countShape},
	"minItems":          {check: countShape},
	"maxProperties":     {check: countShape},
	"minProperties":     {check: countShape},
	"maxContains":       {check: countShape, from: Draft2019},
	"minContains":       {check: countShape, from: Draft2019},
	"uniqueItems":       {check: boolShape},
	"pattern":           {check: patternShape},
	"format":            {check: stringShape},
	"$ref":              {check: referenceShape},
	"$dynamicRef":       {check: stringShape, from: Draft2020},
	"$recursiveRef":     {check: recursiveShape, from: Draft2019, until: Draft2019},
	"$anchor":           {check: stringShape, from: Draft2019},
	"$dynamicAnchor":    {check: stringShape, from: Draft2020},
	"$recursiveAnchor":  {check: boolShape, from: Draft2019, until: Draft2019},
	"dependentRequired": {check: namedStringsShape, from: Draft2019},
	"title":             {check: stringShape},
	"description":       {check: stringShape},
}

var types = []string{"array", "boolean", "integer", "null", "number", "object", "string"}

func typeShape(v any) string {
	switch v := v.(type) {
	case string:
		if slices.Contains(types, v) {
			return ""
		}
		return "unknown type " + quote(v)
	case []any:
		if len(v) == 0 {
			return "it must name a type"
		}
		seen := map[string]bool{}
		for _, t := range v {
			name, ok := t.(string)
			if !ok || !slices.Contains(types, name) {
				return "it must be names of types: " + strings.Join(types, ", ")
			}
			if seen[name] {
				return quote(name) + " is there twice"
			}
			seen[name] = true
		}
		return ""
	}
	return "it must be the name of a type or an array of them"
}

func enumShape(v any) string {
	if _, ok := v.([]any); !ok {
		return "it must be an array"
	}
	return ""
}

func stringsShape(v any) string {
	a, ok := v.([]any)
	if !ok {
		return "it must be an array of strings"
	}
	seen := map[string]bool{}
	for _, e := range a {
		s, ok := e.(string)
		if !ok {
			return "it must be an array of strings"
		}
		if seen[s] {
			return quote(s) + " is there twice"
		}
		seen[s] = true
	}
	return ""
}

func namedStringsShape(v any) string {
	o, ok := v.(map[string]any)
	if !ok {
		return "it must be an object of arrays of strings"
	}
	for _, name := range sorted(o) {
		if stringsShape(o[name]) != "" {
			return "it must be an object of arrays of strings, each once"
		}
	}
	return ""
}

func numberShape(v any) string {
	if _, ok := v.(json.Number); !ok {
		return "it must be a number"
	}
	return ""
}

func positiveShape(v any) string {
	n, ok := v.(json.Number)
	if !ok || n[0] == '-' || strings.Trim(mantissa(n), "0.") == "" {
		return "it must be a number above 0"
	}
	return ""
}

func countShape(v any) string {
	n, ok := v.(json.Number)
	if !ok {
		return "it must be a whole number, 0 or more"
	}
	if _, ok := Whole(n); !ok {
		return "it must be a whole number, 0 or more and below 2^31"
	}
	return ""
}

func boolShape(v any) string {
	if _, ok := v.(bool); !ok {
		return "it must be true or false"
	}
	return ""
}

func stringShape(v any) string {
	if _, ok := v.(string); !ok {
		return "it must be a string"
	}
	return ""
}

func patternShape(v any) string {
	s, ok := v.(string)
	if !ok {
		return "it must be a string"
	}
	return CheckRegexp(s)
}

func recursiveShape(v any) string {
	if v != "#" {
		return `it must be "#"`
	}
	return ""
}

func mantissa(n json.Number) string {
	s := string(n)
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		return s[:i]
	}
	return s
}

func quote(s string) string { return `"` + clip(s) + `"` }
