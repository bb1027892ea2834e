package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/eventbridge-go/eventbridge/internal/jsonschema"
)

// A Keeper keeps a registry beyond the process. A registry calls it from one
// goroutine at a time; it must not write to that registry.
type Keeper interface {
	// Kept returns every entry that Keep was given; of those with one key the last.
	// The order does not matter.
	Kept() ([]Entry, error)
	// Keep makes the entries durable, all or none. After an error none is.
	Keep(...Entry) error
}

// KeepIn has the registry kept by k: it loads what k has, adds to it what the
// registry holds, as if it were added now, and from then on hands every change to k
// before the change is in force. Versions that the registry numbered by itself may get
// other numbers, behind those that k has.
//
// After an error nothing has changed: ErrDamaged, with the key, about what can't be
// read; what Add and the declarations say; what k says; ErrKept when another keeper
// has the registry. A nil Keeper lets go of the one there is; what the registry holds
// stays.
func (r *Registry) KeepIn(k Keeper) error {
	r.writing.Lock()
	defer r.writing.Unlock()
	if k == nil {
		r.keeper = nil
		return nil
	}
	if r.keeper != nil {
		return ErrKept
	}
	entries, err := k.Kept()
	if err != nil {
		return fmt.Errorf("load the registry: %w", err)
	}
	c := r.begin(empty)
	if err := c.load(entries); err != nil {
		return err
	}
	if err := c.take(r.now()); err != nil {
		return err
	}
	if err := c.commit(k); err != nil {
		return err
	}
	r.keeper = k
	return nil
}

// The kinds of entries: what their keys begin with. They are loaded in this order,
// since the one builds on the other.
const (
	documentKind = "document"
	versionKind  = "version"
	typeKind     = "type"
	sourceKind   = "source"
)

var kinds = []string{documentKind, versionKind, typeKind, sourceKind}

// What is kept of each. Documents are texts, so that they come back as they were.
type (
	keptDocument struct {
		URI     string `json:"uri"`
		Dialect string `json:"dialect"` // were it to name none
		Doc     string `json:"doc"`
	}
	keptVersion struct {
		Type    string    `json:"type"`
		Source  string    `json:"source,omitempty"`
		Number  int       `json:"number"`
		URI     string    `json:"uri"`
		Dialect string    `json:"dialect"`
		Added   time.Time `json:"added"`
		Doc     string    `json:"doc"`
	}
	keptType struct {
		Type        string `json:"type"`
		Source      string `json:"source,omitempty"`
		Description string `json:"description,omitempty"`
		Owner       string `json:"owner,omitempty"`
		Example     string `json:"example,omitempty"`
	}
	keptSource struct {
		Source      string `json:"source"`
		Description string `json:"description,omitempty"`
		Owner       string `json:"owner,omitempty"`
	}
)

func newEntry(kind string, value any, names ...string) (Entry, error) {
	text, err := json.Marshal(value)
	return Entry{Key: entryKey(kind, names...), Value: text}, err
}

func entryKey(kind string, names ...string) string {
	for _, name := range names {
		kind += "/" + url.PathEscape(name)
	}
	return kind
}

func documentEntry(uri string, d shared) (Entry, error) {
	return newEntry(documentKind, keptDocument{URI: uri, Dialect: d.dialect.String(), Doc: string(d.text)}, uri)
}

func versionEntry(v *version) (Entry, error) {
	return newEntry(versionKind, keptVersion{
		Type: v.added.eventType, Source: v.Source, Number: v.Number, URI: v.URI,
		Dialect: v.added.dialect.String(), Added: v.Added, Doc: string(v.Doc),
	}, v.added.eventType, v.Source, fmt.Sprintf("%010d", v.Number))
}

func typeEntry(d TypeDecl) (Entry, error) {
	return newEntry(typeKind, keptType{d.Type, d.Source, d.Description, d.Owner, string(d.Example)}, d.Type, d.Source)
}

func sourceEntry(d SourceDecl) (Entry, error) {
	return newEntry(sourceKind, keptSource(d), d.Source)
}

// load puts what was kept in force. It was checked when it was added; what is checked
// here is that it can be read and means something.
func (c *change) load(entries []Entry) error {
	entries = slices.SortedFunc(slices.Values(entries), func(a, b Entry) int { return strings.Compare(a.Key, b.Key) })
	loaders := map[string]func(Entry) error{
		documentKind: c.loadDocument,
		versionKind:  c.loadVersion,
		typeKind:     c.loadType,
		sourceKind:   c.loadSource,
	}
	var errs []error
	for _, kind := range append([]string{""}, kinds...) {
		for _, e := range entries {
			its, _, _ := strings.Cut(e.Key, "/")
			load, known := loaders[its]
			switch {
			case !known && kind == "":
				errs = append(errs, fmt.Errorf("%w: entry %q: its kind is unknown", ErrDamaged, e.Key))
			case known && its == kind:
				if err := load(e); err != nil {
					errs = append(errs, fmt.Errorf("%w: entry %q: %w", ErrDamaged, e.Key, err))
				}
			}
		}
	}
	return errors.Join(errs...)
}

// read decodes an entry and compares its key with what it would be.
func (e Entry) read(into any, key func() string) error {
	dec := json.NewDecoder(bytes.NewReader(e.Value))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return err
	}
	if _, err := dec.Token(); err != io.EOF {
		return errors.New("there is more than one value")
	}
	if want := key(); e.Key != want {
		return fmt.Errorf("it is about %q", want)
	}
	return nil
}

func (c *change) loadDocument(e Entry) error {
	var k keptDocument
	if err := e.read(&k, func() string { return entryKey(documentKind, k.URI) }); err != nil {
		return err
	}
	dialect, known := jsonschema.DialectOf(k.Dialect)
	if !known {
		return fmt.Errorf("unknown dialect %q", k.Dialect)
	}
	return c.silently(func() error { return c.addDocument(k.URI, []byte(k.Doc), dialect) })
}

func (c *change) loadVersion(e Entry) error {
	var k keptVersion
	err := e.read(&k, func() string {
		return entryKey(versionKind, k.Type, k.Source, fmt.Sprintf("%010d", k.Number))
	})
	if err != nil {
		return err
	}
	dialect, known := jsonschema.DialectOf(k.Dialect)
	if !known {
		return fmt.Errorf("unknown dialect %q", k.Dialect)
	}
	if k.Number < 1 || k.URI == "" {
		return errors.New("it lacks a number or a URI")
	}
	v, err := c.parse(addition{
		key: key{k.Type, k.Source}, text: []byte(k.Doc),
		number: k.Number, uri: k.URI, dialect: dialect,
	})
	if err != nil {
		return err
	}
	v.Added = k.Added
	if err := c.compile(v); err != nil {
		return err
	}
	c.enter(v)
	return nil
}

func (c *change) loadType(e Entry) error {
	var k keptType
	if err := e.read(&k, func() string { return entryKey(typeKind, k.Type, k.Source) }); err != nil {
		return err
	}
	d := TypeDecl{Type: k.Type, Source: k.Source, Description: k.Description, Owner: k.Owner}
	if k.Example != "" {
		d.Example = json.RawMessage(k.Example)
		if !json.Valid(d.Example) {
			return errors.New("its example is not JSON")
		}
	}
	return c.silently(func() error { return c.declareType(d) })
}

func (c *change) loadSource(e Entry) error {
	var k keptSource
	if err := e.read(&k, func() string { return entryKey(sourceKind, k.Source) }); err != nil {
		return err
	}
	return c.silently(func() error { return c.declareSource(SourceDecl(k)) })
}

// silently does something that is kept already.
func (c *change) silently(do func() error) error {
	before := len(c.entries)
	err := do()
	c.entries = c.entries[:before]
	return err
}

// take adds what a registry held before somebody kept it.
func (c *change) take(held *state) error {
	for _, uri := range slices.Sorted(maps.Keys(held.documents)) {
		d := held.documents[uri]
		if err := c.addDocument(uri, d.text, d.dialect); err != nil {
			return fmt.Errorf("document %q: %w", uri, err)
		}
	}
	for _, k := range slices.SortedFunc(maps.Keys(held.versions), key.compare) {
		for _, v := range held.versions[k] {
			if _, err := c.add(v.added); err != nil {
				return naming(k, err)
			}
		}
	}
	for _, k := range slices.SortedFunc(maps.Keys(held.types), key.compare) {
		if err := c.declareType(held.types[k]); err != nil {
			return naming(k, err)
		}
	}
	for _, source := range slices.Sorted(maps.Keys(held.sources)) {
		if err := c.declareSource(held.sources[source]); err != nil {
			return fmt.Errorf("source %q: %w", source, err)
		}
	}
	return nil
}
