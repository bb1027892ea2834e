package eventbridge

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/eventbridge-go/eventbridge/internal/fence"
	"github.com/eventbridge-go/eventbridge/internal/ledger"
	"github.com/eventbridge-go/eventbridge/schema"
	"github.com/eventbridge-go/eventbridge/store"
	"github.com/eventbridge-go/eventbridge/store/boltstore"
	"github.com/eventbridge-go/eventbridge/store/memstore"
)

// A Bus keeps a log of events and delivers them to targets by rule. It is safe for
// concurrent use. [Open] and [New] return it running; [Bus.Shutdown] or [Bus.Close]
// ends it, and leaves no goroutine behind.
type Bus struct {
	cfg   settings
	store store.Store
	logID string
	clock clock
	epoch uint64 // which life of the log this is

	upcasts upcasts

	writer     *writer
	dispatcher *dispatcher
	census     *census
	discovery  schema.Discovery
	misfits    misfits
	keeping    bool // the schema registry is kept here
	rules      *rules
	waiters    waiters
	changed    broadcast // something was stored, delivered or given up

	ctx     context.Context // of deliveries
	cancel  context.CancelFunc
	work    sync.WaitGroup // goroutines of lanes
	closed  atomic.Bool    // publishing is over, but for deliveries that run still
	halted  atomic.Bool    // no delivery starts; one that fails does not count
	fenced  atomic.Bool    // nothing is written any more
	ended   chan struct{}  // closed when Shutdown or Close is through
	ending  sync.Once
	endErr  error
	damages reported
}

// Open opens the log in the file at path, making it if there is none, and starts the
// bus on it. Rules of earlier runs go on where they stopped once they are added again,
// under the same names.
//
// One process has a file at a time: another gets ErrLocked within a second. A file
// that is damaged, written by a newer version or not a log at all is refused and left
// as it is.
func Open(path string, opts ...Option) (*Bus, error) {
	cfg := newSettings(opts)
	if cfg.store != nil {
		return nil, errors.New("open the log: WithStore is for New")
	}
	s, err := boltstore.Open(path, boltstore.Options{MaxBytes: cfg.maxBytes})
	if err != nil {
		return nil, fmt.Errorf("open the log: %w", err) // it names the path
	}
	return start(s, cfg)
}

// New starts a bus on a log in memory, or in the store of [WithStore]. In memory,
// events that every rule has passed are forgotten beyond 64 MiB, oldest first.
func New(opts ...Option) (*Bus, error) {
	cfg := newSettings(opts)
	if cfg.store == nil {
		cfg.store = memstore.New(memstore.Options{MaxBytes: cfg.maxBytes})
	}
	return start(cfg.store, cfg)
}

func start(s store.Store, cfg settings) (*Bus, error) {
	b := &Bus{cfg: cfg, store: s, ended: make(chan struct{})}
	b.ctx, b.cancel = context.WithCancel(context.Background())
	var err error
	if b.upcasts, err = newUpcasts(cfg.upcasts); err == nil {
		err = b.recover()
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	b.writer = newWriter(b)
	b.dispatcher = newDispatcher(b, s.State().Head)
	if f, ok := s.(fence.Store); ok {
		f.OnCrash(b.crash)
	}
	go b.writer.run()
	go b.dispatcher.run()
	err = b.keepSchemas()
	for _, r := range cfg.rules {
		if err == nil {
			err = b.AddRule(r)
		}
	}
	b.work.Go(b.census.catchUp)
	if err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

// recover reads what the ledger has of the bus itself.
func (b *Bus) recover() error {
	state := b.store.State()
	b.logID = state.Log
	b.rules = newRules()
	if err := b.collectGarbage(); err != nil {
		return err
	}
	var seen time.Time
	if v, err := b.get(ledger.ClockKey); err != nil {
		return err
	} else if v != nil {
		if seen, err = ledger.ParseClock(v); err != nil {
			return err
		}
	}
	if last := b.lastReceived(); last.After(seen) {
		seen = last
	}
	b.clock = startClock(seen)
	var err error
	if b.census, err = newCensus(b); err != nil {
		return err
	}
	return b.rules.recover(b)
}

// get reads one value of the ledger; nil when there is none.
func (b *Bus) get(key []byte) ([]byte, error) {
	pairs, err := b.store.Scan(nil, key, append(key[:len(key):len(key)], 0), 1)
	if err != nil || len(pairs) == 0 {
		return nil, err
	}
	return pairs[0].Value, nil
}

// commit writes pairs of the ledger; flush, also what lanes have to write.
func (b *Bus) commit(ctx context.Context, flush bool, pairs ...store.Pair) error {
	return b.writer.commit(ctx, &request{pairs: pairs, flush: flush})
}

// Healthy says whether the log can be written: it writes to it, and waits until that
// is durable. A partner's outage is not ill health; see [Bus.Status] for that.
func (b *Bus) Healthy(ctx context.Context) error {
	if b.closed.Load() {
		return ErrClosed
	}
	return b.commit(ctx, false, store.Pair{Key: ledger.HealthKey, Value: ledger.Clock(b.clock.now())})
}

// StillRunning is the error of a Shutdown that could not wait for targets that ignore
// their context. What they were delivering is delivered again after the next Open.
type StillRunning struct{ Rules []string }

func (e *StillRunning) Error() string { return fmt.Sprintf("targets still run: rules %q", e.Rules) }

// Shutdown ends the bus in good order. Publish fails with ErrClosed from now on, but
// for publishes from running deliveries; no delivery starts; those that run may end
// until ctx does, and are cancelled then. Everything done is saved, and the log is
// closed. It returns nil, a *StillRunning, or the error of closing; at most a second
// after ctx has ended. What was not delivered is delivered after the next Open.
func (b *Bus) Shutdown(ctx context.Context) error {
	b.ending.Do(func() {
		b.endErr = b.end(ctx)
		close(b.ended)
	})
	<-b.ended
	return b.endErr
}

// Close ends the bus now: as Shutdown does when its context has ended.
func (b *Bus) Close() error {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return b.Shutdown(ctx)
}

// lastWait is how long Shutdown waits for targets that it has cancelled.
const lastWait = time.Second

func (b *Bus) end(ctx context.Context) error {
	b.closed.Store(true)
	b.halted.Store(true)
	b.rules.each((*runner).halt)
	b.dispatcher.end()
	idle := make(chan struct{})
	go func() {
		b.work.Wait()
		close(idle)
	}()
	var running error
	select {
	case <-idle:
	case <-ctx.Done():
		b.cancel()
		select {
		case <-idle:
		case <-time.After(lastWait):
			running = b.stillRunning()
		}
	}
	b.census.end()
	b.writer.end()
	b.fenced.Store(true)
	b.cancel()
	b.changed.broadcast()
	b.releaseSchemas()
	if err := b.store.Close(); err != nil {
		return err
	}
	return running
}

// crash ends the bus as the end of its process would: nothing more is saved.
func (b *Bus) crash() {
	b.ending.Do(func() {
		b.fenced.Store(true)
		b.closed.Store(true)
		b.halted.Store(true)
		b.rules.each((*runner).halt)
		b.cancel()
		b.dispatcher.end()
		b.writer.end()
		b.changed.broadcast()
		b.releaseSchemas()
		b.endErr = b.store.Close()
		close(b.ended)
	})
}

func (b *Bus) stillRunning() error {
	var names []string
	b.rules.each(func(r *runner) {
		r.mu.Lock()
		defer r.mu.Unlock()
		if len(r.attempts) > 0 {
			names = append(names, r.rule.Name)
		}
	})
	return &StillRunning{Rules: names}
}

// stop ends deliveries after an I/O error of the log.
func (b *Bus) stop(cause error) {
	b.halted.Store(true)
	b.rules.each((*runner).halt)
	if b.fenced.Load() {
		return
	}
	b.cfg.logger.Error("eventbridge: the log stopped; close the bus and open it again", "error", cause)
	if hook := b.cfg.hooks.Stopped; hook != nil {
		hook(cause)
	}
	b.changed.broadcast()
}

// reported keeps what was logged about damage, so that it is logged once.
type reported struct {
	mu   sync.Mutex
	seen map[string]bool
}

func (b *Bus) reportDamage(err error) {
	if b.closed.Load() {
		return
	}
	text := err.Error()
	b.damages.mu.Lock()
	known := b.damages.seen[text]
	if !known && len(b.damages.seen) < 1000 {
		if b.damages.seen == nil {
			b.damages.seen = map[string]bool{}
		}
		b.damages.seen[text] = true
	}
	b.damages.mu.Unlock()
	if !known {
		b.cfg.logger.Error("eventbridge: the log can't be read", "error", err)
	}
}
