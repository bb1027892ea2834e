package schema

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/eventbridge-go/eventbridge/internal/decimal"
)

// equal says whether two trees are the same JSON: the order of members does not
// count, nor how a number is written. Numbers are within the bounds of a schema.
func equal(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && maps.EqualFunc(a, b, equal)
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, equal)
	case json.Number:
		b, ok := b.(json.Number)
		if !ok {
			return false
		}
		x, _ := decimal.Parse(string(a))
		y, _ := decimal.Parse(string(b))
		return x == y
	default:
		return a == b
	}
}
