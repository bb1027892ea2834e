package containment

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// canonical is a text that equal values, and no others, have in common.
func canonical(value any) string { return string(appendCanonical(nil, value)) }

func appendCanonical(to []byte, value any) []byte {
	switch value := value.(type) {
	case json.Number:
		if r, ok := rational(value); ok {
			return append(to, r.RatString()...)
		}
		return append(append(to, '#'), value...)
	case []any:
		to = append(to, '[')
		for _, item := range value {
			to = append(appendCanonical(to, item), ',')
		}
		return append(to, ']')
	case map[string]any:
		to = append(to, '{')
		for _, name := range slices.Sorted(maps.Keys(value)) {
			to = append(appendCanonical(append(strconv.AppendQuote(to, name), ':'), value[name]), ',')
		}
		return append(to, '}')
	case string:
		return strconv.AppendQuote(to, value)
	}
	return fmt.Append(to, value)
}

// equal compares by value: 1, 1.0 and 10e-1 are one number.
func equal(a, b any) bool {
	switch a := a.(type) {
	case json.Number:
		b, ok := b.(json.Number)
		if !ok {
			return false
		}
		if a == b {
			return true
		}
		x, ok1 := rational(a)
		y, ok2 := rational(b)
		return ok1 && ok2 && x.Cmp(y) == 0
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, equal)
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && maps.EqualFunc(a, b, equal)
	}
	switch b.(type) {
	case []any, map[string]any:
		return false
	}
	return a == b
}
