package schema

import (
	"encoding/json"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// What the values of keywords want, in words.

var typeNames = map[string]string{
	"array":   "an array",
	"boolean": "true or false",
	"integer": "an integer",
	"null":    "null",
	"number":  "a number",
	"object":  "an object",
	"string":  "a string",
}

func typeWords(types []string) string {
	words := make([]string, len(types))
	for i, t := range types {
		words[i] = typeNames[t]
	}
	return orWords(words)
}

var limitWords = map[string]string{
	"minimum":          "at least",
	"maximum":          "at most",
	"exclusiveMinimum": "more than",
	"exclusiveMaximum": "less than",
}

func countWords(n int, what string) string {
	switch what {
	case "Length":
		return plural(n, "character", "characters")
	case "Items":
		return plural(n, "item", "items")
	}
	return plural(n, "property", "properties")
}

// maxListed is how many alternatives are spelled out.
const maxListed = 10

func orWords(words []string) string {
	var distinct []string
	for _, w := range words {
		if !slices.Contains(distinct, w) {
			distinct = append(distinct, w)
		}
	}
	if len(distinct) > maxListed {
		return strings.Join(distinct[:maxListed], ", ") + " or one of " + strconv.Itoa(len(distinct)-maxListed) + " more"
	}
	last := len(distinct) - 1
	if last == 0 {
		return distinct[0]
	}
	return strings.Join(distinct[:last], ", ") + " or " + distinct[last]
}

func oneOfWords(values []any) string {
	if len(values) == 0 {
		return "no value at all"
	}
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = valueWords(v)
	}
	return orWords(words)
}

// valueWords is a value of the schema.
func valueWords(v any) string {
	switch v.(type) {
	case map[string]any, []any:
		return clipped(jsonText(v), maxShown)
	}
	return show(v)
}

func quoted(name string) string { return jsonText(clipped(name, maxShown)) }

func notWords(n *node) string {
	switch {
	case len(n.types) > 0:
		return "anything but " + typeWords(n.types)
	case n.hasConst:
		return "anything but " + valueWords(n.constant)
	case len(n.enum) > 0:
		return "anything but " + oneOfWords(n.enum)
	case len(n.required) == 1:
		return "no property " + quoted(n.required[0])
	}
	return `a value that "not" does not fit`
}

// canonical is a text that two values share when they are the same JSON.
func canonical(v any) string {
	var b strings.Builder
	writeCanonical(&b, v)
	return b.String()
}

func writeCanonical(b *strings.Builder, v any) {
	switch v := v.(type) {
	case map[string]any:
		b.WriteByte('{')
		for _, name := range sortedKeys(v) {
			b.WriteString(strconv.Quote(name))
			writeCanonical(b, v[name])
		}
		b.WriteByte('}')
	case []any:
		b.WriteByte('[')
		for _, item := range v {
			writeCanonical(b, item)
			b.WriteByte(',')
		}
		b.WriteByte(']')
	case json.Number:
		if r, ok := new(big.Rat).SetString(string(v)); ok {
			b.WriteString(r.RatString())
		}
	default:
		b.WriteString(jsonText(v))
	}
}
