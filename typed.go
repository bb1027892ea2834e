package eventbridge

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
)

// Typed is implemented by Go types that travel as events. EventType is the same
// constant for every value, the zero value included; it is what the log stores, so
// renaming the Go type never breaks old events.
//
// A type may also have EventSubject() string, the entity it happened to, and
// EventSource() string.
type Typed interface{ EventType() string }

// EventOf makes an event of v: [NewEvent] with v's own type, subject and source.
func EventOf(v Typed) (Event, error) {
	subject := ""
	if s, ok := v.(interface{ EventSubject() string }); ok {
		subject = s.EventSubject()
	}
	e, err := NewEvent(v.EventType(), subject, v)
	if err != nil {
		return Event{}, err
	}
	if s, ok := v.(interface{ EventSource() string }); ok && s.EventSource() != "" {
		e.SetSource(s.EventSource())
	}
	return e, nil
}

// Emit publishes values, all or none. It makes their events once; to try again by
// hand, use [EventOf] and Publish, so that the second try is recognised.
func Emit(ctx context.Context, p Publisher, vs ...Typed) error {
	events := make([]Event, len(vs))
	for i, v := range vs {
		var err error
		if events[i], err = EventOf(v); err != nil {
			return &EventError{Index: i, Err: err}
		}
	}
	return p.Publish(ctx, events...)
}

// Decode returns e's data as a T. It is ErrWrongType when e is not of T's type; a
// JSON error when the data does not fit.
func Decode[T Typed](e Event) (T, error) {
	var v T
	if want := typeOf[T](); e.Context == nil || e.Type() != want {
		return v, fmt.Errorf("%w: the event is %q, a %T is %q", ErrWrongType, typeName(e), v, want)
	}
	if len(e.DataEncoded) == 0 {
		return v, nil
	}
	if err := json.Unmarshal(e.DataEncoded, &v); err != nil {
		return v, fmt.Errorf("event %q, data as a %T: %w", e.ID(), v, err)
	}
	return v, nil
}

func typeName(e Event) string {
	if e.Context == nil {
		return ""
	}
	return e.Type()
}

// typeOf asks T's zero value for its event type; of a pointer type, a pointer to the
// zero value, so that a method on the value can be called.
func typeOf[T Typed]() string {
	var v T
	if t := reflect.TypeFor[T](); t.Kind() == reflect.Pointer {
		v = reflect.New(t.Elem()).Interface().(T)
	}
	return v.EventType()
}

// A Handler handles the events of one type. Handle makes one, Mux joins several.
type Handler struct {
	typ     string
	deliver TargetFunc
}

// EventType is the type of the events that h handles.
func (h Handler) EventType() string { return h.typ }

// Deliver decodes the event and calls the handler's function. Data that does not fit
// is a permanent error, and so is an event of another type.
func (h Handler) Deliver(ctx context.Context, e Event) error { return h.deliver(ctx, e) }

// Handle makes a typed handler of fn. A rule without a filter whose target is a
// Handler selects its type.
func Handle[T Typed](fn func(ctx context.Context, v T) error) Handler {
	return Handler{typ: typeOf[T](), deliver: func(ctx context.Context, e Event) error {
		v, err := Decode[T](e)
		if err != nil {
			return Permanent(err)
		}
		return fn(ctx, v)
	}}
}

// Mux joins handlers to one Target, so that the events of several types go in one
// order. A rule without a filter whose target is a Mux selects the types it handles;
// an event of another type is a permanent error. It panics when two handlers are for
// one type.
func Mux(handlers ...Handler) Target {
	m := mux{byType: make(map[string]Handler, len(handlers))}
	for _, h := range handlers {
		if _, twice := m.byType[h.typ]; twice {
			panic(fmt.Sprintf("eventbridge.Mux: two handlers for events of type %q", h.typ))
		}
		m.byType[h.typ] = h
		m.types = append(m.types, h.typ)
	}
	return m
}

type mux struct {
	types  []string // in the order given
	byType map[string]Handler
}

func (m mux) Deliver(ctx context.Context, e Event) error {
	h, ok := m.byType[e.Type()]
	if !ok {
		return Permanent(fmt.Errorf("%w: no handler for events of type %q", ErrWrongType, e.Type()))
	}
	return h.Deliver(ctx, e)
}

// typed is a target that names the event types it takes; a rule without a filter
// selects just those.
type typed interface{ eventTypes() []string }

func (m mux) eventTypes() []string     { return m.types }
func (h Handler) eventTypes() []string { return []string{h.typ} }
