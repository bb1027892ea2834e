package path

import (
	"fmt"

	"github.com/eventbridge-go/eventbridge/internal/cloudevent"
	"github.com/eventbridge-go/eventbridge/internal/document"
)

// A Group finds the values of several paths at once: its definite paths into the
// data cost one pass over it together. It is immutable, and safe for concurrent
// use.
type Group struct {
	paths []*Path
	data  *node // what is wanted from JSON data; nil: nothing
	first int   // the first path that wants it
}

// A Source is an event to find values in.
type Source struct {
	Event *cloudevent.Event
	Data  *document.Document // has the same data as Event; its tree is used
}

// An Error says which of the paths could not be followed, and why.
type Error struct {
	Index int // of the path in the Group
	Path  *Path
	Err   error
}

func (e *Error) Error() string { return fmt.Sprintf("%s: %v", e.Path, e.Err) }
func (e *Error) Unwrap() error { return e.Err }

// NewGroup makes a Group of paths.
func NewGroup(paths ...*Path) *Group {
	g := &Group{paths: paths}
	for slot, p := range paths {
		if p.inData() {
			if g.data == nil {
				g.data, g.first = new(node), slot
			}
			g.data.add(p.steps[1:], slot)
		}
	}
	return g
}

// inData says whether the path, or what it spreads, is one place in the data.
func (p *Path) inData() bool {
	return len(p.steps) > 0 && p.steps[0] == step{name: "data", named: true}
}

// Find sets dst[i] to the value of the i-th path. Its error is an *Error.
func (g *Group) Find(src Source, dst []Value) error {
	clear(dst)
	if g.data != nil && src.Event.Kind == cloudevent.JSON {
		if err := find(src.Event.Data, g.data, dst); err != nil {
			return &Error{g.first, g.paths[g.first], err}
		}
	}
	for i, p := range g.paths {
		var err error
		switch {
		case p.spread && dst[i].Kind() == '[':
			// An array's elements are the array.
		case p.query != nil:
			dst[i], err = p.nodes(src)
		case len(p.steps) == 0:
			dst[i], err = whole(src.Event)
		default:
			p.plain(src.Event, &dst[i])
		}
		if err != nil {
			return &Error{i, p, err}
		}
	}
	return nil
}

// plain finds what no scan of JSON data does.
func (p *Path) plain(e *cloudevent.Event, v *Value) {
	switch {
	case len(p.steps) > 1 || !p.steps[0].named:
	case p.steps[0].name != "data":
		*v = attribute(e, p.steps[0].name)
	case e.Kind == cloudevent.Text:
		*v = Text(string(e.Data))
	}
}

// whole is the event as a value. Its data is looked at, as it becomes a part of
// what is made.
func whole(e *cloudevent.Event) (Value, error) {
	if err := Check(e); err != nil {
		return Value{}, err
	}
	return JSON(AppendEvent(nil, e, true)), nil
}

// Check says where an event's JSON data is not JSON.
func Check(e *cloudevent.Event) error {
	if e.Kind != cloudevent.JSON {
		return nil
	}
	return find(e.Data, nil, nil)
}
