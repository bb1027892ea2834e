package schema

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/eventbridge-go/eventbridge/internal/cloudevent"
	"github.com/eventbridge-go/eventbridge/internal/jsonschema"
)

// MaxName is how long an event type, a source and a URI may be, in bytes.
const MaxName = 2048

// MaxVersion is the highest number of a version.
const MaxVersion = 1<<31 - 1

// An AddOption says more about a schema that is added.
type AddOption func(*addition)

// An addition is a schema that is to be added, and how.
type addition struct {
	key
	text           []byte
	number         int // 0: the next
	uri            string
	dialect        jsonschema.Dialect // of a document that names none; 0: the registry's
	level          *Compatibility     // nil: the registry's
	acceptUnproven bool
}

// ForSource makes the schema one of the events of a source alone. Events of a source
// that has schemas of its own are looked at by those, never by the type's.
func ForSource(source string) AddOption {
	return func(a *addition) { a.source = source }
}

// AsVersion gives the version a number, from 1 to MaxVersion and above the last;
// default: the one after the last. Where the number exists with the same document, nothing is
// added; with another, the error is ErrVersionExists.
func AsVersion(number int) AddOption {
	return func(a *addition) { a.number = number }
}

// URI is what an event's dataschema names. It must be absolute. Default: the
// document's identifier ("$id", or "id" in draft-04) where that is absolute, else a
// URI made of type, source and number. Several versions may have one URI; it means the
// last of them then.
func URI(uri string) AddOption {
	return func(a *addition) { a.uri = uri }
}

// WithCompatibility is what the version must have in common with earlier ones, this
// once; default: the registry's Compatibility.
func WithCompatibility(c Compatibility) AddOption {
	return func(a *addition) { a.level = &c }
}

// AcceptUnproven adds the version although its compatibility could not be decided. It
// does not help a version of which an event is known that does not fit.
func AcceptUnproven() AddOption {
	return func(a *addition) { a.acceptUnproven = true }
}

// Add adds a JSON Schema document as a version of an event type and returns its
// number. A document that is a version already, whatever its layout, is not added
// again: the number is that version's.
//
// A document refers to itself and to what AddDocument added, to nothing else; nothing
// is fetched. The text is copied.
//
// Each error names the type: an *IncompatibleError, Faults for a document that is no
// schema, ErrVersionExists, what the keeper says. After an error nothing has changed.
func (r *Registry) Add(eventType string, doc []byte, opts ...AddOption) (version int, err error) {
	a := addition{key: key{eventType: eventType}, text: slices.Clone(doc)}
	for _, opt := range opts {
		opt(&a)
	}
	err = r.write(func(c *change) error {
		version, err = c.add(a)
		return err
	})
	if err != nil {
		return 0, naming(a.key, err)
	}
	return version, nil
}

// naming names the type in an error that does not.
func naming(k key, err error) error {
	if incompatible := (*IncompatibleError)(nil); errors.As(err, &incompatible) {
		return err
	}
	if k.source != "" {
		return fmt.Errorf("type %q of source %q: %w", k.eventType, k.source, err)
	}
	return fmt.Errorf("type %q: %w", k.eventType, err)
}

// add adds a version, unless it is there.
func (c *change) add(a addition) (int, error) {
	v, err := c.parse(a)
	if err != nil {
		return 0, err
	}
	if number, err := c.held(v); number > 0 || err != nil {
		return number, err
	}
	if last := c.next.latest(a.key); last != nil && v.Number <= last.Number {
		return 0, fmt.Errorf("version %d: a new version comes after the last, which is %d", v.Number, last.Number)
	}
	if err := c.compile(v); err != nil {
		return 0, err
	}
	if err := c.compatible(v); err != nil {
		return 0, err
	}
	entry, err := versionEntry(v)
	if err != nil {
		return 0, err
	}
	c.entries = append(c.entries, entry)
	c.enter(v)
	return v.Number, nil
}

// enter puts a version in its place.
func (c *change) enter(v *version) {
	k := v.added.key
	c.next.versions[k] = append(slices.Clip(c.next.versions[k]), v)
	if k.source != "" {
		c.next.knownSources[k.source] = true
	}
}

// parse reads the document of a version and gives it number and URI.
func (c *change) parse(a addition) (*version, error) {
	dialect, err := c.dialect(a.dialect)
	if err != nil {
		return nil, err
	}
	v := &version{added: a}
	v.Source, v.Number, v.Added, v.Doc = a.source, a.number, c.at, json.RawMessage(a.text)
	if v.Number == 0 {
		v.Number = 1
		if last := c.next.latest(a.key); last != nil {
			v.Number = last.Number + 1
		}
	}
	if v.Number < 1 || v.Number > MaxVersion {
		return nil, fmt.Errorf("version %d: numbers go from 1 to %d", v.Number, MaxVersion)
	}
	if v.URI = a.uri; v.URI == "" {
		v.URI = madeURI(a.key, v.Number)
	}
	if err := checkNames(a.eventType, a.source, v.URI); err != nil {
		return nil, err
	}
	base, _, _ := strings.Cut(v.URI, "#")
	if v.doc, err = jsonschema.Parse(base, a.text, dialect); err != nil {
		return nil, err
	}
	if id := identifier(v.doc); id != "" && a.uri == "" {
		v.URI, v.doc.URI = id, v.doc.Base
		if err := checkNames(a.eventType, a.source, v.URI); err != nil {
			return nil, err
		}
	}
	v.Dialect, v.added.dialect = v.doc.Dialect.String(), dialect
	return v, nil
}

// dialect is that of documents that name none.
func (r *Registry) dialect(kept jsonschema.Dialect) (jsonschema.Dialect, error) {
	if kept != 0 {
		return kept, nil
	}
	if r.Dialect == "" {
		return jsonschema.Draft7, nil
	}
	d, known := jsonschema.DialectOf(r.Dialect)
	if !known {
		return 0, fmt.Errorf("the registry's Dialect %q is unknown", r.Dialect)
	}
	return d, nil
}

// madeURI is the URI of a version whose document has no identifier.
func madeURI(k key, number int) string {
	uri := "https://schemas.invalid/" + url.PathEscape(k.eventType) + "/" + strconv.Itoa(number)
	if k.source != "" {
		uri += "?source=" + url.QueryEscape(k.source)
	}
	return uri
}

// checkNames says whether an event can have such a type, source and dataschema. An
// empty source or URI is none.
func checkNames(eventType, source, uri string) error {
	for _, name := range []string{eventType, source, uri} {
		if len(name) > MaxName {
			return fmt.Errorf("a name of %d bytes: at most %d", len(name), MaxName)
		}
	}
	e := cloudevent.Event{ID: "1", Type: eventType, Source: source, DataSchema: uri}
	if source == "" {
		e.Source = "/"
	}
	if jsonschema.IsMetaschema(strings.TrimSuffix(uri, "#")) {
		return fmt.Errorf("%q is the URI of a dialect of JSON Schema", uri)
	}
	return e.ValidateAttributes()
}

// identifier is what the document calls itself, where that is absolute.
func identifier(d *jsonschema.Document) string {
	keyword := "$id"
	if d.Dialect == jsonschema.Draft4 {
		keyword = "id"
	}
	root, _ := d.Root.(map[string]any)
	id, _ := root[keyword].(string)
	u, err := url.Parse(id)
	if err != nil || !u.IsAbs() || d.Base == d.URI {
		return ""
	}
	return strings.TrimSuffix(id, "#")
}

// held looks for the version among those there are: its number, 0 for not there.
func (c *change) held(v *version) (int, error) {
	a := v.added
	for _, old := range slices.Backward(c.next.versions[a.key]) {
		if a.number > 0 && old.Number != a.number {
			continue
		}
		same := old.doc.Dialect == v.doc.Dialect && equal(old.doc.Root, v.doc.Root)
		switch {
		case same && (a.uri == "" || a.uri == old.URI):
			return old.Number, nil
		case same:
			return 0, fmt.Errorf("version %d: %w: it has the URI %q", old.Number, ErrVersionExists, old.URI)
		case a.number > 0:
			return 0, fmt.Errorf("version %d: %w", a.number, ErrVersionExists)
		}
	}
	return 0, nil
}

// compile makes the validator of a version. Its document comes before those it can
// refer to, one of the same identifier included.
func (c *change) compile(v *version) error {
	set := &jsonschema.Set{Outer: c.next.set}
	err := set.Add(v.doc)
	if err == nil {
		v.validator, err = compile(set, v.doc, c.Engine)
	}
	return err
}

// compatible compares a version with those before it that its level names.
func (c *change) compatible(v *version) error {
	level := c.Compatibility
	if v.added.level != nil {
		level = *v.added.level
	}
	if _, err := level.MarshalText(); err != nil {
		return err
	}
	if level == None {
		return nil
	}
	held := c.next.versions[v.added.key]
	earlier := make([]*jsonschema.Document, len(held))
	for i, old := range held {
		earlier[i] = old.doc
	}
	breaks, against := checkCompatible(level, c.Policy, c.next.set, earlier, v.doc)
	if v.added.acceptUnproven {
		breaks = slices.DeleteFunc(breaks, func(b Break) bool { return b.Unproven })
	}
	if len(breaks) == 0 {
		return nil
	}
	return &IncompatibleError{
		Type: v.added.eventType, Version: v.Number, Against: held[against].Number,
		Compatibility: level, Breaks: breaks,
	}
}
