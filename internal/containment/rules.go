package containment

import (
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// rules takes the reader's keywords one by one: which do not follow from the writer?
// What it finds may come from taking the writer as a whole; see cases.
func (c *checker) rules(w *conj, r *node) []Break {
	v := c.view(r)
	if v.never {
		return []Break{c.breakAt("false", w, r, "", false)}
	}
	var breaks []Break
	if missing := w.kinds &^ v.kinds; missing != 0 {
		breaks = append(breaks, c.typeBreak(w, r, v.kinds, missing))
		if w = c.of(w, v.kinds); w.kinds == 0 || w.never {
			return breaks
		}
	}
	if v.hasEnum {
		b := c.breakAt("enum/added", w, r, enumKeyword(v), !c.endless(w))
		return append(breaks, b)
	}
	for _, name := range v.opaque {
		if c.sameContent(w, v, name) {
			continue
		}
		breaks = append(breaks, c.breakAt("opaque", w, r, name, true, name))
	}
	for _, rule := range []func(*conj, *node, *view) []Break{c.numbers, c.strings, c.arrays, c.objects, c.combinators} {
		breaks = append(breaks, rule(w, r, v)...)
	}
	return breaks
}

// sameContent says whether the writer describes the content of a text in the same words:
// how it is encoded and what it is then, which only together say anything.
func (c *checker) sameContent(w *conj, v *view, name string) bool {
	if name != "contentEncoding" && name != "contentMediaType" {
		return false
	}
	encoding, mediaType := content(v)
	return c.any(w, func(of *view) bool {
		e, m := content(of)
		return e == encoding && m == mediaType
	})
}

func content(v *view) (encoding, mediaType string) {
	encoding, _ = v.keywords["contentEncoding"].(string)
	mediaType, _ = v.keywords["contentMediaType"].(string)
	return encoding, mediaType
}

func (c *checker) typeBreak(w *conj, r *node, wanted, missing kinds) Break {
	row := "type/narrowed"
	if w.kinds&wanted == 0 {
		row = "type/changed"
	}
	return c.breakAt(row, w, r, "type", false, w.kinds.String(), wanted.String(), missing.String())
}

func enumKeyword(v *view) string {
	if _, ok := v.keywords["enum"]; ok {
		return "enum"
	}
	return "const"
}

// endless says whether the writer surely writes more values than any list has.
func (c *checker) endless(w *conj) bool {
	if c.any(w, func(v *view) bool {
		return v.pattern != nil || v.names != nil || v.format != "" || v.not != nil || v.when != nil || v.factor != nil || len(v.opaque) > 0 || len(v.anyOf)+len(v.oneOf) > 1
	}) {
		return false
	}
	lower, upper := c.lower(w), c.upper(w)
	free := func(part *conj) bool { return part != nil && len(part.members) == 0 }
	return w.kinds&text != 0 && c.most(w, func(v *view) int { return v.maxLength }) < 0 ||
		w.kinds&number != 0 && (lower == nil || upper == nil) ||
		w.kinds&array != 0 && c.most(w, func(v *view) int { return v.maxItems }) < 0 && free(c.item(w, 0)) ||
		w.kinds&object != 0 && c.most(w, func(v *view) int { return v.maxProperties }) < 0 && free(c.others(w, c.names(w)))
}

// String names the kinds.
func (k kinds) String() string {
	if k == allKinds {
		return "anything"
	}
	var found []string
	for _, one := range []struct {
		kinds
		name string
	}{{null, "null"}, {boolean, "boolean"}, {number, "number"}, {integer, "integer"}, {fraction, "fraction"}, {text, "string"}, {array, "array"}, {object, "object"}} {
		if k&one.kinds == one.kinds {
			found = append(found, one.name)
			k &^= one.kinds
		}
	}
	return strings.Join(found, " or ")
}

func (c *checker) numbers(w *conj, r *node, v *view) []Break {
	if w.kinds&number == 0 {
		return nil
	}
	var breaks []Break
	limit := func(bounds []bound, has *bound, sign int, side string) {
		for _, b := range bounds {
			want := whole(b, w.kinds, sign)
			if has == nil {
				breaks = append(breaks, c.breakAt(side+"/added", w, r, b.keyword, false, b.keyword, string(b.text)))
				continue
			}
			d := has.n.Cmp(want.n) * sign
			if d < 0 || d == 0 && want.exclusive && !has.exclusive {
				breaks = append(breaks, c.breakAt(side+"/moved", w, r, b.keyword, false, b.keyword, string(has.text), string(b.text)))
			}
		}
	}
	limit(v.lower, c.lower(w), 1, "lower")
	limit(v.upper, c.upper(w), -1, "upper")
	if v.factor != nil && !c.divides(w, v.factor) {
		factors := 0
		for _, m := range w.members {
			if c.view(m.n).factor != nil {
				factors++
			}
		}
		bounded := c.lower(w) != nil || c.upper(w) != nil
		breaks = append(breaks, c.breakAt("multipleOf", w, r, "multipleOf", bounded || factors > 1, show(v.keywords["multipleOf"])))
	}
	return breaks
}

// divides says whether all numbers that are written are multiples.
func (c *checker) divides(w *conj, factor *big.Rat) bool {
	if w.kinds&number == integer && multiple(big.NewRat(1, 1), factor) {
		return true
	}
	return c.any(w, func(v *view) bool { return v.factor != nil && multiple(v.factor, factor) })
}

func multiple(n, of *big.Rat) bool {
	return of.Sign() != 0 && new(big.Rat).Quo(n, of).IsInt()
}

// counts compares a limit of lengths or of numbers of parts.
func (c *checker) counts(w *conj, r *node, keyword string, has, want int, upper bool) []Break {
	side, none := "lower", has <= 0
	if upper {
		side, none = "upper", has < 0
	}
	switch {
	case want < 0, !upper && has >= want, upper && has >= 0 && has <= want:
		return nil
	case none:
		return []Break{c.breakAt(side+"/added", w, r, keyword, false, keyword, strconv.Itoa(want))}
	}
	return []Break{c.breakAt(side+"/moved", w, r, keyword, false, keyword, strconv.Itoa(has), strconv.Itoa(want))}
}

func (c *checker) strings(w *conj, r *node, v *view) []Break {
	var breaks []Break
	if w.kinds&text != 0 {
		breaks = append(breaks, c.counts(w, r, "minLength", c.least(w, func(v *view) int { return v.minLength }), v.minLength, false)...)
		breaks = append(breaks, c.counts(w, r, "maxLength", c.most(w, func(v *view) int { return v.maxLength }), v.maxLength, true)...)
		breaks = append(breaks, c.pattern(w, r, v)...)
	}
	if w.kinds&(text|number) != 0 && v.format != "" {
		breaks = append(breaks, c.format(w, r, v)...)
	}
	return breaks
}

func (c *checker) pattern(w *conj, r *node, v *view) []Break {
	if v.pattern == nil || slices.Contains([]string{"", "^", "$", ".*", "^.*"}, v.pattern.expr) {
		return nil
	}
	var other string
	for _, m := range w.members {
		p := c.view(m.n).pattern
		switch {
		case p == nil:
		case p.expr == v.pattern.expr:
			return nil
		default:
			other = p.expr
		}
	}
	if other != "" {
		return []Break{c.breakAt("pattern/changed", w, r, "pattern", true, other, v.pattern.expr)}
	}
	return []Break{c.breakAt("pattern/added", w, r, "pattern", !c.refusesSome(w, v.pattern), v.pattern.expr)}
}

// refusesSome says whether a simple string that the writer writes does not match.
func (c *checker) refusesSome(w *conj, p *pattern) bool {
	least, most := c.least(w, func(v *view) int { return v.minLength }), c.most(w, func(v *view) int { return v.maxLength })
	if least > 1_000 || c.any(w, func(v *view) bool { return v.format != "" || len(v.opaque) > 0 || v.not != nil }) {
		return false
	}
	for _, s := range []string{"", "a", "A", "0", "~", " ", "\n"} {
		s = strings.Repeat(s, max(least, 1))
		if len(s) >= least && (most < 0 || len(s) <= most) && p.matches(s) == refused {
			return true
		}
	}
	return false
}

// format follows only from the same one.
func (c *checker) format(w *conj, r *node, v *view) []Break {
	row, other := "format/added", ""
	for _, m := range w.members {
		switch has := c.view(m.n); has.format {
		case "":
		case v.format:
			return nil
		default:
			row, other = "format/changed", has.format
		}
	}
	restricted := c.any(w, func(v *view) bool { return v.pattern != nil || v.format != "" }) || w.kinds&text == 0
	return []Break{c.breakAt(row, w, r, "format", restricted, v.format, other)}
}
