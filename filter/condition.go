package filter

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/eventbridge-go/eventbridge/internal/decimal"
)

// A condition is asked of one value. Conditions are immutable.
type condition interface {
	match(v *value) bool
	// place is where an index finds the values that may satisfy the condition.
	place() place
	// operator and appendArg are the condition as it is written: {"operator": arg}.
	operator() string
	appendArg(b []byte) []byte
}

type (
	textIs    string
	numberIs  decimal.Number
	literalIs valueKind // true, false, null

	hasPrefix  string
	hasSuffix  string
	hasText    string // contains
	foldIs     struct{ text, folded string }
	foldPrefix struct{ text, folded string }
	foldSuffix struct{ text, folded string }
	inBlock    netip.Prefix
	isThere    struct{} // exists: true

	// numeric is a stretch of numbers.
	numeric struct{ low, high bound }
	// isNot is numeric "!=".
	isNot decimal.Number

	// butNot is anything-but: a value for which nothing of the list holds. op is
	// the operator the list was written under, empty for literals.
	butNot struct {
		op   string
		list *matcher
	}
	// allOf are several operators in one object.
	allOf []condition
	// oneOf is an operator with a list, among others in one object.
	oneOf struct {
		op   string
		list []condition
	}
)

// A bound is the end of a stretch of numbers.
type bound struct {
	number decimal.Number
	open   bool // the number itself is outside
	set    bool // there is such an end
}

func (c textIs) match(v *value) bool    { return v.kind == isString && v.text == string(c) }
func (c literalIs) match(v *value) bool { return v.kind == valueKind(c) }
func (c hasPrefix) match(v *value) bool {
	return v.kind == isString && strings.HasPrefix(v.text, string(c))
}
func (c hasSuffix) match(v *value) bool {
	return v.kind == isString && strings.HasSuffix(v.text, string(c))
}
func (c hasText) match(v *value) bool {
	return v.kind == isString && strings.Contains(v.text, string(c))
}
func (c foldIs) match(v *value) bool {
	return v.kind == isString && strings.EqualFold(v.text, c.text)
}
func (c foldPrefix) match(v *value) bool {
	return v.kind == isString && hasFoldedPrefix(v.text, c.folded)
}
func (c foldSuffix) match(v *value) bool {
	return v.kind == isString && hasFoldedSuffix(v.text, c.folded)
}
func (c isThere) match(*value) bool { return true }

func (c numberIs) match(v *value) bool {
	n, ok := v.num()
	return ok && n == decimal.Number(c)
}

func (c isNot) match(v *value) bool {
	n, ok := v.num()
	return ok && n != decimal.Number(c)
}

func (c *numeric) match(v *value) bool {
	n, ok := v.num()
	return ok && c.contains(n)
}

func (c *numeric) contains(n decimal.Number) bool {
	if c.low.set {
		if d := n.Compare(c.low.number); d < 0 || d == 0 && c.low.open {
			return false
		}
	}
	if c.high.set {
		if d := n.Compare(c.high.number); d > 0 || d == 0 && c.high.open {
			return false
		}
	}
	return true
}

func (c inBlock) match(v *value) bool {
	addr, ok := v.addr()
	return ok && netip.Prefix(c).Contains(addr)
}

// addr is v as an IP address; one with a zone is in no block. Nothing is ever looked
// up.
func (v *value) addr() (netip.Addr, bool) {
	const longest = len("0000:0000:0000:0000:0000:ffff:255.255.255.255")
	if v.kind != isString || len(v.text) < 2 || len(v.text) > longest || !mayStartAddr[v.text[0]] {
		return netip.Addr{}, false
	}
	addr, err := netip.ParseAddr(v.text)
	return addr, err == nil && addr.Zone() == ""
}

var mayStartAddr = func() (t [256]bool) {
	for _, c := range []byte("0123456789abcdefABCDEF:") {
		t[c] = true
	}
	return t
}()

func (c butNot) match(v *value) bool { return !c.list.match(v) }

func (c allOf) match(v *value) bool {
	for _, each := range c {
		if !each.match(v) {
			return false
		}
	}
	return true
}

func (c oneOf) match(v *value) bool {
	for _, each := range c.list {
		if each.match(v) {
			return true
		}
	}
	return false
}

// A matcher holds for a value when one of its conditions does.
type matcher struct {
	any  []condition
	many *manyTexts // the same, when there are many strings among them
}

// manyTexts are strings in a set, and the conditions that are none.
type manyTexts struct {
	texts map[string]struct{}
	rest  []condition
}

// fewTexts is up to where comparing one by one is faster.
const fewTexts = 8

func newMatcher(any []condition) *matcher {
	m := &matcher{any: slices.Clip(any)}
	texts := 0
	for _, c := range any {
		if _, ok := c.(textIs); ok {
			texts++
		}
	}
	if texts <= fewTexts {
		return m
	}
	m.many = &manyTexts{texts: make(map[string]struct{}, texts)}
	for _, c := range any {
		if t, ok := c.(textIs); ok {
			m.many.texts[string(t)] = struct{}{}
		} else {
			m.many.rest = append(m.many.rest, c)
		}
	}
	return m
}

func (m *matcher) match(v *value) bool {
	any := m.any
	if m.many != nil {
		if _, ok := m.many.texts[v.text]; ok && v.kind == isString {
			return true
		}
		any = m.many.rest
	}
	for _, c := range any {
		if c.match(v) {
			return true
		}
	}
	return false
}
