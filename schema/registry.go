package schema

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/eventbridge-go/eventbridge/internal/jsonschema"
)

// A Registry holds event types, the versions of their schemas, and what was declared
// of types and sources. The zero Registry is empty and ready, and works without a bus.
// It is safe for concurrent use; reading never waits for writing.
//
// The fields are settings: set them before the first use and leave them alone.
type Registry struct {
	// Mode says what a bus does about events that do not fit; default: Enforce.
	Mode Mode
	// Modes overrides Mode for single event types.
	Modes map[string]Mode
	// Compatibility is what a new version must have in common with earlier ones;
	// default: Backward.
	Compatibility Compatibility
	// Policy is how schemas are read when they are compared; default: Practical.
	Policy Policy
	// Engine is what validates; its zero value is the default.
	Engine Engine
	// Dialect is the "$schema" of documents that name none; default: draft-07.
	Dialect string
	// Strict refuses events whose type or source is not declared. A type with a schema
	// counts as declared, and so does a source that a type or schema was given for.
	Strict bool

	state atomic.Pointer[state]

	writing sync.Mutex // one writer at a time; readers take the state as it is
	keeper  Keeper
}

// A state is all that a registry holds at a moment. Nobody writes to one in force.
type state struct {
	documents    map[string]shared // by URI
	set          *jsonschema.Set   // the same documents
	versions     map[key][]*version
	types        map[key]TypeDecl
	sources      map[string]SourceDecl
	knownSources map[string]bool // from declarations and versions
}

// A key names what versions belong to: an event type, or one of a source.
type key struct{ eventType, source string }

func (k key) compare(other key) int {
	return cmp.Or(cmp.Compare(k.eventType, other.eventType), cmp.Compare(k.source, other.source))
}

// A shared document is there for others to refer to.
type shared struct {
	doc     *jsonschema.Document
	text    []byte
	dialect jsonschema.Dialect // what it would be if it named none
}

// A version is a Version with what makes it work.
type version struct {
	Version
	added     addition // how
	doc       *jsonschema.Document
	validator *validator
}

var empty = &state{set: &jsonschema.Set{}}

// now is what the registry holds.
func (r *Registry) now() *state {
	if s := r.state.Load(); s != nil {
		return s
	}
	return empty
}

func (s *state) clone() *state {
	return &state{
		documents:    cloneMap(s.documents),
		set:          s.set,
		versions:     cloneMap(s.versions),
		types:        cloneMap(s.types),
		sources:      cloneMap(s.sources),
		knownSources: cloneMap(s.knownSources),
	}
}

func cloneMap[K comparable, V any](m map[K]V) map[K]V {
	if m == nil {
		return map[K]V{}
	}
	return maps.Clone(m)
}

// latest is the newest version of a type, or of it from one source; nil for none.
func (s *state) latest(k key) *version {
	if versions := s.versions[k]; len(versions) > 0 {
		return versions[len(versions)-1]
	}
	return nil
}

// A change is what is about to be in force, and what a keeper must keep of it.
type change struct {
	*Registry
	next    *state
	entries []Entry
	at      time.Time
}

func (r *Registry) begin(from *state) *change {
	return &change{Registry: r, next: from.clone(), at: time.Now().UTC().Round(0)}
}

// write does something to what the registry holds: all of it or, on an error,
// nothing. It is kept before anybody sees it.
func (r *Registry) write(do func(*change) error) error {
	r.writing.Lock()
	defer r.writing.Unlock()
	c := r.begin(r.now())
	if err := do(c); err != nil {
		return err
	}
	if len(c.entries) == 0 {
		return nil
	}
	return c.commit(r.keeper)
}

// commit keeps the change and puts it in force.
func (c *change) commit(k Keeper) error {
	if k != nil && len(c.entries) > 0 {
		if err := k.Keep(c.entries...); err != nil {
			return fmt.Errorf("keep the registry: %w", err)
		}
	}
	c.state.Store(c.next)
	return nil
}

// TypeInfo is an event type that has a schema.
type TypeInfo struct {
	Type string
	// Source is whose events of the type it is about; "" for all that have no schema of
	// their own.
	Source string
	// Versions is how many there are, Latest the number of the last.
	Versions, Latest int
	// Mode is what a bus does about events of the type that do not fit.
	Mode Mode
}

// Types lists the event types that have a schema, by type and source.
func (r *Registry) Types() []TypeInfo {
	s := r.now()
	infos := make([]TypeInfo, 0, len(s.versions))
	for _, k := range slices.SortedFunc(maps.Keys(s.versions), key.compare) {
		infos = append(infos, TypeInfo{
			Type: k.eventType, Source: k.source,
			Versions: len(s.versions[k]), Latest: s.latest(k).Number,
			Mode: r.mode(k.eventType),
		})
	}
	return infos
}

func (r *Registry) mode(eventType string) Mode {
	if m, ok := r.Modes[eventType]; ok {
		return m
	}
	return r.Mode
}

// A Version is one schema of an event type.
type Version struct {
	// Number is 1, 2, 3 …; numbers may be left out, see AsVersion.
	Number int
	// Source is whose events it is about; "" for all that have no schema of their own.
	Source string
	// URI is what an event's dataschema names.
	URI string
	// Dialect is the version of JSON Schema, as "$schema" names it.
	Dialect string
	// Doc is the schema as it was added. It is not to be written to.
	Doc json.RawMessage
	// Added says when.
	Added time.Time
}

// Versions lists the versions of an event type, oldest first; of the events of one
// source when source is not "". It is empty when there are none of exactly that.
func (r *Registry) Versions(eventType, source string) []Version {
	held := r.now().versions[key{eventType, source}]
	versions := make([]Version, len(held))
	for i, v := range held {
		versions[i] = v.Version
	}
	return versions
}
