package schema

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/eventbridge-go/eventbridge/internal/jsonschema"
)

// maxSteps bounds how many schemas are applied while looking for violations.
const maxSteps = 200_000

// A walk finds the violations of data by the nodes of its schema. An engine has said
// no before, so it may overlook something; it must not hang.
type walk struct {
	findings *findings
	left     int // how many more schemas it applies
}

// A spot is a place in the data; nil is the whole. Its JSON Pointer is made when
// somebody is told.
type spot struct {
	up    *spot
	name  string
	index int
	named bool
}

func (s *spot) pointer() string {
	switch {
	case s == nil:
		return ""
	case s.named:
		return jsonschema.Append(s.up.pointer(), s.name)
	}
	return jsonschema.AppendIndex(s.up.pointer(), s.index)
}

// branch finds what is wrong by one of several alternatives, apart.
func (w *walk) branch(n *node, data any, at *spot) *findings {
	outer := w.findings
	inner := &findings{}
	w.findings = inner
	w.apply(n, data, at)
	w.findings = outer
	return inner
}

func (w *walk) fits(n *node, data any, at *spot) bool { return w.branch(n, data, at).none() }

func (f *findings) none() bool { return len(f.list) == 0 && f.more == 0 }

// found adds a violation of a value.
func (w *walk) found(at *spot, keyword, want string, data any) {
	w.findings.add(Violation{at.pointer(), keyword, want, show(data)})
}

// apply finds what is wrong with a value by a schema, keyword by keyword.
func (w *walk) apply(n *node, data any, at *spot) {
	if w.left--; n.opaque || w.left < 0 {
		return
	}
	if n.never {
		w.found(at, "false", "no value here", data)
		return
	}
	for _, ref := range n.refs {
		w.apply(ref, data, at)
	}
	if n.alone || !w.typed(n, data, at) {
		return
	}
	if n.enum != nil && !slices.ContainsFunc(n.enum, func(v any) bool { return equal(v, data) }) {
		w.found(at, "enum", oneOfWords(n.enum), data)
	}
	if n.hasConst && !equal(n.constant, data) {
		w.found(at, "const", valueWords(n.constant), data)
	}
	switch v := data.(type) {
	case json.Number:
		w.number(n, v, at)
	case string:
		w.text(n, v, at)
	case []any:
		w.array(n, v, at)
	case map[string]any:
		w.object(n, v, at)
	}
	w.combined(n, data, at)
}

// typed looks at the type; the rest counts only where it is right.
func (w *walk) typed(n *node, data any, at *spot) bool {
	if len(n.types) == 0 {
		return true
	}
	is := typeOf(data)
	for _, t := range n.types {
		if t == is || t == "integer" && is == "number" && isInteger(data.(json.Number)) {
			return true
		}
	}
	w.found(at, "type", typeWords(n.types), data)
	return false
}

func typeOf(data any) string {
	switch data.(type) {
	case map[string]any:
		return "object"
	case []any:
		return "array"
	case string:
		return "string"
	case json.Number:
		return "number"
	case bool:
		return "boolean"
	}
	return "null"
}

func isInteger(n json.Number) bool {
	if !strings.ContainsAny(string(n), ".eE") {
		return true
	}
	r, ok := new(big.Rat).SetString(string(n))
	return ok && r.IsInt()
}

func (w *walk) number(n *node, v json.Number, at *spot) {
	if len(n.limits) == 0 && n.multipleOf == "" {
		return
	}
	r, ok := new(big.Rat).SetString(string(v))
	if !ok {
		return
	}
	for _, l := range n.limits {
		if !l.allows(r) {
			w.found(at, l.keyword, limitWords[l.keyword]+" "+clipped(string(l.text), maxShown), v)
		}
	}
	if n.multipleOf == "" {
		return
	}
	if by, ok := new(big.Rat).SetString(string(n.multipleOf)); ok && by.Sign() > 0 && !new(big.Rat).Quo(r, by).IsInt() {
		w.found(at, "multipleOf", "a multiple of "+string(n.multipleOf), v)
	}
}

// allows says whether a number is within the limit.
func (l limit) allows(r *big.Rat) bool {
	c := r.Cmp(l.value)
	switch l.keyword {
	case "minimum":
		return c >= 0
	case "maximum":
		return c <= 0
	case "exclusiveMinimum":
		return c > 0
	}
	return c < 0
}

func (w *walk) text(n *node, v string, at *spot) {
	w.counted(n, "Length", utf8.RuneCountInString(v), at, v)
	if n.pattern != nil && !n.pattern.MatchString(v) {
		w.found(at, "pattern", "text that matches "+jsonText(n.pattern.String()), v)
	}
	if n.format != "" && !hasFormat(n.format, v) {
		w.found(at, "format", "text of the format "+jsonText(n.format), v)
	}
}

// counted looks at the bounds of a length: min… and max… of what.
func (w *walk) counted(n *node, what string, have int, at *spot, data any) {
	for _, c := range n.counts {
		switch {
		case c.keyword == "min"+what && have < c.n:
			w.found(at, c.keyword, "at least "+countWords(c.n, what), data)
		case c.keyword == "max"+what && have > c.n:
			w.found(at, c.keyword, "at most "+countWords(c.n, what), data)
		}
	}
}

func (w *walk) array(n *node, v []any, at *spot) {
	w.counted(n, "Items", len(v), at, v)
	if n.unique {
		if i, j, same := repeated(v); same {
			w.findings.add(Violation{at.pointer(), "uniqueItems", "items that differ", fmt.Sprintf("the same at %d and %d", i, j)})
		}
	}
	for i, item := range v {
		below := &spot{up: at, index: i}
		switch {
		case i < len(n.prefix):
			w.apply(n.prefix[i], item, below)
		case n.items == nil:
		case n.items.never:
			w.found(below, "items", "no such item", item)
		default:
			w.apply(n.items, item, below)
		}
	}
	if n.contains == nil {
		return
	}
	have := 0
	for i, item := range v {
		if w.fits(n.contains, item, &spot{up: at, index: i}) {
			have++
		}
	}
	switch {
	case have < n.minContains:
		w.found(at, "contains", "at least "+plural(n.minContains, "item", "items")+` as "contains" says`, v)
	case n.maxContains >= 0 && have > n.maxContains:
		w.found(at, "maxContains", "at most "+plural(n.maxContains, "item", "items")+` as "contains" says`, v)
	}
}

// repeated finds two items that are the same.
func repeated(v []any) (int, int, bool) {
	seen := map[string]int{}
	for j, item := range v {
		key := canonical(item)
		if i, twice := seen[key]; twice {
			return i, j, true
		}
		seen[key] = j
	}
	return 0, 0, false
}

func (w *walk) object(n *node, v map[string]any, at *spot) {
	w.counted(n, "Properties", len(v), at, v)
	for _, name := range n.required {
		if _, ok := v[name]; !ok {
			w.findings.add(Violation{at.pointer(), "required", "the property " + quoted(name), "none"})
		}
	}
	for _, d := range n.dependentRequired {
		if _, ok := v[d.name]; !ok {
			continue
		}
		for _, name := range d.needs {
			if _, ok := v[name]; !ok {
				w.findings.add(Violation{at.pointer(), "dependentRequired", "the property " + quoted(name) + " beside " + quoted(d.name), "none"})
			}
		}
	}
	for _, d := range n.dependents {
		if _, ok := v[d.name]; ok {
			w.apply(d.schema, v, at)
		}
	}
	if n.properties == nil && n.patterns == nil && n.additional == nil && n.names == nil {
		return
	}
	for _, name := range sortedKeys(v) {
		w.member(n, name, v[name], at)
	}
}

// member finds what is wrong with a property.
func (w *walk) member(n *node, name string, data any, at *spot) {
	below := &spot{up: at, name: name, named: true}
	child, known := n.properties[name]
	if known {
		w.property(child, "properties", data, below)
	}
	for _, p := range n.patterns {
		if p.name.MatchString(name) {
			known = true
			w.property(p.schema, "patternProperties", data, below)
		}
	}
	if !known && n.additional != nil {
		w.property(n.additional, "additionalProperties", data, below)
	}
	if n.names == nil {
		return
	}
	for _, v := range w.branch(n.names, name, at).list {
		w.findings.add(Violation{at.pointer(), "propertyNames", "names of properties to be " + v.Want, quoted(name)})
	}
}

func (w *walk) property(n *node, keyword string, data any, at *spot) {
	if n.never {
		w.found(at, keyword, "no such property", data)
		return
	}
	w.apply(n, data, at)
}

// combined looks at the schemas for the same value.
func (w *walk) combined(n *node, data any, at *spot) {
	for _, s := range n.allOf {
		w.apply(s, data, at)
	}
	if len(n.anyOf) > 0 {
		w.alternatives("anyOf", n.anyOf, data, at)
	}
	if len(n.oneOf) > 0 {
		w.alternatives("oneOf", n.oneOf, data, at)
	}
	if n.not != nil && w.fits(n.not, data, at) {
		w.found(at, "not", notWords(n.not), data)
	}
	switch {
	case n.cond == nil:
	case w.fits(n.cond, data, at):
		if n.then != nil {
			w.apply(n.then, data, at)
		}
	case n.els != nil:
		w.apply(n.els, data, at)
	}
}

// alternatives tells what is wrong by the nearest of them.
func (w *walk) alternatives(keyword string, schemas []*node, data any, at *spot) {
	var nearest *findings
	var wants []string
	here := ""
	fitting, least := 0, 0
	for _, s := range schemas {
		f := w.branch(s, data, at)
		if f.none() {
			if fitting++; keyword == "anyOf" {
				return
			}
			continue
		}
		if nearest == nil {
			here = at.pointer()
		}
		if len(f.list) == 1 && f.list[0].Pointer == here && atOnce[f.list[0].Keyword] {
			wants = append(wants, f.list[0].Want)
		}
		if d := f.distance(here); nearest == nil || d < least {
			nearest, least = f, d
		}
	}
	switch {
	case fitting == 1:
	case fitting > 1:
		w.found(at, keyword, fmt.Sprintf("a value that fits one of %d alternatives, not %d", len(schemas), fitting), data)
	case len(wants) == len(schemas):
		w.found(at, keyword, orWords(wants), data)
	default:
		w.findings.addAll(nearest)
	}
}

// atOnce are the keywords that say in few words what an alternative wants.
var atOnce = map[string]bool{"type": true, "const": true, "enum": true}

// distance is how far data is from an alternative: another type is further than
// another value of a tag, that is further than anything else.
func (f *findings) distance(at string) int {
	d := f.more
	for _, v := range f.list {
		switch {
		case v.Pointer == at && (v.Keyword == "type" || v.Keyword == "false"):
			d += 10_000
		case v.Keyword == "const" || v.Keyword == "enum":
			d += 100
		default:
			d++
		}
	}
	return d
}
