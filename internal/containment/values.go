package containment

import (
	"encoding/json"
	"math/big"
	"slices"
)

// maxRange is how many integers between two bounds are taken one by one.
const maxRange = 64

// finite lists what the writer writes, where a list of it is at hand. Some of it may
// not be written after all; it says so in no case of doubt.
func (c *checker) finite(w *conj) ([]any, bool) {
	listed, ok := c.listed(w)
	if !ok {
		return nil, false
	}
	var kept []any
	for _, value := range listed {
		if kindsOf(value)&w.kinds != 0 && c.written(w, value) != refused {
			kept = append(kept, value)
		}
	}
	return kept, true
}

// written says whether the writer writes a value, by the letter.
func (c *checker) written(w *conj, value any) verdict {
	result := accepted
	for _, m := range w.members {
		if result = min(result, c.evaluate(m.n, value, false, 0)); result == refused {
			break
		}
	}
	return result
}

// listed is the shortest list that all values are on.
func (c *checker) listed(w *conj) (shortest []any, ok bool) {
	for _, m := range w.members {
		if v := c.view(m.n); v.hasEnum && (!ok || len(v.enum) < len(shortest)) {
			shortest, ok = v.enum, true
		}
	}
	if ok {
		return shortest, true
	}
	if w.kinds&^(null|boolean) == 0 {
		return []any{nil, false, true}, true
	}
	if w.kinds != integer {
		return nil, false
	}
	lower, upper := c.lower(w), c.upper(w)
	if lower == nil || upper == nil || new(big.Rat).Sub(upper.n, lower.n).Cmp(big.NewRat(maxRange, 1)) > 0 {
		return nil, false
	}
	for n := new(big.Int).Set(lower.n.Num()); n.Cmp(upper.n.Num()) <= 0; n.Add(n, big.NewInt(1)) {
		shortest = append(shortest, json.Number(n.String()))
	}
	return shortest, true
}

// values asks for each value by itself.
func (c *checker) values(w *conj, values []any, r *node) []Break {
	var breaks []Break
	for _, value := range values {
		switch result := c.evaluate(r, value, true, 0); result {
		case accepted:
		default:
			unproven := result == unknown || c.written(w, value) == unknown
			breaks = append(breaks, c.valueBreak(w, r, value, unproven))
		}
	}
	if len(breaks) > 1 && w.kinds&^(null|boolean) == 0 || w.kinds == integer && !c.any(w, func(v *view) bool { return v.hasEnum }) {
		if whole := c.rules(w, r); len(whole) > 0 && len(breaks) > 0 && Unproven(breaks) == Unproven(whole) {
			return whole
		}
	}
	return breaks
}

// valueBreak says where a value is refused: at the reference's end, if it is one.
func (c *checker) valueBreak(w *conj, r *node, value any, unproven bool) Break {
	v, shown := c.view(r), show(value)
	for range maxNesting {
		if v.ref == nil || c.evaluate(v.ref, value, true, 0) == accepted {
			break
		}
		r, v = v.ref, c.view(v.ref)
	}
	switch kind := kindsOf(value); {
	case kind&v.kinds == 0:
		if !c.any(w, func(v *view) bool { return v.hasEnum }) {
			return c.typeBreak(w, r, v.kinds, kind)
		}
		return c.breakAt("type/value", w, r, "type", unproven, shown, v.kinds.String())
	case v.hasEnum && !v.lists(value):
		return c.breakAt("enum/removed", w, r, enumKeyword(v), unproven, shown)
	}
	return c.breakAt("value", w, r, "", unproven, shown)
}

// show prints a value, not too long.
func show(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return "?"
	}
	if runes := []rune(string(text)); len(runes) > 60 {
		return string(runes[:60]) + "…"
	}
	return string(text)
}

// below asks about a part of the value.
func (c *checker) below(w *conj, r *node) []Break {
	c.depth++
	defer func() { c.depth-- }()
	return c.accepts(w, r)
}

// unproven marks breaks.
func unproven(breaks []Break) []Break {
	marked := slices.Clone(breaks)
	for i := range marked {
		marked[i].Unproven = true
	}
	return marked
}
