package eventbridge

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/eventbridge-go/eventbridge/filter"
	"github.com/eventbridge-go/eventbridge/internal/cloudevent"
	"github.com/eventbridge-go/eventbridge/internal/document"
)

// WithUpcast has events of an older type read as events of a newer one, by every rule,
// query and replay: fn makes the newer event of its own copy of the older one. The log
// keeps what was published. Upcasts chain: with one from "a" to "b" and one from "b" to
// "c", an "a" is read as a "c", and nobody sees an "a" or a "b" any more.
//
// fn is called for every reading, by several goroutines at once, and must give the same
// answer each time. It may change everything but id, source and subject. The type is set
// for it; a dataschema it leaves alone is removed, since it is that of the older type.
// An event for which it fails or panics is a dead letter (ReasonUpcast) of each rule
// that might have selected the newer event, and an error of a query.
//
// Two upcasts of one type, or a cycle of them, make Open fail.
func WithUpcast(fromType, toType string, fn func(Event) (Event, error)) Option {
	return func(s *settings) { s.upcasts = append(s.upcasts, upcast{fromType, toType, fn}) }
}

// Upcast is [WithUpcast] for Go types: data is decoded as a From, and encoded as the To
// that fn makes of it.
func Upcast[From, To Typed](fn func(From) (To, error)) Option {
	from, to := typeOf[From](), typeOf[To]()
	return WithUpcast(from, to, func(e Event) (Event, error) {
		old, err := Decode[From](e)
		if err != nil {
			return Event{}, err
		}
		v, err := fn(old)
		if err != nil {
			return Event{}, err
		}
		data, err := json.Marshal(v)
		if err != nil {
			return Event{}, fmt.Errorf("data of a %v: %w", reflect.TypeFor[To](), err)
		}
		e.DataEncoded, e.DataBase64 = data, false
		e.SetDataContentType("application/json")
		return e, nil
	})
}

// An upcast makes events of one type of events of another.
type upcast struct {
	from, to string
	fn       func(Event) (Event, error)
}

// upcasts are a bus's, by the type they begin at.
type upcasts map[string]upcast

// newUpcasts checks what was given to Open.
func newUpcasts(given []upcast) (upcasts, error) {
	us := upcasts{}
	for _, u := range given {
		switch {
		case u.from == "" || u.to == "" || u.fn == nil:
			return nil, fmt.Errorf("upcast from %q to %q: it needs two types and a function", u.from, u.to)
		case us[u.from].fn != nil:
			return nil, fmt.Errorf("upcast from %q: there are two, to %q and to %q", u.from, us[u.from].to, u.to)
		}
		us[u.from] = u
	}
	for from := range us {
		if path := us.path(from); path[len(path)-1] == from {
			return nil, fmt.Errorf("upcasts lead in a circle: %s", strings.Join(path, " → "))
		}
	}
	return us, nil
}

// path is the types that an event of a type is read as, one after the other. It ends at
// the newest, or, if the type is part of a circle, where it began.
func (us upcasts) path(typ string) []string {
	path := []string{typ}
	for u, ok := us[typ]; ok; u, ok = us[u.to] {
		again := slices.Contains(path, u.to)
		path = append(path, u.to)
		if again {
			break
		}
	}
	return path
}

// newest is the type that an event of a type is read as.
func (us upcasts) newest(typ string) string {
	for u, ok := us[typ]; ok; u, ok = us[typ] {
		typ = u.to
	}
	return typ
}

// apply makes the newest event of a stored one.
func (us upcasts) apply(stored *document.Document) (*document.Document, error) {
	flat := stored.Event
	if _, old := us[flat.Type]; !old {
		return stored, nil
	}
	for u, ok := us[flat.Type]; ok; u, ok = us[flat.Type] {
		newer, err := u.apply(flat)
		if err != nil {
			return nil, fmt.Errorf("upcast from %q to %q: %w", u.from, u.to, err)
		}
		flat = newer
	}
	return document.Of(flat), nil
}

func (u upcast) apply(old cloudevent.Event) (flat cloudevent.Event, err error) {
	e, err := u.call(old.SDK())
	if err != nil {
		return flat, err
	}
	if flat, err = cloudevent.FromSDK(e); err != nil {
		return flat, err
	}
	if flat.Type = u.to; flat.DataSchema == old.DataSchema {
		flat.DataSchema = ""
	}
	for _, kept := range []struct{ name, old, new string }{
		{"id", old.ID, flat.ID}, {"source", old.Source, flat.Source}, {"subject", old.Subject, flat.Subject},
	} {
		if kept.old != kept.new {
			return flat, fmt.Errorf("%s: it may not change: it was %q, and is %q", kept.name, kept.old, kept.new)
		}
	}
	return flat, flat.Validate()
}

// call runs the host's function.
func (u upcast) call(e Event) (newer Event, err error) {
	defer caught(&err, "the function")
	return u.fn(e)
}

// mightSelect says whether the rule might select an event whose upcast failed: of what
// it should have become, only this is known.
func (r *runner) mightSelect(ev *loaded) bool {
	r.mu.Lock()
	selection := r.rule.selection()
	r.mu.Unlock()
	e := &ev.stored.Event
	return selection.Covers(map[string]string{
		"type": r.b.upcasts.newest(e.Type), "id": e.ID, "source": e.Source, "subject": e.Subject,
	}) != filter.Never
}
