package filter_test

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/eventbridge-go/eventbridge/internal/cloudevent"
	"github.com/eventbridge-go/eventbridge/internal/document"
)

// A dice makes patterns and events of few letters, so that they often meet.
type dice struct{ *rand.Rand }

func newDice(seed uint64) dice { return dice{rand.New(rand.NewPCG(seed, 42))} }

func (d dice) pick(of ...string) string { return of[d.IntN(len(of))] }

func (d dice) text() string {
	var b strings.Builder
	for range d.IntN(5) {
		b.WriteString(d.pick("a", "b", "a", "b", "A", "ß"))
	}
	return b.String()
}

func (d dice) quoted() string { return `"` + d.text() + `"` }

func (d dice) number() string {
	return d.pick("0", "1", "2", "3", "1.0", "10e-1", "-1", "1.5", "2.00", "9007199254740993", "9007199254740992", "-0.5")
}

func (d dice) scalar() string {
	switch d.IntN(8) {
	case 0:
		return d.pick("true", "false", "null")
	case 1, 2:
		return d.number()
	case 3:
		return d.pick(`"10.0.0.1"`, `"10.0.1.1"`, `"::1"`, `"10.0.0.01"`)
	}
	return d.quoted()
}

func (d dice) name() string { return d.pick("a", "b", "c", "a", "b") }

// value is JSON for the data. Names are unique but for now and then.
func (d dice) value(depth int) string {
	switch n := d.IntN(10); {
	case n < 3 && depth > 0:
		return d.object(depth - 1)
	case n < 5 && depth > 0:
		var items []string
		for range d.IntN(4) {
			if d.IntN(4) == 0 {
				items = append(items, d.value(depth-1))
			} else {
				items = append(items, d.object(depth-1))
			}
		}
		return "[" + strings.Join(items, ", ") + "]"
	case n == 5:
		return "[" + d.scalar() + ", " + d.scalar() + "]"
	}
	return d.scalar()
}

func (d dice) object(depth int) string {
	var members []string
	seen := map[string]bool{}
	for range d.IntN(4) {
		name := d.name()
		if seen[name] && d.IntN(10) > 0 {
			continue
		}
		seen[name] = true
		if d.IntN(20) == 0 {
			name = fmt.Sprintf(`\u%04x`, name[0])
		}
		members = append(members, fmt.Sprintf("%q: %s", name, d.value(depth)))
	}
	s := "{" + strings.Join(members, ",") + "}"
	return strings.ReplaceAll(s, `\\u`, `\u`)
}

func (d dice) event() *document.Document {
	e := cloudevent.Event{ID: "1", Source: "/" + d.text(), Type: d.pick("a", "b", "ab", "aab"), Subject: d.text()}
	if d.IntN(3) == 0 {
		e.Extensions = []cloudevent.Extension{{Name: "ext", Type: cloudevent.Integer, Text: d.pick("0", "1", "2")}}
	} else if d.IntN(3) == 0 {
		e.Extensions = []cloudevent.Extension{{Name: "ext", Text: d.text()}}
	}
	if d.IntN(20) > 0 {
		e.Kind, e.Data = cloudevent.JSON, []byte(d.object(3))
	}
	if d.IntN(20) == 0 {
		e.Data = []byte(d.pick(`[{"a":1}]`, `"a"`, `{"a":1`, `{"a":1}}`, ``))
	}
	return document.Of(e)
}

func (d dice) wild() string {
	var b strings.Builder
	star := false
	for range d.IntN(7) {
		if d.IntN(3) == 0 && !star {
			b.WriteByte('*')
			star = true
		} else {
			b.WriteString(d.pick("a", "b"))
			star = false
		}
	}
	return `"` + b.String() + `"`
}

func (d dice) list(one func() string) string {
	if d.IntN(3) > 0 {
		return one()
	}
	n := 1 + d.IntN(3)
	if d.IntN(20) == 0 {
		n = 12
	}
	items := make([]string, n)
	for i := range items {
		items[i] = one()
	}
	return "[" + strings.Join(items, ",") + "]"
}

func (d dice) alternative() string {
	switch d.IntN(20) {
	case 0:
		return `{"exists": true}`
	case 1:
		return `{"exists": false}`
	case 2:
		return `{"anything-but": ` + d.list(d.scalar) + `}`
	case 3:
		return fmt.Sprintf(`{"anything-but": {%q: %s}}`, d.pick("prefix", "suffix", "equals-ignore-case"), d.list(d.quoted))
	case 4:
		return `{"anything-but": {"wildcard": ` + d.list(d.wild) + `}}`
	case 5:
		return fmt.Sprintf(`{%q: {"equals-ignore-case": %s}}`, d.pick("prefix", "suffix"), d.list(d.quoted))
	case 6, 7, 8, 9:
		return "{" + d.operator() + "}"
	case 10:
		a, b := d.operator(), d.operator()
		if strings.SplitN(a, ":", 2)[0] == strings.SplitN(b, ":", 2)[0] {
			return "{" + a + "}"
		}
		return "{" + a + "," + b + "}"
	}
	return d.scalar()
}

func (d dice) operator() string {
	switch d.IntN(9) {
	case 0:
		return `"prefix": ` + d.list(d.quoted)
	case 1:
		return `"suffix": ` + d.list(d.quoted)
	case 2:
		return `"equals-ignore-case": ` + d.list(d.quoted)
	case 3:
		return `"contains": ` + d.quoted()
	case 4:
		return d.pick(`"wildcard": `, `"shellstyle": `) + d.wild()
	case 5:
		return `"regexp": ` + d.pick(`"a*b"`, `"[ab]+"`, `"(a|bb)*"`)
	case 6:
		return `"cidr": ` + d.pick(`"10.0.0.0/24"`, `"10.0.0.1/32"`, `"::/0"`)
	case 7:
		return `"exactly": ` + d.quoted()
	}
	if d.IntN(2) == 0 {
		return fmt.Sprintf(`"numeric": [%q, %s, %q, %s]`, d.pick(">", ">="), d.pick("-2", "0", "1"), d.pick("<", "<="), d.pick("1.5", "2", "9007199254740993"))
	}
	return fmt.Sprintf(`"numeric": [%q, %s]`, d.pick("=", "!=", "<", "<=", ">", ">="), d.number())
}

func (d dice) leaf() string {
	items := []string{d.alternative()}
	for d.IntN(3) == 0 {
		items = append(items, d.alternative())
	}
	return "[" + strings.Join(items, ", ") + "]"
}

func (d dice) fields(depth int) string {
	var members []string
	seen := map[string]bool{}
	for range 1 + d.IntN(3) {
		name := d.name()
		if seen[name] {
			continue
		}
		seen[name] = true
		if depth > 0 && d.IntN(2) == 0 {
			members = append(members, fmt.Sprintf("%q: %s", name, d.fields(depth-1)))
		} else {
			members = append(members, fmt.Sprintf("%q: %s", name, d.leaf()))
		}
	}
	if d.IntN(8) == 0 {
		members = append(members, fmt.Sprintf(`"$or": [%s, %s]`, d.fields(min(depth, 1)), d.fields(min(depth, 1))))
	}
	return "{" + strings.Join(members, ", ") + "}"
}

func (d dice) pattern() string {
	var members []string
	if d.IntN(2) == 0 {
		members = append(members, d.pick(`"type"`, `"detail-type"`)+": "+d.leaf())
	}
	if d.IntN(3) == 0 {
		members = append(members, d.pick(`"subject": `, `"source": `, `"ext": `)+d.leaf())
	}
	if d.IntN(4) > 0 {
		members = append(members, d.pick(`"data": `, `"detail": `)+d.fields(2))
	}
	if d.IntN(10) == 0 {
		members = append(members, fmt.Sprintf(`"$or": [{"type": %s}, {"data": %s}]`, d.leaf(), d.fields(1)))
	}
	return "{" + strings.Join(members, ", ") + "}"
}

// simplePattern is a pattern as most are: a few fields, each with a literal or two.
func (d dice) simplePattern() string {
	return fmt.Sprintf(`{"type": [%s], "data": {%q: [%s], %q: [%s, %s]}}`,
		d.pick(`"a"`, `"b"`, `"ab"`), d.pick("a", "a.b", "b.c"), d.quoted(), d.pick("c", "b"), d.number(), d.quoted())
}
