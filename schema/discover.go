package schema

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/eventbridge-go/eventbridge/internal/document"
	"github.com/eventbridge-go/eventbridge/internal/inference"
)

const (
	// MaxDiscovered is how many event types a Discovery knows at most. Those that come
	// later are not observed.
	MaxDiscovered = 1_000

	// maxDiscoveredSize bounds what a Discovery holds, in bytes as the models estimate
	// them. Where there is no room, a type that grows is described less deeply.
	maxDiscoveredSize = 64 << 20
)

// ErrUndiscovered is about an event type that was not observed.
var ErrUndiscovered = errors.New("nothing was discovered")

// A Discovery finds the schemas of event types from the events it observes. The zero
// Discovery is empty and ready. It is safe for concurrent use, and bounded in memory
// whatever it observes.
//
// The schema of a type accepts every event that was observed, and does not depend on
// their order. It names types, properties, which of them are required, items of arrays
// and formats; never values. What an object has under names that are identifiers, or
// under too many names, is described as a map's values are. (The order matters only
// where all types together run into the bound of memory.)
type Discovery struct {
	mu    sync.RWMutex
	types map[string]*discovered

	sizing sync.Mutex // taken after the lock of a type
	size   int        // of all models
	room   int        // for them; 0: maxDiscoveredSize
}

// discovered is an event type. Reading the model and counting samples of a known kind
// need mu for reading.
type discovered struct {
	mu      sync.RWMutex
	model   inference.Model
	size    int   // of the model, as the Discovery counts it
	changed bool  // since it was last handed out
	saved   int64 // samples, when it was last handed out
}

// Observe takes an event into account. One whose data is no JSON is ignored. It does
// not keep the document, and does not decode it: an event that brings nothing new is
// scanned once, in less time than it takes to see that it is well formed.
func (d *Discovery) Observe(e *document.Document) {
	data := e.JSON()
	if data == nil || e.Event.Type == "" {
		return
	}
	t := d.find(e.Event.Type)
	if t == nil && d.isFull() || t != nil && t.count(data) {
		return
	}
	var sample inference.Model
	if sample.Add(data) != nil {
		return
	}
	if t = d.enter(e.Event.Type); t != nil {
		d.widen(t, &sample)
		t.changed = true
		t.mu.Unlock()
	}
}

// Schema returns what was discovered of an event type, a draft-07 document that is the
// caller's, and of how many samples. It is not ok when the type was not observed.
func (d *Discovery) Schema(eventType string) (doc []byte, samples int64, ok bool) {
	t := d.find(eventType)
	if t == nil {
		return nil, 0, false
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	samples = t.model.Count()
	return t.model.Schema(), samples, samples > 0
}

// Promote adds what was discovered of an event type to a registry, as Registry.Add
// does, without its count of samples: what has not changed since is no new version. It
// is ErrUndiscovered when the type was not observed.
func (d *Discovery) Promote(r *Registry, eventType string, opts ...AddOption) (version int, err error) {
	text, _, ok := d.Schema(eventType)
	if !ok {
		return 0, fmt.Errorf("type %q: %w", eventType, ErrUndiscovered)
	}
	var doc map[string]any
	if err := json.Unmarshal(text, &doc); err != nil {
		return 0, fmt.Errorf("type %q: %w", eventType, err)
	}
	delete(doc, "x-samples")
	if text, err = json.MarshalIndent(doc, "", "  "); err != nil {
		return 0, fmt.Errorf("type %q: %w", eventType, err)
	}
	return r.Add(eventType, text, opts...)
}

// Types lists the event types that were observed, in alphabetical order.
func (d *Discovery) Types() []string {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return slices.DeleteFunc(slices.Sorted(maps.Keys(d.types)), func(eventType string) bool {
		return d.types[eventType].model.Count() == 0 // it is being entered
	})
}

// Restore adds an entry that Changed or Unsaved returned, to what was observed
// meanwhile. It does not count as a change. The error is ErrDamaged, and nothing has
// changed then. The value is not kept.
func (d *Discovery) Restore(key string, value []byte) error {
	var kept inference.Model
	if err := kept.UnmarshalBinary(value); err != nil {
		return fmt.Errorf("%w: discovered schema of %q: %w", ErrDamaged, key, err)
	}
	if key == "" || kept.Count() == 0 {
		return fmt.Errorf("%w: discovered schema of %q: it lacks a type or samples", ErrDamaged, key)
	}
	if t := d.enter(key); t != nil {
		d.widen(t, &kept)
		t.saved += kept.Count()
		t.mu.Unlock()
	}
	return nil
}

// Changed returns what is worth writing down, one entry for each event type whose
// schema has changed, or whose samples have become an eighth more, since it was last
// returned. The keys are event types, in alphabetical order.
func (d *Discovery) Changed() []Entry {
	return d.entries(func(t *discovered) bool { return t.changed || t.model.Count()-t.saved > t.saved/8 })
}

// Unsaved returns, for the last write, what Changed returns and the types of which any
// sample is not yet counted in an entry.
func (d *Discovery) Unsaved() []Entry {
	return d.entries(func(t *discovered) bool { return t.changed || t.model.Count() != t.saved })
}

// Again says that entries were not written, so that Changed returns their types again.
func (d *Discovery) Again(entries []Entry) {
	for _, e := range entries {
		if t := d.find(e.Key); t != nil {
			t.mu.Lock()
			t.changed = true
			t.mu.Unlock()
		}
	}
}

func (d *Discovery) entries(wanted func(*discovered) bool) []Entry {
	d.mu.RLock()
	types := maps.Clone(d.types)
	d.mu.RUnlock()
	var entries []Entry
	for eventType, t := range types {
		t.mu.Lock()
		if wanted(t) {
			t.changed, t.saved = false, t.model.Count()
			value, err := t.model.MarshalBinary()
			if err != nil {
				panic("schema: a model can always be written: " + err.Error())
			}
			entries = append(entries, Entry{Key: eventType, Value: value})
		}
		t.mu.Unlock()
	}
	slices.SortFunc(entries, func(a, b Entry) int { return strings.Compare(a.Key, b.Key) })
	return entries
}

func (d *Discovery) find(eventType string) *discovered {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.types[eventType]
}

// isFull spares the work on samples of types that there is no place for.
func (d *Discovery) isFull() bool {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return len(d.types) >= MaxDiscovered
}

// enter returns a type, which it adds if there is room, locked for writing. Otherwise
// it returns nil.
func (d *Discovery) enter(eventType string) *discovered {
	t := d.findOrAdd(eventType)
	if t != nil {
		t.mu.Lock()
	}
	return t
}

func (d *Discovery) findOrAdd(eventType string) *discovered {
	d.mu.Lock()
	defer d.mu.Unlock()
	t := d.types[eventType]
	if t == nil && len(d.types) < MaxDiscovered {
		if d.types == nil {
			d.types = map[string]*discovered{}
		}
		t = &discovered{}
		d.types[strings.Clone(eventType)] = t
	}
	return t
}

// count counts a sample that brings nothing new.
func (t *discovered) count(data []byte) bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.model.AddKnown(data)
}

// widen merges more samples into a type that is locked, and keeps within the room.
func (d *Discovery) widen(t *discovered, more *inference.Model) {
	t.model.Merge(more)
	d.sizing.Lock()
	defer d.sizing.Unlock()
	room := d.room
	if room == 0 {
		room = maxDiscoveredSize
	}
	others := d.size - t.size
	t.size = t.model.Size()
	for others+t.size > room && t.model.Shrink() {
		t.size = t.model.Size()
	}
	d.size = others + t.size
}
