package filter

import (
	"net/netip"

	"github.com/eventbridge-go/eventbridge/internal/decimal"
)

// How conditions are written. parse(print(x)) is x.

func appendCondition(b []byte, c condition) []byte {
	switch c := c.(type) {
	case textIs, numberIs, literalIs:
		return c.appendArg(b)
	case allOf:
		b = append(b, '{')
		for i, each := range c {
			if i > 0 {
				b = append(b, ',')
			}
			if i > 0 && each.operator() == c[i-1].operator() { // wildcard beside shellstyle
				b = each.appendArg(append(b, `"shellstyle":`...))
				continue
			}
			b = appendMember(b, each)
		}
		return append(b, '}')
	}
	return append(appendMember(append(b, '{'), c), '}')
}

func appendMember(b []byte, c condition) []byte {
	b = append(appendQuoted(b, c.operator()), ':')
	return c.appendArg(b)
}

func appendQuoted(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, '\\', 'n')
		case c == '\t':
			b = append(b, '\\', 't')
		case c < 0x20:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

func (textIs) operator() string     { return "exactly" }
func (numberIs) operator() string   { return "" }
func (literalIs) operator() string  { return "" }
func (hasPrefix) operator() string  { return "prefix" }
func (hasSuffix) operator() string  { return "suffix" }
func (hasText) operator() string    { return "contains" }
func (foldIs) operator() string     { return "equals-ignore-case" }
func (foldPrefix) operator() string { return "prefix" }
func (foldSuffix) operator() string { return "suffix" }
func (wildcard) operator() string   { return "wildcard" }
func (iregexp) operator() string    { return "regexp" }
func (inBlock) operator() string    { return "cidr" }
func (isThere) operator() string    { return "exists" }
func (isAbsent) operator() string   { return "exists" }
func (*numeric) operator() string   { return "numeric" }
func (isNot) operator() string      { return "numeric" }
func (butNot) operator() string     { return "anything-but" }
func (allOf) operator() string      { return "" }
func (c oneOf) operator() string    { return c.op }

func (c textIs) appendArg(b []byte) []byte     { return appendQuoted(b, string(c)) }
func (c numberIs) appendArg(b []byte) []byte   { return append(b, decimal.Number(c).String()...) }
func (c literalIs) appendArg(b []byte) []byte  { return append(b, c.word()...) }
func (c hasPrefix) appendArg(b []byte) []byte  { return appendQuoted(b, string(c)) }
func (c hasSuffix) appendArg(b []byte) []byte  { return appendQuoted(b, string(c)) }
func (c hasText) appendArg(b []byte) []byte    { return appendQuoted(b, string(c)) }
func (c foldIs) appendArg(b []byte) []byte     { return appendQuoted(b, c.text) }
func (c wildcard) appendArg(b []byte) []byte   { return appendQuoted(b, c.source) }
func (c iregexp) appendArg(b []byte) []byte    { return appendQuoted(b, c.source) }
func (c inBlock) appendArg(b []byte) []byte    { return appendQuoted(b, netip.Prefix(c).String()) }
func (isThere) appendArg(b []byte) []byte      { return append(b, "true"...) }
func (isAbsent) appendArg(b []byte) []byte     { return append(b, "false"...) }
func (c foldPrefix) appendArg(b []byte) []byte { return appendIgnoringCase(b, c.text) }
func (c foldSuffix) appendArg(b []byte) []byte { return appendIgnoringCase(b, c.text) }

func appendIgnoringCase(b []byte, text string) []byte {
	return append(appendQuoted(append(b, `{"equals-ignore-case":`...), text), '}')
}

func (c literalIs) word() string {
	return [...]string{isNull: "null", isTrue: "true", isFalse: "false"}[c]
}

func (c *numeric) appendArg(b []byte) []byte {
	b = append(b, '[')
	if c.low.set && c.high.set && c.low.number == c.high.number {
		return append(append(append(b, `"=",`...), c.low.number.String()...), ']')
	}
	if c.low.set {
		b = c.low.append(b, '>')
	}
	if c.high.set {
		if c.low.set {
			b = append(b, ',')
		}
		b = c.high.append(b, '<')
	}
	return append(b, ']')
}

func (e bound) append(b []byte, c byte) []byte {
	b = append(append(b, '"'), e.symbol(c)...)
	return append(append(b, `",`...), e.number.String()...)
}

func (c isNot) appendArg(b []byte) []byte {
	return append(append(append(b, `["!=",`...), decimal.Number(c).String()...), ']')
}

func (c butNot) appendArg(b []byte) []byte {
	if c.op == "" {
		return appendArgs(b, c.list.any, true)
	}
	b = append(appendQuoted(append(b, '{'), c.op), ':')
	return append(appendArgs(b, c.list.any, len(c.list.any) > 1), '}')
}

func (c oneOf) appendArg(b []byte) []byte {
	switch c.list[0].(type) {
	case foldPrefix, foldSuffix:
		b = append(b, `{"equals-ignore-case":[`...)
		for i, each := range c.list {
			if i > 0 {
				b = append(b, ',')
			}
			switch each := each.(type) {
			case foldPrefix:
				b = appendQuoted(b, each.text)
			case foldSuffix:
				b = appendQuoted(b, each.text)
			}
		}
		return append(b, "]}"...)
	}
	return appendArgs(b, c.list, true)
}

func (c allOf) appendArg(b []byte) []byte { return appendCondition(b, c) }

func appendArgs(b []byte, list []condition, array bool) []byte {
	if array {
		b = append(b, '[')
	}
	for i, c := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = c.appendArg(b)
	}
	if array {
		b = append(b, ']')
	}
	return b
}

// appendAlternatives writes a leaf of a pattern.
func (f *field) appendAlternatives(b []byte) []byte {
	b = append(b, '[')
	for i, c := range f.alternatives() {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendCondition(b, c)
	}
	return append(b, ']')
}

func (f *field) alternatives() []condition {
	if !f.absent {
		return f.matcher.any
	}
	if f.matcher == nil {
		return []condition{isAbsent{}}
	}
	return append(f.matcher.any[:len(f.matcher.any):len(f.matcher.any)], isAbsent{})
}

// appendJSON writes a pattern: the attributes, then the data, nested as JSON nests,
// then the $or.
func (o *object) appendJSON(b []byte) []byte {
	w := memberWriter{b: append(b, '{'), first: true}
	i := 0
	for ; i < len(o.fields) && o.fields[i].attribute() != ""; i++ {
		w.name(o.fields[i].attribute())
		w.b = o.fields[i].appendAlternatives(w.b)
	}
	var inData []*choice
	for _, c := range o.ors {
		if !c.top {
			inData = append(inData, c)
		}
	}
	w.group("data", "data.", o.fields[i:], inData, 0)
	for _, c := range o.ors {
		if c.top {
			w.branches(c, (*object).appendJSON)
		}
	}
	return append(w.b, '}')
}

// A memberWriter sets the commas between an object's members.
type memberWriter struct {
	b     []byte
	first bool
}

func (w *memberWriter) name(name string) {
	if !w.first {
		w.b = append(w.b, ',')
	}
	w.first = false
	w.b = append(appendQuoted(w.b, name), ':')
}

func (w *memberWriter) branches(c *choice, write func(*object, []byte) []byte) {
	w.name("$or")
	w.b = append(w.b, '[')
	for i, branch := range c.branches {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		w.b = write(branch, w.b)
	}
	w.b = append(w.b, ']')
}

// group writes what stands under one name: all of it shares its first depth
// segments. Where a leaf ends there and others go on, the others get names with dots.
func (w *memberWriter) group(name, dotted string, fields []field, ors []*choice, depth int) {
	if len(fields) == 0 && len(ors) == 0 {
		return
	}
	if len(fields) == 0 || len(fields[0].segments()) > depth {
		w.name(name)
		w.b = append(w.b, '{')
		inner := memberWriter{b: w.b, first: true}
		inner.nested(fields, ors, depth)
		w.b = append(inner.b, '}')
		return
	}
	w.name(name)
	w.b = fields[0].appendAlternatives(w.b)
	for _, f := range fields[1:] {
		w.name(dotted + joined(f.segments()[depth:]))
		w.b = f.appendAlternatives(w.b)
	}
	for _, c := range ors {
		w.name(dotted + joined(c.at[depth:]))
		inner := memberWriter{b: append(w.b, '{'), first: true}
		inner.nested(nil, []*choice{c}, len(c.at))
		w.b = append(inner.b, '}')
	}
}

// nested writes the members of an object in the data.
func (w *memberWriter) nested(fields []field, ors []*choice, depth int) {
	var here *choice
	names := map[string]*struct {
		fields []field
		ors    []*choice
	}{}
	var order []string
	at := func(name string) *struct {
		fields []field
		ors    []*choice
	} {
		if names[name] == nil {
			names[name] = new(struct {
				fields []field
				ors    []*choice
			})
			order = append(order, name)
		}
		return names[name]
	}
	for _, f := range fields {
		g := at(f.segments()[depth])
		g.fields = append(g.fields, f)
	}
	for _, c := range ors {
		if len(c.at) == depth {
			here = c
			continue
		}
		g := at(c.at[depth])
		g.ors = append(g.ors, c)
	}
	for _, name := range order {
		w.group(name, name+".", names[name].fields, names[name].ors, depth+1)
	}
	if here != nil {
		w.branches(here, func(o *object, b []byte) []byte {
			inner := memberWriter{b: append(b, '{'), first: true}
			inner.nested(o.fields, o.ors, depth)
			return append(inner.b, '}')
		})
	}
}
