package eventbridge

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/eventbridge-go/eventbridge/filter"
	"github.com/eventbridge-go/eventbridge/internal/cloudevent"
	"github.com/eventbridge-go/eventbridge/schema"
	"github.com/eventbridge-go/eventbridge/store"
)

// A Catalog is the event center: which events there are, where they come from, what is
// in them, and who listens. It marshals to JSON, and [Catalog.Markdown] is a page to
// read. Types and sources are those that were seen in the log, that were declared, and
// that have a schema, in order of their names.
type Catalog struct {
	Counted Position        `json:"counted"` // the counts are of the log up to here
	Types   []CatalogType   `json:"types"`
	Sources []CatalogSource `json:"sources"`
}

// A CatalogType is a type of events.
type CatalogType struct {
	Type        string `json:"type"`
	Description string `json:"description,omitempty"`
	Owner       string `json:"owner,omitempty"`
	Declared    bool   `json:"declared"`         // or it has a schema
	ReadAs      string `json:"readAs,omitempty"` // the newest type that an upcast makes of it

	Events  uint64    `json:"events"` // since the log began; those it has let go count too
	First   time.Time `json:"first,omitzero"`
	Last    time.Time `json:"last,omitzero"`
	Sources []Seen    `json:"sources,omitempty"`
	Unfit   uint64    `json:"unfit,omitempty"` // stored since Open although they do not fit their schema

	Versions   []schema.Version `json:"versions,omitempty"`   // of its schema, oldest first
	Discovered json.RawMessage  `json:"discovered,omitempty"` // a schema of what was published
	Samples    int64            `json:"samples,omitempty"`    // events that schema is of
	Example    json.RawMessage  `json:"example,omitempty"`    // data, as it was declared
	Newest     json.RawMessage  `json:"newest,omitempty"`     // the newest event, in the JSON format of CloudEvents, up to 64 KiB
	Rules      []Selection      `json:"rules,omitempty"`
}

// A CatalogSource is a source of events.
type CatalogSource struct {
	Source      string    `json:"source"` // "*": of more than the bus tells apart
	Description string    `json:"description,omitempty"`
	Owner       string    `json:"owner,omitempty"`
	Declared    bool      `json:"declared"`
	Events      uint64    `json:"events"`
	First       time.Time `json:"first,omitzero"`
	Last        time.Time `json:"last,omitzero"`
	Types       []string  `json:"types,omitempty"`
}

// Seen counts the events of one type and source. Times are of their reception.
type Seen struct {
	Source string    `json:"source"`
	Events uint64    `json:"events"`
	First  time.Time `json:"first"`
	Last   time.Time `json:"last"`
}

// A Selection is a rule that selects events of a type: every one, or some.
type Selection struct {
	Rule  string `json:"rule"`
	Every bool   `json:"every"`
}

// Catalog makes the event center of what the bus knows now. It waits until every event
// published before is counted, also those of an earlier run that did not end cleanly,
// and reads one event of each type from the log. An error is ctx's, ErrClosed, or of
// reading the log.
func (b *Bus) Catalog(ctx context.Context) (Catalog, error) {
	if err := b.census.reaches(ctx, b.store.State().Head); err != nil {
		return Catalog{}, err
	}
	at, tallies := b.census.snapshot()
	m := catalogMaker{types: map[string]*CatalogType{}, sources: map[string]*CatalogSource{}, newest: map[string]Position{}}
	for _, t := range tallies {
		m.seen(t)
	}
	if r := b.cfg.schemas; r != nil {
		m.declared(r)
		m.discovered(&b.discovery)
	}
	c := Catalog{Counted: at}
	for _, typ := range m.types {
		if newest := b.upcasts.newest(typ.Type); newest != typ.Type {
			typ.ReadAs = newest
		}
		typ.Unfit = b.misfits.of(typ.Type)
		typ.Rules = b.selecting(b.upcasts.newest(typ.Type), typ.Sources)
		var err error
		if typ.Newest, err = b.sample(m.newest[typ.Type]); err != nil {
			return Catalog{}, err
		}
		c.Types = append(c.Types, *typ)
	}
	for _, s := range m.sources {
		slices.Sort(s.Types)
		c.Sources = append(c.Sources, *s)
	}
	slices.SortFunc(c.Types, func(x, y CatalogType) int { return cmp.Compare(x.Type, y.Type) })
	slices.SortFunc(c.Sources, func(x, y CatalogSource) int { return cmp.Compare(x.Source, y.Source) })
	return c, nil
}

// catalogMaker joins what is known of types and sources.
type catalogMaker struct {
	types   map[string]*CatalogType
	sources map[string]*CatalogSource
	newest  map[string]Position // of each type
}

func (m *catalogMaker) typ(name string) *CatalogType {
	if m.types[name] == nil {
		m.types[name] = &CatalogType{Type: name}
	}
	return m.types[name]
}

func (m *catalogMaker) source(uri string) *CatalogSource {
	if m.sources[uri] == nil {
		m.sources[uri] = &CatalogSource{Source: uri}
	}
	return m.sources[uri]
}

// seen adds what was counted.
func (m *catalogMaker) seen(t tally) {
	typ, src := m.typ(t.Type), m.source(t.Source)
	typ.Sources = append(typ.Sources, Seen{t.Source, t.Events, t.First, t.Last})
	src.Types = append(src.Types, t.Type)
	for _, count := range []struct {
		events      *uint64
		first, last *time.Time
	}{{&typ.Events, &typ.First, &typ.Last}, {&src.Events, &src.First, &src.Last}} {
		if *count.events == 0 || t.First.Before(*count.first) {
			*count.first = t.First
		}
		if t.Last.After(*count.last) {
			*count.last = t.Last
		}
		*count.events += t.Events
	}
	m.newest[t.Type] = max(m.newest[t.Type], t.At)
}

// declared adds what the registry was given.
func (m *catalogMaker) declared(r *schema.Registry) {
	types, sources := r.Declarations()
	for _, d := range types {
		typ := m.typ(d.Type)
		typ.Declared, typ.Description, typ.Owner, typ.Example = true, d.Description, d.Owner, d.Example
	}
	for _, d := range sources {
		src := m.source(d.Source)
		src.Declared, src.Description, src.Owner = true, d.Description, d.Owner
	}
	for _, t := range r.Types() {
		typ := m.typ(t.Type)
		typ.Declared = true
		typ.Versions = append(typ.Versions, r.Versions(t.Type, t.Source)...)
	}
}

// discovered adds what was found out.
func (m *catalogMaker) discovered(d *schema.Discovery) {
	for _, name := range d.Types() {
		if doc, samples, ok := d.Schema(name); ok {
			typ := m.typ(name)
			typ.Discovered, typ.Samples = doc, samples
		}
	}
}

// selecting finds the rules that select events of a type, from the sources it was seen
// from if there are any.
func (b *Bus) selecting(typ string, seen []Seen) (all []Selection) {
	b.rules.each(func(r *runner) {
		rule := r.current()
		selects, every := false, true
		for _, known := range knownOf(typ, seen) {
			answer := rule.selection().Covers(known)
			selects = selects || answer != filter.Never
			every = every && answer == filter.Always
		}
		if selects {
			all = append(all, Selection{Rule: rule.Name, Every: every})
		}
	})
	return all
}

// knownOf is what is known of the events of a type.
func knownOf(typ string, seen []Seen) (known []map[string]string) {
	for _, s := range seen {
		if s.Source != "*" {
			known = append(known, map[string]string{"type": typ, "source": s.Source})
		}
	}
	if known == nil {
		return []map[string]string{{"type": typ}}
	}
	return known
}

// maxSample is how large an event may be that a catalog shows.
const maxSample = 64 << 10

// sample reads an event of the log as it was published; nil when the log has let it go
// or it is too large to be shown.
func (b *Bus) sample(at Position) (json.RawMessage, error) {
	if at == 0 || at < b.store.State().Tail {
		return nil, nil
	}
	entries, err := b.store.Read(nil, store.Range{From: at, To: at + 1})
	if len(entries) == 0 {
		return nil, err
	}
	ev, err := b.load(entries[0])
	if err != nil || len(ev.entry.Data) > maxSample {
		return nil, err
	}
	return cloudevent.AppendJSON(nil, &ev.stored.Event), nil
}
