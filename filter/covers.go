package filter

import (
	"strconv"
	"time"

	"github.com/eventbridge-go/eventbridge/internal/cloudevent"
)

// An Answer says how many of the events of a kind a filter selects.
type Answer uint8

const (
	Never     Answer = iota // none of them
	Sometimes               // maybe some, maybe all, maybe none: it depends on what is not known
	Always                  // each of them
)

func (a Answer) String() string {
	switch a {
	case Never:
		return "never"
	case Always:
		return "always"
	}
	return "sometimes"
}

// Covers says whether f selects events of which only some attributes are known: those
// in attributes, by name and text, as in {"type": "order.placed", "source": "/shop"}.
// An empty text means that the attribute is known to be absent. Nothing is known of
// the others, nor of the data.
//
// Never and Always are certain: no event with these attributes is selected, or every
// one is. Sometimes is all else, and also where finding out would be hard: a Func may
// do anything, and of an expression only the attribute == "text" it begins with
// counts. An extension whose text reads as an integer or a boolean may be that or text.
func (f Filter) Covers(attributes map[string]string) Answer {
	if f.n == nil {
		return Always
	}
	k := knowledge{"specversion": {{kind: isString, text: cloudevent.SpecVersion}}}
	for name, text := range attributes {
		k[name] = possible(name, text)
	}
	a, _ := k.rule(f.n.compiled().rule)
	return a
}

// knowledge has the values that each known attribute may have.
type knowledge map[string][]value

// possible are the values an attribute with a text may have; one that is dead is none.
func possible(name, text string) []value {
	switch name {
	case "type", "source", "subject", "id", "specversion", "datacontenttype", "dataschema", "time":
		if text == "" {
			return []value{{kind: isDead}}
		}
		if at, err := time.Parse(time.RFC3339Nano, text); name == "time" && err == nil {
			text = at.Format(time.RFC3339Nano) // as it is compared
		}
		return []value{{kind: textKind(text), text: text}}
	}
	values := []value{{kind: textKind(text), text: text}}
	if text == "" {
		return append(values, value{kind: isDead})
	}
	switch text {
	case "true":
		return append(values, value{kind: isTrue})
	case "false":
		return append(values, value{kind: isFalse})
	}
	if _, err := strconv.ParseInt(text, 10, 64); err == nil {
		return append(values, value{kind: isNumber, text: text})
	}
	return values
}

// rule says whether some clause holds, and whether judging an event may end in an
// error, which is no match then, nor the opposite of one.
func (k knowledge) rule(r rule) (a Answer, mayFail bool) {
	for _, cl := range r {
		one, fails := k.clause(cl)
		if one == Always {
			return Always, false // it outweighs another's error
		}
		a, mayFail = max(a, one), mayFail || fails
	}
	return a, mayFail
}

// clause goes as view.all does: predicates first, then choices, then checks, and
// whatever fails for certain before anything can err is a plain no.
func (k knowledge) clause(cl *clause) (a Answer, mayFail bool) {
	a = k.predicates(cl.preds)
	if a == Never {
		return Never, false
	}
	for i := range cl.scopes {
		if len(cl.scopes[i].choices) == 0 {
			continue
		}
		one := k.choices(cl.scopes[i].choices)
		if one == Never {
			return Never, mayFail
		}
		a, mayFail = min(a, one), true // they may be ErrEntangled
	}
	for _, c := range cl.checks {
		one, fails := k.check(c)
		mayFail = mayFail || fails
		if one == Never {
			return Never, mayFail
		}
		a = min(a, one)
	}
	if mayFail {
		a = min(a, Sometimes)
	}
	return a, mayFail
}

func (k knowledge) predicates(preds []predicate) Answer {
	a := Always
	for i := range preds {
		a = min(a, k.predicate(&preds[i]))
	}
	return a
}

func (k knowledge) predicate(p *predicate) Answer {
	values, known := k[p.path.attribute]
	if p.path.inData() || !known {
		return Sometimes
	}
	held := 0
	for _, v := range values {
		switch {
		case p.matcher == nil && v.kind == isDead, p.matcher != nil && v.kind != isDead && p.match(&v):
			held++
		}
	}
	switch held {
	case 0:
		return Never
	case len(values):
		return Always
	}
	return Sometimes
}

// choices must hold each by one of their branches.
func (k knowledge) choices(all []*compiledChoice) Answer {
	a := Always
	for _, c := range all {
		best := Never
		for i := range c.branches {
			b := &c.branches[i]
			best = max(best, min(k.predicates(b.preds), k.choices(b.choices)))
		}
		a = min(a, best)
	}
	return a
}

func (k knowledge) check(c check) (a Answer, mayFail bool) {
	switch c := c.(type) {
	case nested:
		return k.rule(c.of)
	case negation:
		a, mayFail = k.rule(c.of)
		switch {
		case a == Always:
			return Never, false
		case a == Never && !mayFail:
			return Always, false
		}
	default:
		mayFail = true
	}
	return Sometimes, mayFail
}
