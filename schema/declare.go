package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/eventbridge-go/eventbridge/internal/cloudevent"
	"github.com/eventbridge-go/eventbridge/internal/document"
	"github.com/eventbridge-go/eventbridge/internal/jsonschema"
)

// MaxDescription is how long a description and an owner may be, in bytes.
const MaxDescription = 1 << 16

// A TypeDecl is what is declared of an event type. Nothing but Type is required.
type TypeDecl struct {
	Type string
	// Source is whose events of the type are declared; "" for any source.
	Source string
	// Description says what has happened when such an event is published, Owner who is
	// to be asked about it.
	Description, Owner string
	// Schema is added as by Add. In what Declarations returns it is the latest version.
	Schema json.RawMessage
	// Example is the data of such an event. It fits Schema or, where that is nil, the
	// latest version there is when it is declared.
	Example json.RawMessage
}

// A SourceDecl is what is declared of a source: all but Source may be left out.
type SourceDecl struct {
	Source             string
	Description, Owner string
}

// DeclareType declares an event type and adds its schema, both or neither. What was
// declared of it before is replaced. The error names the type: what Add says, or a
// *ValidationError about the example. The texts are copied.
func (r *Registry) DeclareType(d TypeDecl) error {
	d.Schema, d.Example = slices.Clone(d.Schema), slices.Clone(d.Example)
	k := key{d.Type, d.Source}
	err := r.write(func(c *change) error {
		described := c.next.latest(k)
		if d.Schema != nil {
			number, err := c.add(addition{key: k, text: d.Schema})
			if err != nil {
				return err
			}
			described = c.next.version(k, number)
			d.Schema = nil
		} else if described == nil {
			described = c.next.latest(key{eventType: d.Type})
		}
		if err := fits(d, described); err != nil {
			return err
		}
		return c.declareType(d)
	})
	if err != nil {
		return naming(k, err)
	}
	return nil
}

// version finds a version by its number.
func (s *state) version(k key, number int) *version {
	for _, v := range s.versions[k] {
		if v.Number == number {
			return v
		}
	}
	return nil
}

// fits says whether the example of a declaration is JSON and, if there is a version,
// one that it accepts.
func fits(d TypeDecl, v *version) error {
	if d.Example == nil {
		return nil
	}
	e := document.Of(cloudevent.Event{Kind: cloudevent.JSON, Data: d.Example})
	data, err := e.Tree()
	if err == nil && len(d.Example) > jsonschema.MaxSize {
		err = fmt.Errorf("%d bytes, at most %d", len(d.Example), jsonschema.MaxSize)
	}
	if err == nil && !utf8.Valid(d.Example) {
		err = errors.New("it is not UTF-8")
	}
	if err == nil && v != nil {
		err = v.check(d.Type, data)
	}
	if err != nil {
		return fmt.Errorf("example: %w", err)
	}
	return nil
}

// declareType puts a declaration in place, unless it is there.
func (c *change) declareType(d TypeDecl) error {
	if err := checkNames(d.Type, d.Source, ""); err != nil {
		return err
	}
	if err := checkDescription(d.Description, d.Owner); err != nil {
		return err
	}
	k := key{d.Type, d.Source}
	if old, ok := c.next.types[k]; ok && old.Description == d.Description && old.Owner == d.Owner && bytes.Equal(old.Example, d.Example) {
		return nil
	}
	entry, err := typeEntry(d)
	if err != nil {
		return err
	}
	c.entries = append(c.entries, entry)
	c.next.types[k] = d
	if d.Source != "" {
		c.next.knownSources[d.Source] = true
	}
	return nil
}

func checkDescription(description, owner string) error {
	if n := max(len(description), len(owner)); n > MaxDescription {
		return fmt.Errorf("a description or owner of %d bytes: at most %d", n, MaxDescription)
	}
	if !utf8.ValidString(description) || !utf8.ValidString(owner) {
		return errors.New("a description or owner that is not UTF-8")
	}
	return nil
}

// DeclareSource declares a source, a URI-reference. What was declared of it before is
// replaced. The error names the source.
func (r *Registry) DeclareSource(d SourceDecl) error {
	if err := r.write(func(c *change) error { return c.declareSource(d) }); err != nil {
		return fmt.Errorf("source %q: %w", d.Source, err)
	}
	return nil
}

func (c *change) declareSource(d SourceDecl) error {
	if d.Source == "" {
		return errors.New("it is empty")
	}
	if err := checkNames("t", d.Source, ""); err != nil {
		return err
	}
	if err := checkDescription(d.Description, d.Owner); err != nil {
		return err
	}
	if old, ok := c.next.sources[d.Source]; ok && old == d {
		return nil
	}
	entry, err := sourceEntry(d)
	if err != nil {
		return err
	}
	c.entries = append(c.entries, entry)
	c.next.sources[d.Source] = d
	c.next.knownSources[d.Source] = true
	return nil
}

// Declarations lists what was declared, by type and source. The examples and schemas
// are not to be written to.
func (r *Registry) Declarations() ([]TypeDecl, []SourceDecl) {
	s := r.now()
	types := make([]TypeDecl, 0, len(s.types))
	for _, k := range slices.SortedFunc(maps.Keys(s.types), key.compare) {
		d := s.types[k]
		if v := s.latest(k); v != nil {
			d.Schema = v.Doc
		}
		types = append(types, d)
	}
	sources := make([]SourceDecl, 0, len(s.sources))
	for _, source := range slices.Sorted(maps.Keys(s.sources)) {
		sources = append(sources, s.sources[source])
	}
	return types, sources
}

// Declared says whether an event type and a source are declared: nil, or an
// ErrUndeclared that names what is not. A type with a schema is, and so is a source
// that a type or a schema was given for; a type that is declared for one source is not
// for others.
func (r *Registry) Declared(eventType, source string) error {
	return r.now().declared(eventType, source)
}

func (s *state) declared(eventType, source string) error {
	var errs []error
	if !s.declaredType(key{eventType: eventType}) && !s.declaredType(key{eventType, source}) {
		errs = append(errs, fmt.Errorf("type %q: %w", eventType, ErrUndeclared))
	}
	if !s.knownSources[source] {
		errs = append(errs, fmt.Errorf("source %q: %w", source, ErrUndeclared))
	}
	return errors.Join(errs...)
}

func (s *state) declaredType(k key) bool {
	_, ok := s.types[k]
	return ok || len(s.versions[k]) > 0
}
