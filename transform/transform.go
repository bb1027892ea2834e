package transform

import (
	"errors"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/eventbridge-go/eventbridge/internal/cloudevent"
	"github.com/eventbridge-go/eventbridge/internal/document"
	"github.com/eventbridge-go/eventbridge/internal/path"
)

// A Transform reshapes events on their way to a target. The zero Transform
// changes nothing. A Transform is immutable, and safe for concurrent use.
type Transform struct {
	step step // nil: none
}

// A step is one kind of transform. It never writes to the event it is given, but
// what it returns may share parts of it.
type step interface {
	apply(src path.Source, info Info) (cloudevent.Event, error)
	// form is what the step looks like in JSON: a key of kinds, and its value.
	form() (kind string, v any, err error)
}

// Info is what a template can say about a delivery beside its event. The bus
// fills it in.
type Info struct {
	Rule     string    // <rule>: the rule's name
	Received time.Time // <received>: when the bus accepted the event
}

// Apply returns e reshaped. It does not write to e, and what it returns shares
// nothing with e, except that the zero Transform returns e itself. Variables of a
// template that tell of a delivery are null, since there is none.
func (t Transform) Apply(e event.Event) (event.Event, error) {
	if t.step == nil {
		return e, nil
	}
	doc, err := document.FromSDK(e)
	if err != nil {
		return event.Event{}, err
	}
	out, err := t.ApplyDocument(doc, Info{})
	if err != nil {
		return event.Event{}, err
	}
	return out.SDK(), nil
}

// ApplyDocument is the bus's own way in: from a flat event to a flat event, its
// data decoded at most once however many transforms look at it, and most never
// do. The result may share parts of the document's event; neither is to be
// written to.
func (t Transform) ApplyDocument(doc *document.Document, info Info) (cloudevent.Event, error) {
	if t.step == nil {
		return doc.Event, nil
	}
	return t.step.apply(path.Source{Event: &doc.Event, Data: doc}, info)
}

// IsZero says whether t is the zero Transform, which changes nothing.
func (t Transform) IsZero() bool { return t.step == nil }

// Must is for transforms written in Go, where an error is a mistake of the
// program: it panics with it.
func Must(t Transform, err error) Transform {
	if err != nil {
		panic("transform: " + err.Error())
	}
	return t
}

// Pipe is one transform after the other. Each sees the event that the one before
// it made.
func Pipe(ts ...Transform) Transform {
	var p pipe
	for _, t := range ts {
		switch s := t.step.(type) {
		case nil:
		case pipe:
			p = append(p, s...)
		default:
			p = append(p, s)
		}
	}
	switch len(p) {
	case 0:
		return Transform{}
	case 1:
		return Transform{p[0]}
	}
	return Transform{p}
}

type pipe []step

func (p pipe) apply(src path.Source, info Info) (cloudevent.Event, error) {
	for _, s := range p {
		out, err := s.apply(src, info)
		if err != nil {
			return cloudevent.Event{}, err
		}
		if !sameData(&out, src.Event) {
			src.Data = document.Of(out)
		}
		src.Event = &out
	}
	return *src.Event, nil
}

// sameData says whether a has the very data of b, so that its tree serves both.
func sameData(a, b *cloudevent.Event) bool {
	return a.Kind == b.Kind && len(a.Data) == len(b.Data) && (len(a.Data) == 0 || &a.Data[0] == &b.Data[0])
}

func (p pipe) form() (string, any, error) {
	ts := make([]Transform, len(p))
	for i, s := range p {
		ts[i] = Transform{s}
	}
	return "pipe", ts, nil
}

// Func is a transform written in Go. fn gets a copy of its own and must be safe
// for concurrent use. It has no JSON form.
func Func(fn func(event.Event) (event.Event, error)) Transform {
	if fn == nil {
		panic("transform: Func of nil")
	}
	return Transform{goFunc(fn)}
}

type goFunc func(event.Event) (event.Event, error)

func (f goFunc) apply(src path.Source, _ Info) (cloudevent.Event, error) {
	made, err := f(src.Event.SDK())
	if err != nil {
		return cloudevent.Event{}, err
	}
	out, err := cloudevent.FromSDK(made)
	if err == nil {
		err = out.Validate()
	}
	if err != nil {
		return cloudevent.Event{}, &Error{Kind: "func", Err: err}
	}
	return out, nil
}

func (f goFunc) form() (string, any, error) {
	return "", nil, errors.New("transform: a Func has no JSON form")
}
