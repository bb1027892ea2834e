package eventbridge

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/eventbridge-go/eventbridge/internal/lane"
	"github.com/eventbridge-go/eventbridge/internal/ledger"
	"github.com/eventbridge-go/eventbridge/store"
)

// A DeadLetter is an event that a rule has given up on. It stays, with a copy of its
// event, until it is redriven or discarded, or its rule is deleted.
type DeadLetter struct {
	ID          string // names it for Redrive and Discard
	Rule        string
	Event       Event // as a rule sees it, upcast where that works; without a context where the log can't be read
	Position    Position
	Attempts    int // that reached the target
	Reason      Reason
	Error       string // of the last attempt
	Parked      bool   // it holds later events of its order key back
	First, Last time.Time
}

// A DeadLetterQuery selects dead letters. Every field that is set narrows it.
type DeadLetterQuery struct {
	Rule         string
	IDs          []string
	Since, Until time.Time // when it died; Until exclusive
	Reason       Reason
	Limit        int // at most so many; 0: no limit
}

func (q DeadLetterQuery) isZero() bool {
	return q.Rule == "" && len(q.IDs) == 0 && q.Since.IsZero() && q.Until.IsZero() && q.Reason == "" && q.Limit == 0
}

func (q DeadLetterQuery) selects(d *DeadLetter) bool {
	return (q.Rule == "" || d.Rule == q.Rule) &&
		(len(q.IDs) == 0 || slices.Contains(q.IDs, d.ID)) &&
		(q.Since.IsZero() || !d.Last.Before(q.Since)) &&
		(q.Until.IsZero() || d.Last.Before(q.Until)) &&
		(q.Reason == "" || d.Reason == q.Reason)
}

// DeadLetters lists dead letters, rule by rule in the order of the log, of rules that
// this process has not added as well. Break out of the loop at any time, and call any
// method of the bus within it.
func (b *Bus) DeadLetters(ctx context.Context, q DeadLetterQuery) iter.Seq2[DeadLetter, error] {
	return func(yield func(DeadLetter, error) bool) {
		err := b.letters(ctx, q, func(d DeadLetter, _ ledger.Letter) bool { return yield(d, nil) })
		if err != nil {
			yield(DeadLetter{}, err)
		}
	}
}

const letterPage = 64

// letters calls each for the dead letters q selects, until it returns false.
func (b *Bus) letters(ctx context.Context, q DeadLetterQuery, each func(DeadLetter, ledger.Letter) bool) error {
	names, err := b.names()
	if err != nil {
		return err
	}
	n := 0
	for _, name := range names {
		if q.Rule != "" && name.name != q.Rule {
			continue
		}
		for next := Position(0); ; {
			if err := ctx.Err(); err != nil {
				return err
			}
			from, to := ledger.Letters(name.ID, next)
			pairs, err := b.store.Scan(nil, from, to, letterPage)
			if err != nil {
				return err
			}
			if len(pairs) == 0 {
				break
			}
			for _, p := range pairs {
				_, at, err := ledger.ParsePlace(p.Key)
				if err != nil {
					return err
				}
				next = at + 1
				l, err := ledger.ParseLetter(p.Value)
				if err != nil {
					return fmt.Errorf("dead letter %s: %w", letterID(name.ID, at), err)
				}
				d := b.letter(name.name, name.ID, at, l)
				if !q.selects(&d) {
					continue
				}
				if n++; !each(d, l) || n == q.Limit {
					return nil
				}
			}
		}
	}
	return nil
}

func (b *Bus) letter(rule string, rid uint64, p Position, l ledger.Letter) DeadLetter {
	d := DeadLetter{ID: letterID(rid, p), Rule: rule, Position: p, Attempts: l.Attempts, Reason: Reason(l.Reason),
		Error: l.Error, Parked: l.Parked, First: l.First, Last: l.Last}
	if ev, err := b.load(store.Entry{Position: p, Data: l.Data}); err == nil {
		d.Event = ev.doc.Event.SDK()
	}
	return d
}

func letterID(rid uint64, p Position) string {
	return strconv.FormatUint(rid, 36) + "-" + strconv.FormatUint(uint64(p), 10)
}

// Redrive puts dead letters back in line: before the later events of their order key
// that are not under way, with attempts counted from zero. It returns how many, when
// that is durable. The rules must be running; a zero query is refused.
func (b *Bus) Redrive(ctx context.Context, q DeadLetterQuery) (int, error) {
	return b.operate(ctx, "redrive", q, func(r *runner, d DeadLetter, l ledger.Letter) error {
		if Reason(l.Reason) == ReasonCorrupt && len(l.Data) == 0 {
			return fmt.Errorf("dead letter %s: its event can't be read: discard it", d.ID)
		}
		kept := ledger.Event{Received: l.Received, Root: l.Root, Data: l.Data}.Append(nil)
		r.m.Redrive(d.Position, l.Key, kept, l.Parked, b.clock.now())
		return nil
	})
}

// Discard drops dead letters for good, and lets go on what a parked one held back. It
// returns how many, when that is durable. The rules must be running; a zero query is
// refused.
func (b *Bus) Discard(ctx context.Context, q DeadLetterQuery) (int, error) {
	return b.operate(ctx, "discard", q, func(r *runner, d DeadLetter, l ledger.Letter) error {
		r.m.Discard(d.Position, l.Key, l.Parked, b.clock.now())
		return nil
	})
}

// operate does something with each dead letter of a query, in steps that become
// durable one by one. Nobody else does meanwhile, and no rule is edited.
func (b *Bus) operate(ctx context.Context, verb string, q DeadLetterQuery, act func(*runner, DeadLetter, ledger.Letter) error) (n int, err error) {
	if q.isZero() {
		return 0, fmt.Errorf("%s: an empty query would mean all: name a rule, ids, a time, a reason or a limit", verb)
	}
	select {
	case b.rules.turn <- struct{}{}:
		defer func() { <-b.rules.turn }()
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	for left := q.Limit; ; {
		step := q
		step.Limit = letterPage
		if q.Limit > 0 {
			step.Limit = min(left, letterPage)
		}
		moved, err := b.operateStep(ctx, verb, step, act)
		n += moved
		if left -= moved; err != nil || moved < step.Limit || q.Limit > 0 && left == 0 {
			return n, err
		}
	}
}

func (b *Bus) operateStep(ctx context.Context, verb string, q DeadLetterQuery, act func(*runner, DeadLetter, ledger.Letter) error) (int, error) {
	type found struct {
		d DeadLetter
		l ledger.Letter
	}
	var all []found
	if err := b.letters(ctx, q, func(d DeadLetter, l ledger.Letter) bool {
		all = append(all, found{d, l})
		return true
	}); err != nil {
		return 0, err
	}
	n := 0
	var failed error
	touched := map[*runner]bool{}
	for _, f := range all {
		r := b.rules.get(f.d.Rule)
		if r == nil {
			failed = fmt.Errorf("%s: rule %q does not run in this process: add it first", verb, f.d.Rule)
			break
		}
		if f.l.Key, failed = r.keyOf(f.d.Position, f.l); failed != nil {
			break
		}
		r.mu.Lock()
		failed = act(r, f.d, f.l)
		r.mu.Unlock()
		if failed != nil {
			break
		}
		touched[r] = true
		n++
	}
	if n == 0 {
		return 0, failed
	}
	for r := range touched {
		b.writer.mark(r)
	}
	if err := b.commit(ctx, true); err != nil {
		return 0, errors.Join(failed, err)
	}
	return n, failed
}

// keyOf is the order key of a dead letter now: the rule's order may have changed since
// it died.
func (r *runner) keyOf(p Position, l ledger.Letter) (lane.Key, error) {
	if l.Parked {
		v, err := r.b.get(ledger.RowKey(r.remembered().Queue, p))
		if err != nil {
			return 0, err
		}
		return ledger.ParseRowKey(v)
	}
	ev, err := r.b.load(store.Entry{Position: p, Data: l.Data})
	if err != nil {
		return l.Key, nil // its event can't be read: nothing is ordered by it
	}
	return r.order().key(ev.doc, p), nil
}

// A named is a name that the log knows.
type named struct {
	name string
	ledger.Rule
}

// names lists the rules that the log knows, in order of their names.
func (b *Bus) names() ([]named, error) {
	from, to := ledger.Rules()
	pairs, err := b.store.Scan(nil, from, to, 0)
	if err != nil {
		return nil, err
	}
	all := make([]named, len(pairs))
	for i, p := range pairs {
		r, err := ledger.ParseRule(p.Value)
		if err != nil {
			return nil, err
		}
		all[i] = named{strings.TrimPrefix(string(p.Key), string(from)), r}
	}
	return all, nil
}
