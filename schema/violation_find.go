package schema

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/eventbridge-go/eventbridge/internal/jsonschema"
)

// maxLevels is how deep data may be nested to be validated.
const maxLevels = 500

// maxFindings bounds what is kept while looking for violations.
const maxFindings = 10 * maxViolations

// findings collects violations.
type findings struct {
	list []Violation
	seen map[Violation]bool
	more int // beyond maxFindings; may count one twice
}

func (f *findings) add(v Violation) {
	switch {
	case f.seen[v]:
	case len(f.list) == maxFindings:
		f.more++
	default:
		if f.seen == nil {
			f.seen = map[Violation]bool{}
		}
		f.seen[v] = true
		f.list = append(f.list, v)
	}
}

// addAll takes what a branch found.
func (f *findings) addAll(other *findings) {
	for _, v := range other.list {
		f.add(v)
	}
	f.more += other.more
}

// sorted is what is told, by pointer.
func (f *findings) sorted() ([]Violation, int) {
	slices.SortStableFunc(f.list, func(a, b Violation) int {
		if c := strings.Compare(a.Pointer, b.Pointer); c != 0 {
			return c
		}
		if c := strings.Compare(a.Keyword, b.Keyword); c != 0 {
			return c
		}
		return strings.Compare(a.Want, b.Want)
	})
	list := f.list
	if len(list) > maxViolations {
		return list[:maxViolations:maxViolations], f.more + len(list) - maxViolations
	}
	return list, f.more
}

// A size is how much there is of data.
type size struct {
	values, bytes, levels int
	long                  bool // some number has more digits than a float64 keeps
}

// measure sizes up data and says whether an engine may see it: no number out of
// bounds, not too deep, nothing that JSON does not know.
func (s *size) measure(data any, level int) bool {
	s.values++
	s.levels = max(s.levels, level)
	switch v := data.(type) {
	case map[string]any:
		for name, member := range v {
			s.bytes += len(name)
			if level >= maxLevels || !s.measure(member, level+1) {
				return false
			}
		}
	case []any:
		for _, item := range v {
			if level >= maxLevels || !s.measure(item, level+1) {
				return false
			}
		}
	case string:
		s.bytes += len(v)
	case json.Number:
		s.long = s.long || isLong(v)
		return len(v) < 100 && !strings.ContainsAny(string(v), "eE") || jsonschema.NumberInBounds(string(v))
	case bool, nil:
	default:
		return false
	}
	return true
}

// isLong says whether a number may have more digits than a float64 keeps, or be out of
// its range.
func isLong(n json.Number) bool { return len(n) > 15 || strings.ContainsAny(string(n), "eE") }

// unfit finds what measure said no to.
func (f *findings) unfit(data any, at string, level int) {
	if level > maxLevels {
		f.add(Violation{at, "", fmt.Sprintf("at most %d levels", maxLevels), "more"})
		return
	}
	switch v := data.(type) {
	case map[string]any:
		for _, name := range sortedKeys(v) {
			f.unfit(v[name], jsonschema.Append(at, name), level+1)
		}
	case []any:
		for i, item := range v {
			f.unfit(item, jsonschema.AppendIndex(at, i), level+1)
		}
	case json.Number:
		if !jsonschema.NumberInBounds(string(v)) {
			f.add(Violation{at, "", fmt.Sprintf("a number of at most %d digits and an exponent within ±%d", jsonschema.MaxDigits, jsonschema.MaxExponent), show(v)})
		}
	case string, bool, nil:
	default:
		f.add(Violation{at, "", "a JSON value", fmt.Sprintf("a Go %T", v)})
	}
}

// addRefusals adds what only the engine knows: of keywords that are not looked at
// here, or when nothing else was found.
func (f *findings) addRefusals(refused []refusal, err error, data any) {
	none := len(f.list) == 0
	for _, r := range refused {
		if none || strings.HasPrefix(r.keyword, "unevaluated") {
			f.add(Violation{r.pointer, r.keyword, wordsOf(r.keyword), show(at(data, r.pointer))})
		}
	}
	if none && err != nil {
		f.add(Violation{"", "", "data that can be validated", err.Error()})
	}
}

// wordsOf is what a keyword wants when that is all that is known.
func wordsOf(keyword string) string {
	switch keyword {
	case "unevaluatedProperties":
		return "no such property"
	case "unevaluatedItems":
		return "no such item"
	case "":
		return "what the schema says"
	}
	return fmt.Sprintf("what %q of the schema says", keyword)
}

// at finds the value that a pointer leads to.
func at(data any, pointer string) any {
	doc := &jsonschema.Document{Root: data}
	l, _ := doc.At(pointer)
	return l.Schema
}

// show is a value as a violation tells it.
func show(v any) string {
	switch v := v.(type) {
	case map[string]any:
		return "an object of " + plural(len(v), "property", "properties")
	case []any:
		return "an array of " + plural(len(v), "item", "items")
	case string:
		if len(v) > maxShown {
			v = clipped(v, maxShown)
		}
		return jsonText(v)
	case json.Number:
		return clipped(string(v), maxShown)
	case nil:
		return "null"
	case bool:
		return map[bool]string{true: "true", false: "false"}[v]
	}
	return fmt.Sprintf("a Go %T", v)
}

const maxShown = 80

// clipped cuts a text at a whole character.
func clipped(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

func jsonText(v any) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if enc.Encode(v) != nil {
		return "?"
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
