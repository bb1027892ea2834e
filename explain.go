package eventbridge

import (
	"fmt"

	"github.com/eventbridge-go/eventbridge/filter"
	"github.com/eventbridge-go/eventbridge/internal/document"
	"github.com/eventbridge-go/eventbridge/store"
)

// An Explanation says what one rule would do with an event.
type Explanation struct {
	Rule    string
	Matched bool          // the rule selects it
	Reason  filter.Reason // if not: the first field that fails, what was wanted and what was there
	Sent    Event         // if so: what its target would get, after the transform
	Err     error         // why Publish would refuse the event, or it would be a dead letter of this rule at once
}

// String is the explanation in one line.
func (x Explanation) String() string {
	switch {
	case x.Err != nil:
		return x.Rule + ": " + x.Err.Error()
	case x.Matched:
		return x.Rule + ": matched"
	}
	return x.Rule + ": not matched: " + x.Reason.String()
}

// Explain says what every rule would do with e, in order of their names, paused rules
// included. Nothing is published, stored or delivered, and no hook is called; filters
// and transforms that are Go functions do run, those of filters maybe twice. Like
// Publish it works on a copy, on which it fills in what a hand-made event lacks, and
// rules see it as its newest type. An event that Publish would refuse has that error
// for every rule; one whose upcast fails, for every rule that might select it. It is
// safe for concurrent use, and blocks for nothing.
func (b *Bus) Explain(e Event) []Explanation {
	ev, err := b.asPublished(e)
	var all []Explanation
	b.rules.each(func(r *runner) {
		rule := r.current()
		if err != nil {
			all = append(all, Explanation{Rule: rule.Name, Err: err})
			return
		}
		if ev.unread != nil {
			all = append(all, r.explainUnread(rule, ev))
			return
		}
		all = append(all, explain(rule, ev))
	})
	return all
}

// asPublished is what rules would see of e if it were published now.
func (b *Bus) asPublished(e Event) (*loaded, error) {
	ne, err := b.prepare(e, nil)
	if err != nil {
		return nil, err
	}
	if _, _, err := b.fits(ne.Data); err != nil {
		return nil, err
	}
	return b.load(store.Entry{Received: b.clock.now(), Data: ne.Data})
}

func (r *runner) current() *Rule {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.rule
}

// explainUnread explains an event that can't be read as its newest type: a dead letter
// of every rule that might have selected it.
func (r *runner) explainUnread(rule *Rule, ev *loaded) Explanation {
	if r.mightSelect(ev) {
		return Explanation{Rule: rule.Name, Err: ev.unread}
	}
	newest := ev.stored.Event
	newest.Type = r.b.upcasts.newest(newest.Type)
	x := Explanation{Rule: rule.Name}
	_, x.Reason = rule.selection().ExplainDocument(document.Of(newest))
	return x
}

func explain(rule *Rule, ev *loaded) Explanation {
	x := Explanation{Rule: rule.Name}
	selects := rule.selection()
	matched, err := selects.MatchDocument(ev.doc)
	switch {
	case err != nil:
		x.Err = fmt.Errorf("filter: %w", err)
	case !matched:
		_, x.Reason = selects.ExplainDocument(ev.doc)
	default:
		x.Matched = true
		if x.Sent, err = reshape(rule, &delivery{event: ev}); err != nil {
			x.Err = fmt.Errorf("transform: %w", err)
		}
	}
	return x
}
