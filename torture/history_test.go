package torture_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	eventbridge "github.com/eventbridge-go/eventbridge"
	"github.com/eventbridge-go/eventbridge/filter"
)

// TestRulesChangedAcrossCrashesLoseNothingStarted runs random histories of one log:
// events, failures, deaths, targets that hang; rules added, edited, given another order,
// deleted, added anew or left out of a life; crashes, clean ends. What every rule must
// get, and must not get, is kept in the plain way. In the end all rules are added and
// everything drains.
func TestRulesChangedAcrossCrashesLoseNothingStarted(t *testing.T) {
	seed := uint64(0)
	runs := pick(120, 20_000)
	if s := os.Getenv("TORTURE_SEED"); s != "" {
		fmt.Sscan(s, &seed)
		runs = 1
	}
	t.Run("memory", func(t *testing.T) { histories(t, seed, runs, func(*testing.T) *disk { return memoryDisk() }) })
	t.Run("file", func(t *testing.T) { histories(t, seed, max(1, runs/10), fileDisk) })
}

func histories(t *testing.T, seed uint64, runs int, make func(t *testing.T) *disk) {
	total := tale{}
	for i := range uint64(runs) {
		ok := t.Run(fmt.Sprint("seed ", seed+i), func(t *testing.T) {
			d := make(t)
			synctest.Test(t, func(t *testing.T) {
				h := newHistory(t, d, seed+i)
				h.run(60)
				total.add(h.tale)
			})
		})
		if !ok {
			break
		}
	}
	t.Logf("%d histories: %+v", runs, total)
}

type tale struct{ Events, Attempts, Crashes, Ends, Edits, Reorders, Deletions int }

func (a *tale) add(b tale) {
	a.Events += b.Events
	a.Attempts += b.Attempts
	a.Crashes += b.Crashes
	a.Ends += b.Ends
	a.Edits += b.Edits
	a.Reorders += b.Reorders
	a.Deletions += b.Deletions
}

// A history is a log, the rules that run on it, and what must be true of both.
type history struct {
	t    *testing.T
	d    *disk
	b    *eventbridge.Bus
	rng  *rand.Rand // of what the test does
	fate *rand.Rand // of deliveries; under mu

	telling sync.Mutex // guards told
	tale

	mu     sync.Mutex
	calm   bool // no more faults
	life   int
	events []happened // by position
	rules  map[string]*kept
	told   []string
}

// What happened: an event of a kind, for two orders.
type happened struct {
	kind           string // always, sometimes and never are what filters select
	subject, color string
}

// kept is what is known of a name since it was last added as a new rule.
type kept struct {
	name    string
	life    int                  // of the log, in which it runs; other: it is absent
	number  int                  // which of the rules that had the name it is
	from    eventbridge.Position // the first event that is its own
	wide    bool                 // its filter selects "sometimes" as well
	park    bool
	orders  []eventbridge.Order // in force; two while it changes
	deleted bool

	ok      map[eventbridge.Position]bool
	dead    map[eventbridge.Position]bool // in this life, so not known to be durable
	letters map[eventbridge.Position]bool // durable
	busy    map[eventbridge.Position]bool
	gated   map[eventbridge.Position]eventbridge.Position
}

func newHistory(t *testing.T, d *disk, seed uint64) *history {
	h := &history{t: t, d: d, rng: rand.New(rand.NewPCG(seed, 7)), fate: rand.New(rand.NewPCG(seed, 8)), rules: map[string]*kept{}}
	h.open()
	return h
}

func (h *history) note(format string, args ...any) {
	h.telling.Lock()
	defer h.telling.Unlock()
	h.told = append(h.told, fmt.Sprintf(format, args...))
}

func (h *history) fail(format string, args ...any) {
	h.t.Helper()
	h.telling.Lock()
	defer h.telling.Unlock()
	h.t.Errorf(format+"\n%s", append(args, strings.Join(h.told[max(0, len(h.told)-80):], "\n"))...)
}

func (h *history) open() {
	h.mu.Lock()
	h.life++
	h.mu.Unlock()
	h.note("life %d", h.life)
	h.b = h.d.bus(h.t)
}

func (h *history) must(err error) {
	h.t.Helper()
	if err != nil {
		h.fail("%v", err)
	}
}

func (h *history) run(steps int) {
	for range steps {
		if h.t.Failed() {
			h.b.Close()
			return
		}
		h.step()
	}
	h.drain()
}

func (h *history) step() {
	names := []string{"a", "b", "c"}
	name := names[h.rng.IntN(len(names))]
	switch n := h.rng.IntN(100); {
	case n < 45:
		h.publish(1 + h.rng.IntN(4))
	case n < 60:
		time.Sleep(time.Duration(h.rng.IntN(15)) * time.Millisecond)
	case n < 63:
		time.Sleep(time.Duration(h.rng.IntN(3000)) * time.Millisecond)
	case n < 74:
		h.put(name)
	case n < 80:
		h.remove(name)
	case n < 83:
		h.pause(name)
	case n < 86:
		h.redrive(name)
	case n < 97:
		h.end(true)
	default:
		h.end(false)
	}
}

func (h *history) publish(n int) {
	var all []eventbridge.Event
	h.mu.Lock()
	for range n {
		e := happened{[]string{"always", "always", "sometimes", "never"}[h.rng.IntN(4)], fmt.Sprint("s", h.rng.IntN(4)), fmt.Sprint("c", h.rng.IntN(3))}
		h.events = append(h.events, e)
		made := newEvent("/s", fmt.Sprint(len(h.events)), e.subject, nil)
		made.SetType(e.kind)
		made.SetExtension("color", e.color)
		all = append(all, made)
	}
	h.Events += n
	h.note("publish %d-%d", len(h.events)-n+1, len(h.events))
	h.mu.Unlock()
	h.must(h.b.Publish(h.t.Context(), all...))
}

func (h *history) put(name string) {
	h.mu.Lock()
	k := h.rules[name]
	fresh := k == nil || k.deleted
	if fresh {
		number := 0
		if k != nil {
			number = k.number
		}
		k = &kept{name: name, number: number + 1, from: eventbridge.Position(len(h.events) + 1), park: h.rng.IntN(4) == 0, orders: []eventbridge.Order{{}},
			ok: map[eventbridge.Position]bool{}, dead: map[eventbridge.Position]bool{}, letters: map[eventbridge.Position]bool{}, busy: map[eventbridge.Position]bool{}, gated: map[eventbridge.Position]eventbridge.Position{}}
		h.rules[name] = k
	}
	rule := eventbridge.Rule{Name: name, Park: k.park, Concurrency: 1 + h.rng.IntN(4), Breaker: eventbridge.Breaker{Off: h.rng.IntN(3) > 0, Cooldown: 50 * time.Millisecond},
		Retry: eventbridge.Retry{Attempts: 3, Min: time.Millisecond, Max: 20 * time.Millisecond}, Order: k.orders[0]}
	if h.rng.IntN(2) == 0 {
		rule.Order = []eventbridge.Order{{}, eventbridge.OrderBy("color"), eventbridge.OrderBy("type")}[h.rng.IntN(3)]
	}
	wide := h.rng.IntN(2) == 0
	rule.Filter = filter.Type("always")
	if wide {
		rule.Filter = filter.Type("always", "sometimes")
		k.wide = true
	}
	rule.Target = h.target(k)
	if rule.Order != k.orders[0] {
		k.orders = []eventbridge.Order{rule.Order, k.orders[0]}
		h.Reorders++
	}
	h.Edits++
	h.note("put %s#%d order %v wide %v fresh %v was in life %d", name, k.number, rule.Order, wide, fresh, k.life)
	k.life = h.life
	h.mu.Unlock()
	h.must(h.b.PutRule(rule))
	time.Sleep(time.Microsecond) // what began under the old order reaches its target
	h.mu.Lock()
	h.note("put %s done", name)
	k.orders = k.orders[:1]
	h.mu.Unlock()
}

func (h *history) remove(name string) {
	h.mu.Lock()
	k := h.rules[name]
	h.note("delete %s", name)
	h.mu.Unlock()
	ctx, cancel := context.WithTimeout(h.t.Context(), time.Minute)
	defer cancel()
	err := h.b.DeleteRule(ctx, name)
	h.mu.Lock()
	defer h.mu.Unlock()
	if k == nil || k.deleted {
		if !errors.Is(err, eventbridge.ErrNotFound) {
			h.fail("delete %s: %v", name, err)
		}
		return
	}
	h.Deletions++
	k.deleted = true
	h.must(err)
	h.note("delete %s done", name)
}

func (h *history) pause(name string) {
	err := h.b.Pause(name)
	time.Sleep(time.Duration(h.rng.IntN(30)) * time.Millisecond)
	if err == nil {
		err = h.b.Resume(name)
	}
	if err != nil && !errors.Is(err, eventbridge.ErrNotFound) {
		h.must(err)
	}
}

// redrive gives dead letters of a running rule another chance. What was dead for good
// is not, from now on.
func (h *history) redrive(name string) {
	h.mu.Lock()
	k := h.rules[name]
	runs := k != nil && !k.deleted && k.life == h.life && k.park // others would start behind their successors, as they may
	h.mu.Unlock()
	if !runs {
		return
	}
	n, err := h.b.Redrive(h.t.Context(), eventbridge.DeadLetterQuery{Rule: name})
	h.must(err)
	h.note("redrive %s: %d", name, n)
}

// end ends the life of the bus and begins the next.
func (h *history) end(crash bool) {
	h.mu.Lock()
	h.note("end, crash %v", crash)
	h.mu.Unlock()
	if crash {
		h.Crashes++
		h.d.crash()
	} else {
		h.Ends++
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		err := h.b.Shutdown(ctx)
		cancel()
		var running *eventbridge.StillRunning
		if err != nil && !errors.As(err, &running) {
			h.must(err)
		}
	}
	time.Sleep(2 * time.Second) // what hung has returned
	h.open()
	h.readLetters()
}

func (h *history) readLetters() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, k := range h.rules {
		clear(k.busy)
		clear(k.letters)
		if k.deleted {
			continue
		}
		for d, err := range h.b.DeadLetters(h.t.Context(), eventbridge.DeadLetterQuery{Rule: k.name}) {
			h.must(err)
			k.letters[d.Position] = true
			if d.Position < k.from {
				h.fail("rule %s#%d has a dead letter %d of a former life", k.name, k.number, d.Position)
			}
		}
		for p, q := range k.gated {
			if !k.letters[p] && !k.ok[p] {
				h.fail("rule %s#%d: event %d started when the death of event %d was not durable", k.name, k.number, q, p)
			}
		}
		clear(k.gated)
		clear(k.dead)
	}
}

func (h *history) target(k *kept) eventbridge.Target {
	life := h.life
	return eventbridge.TargetFunc(func(ctx context.Context, _ eventbridge.Event) error {
		i, _ := eventbridge.InfoFrom(ctx)
		h.mu.Lock()
		if life != h.life {
			h.fail("rule %s delivers in a life that is over", k.name)
		}
		h.Attempts++
		h.start(k, i.Position)
		x := h.fate.Float64()
		if h.calm {
			x = 1
		}
		h.mu.Unlock()
		switch {
		case x < 0.5:
			time.Sleep(time.Duration(x*20) * time.Millisecond)
		case x < 0.52: // it ignores its deadline
			time.Sleep(1500 * time.Millisecond)
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		if life != h.life || ctx.Err() != nil && x < 0.5 {
			return ctx.Err()
		}
		delete(k.busy, i.Position)
		y := h.fate.Float64()
		switch {
		case h.calm:
		case y < 0.05:
			k.dead[i.Position] = true
			h.note("  %s %d dead", k.name, i.Position)
			return eventbridge.Permanent(errDown)
		case y < 0.25:
			if i.Attempt >= 3 {
				k.dead[i.Position] = true
			}
			h.note("  %s %d failed, attempt %d", k.name, i.Position, i.Attempt)
			return errDown
		}
		h.note("  %s %d ok", k.name, i.Position)
		k.ok[i.Position] = true
		return nil
	})
}

func (h *history) key(o eventbridge.Order, p eventbridge.Position) string {
	e := h.events[p-1]
	switch o {
	case eventbridge.OrderBy("color"):
		return e.color
	case eventbridge.OrderBy("type"):
		return e.kind
	}
	return e.subject
}

// start looks at an attempt that begins.
func (h *history) start(k *kept, p eventbridge.Position) {
	h.note("  %s %d starts", k.name, p)
	kind := h.events[p-1].kind
	switch {
	case k.deleted:
		h.fail("rule %s#%d was deleted, and got event %d", k.name, k.number, p)
	case p < k.from:
		h.fail("rule %s#%d begins at %d, and got event %d of a former life", k.name, k.number, k.from, p)
	case kind == "never", kind == "sometimes" && !k.wide:
		h.fail("rule %s#%d got event %d, which it never selected", k.name, k.number, p)
	case k.busy[p]:
		h.fail("rule %s#%d: event %d started twice at once", k.name, k.number, p)
	case k.letters[p] && !k.park:
		h.fail("rule %s#%d: event %d started though its death is durable", k.name, k.number, p)
	}
	k.busy[p] = true
	// While the order changes either may be the one; a death gates only where each says so.
	var why string
	var gates map[eventbridge.Position]bool
	kept := false
	for _, o := range k.orders {
		fault, dead := h.inOrder(k, o, p)
		if fault != "" {
			why = fault
			continue
		}
		if !kept || len(dead) < len(gates) {
			gates = dead
		}
		kept = true
	}
	if !kept {
		h.fail("rule %s#%d: event %d started before %s", k.name, k.number, p, why)
	}
	for q := range gates {
		k.gated[q] = p
	}
}

// inOrder says what of p's key must come before p, and has not, under an order; and
// whose deaths must be durable then.
func (h *history) inOrder(k *kept, o eventbridge.Order, p eventbridge.Position) (fault string, dead map[eventbridge.Position]bool) {
	key := h.key(o, p)
	dead = map[eventbridge.Position]bool{}
	for q := k.from; q < p; q++ {
		if h.key(o, q) != key || h.events[q-1].kind != "always" || k.ok[q] {
			continue
		}
		switch {
		case k.letters[q] && !k.park:
		case k.dead[q] && !k.park:
			dead[q] = true
		default:
			return fmt.Sprint("event ", q), nil
		}
	}
	for q := range k.busy {
		if q != p && h.key(o, q) == key {
			return fmt.Sprintf("the end of event %d", q), nil
		}
	}
	return "", dead
}

// drain ends the faults, adds every rule and waits.
func (h *history) drain() {
	h.mu.Lock()
	h.calm = true
	h.mu.Unlock()
	for _, name := range []string{"a", "b", "c"} {
		if k := h.rules[name]; k != nil && !k.deleted {
			h.put(name)
			if k.park {
				if _, err := h.b.Redrive(h.t.Context(), eventbridge.DeadLetterQuery{Rule: name}); err != nil {
					h.must(err)
				}
			}
		}
	}
	if err := h.idle(); err != nil {
		h.fail("%v %+v", err, h.b.Status().Rules)
	}
	h.readLetters()
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, k := range h.rules {
		for p := k.from; !k.deleted && int(p) <= len(h.events); p++ {
			if h.events[p-1].kind == "always" && !k.ok[p] && !k.letters[p] {
				h.fail("rule %s#%d lost event %d: %+v", k.name, k.number, p, h.b.Status().Rules)
			}
		}
	}
	for _, s := range h.b.Status().Rules {
		if k := h.rules[s.Name]; s.Behind != 0 || s.Held != 0 || s.Retrying != 0 || s.InFlight != 0 || s.Dead != len(k.letters) {
			h.fail("in the end rule %s has %+v, and %d dead letters", s.Name, s, len(k.letters))
		}
	}
	h.b.Close()
}

// idle waits, and redrives what parks meanwhile.
func (h *history) idle() (err error) {
	ctx, cancel := context.WithTimeout(h.t.Context(), time.Hour)
	defer cancel()
	for range 50 {
		if err = h.b.WaitIdle(ctx); err == nil || !strings.Contains(err.Error(), "parked") {
			return err
		}
		for name, k := range h.rules {
			if k.park && !k.deleted {
				if _, err := h.b.Redrive(ctx, eventbridge.DeadLetterQuery{Rule: name}); err != nil {
					return err
				}
			}
		}
	}
	return err
}
