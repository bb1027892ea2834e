package torture_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	eventbridge "github.com/eventbridge-go/eventbridge"
)

// A model is what must be true of the log and of what targets were given.
type model struct {
	log    []stored // log[p-1] is event p
	seen   int      // how much of the log was compared
	at     map[string]eventbridge.Position
	acked  int
	lines  int // of the acknowledgements that were looked at
	rules  map[string]*ledger
	starts int
}

type stored struct {
	publisher, n             int
	source, subject, account string
}

// A ledger is what is known of one rule's deliveries.
type ledger struct {
	ok      map[eventbridge.Position]bool // a target said so
	letters map[eventbridge.Position]bool // dead letters in the file, after the last kill
	before  map[eventbridge.Position]bool // and before the life that it ended
	repeats int
}

func newModel() *model {
	m := &model{at: map[string]eventbridge.Position{}, rules: map[string]*ledger{}}
	for _, name := range []string{"ordered", "rekeyed", "parks", "rare"} {
		m.rules[name] = &ledger{ok: map[eventbridge.Position]bool{}, letters: map[eventbridge.Position]bool{}}
	}
	return m
}

func (m *model) String() string {
	dead, repeats := 0, 0
	for _, l := range m.rules {
		dead += len(l.letters)
		repeats += l.repeats
	}
	return fmt.Sprintf("%d events in the log, %d acknowledged, %d attempts, %d of them repeats, %d dead letters left", len(m.log), m.acked, m.starts, repeats, dead)
}

// readLog compares the log with what was read of it before and with what publishers
// made: nothing changed, nothing twice, no gap, each publisher's in order.
func (m *model) readLog(t *testing.T, b *eventbridge.Bus) error {
	last := [publishers]int{}
	for i := range last {
		last[i] = -1
	}
	for _, s := range m.log[:m.seen] {
		last[s.publisher] = s.n
	}
	next := eventbridge.Position(m.seen + 1)
	for r, err := range b.Events(t.Context(), eventbridge.Query{From: next}) {
		if err != nil {
			return err
		}
		if r.Position != next {
			return fmt.Errorf("event %d follows event %d", r.Position, next-1)
		}
		next++
		var s stored
		if _, err := fmt.Sscanf(r.Event.ID(), "%d-%d", &s.publisher, &s.n); err != nil {
			return fmt.Errorf("event %d: id %q", r.Position, r.Event.ID())
		}
		want := made(s.publisher, s.n)
		if want.Subject() != r.Event.Subject() || want.Source() != r.Event.Source() || !bytes.Equal(want.Data(), r.Event.Data()) {
			return fmt.Errorf("event %d is not what was published as %s", r.Position, want.ID())
		}
		if s.n <= last[s.publisher] {
			return fmt.Errorf("event %d: %d-%d comes after %d-%d", r.Position, s.publisher, s.n, s.publisher, last[s.publisher])
		}
		last[s.publisher] = s.n
		var d body
		if err := r.Event.DataAs(&d); err != nil {
			return err
		}
		s.source, s.subject, s.account = want.Source(), want.Subject(), d.Account
		if int(r.Position) <= len(m.log) {
			if m.log[r.Position-1] != s {
				return fmt.Errorf("event %d was %v and is %v", r.Position, m.log[r.Position-1], s)
			}
			continue
		}
		if at, twice := m.at[r.Event.ID()]; twice {
			return fmt.Errorf("%s is event %d and event %d", r.Event.ID(), at, r.Position)
		}
		m.at[r.Event.ID()] = r.Position
		m.log = append(m.log, s)
	}
	if int(next) <= len(m.log) {
		return fmt.Errorf("the log ended at event %d, and ends at %d", len(m.log), next-1)
	}
	m.seen = len(m.log)
	return nil
}

// readAcks sees to it that everything acknowledged is in the log.
func (m *model) readAcks(dir string) error {
	text, err := os.ReadFile(filepath.Join(dir, "acks"))
	if err != nil {
		return err
	}
	lines := strings.SplitAfter(string(text), "\n")
	for _, line := range lines[m.lines:] {
		var p, n int
		switch {
		case strings.HasPrefix(line, "error"):
			err = errors.Join(err, errors.New(strings.TrimSpace(line)))
		case strings.HasPrefix(line, "self"), line == "":
		default:
			if _, e := fmt.Sscanf(line, "%d %d", &p, &n); e != nil {
				return fmt.Errorf("acks: %q", line)
			}
			m.acked++
			if _, there := m.at[fmt.Sprint(p, "-", n)]; !there {
				err = errors.Join(err, fmt.Errorf("%d-%d was acknowledged and is lost", p, n))
			}
		}
	}
	m.lines = len(lines) - 1
	return err
}

func (m *model) readLetters(t *testing.T, b *eventbridge.Bus) error {
	for name, l := range m.rules {
		l.before, l.letters = l.letters, map[eventbridge.Position]bool{}
		for d, err := range b.DeadLetters(t.Context(), eventbridge.DeadLetterQuery{Rule: name}) {
			if err != nil {
				return err
			}
			l.letters[d.Position] = true
		}
		for p := range l.before {
			if !l.letters[p] && name != "parks" { // which are redriven
				return fmt.Errorf("rule %s: the dead letter of event %d is lost", name, p)
			}
		}
	}
	return nil
}

// selects says whether a rule gets an event.
func (m *model) selects(rule string, p eventbridge.Position) bool {
	return rule != "rare" || m.log[p-1].subject == "rare"
}

// key is the order key that a rule of an order gives an event.
func (m *model) key(o eventbridge.Order, p eventbridge.Position) string {
	s := m.log[p-1]
	switch o {
	case eventbridge.OrderBy("data.Account"):
		return s.account
	case eventbridge.OrderBy("subject"):
		return s.subject
	}
	return s.source + " " + s.subject
}

// readDeliveries follows what the targets of a life were given, and sees to it that no
// event started before its predecessors were acknowledged or durably dead.
func (m *model) readDeliveries(dir string, life int) error {
	text, err := os.ReadFile(filepath.Join(dir, fmt.Sprint("life", life)))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	watches := map[string]*watch{}
	for name := range m.rules {
		watches[name] = newWatch(m, name, orderOf(name, life))
	}
	for line := range strings.Lines(string(text)) {
		var what, rule string
		var p eventbridge.Position
		var n int
		if _, err := fmt.Sscan(line, &what, &rule, &p, &n); err != nil {
			return fmt.Errorf("deliveries: %q: %w", line, err)
		}
		w := watches[rule]
		if int(p) > len(m.log) {
			return fmt.Errorf("rule %s was given event %d, which is not in the log", rule, p)
		}
		switch what {
		case "order":
			w.blind = true
		case "ordered":
			w.blind = false
			w.reorder(orderOf(rule, n))
		case "start":
			m.starts++
			err = errors.Join(err, w.start(p))
		case "ok":
			err = errors.Join(err, w.end(p))
			w.ok[p] = true
		case "dead", "fail":
			err = errors.Join(err, w.end(p))
			w.over[p] = what == "dead" || n >= 3
		}
	}
	for name, w := range watches {
		for p, q := range w.gated {
			if !w.letters[p] {
				err = errors.Join(err, fmt.Errorf("rule %s: event %d started when the death of event %d was not durable", name, q, p))
			}
		}
	}
	return err
}

// A watch follows one rule through one life.
type watch struct {
	*ledger
	m     *model
	rule  string
	order eventbridge.Order
	blind bool // the order is changing: either may hold
	over  map[eventbridge.Position]bool
	gated map[eventbridge.Position]eventbridge.Position // the dead, and who started behind them
	busy  map[eventbridge.Position]bool
	keys  map[string]*lineage
}

// A lineage is a key's events in the log, and how far they are done.
type lineage struct {
	all  []eventbridge.Position
	done int
	last eventbridge.Position // that started
}

func newWatch(m *model, rule string, o eventbridge.Order) *watch {
	w := &watch{ledger: m.rules[rule], m: m, rule: rule, over: map[eventbridge.Position]bool{},
		gated: map[eventbridge.Position]eventbridge.Position{}, busy: map[eventbridge.Position]bool{}}
	w.reorder(o)
	return w
}

func (w *watch) reorder(o eventbridge.Order) {
	w.order, w.keys = o, map[string]*lineage{}
	for p := eventbridge.Position(1); int(p) <= len(w.m.log); p++ {
		if !w.m.selects(w.rule, p) {
			continue
		}
		key := w.m.key(o, p)
		if w.keys[key] == nil {
			w.keys[key] = &lineage{}
		}
		w.keys[key].all = append(w.keys[key].all, p)
	}
}

func (w *watch) start(p eventbridge.Position) error {
	if w.busy[p] {
		return fmt.Errorf("rule %s: event %d started twice at once", w.rule, p)
	}
	if !w.m.selects(w.rule, p) {
		return fmt.Errorf("rule %s was given event %d, which it does not select", w.rule, p)
	}
	if w.before[p] && w.rule != "parks" {
		return fmt.Errorf("rule %s: event %d started again after its death was durable", w.rule, p)
	}
	if w.ok[p] {
		w.repeats++
	}
	w.busy[p] = true
	if w.blind {
		return nil
	}
	key := w.m.key(w.order, p)
	l := w.keys[key]
	if p < l.last {
		return fmt.Errorf("rule %s: event %d started after event %d of its key", w.rule, p, l.last)
	}
	l.last = p
	for q := range w.busy {
		if q != p && w.m.key(w.order, q) == key {
			return fmt.Errorf("rule %s: event %d started while event %d of its key was under way", w.rule, p, q)
		}
	}
	for l.done < len(l.all) && l.all[l.done] < p {
		q := l.all[l.done]
		switch {
		case w.ok[q]:
		case w.rule == "parks":
			return fmt.Errorf("rule %s: event %d started before event %d", w.rule, p, q)
		case w.before[q]:
		case w.over[q]:
			w.gated[q] = p
		default:
			return fmt.Errorf("rule %s: event %d started before event %d", w.rule, p, q)
		}
		l.done++
	}
	return nil
}

func (w *watch) end(p eventbridge.Position) error {
	if !w.busy[p] {
		return fmt.Errorf("rule %s: event %d ended twice", w.rule, p)
	}
	delete(w.busy, p)
	return nil
}

// drained sees to it that every event ended for every rule.
func (m *model) drained() (err error) {
	for name, l := range m.rules {
		var owed []eventbridge.Position
		for p := eventbridge.Position(1); int(p) <= len(m.log); p++ {
			if m.selects(name, p) && !l.ok[p] && !l.letters[p] {
				owed = append(owed, p)
			}
		}
		if len(owed) > 0 {
			err = errors.Join(err, fmt.Errorf("rule %s: %d events are lost: %v", name, len(owed), owed[:min(20, len(owed))]))
		}
		if name == "parks" && len(l.letters) > 0 {
			err = errors.Join(err, fmt.Errorf("rule %s: %d dead letters are left", name, len(l.letters)))
		}
	}
	return err
}
