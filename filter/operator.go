package filter

import (
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/eventbridge-go/eventbridge/internal/decimal"
)

// operators is the table of the language: an alternative {"name": argument} is read
// by the function of that name. nil means that a fault was noted.
var operators map[string]func(p *parser, arg jsonNode) condition

func init() { // a variable's initializer may not refer to itself: anything-but has operators inside
	operators = map[string]func(p *parser, arg jsonNode) condition{
		"exactly":            parseExactly,
		"prefix":             parsePrefix,
		"suffix":             parseSuffix,
		"equals-ignore-case": parseEqualsIgnoreCase,
		"contains":           parseContains,
		"wildcard":           parseWildcard,
		"shellstyle":         parseWildcard,
		"regexp":             parseRegexp,
		"numeric":            parseNumeric,
		"cidr":               parseCIDR,
		"exists":             parseExists,
		"anything-but":       parseAnythingBut,
	}
}

// butOperators are those that may stand inside anything-but.
var butOperators = []string{"prefix", "suffix", "wildcard", "equals-ignore-case"}

func (p *parser) wantString(arg jsonNode, op string) (string, bool) {
	if arg.kind != jsonString {
		p.faults.add(arg.offset, arg.pointer, "%s: wants a string, not %s", op, arg.kind)
		return "", false
	}
	return arg.text, true
}

// eachString reads a string or a list of strings, of which any will do.
func (p *parser) eachString(arg jsonNode, op string, read func(arg jsonNode, text string) condition) condition {
	if arg.kind == jsonString {
		return read(arg, arg.text)
	}
	if arg.kind != jsonArray {
		p.faults.add(arg.offset, arg.pointer, "%s: wants a string or a list of strings, not %s", op, arg.kind)
		return nil
	}
	if len(arg.items) == 0 {
		p.faults.add(arg.offset, arg.pointer, "%s: an empty list can match nothing", op)
		return nil
	}
	any := oneOf{op: op}
	for _, item := range arg.items {
		text, ok := p.wantString(item, op)
		if !ok {
			continue
		}
		if c := read(item, text); c != nil {
			any.list = append(any.list, c)
		}
	}
	switch len(any.list) {
	case 0:
		return nil
	case 1:
		return any.list[0]
	}
	return any
}

func parseExactly(p *parser, arg jsonNode) condition {
	if text, ok := p.wantString(arg, "exactly"); ok {
		return textIs(text)
	}
	return nil
}

func parsePrefix(p *parser, arg jsonNode) condition {
	if arg.kind == jsonObject {
		return p.ignoringCase(arg, "prefix", func(_ jsonNode, s string) condition { return foldPrefix{s, fold(s)} })
	}
	return p.eachString(arg, "prefix", func(_ jsonNode, s string) condition { return hasPrefix(s) })
}

func parseSuffix(p *parser, arg jsonNode) condition {
	if arg.kind == jsonObject {
		return p.ignoringCase(arg, "suffix", func(_ jsonNode, s string) condition { return foldSuffix{s, fold(s)} })
	}
	return p.eachString(arg, "suffix", func(_ jsonNode, s string) condition { return hasSuffix(s) })
}

// ignoringCase reads the argument {"equals-ignore-case": …} of prefix and suffix.
func (p *parser) ignoringCase(arg jsonNode, op string, read func(jsonNode, string) condition) condition {
	if len(arg.members) != 1 || arg.members[0].name != "equals-ignore-case" {
		p.faults.add(arg.offset, arg.pointer, `%s: the only object that may stand here is {"equals-ignore-case": "…"}`, op)
		return nil
	}
	return p.eachString(arg.members[0].value, op, read)
}

func parseEqualsIgnoreCase(p *parser, arg jsonNode) condition {
	return p.eachString(arg, "equals-ignore-case", func(_ jsonNode, s string) condition { return foldIs{s, fold(s)} })
}

func parseContains(p *parser, arg jsonNode) condition {
	if text, ok := p.wantString(arg, "contains"); ok {
		return hasText(text)
	}
	return nil
}

func parseWildcard(p *parser, arg jsonNode) condition {
	text, ok := p.wantString(arg, "wildcard")
	if !ok {
		return nil
	}
	return p.wildcard(arg, text)
}

func (p *parser) wildcard(arg jsonNode, text string) condition {
	w, err := newWildcard(text)
	if err != nil {
		p.faults.add(arg.offset, arg.pointer, "wildcard: %v", err)
		return nil
	}
	return w
}

func parseRegexp(p *parser, arg jsonNode) condition {
	text, ok := p.wantString(arg, "regexp")
	if !ok {
		return nil
	}
	c, err := newIRegexp(text)
	if err != nil {
		p.faults.add(arg.offset, arg.pointer, "regexp: %v", err)
		return nil
	}
	return c
}

func parseCIDR(p *parser, arg jsonNode) condition {
	text, ok := p.wantString(arg, "cidr")
	if !ok {
		return nil
	}
	block, err := netip.ParsePrefix(text)
	if err == nil {
		return inBlock(block.Masked())
	}
	if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" {
		p.faults.add(arg.offset, arg.pointer, "cidr: %s is an address: for a block of it alone write %s/%d", text, text, addr.BitLen())
	} else {
		p.faults.add(arg.offset, arg.pointer, `cidr: %q is no block of addresses: write 10.0.0.0/24 or 2001:db8::/32`, text)
	}
	return nil
}

func parseExists(p *parser, arg jsonNode) condition {
	switch arg.kind {
	case jsonTrue:
		return isThere{}
	case jsonFalse:
		return isAbsent{}
	}
	p.faults.add(arg.offset, arg.pointer, "exists: wants true or false, not %s", arg.kind)
	return nil
}

// isAbsent is exists: false. It is asked of a field, not of a value, so the parser
// takes it out of the alternatives.
type isAbsent struct{ condition }

func parseAnythingBut(p *parser, arg jsonNode) condition {
	if arg.kind == jsonObject {
		return p.anythingButOperator(arg)
	}
	items := []jsonNode{arg}
	if arg.kind == jsonArray {
		items = arg.items
		if len(items) == 0 {
			p.faults.add(arg.offset, arg.pointer, `anything-but: an empty list excludes nothing: write {"exists": true}`)
			return nil
		}
	}
	var list []condition
	for _, item := range items {
		if item.kind == jsonObject || item.kind == jsonArray {
			p.faults.add(item.offset, item.pointer, "anything-but: a list holds strings, numbers, true, false and null, not %s", item.kind)
		} else if c := p.literal(item); c != nil {
			list = append(list, c)
		}
	}
	if len(list) == 0 {
		return nil
	}
	return butNot{list: newMatcher(list)}
}

func (p *parser) anythingButOperator(arg jsonNode) condition {
	if len(arg.members) != 1 {
		p.faults.add(arg.offset, arg.pointer, "anything-but: wants one operator, not %d: to exclude several ways, write an object for each and combine them", len(arg.members))
		return nil
	}
	m := arg.members[0]
	if !slices.Contains(butOperators, m.name) {
		p.faults.add(m.offset, m.pointer, "anything-but: %s can't stand here: one of %s can", m.name, strings.Join(butOperators, ", "))
		return nil
	}
	var c condition
	if m.name == "wildcard" {
		c = p.eachString(m.value, m.name, p.wildcard)
	} else if m.value.kind == jsonObject {
		p.faults.add(m.value.offset, m.value.pointer, "%s: inside anything-but it wants a string or a list of strings", m.name)
	} else {
		c = operators[m.name](p, m.value)
	}
	switch c := c.(type) {
	case nil:
		return nil
	case oneOf:
		return butNot{op: m.name, list: newMatcher(c.list)}
	default:
		return butNot{op: m.name, list: newMatcher([]condition{c})}
	}
}

func parseNumeric(p *parser, arg jsonNode) condition {
	if arg.kind != jsonArray || len(arg.items) != 2 && len(arg.items) != 4 {
		p.faults.add(arg.offset, arg.pointer, `numeric: wants ["<", 5] or [">=", 0, "<", 5]`)
		return nil
	}
	var c numeric
	ok := true
	for i := 0; i < len(arg.items); i += 2 {
		op, n := arg.items[i], arg.items[i+1]
		number, isNumber := p.number(n, "numeric: ")
		if op.kind != jsonString || !slices.Contains([]string{"=", "!=", "<", "<=", ">", ">="}, op.text) {
			p.faults.add(op.offset, op.pointer, "numeric: a comparison is one of = != < <= > >=")
			isNumber = false
		} else if isNumber && len(arg.items) == 4 {
			if lower := strings.HasPrefix(op.text, ">"); lower != (i == 0) || !lower && op.text[0] != '<' {
				p.faults.add(op.offset, op.pointer, "numeric: with two bounds the lower one (> or >=) comes first, then the upper one (< or <=)")
				isNumber = false
			}
		}
		if !isNumber {
			ok = false
			continue
		}
		if op.text == "!=" {
			return isNot(number)
		}
		if b := (bound{number: number, open: len(op.text) == 1 && op.text != "=", set: true}); true {
			if op.text[0] != '<' {
				c.low = b
			}
			if op.text[0] != '>' {
				c.high = b
			}
		}
	}
	if !ok {
		return nil
	}
	if c.isEmpty() {
		p.faults.add(arg.offset, arg.pointer, "numeric: bounds contradict each other: %s %s and %s %s", c.low.symbol('>'), c.low.number, c.high.symbol('<'), c.high.number)
		return nil
	}
	return &c
}

func (c *numeric) isEmpty() bool {
	if !c.low.set || !c.high.set {
		return false
	}
	d := c.low.number.Compare(c.high.number)
	return d > 0 || d == 0 && (c.low.open || c.high.open)
}

func (b bound) symbol(c byte) string {
	if b.open {
		return string(c)
	}
	return string(c) + "="
}

func (p *parser) number(n jsonNode, who string) (decimal.Number, bool) {
	if n.kind != jsonNumber {
		p.faults.add(n.offset, n.pointer, "%swants a number, not %s", who, n.kind)
		return decimal.Number{}, false
	}
	number, ok := decimal.Parse(n.text)
	if !ok {
		p.faults.add(n.offset, n.pointer, "%sa number whose exponent is beyond %d", who, decimal.MaxExponent)
	}
	return number, ok
}

func isOperator(name string) bool { return operators[name] != nil }

func operatorNames() string {
	return strings.Join(slices.Sorted(maps.Keys(operators)), ", ")
}
