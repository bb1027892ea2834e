package eventbridge

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/eventbridge-go/eventbridge/internal/cloudevent"
	"github.com/eventbridge-go/eventbridge/internal/document"
	"github.com/eventbridge-go/eventbridge/internal/ledger"
	"github.com/eventbridge-go/eventbridge/schema"
	"github.com/eventbridge-go/eventbridge/store"
)

// WithSchemas has the bus keep r in its own log and use it. What the log has of earlier
// runs is loaded into r, and what r holds is added to that, under the rules for adding:
// Open fails if it is not compatible. From then on each addition is durable before it
// is in force, until the bus is closed, which lets go of r. A registry has one bus at a
// time: another's Open fails with schema.ErrKept.
//
// Publish validates the data of each event, by the mode of its type: schema.Enforce
// refuses what does not fit, with a *schema.ValidationError; schema.Observe stores it,
// calls Hooks.Unfit, counts it (CatalogType.Unfit) and logs the first of each type. If
// r.Strict is set, events of types and sources that nobody has declared are refused, with
// schema.ErrUndeclared.
//
// The bus also finds out what is in the events that are published: see [Bus.Catalog].
func WithSchemas(r *schema.Registry) Option { return func(s *settings) { s.schemas = r } }

// keepSchemas loads what the log has of the registry and of what was discovered.
func (b *Bus) keepSchemas() error {
	if b.cfg.schemas == nil {
		return nil
	}
	found, err := b.entries(ledger.Discovered)
	if err != nil {
		return err
	}
	for _, e := range found {
		if err := b.discovery.Restore(e.Key, e.Value); err != nil {
			b.cfg.logger.Warn("eventbridge: what was discovered of a type is damaged; it is discovered anew", "type", e.Key, "error", err)
		}
	}
	if err := b.cfg.schemas.KeepIn(keeper{b}); err != nil {
		return fmt.Errorf("schemas: %w", err)
	}
	b.keeping = true
	return nil
}

// releaseSchemas lets go of the registry, so that another bus can keep it.
func (b *Bus) releaseSchemas() {
	if b.keeping {
		b.cfg.schemas.KeepIn(nil)
	}
}

func (b *Bus) entries(kind byte) (all []schema.Entry, err error) {
	from, to := ledger.Entries(kind)
	pairs, err := b.store.Scan(nil, from, to, 0)
	if err != nil {
		return nil, err
	}
	for _, p := range pairs {
		e, err := ledger.ParseEntry(p.Value)
		if err != nil {
			return nil, err
		}
		all = append(all, schema.Entry{Key: e.Key, Value: e.Value})
	}
	return all, nil
}

func entryPair(kind byte, e schema.Entry) store.Pair {
	return store.Pair{Key: ledger.EntryKey(kind, e.Key), Value: ledger.Entry{Key: e.Key, Value: e.Value}.Append(nil)}
}

// keeper keeps a registry in the ledger.
type keeper struct{ b *Bus }

var _ schema.Keeper = keeper{}

func (k keeper) Kept() ([]schema.Entry, error) { return k.b.entries(ledger.Registered) }

func (k keeper) Keep(entries ...schema.Entry) error {
	pairs := make([]store.Pair, len(entries))
	for i, e := range entries {
		pairs[i] = entryPair(ledger.Registered, e)
	}
	return k.b.commit(context.Background(), false, pairs...)
}

// fits validates an event that is about to be stored. The document goes on to the
// dispatcher, so that the data is decoded once. An error refuses the event; misfit is
// what Observe has to say.
func (b *Bus) fits(record []byte) (doc *document.Document, misfit, err error) {
	r := b.cfg.schemas
	if r == nil {
		return nil, nil, nil
	}
	flat, err := cloudevent.ParseRecord(record)
	if err != nil {
		return nil, nil, err
	}
	doc = document.Of(flat)
	mode, err := r.ValidateDocument(doc)
	var unfit *schema.ValidationError
	if mode == schema.Observe && errors.As(err, &unfit) {
		return doc, err, nil
	}
	return doc, nil, err
}

// misfits counts, by type, the events that were stored although they do not fit.
type misfits struct {
	mu    sync.Mutex
	types map[string]uint64
}

const maxMisfits = 10_000 // types; of more, events are neither counted nor logged

// add counts an event, and says whether it is the first of its type.
func (m *misfits) add(typ string) (first bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.types == nil {
		m.types = map[string]uint64{}
	}
	if m.types[typ] == 0 && len(m.types) >= maxMisfits {
		return false
	}
	m.types[typ]++
	return m.types[typ] == 1
}

func (m *misfits) of(typ string) uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.types[typ]
}

// unfit tells of an event that was stored although it does not fit.
func (b *Bus) unfit(ctx context.Context, e Event, err error) {
	var unfit *schema.ValidationError
	if !errors.As(err, &unfit) || b.fenced.Load() {
		return
	}
	if b.misfits.add(unfit.Type) {
		b.cfg.logger.Warn("eventbridge: an event does not fit its schema; it is stored, and others of its type are not logged", "error", err)
	}
	if b.cfg.hooks.Unfit != nil {
		b.cfg.hooks.Unfit(ctx, e, unfit)
	}
}
