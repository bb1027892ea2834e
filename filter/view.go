package filter

import (
	"sync"
	"time"
	"unsafe"

	"github.com/eventbridge-go/eventbridge/internal/cloudevent"
	"github.com/eventbridge-go/eventbridge/internal/document"
)

// A view is one event as conditions look at it: the values at each path. It is
// reused from event to event; a generation number makes old content invalid, so that
// nothing has to be cleared.
type view struct {
	doc   *document.Document
	data  *branch // the paths in the data to look for
	scans int     // of the data
	generation

	values  []value // from 1 on
	groups  []group // from 1 on
	slots   []slot  // by path
	bytes   []byte  // text that is not in the event as it stands
	present []int32 // the paths in the data that have values

	object uint32 // the object being scanned, counted over the view's life
	dotted bool   // some path is spelled with a dotted name

	matching
	verifying
	hints
}

// A generation tells this event's content from that of earlier ones.
type generation struct{ gen uint32 }

// A slot has the first value of a path, if it is of this generation.
type slot struct {
	gen    uint32
	first  int32
	object uint32 // the object that had the path last, to tell duplicate names
}

// A group is an element, an object, of an array in the data.
type group struct {
	array  *path // where the array is
	parent int32 // the group the array is in, 0 for none
	index  int32 // of the element in the array
	from   int32 // its values are view.values[from:to]
	to     int32
}

var views = sync.Pool{New: func() any { return &view{values: make([]value, 1, 64), groups: make([]group, 1, 16)} }}

// look takes a view from the pool and turns it to an event.
func look(d *document.Document, data *branch, paths int32) *view {
	v := views.Get().(*view)
	v.doc, v.data = d, data
	v.gen++
	if v.gen == 0 || v.object > 1<<31 { // after four thousand million events
		clear(v.slots)
		clear(v.emitted)
		clear(v.met.cells)
		v.gen, v.object = 1, 0
	}
	if int(paths) > len(v.slots) {
		v.slots = append(v.slots, make([]slot, int(paths)-len(v.slots)+int(paths)/4)...)
	}
	return v
}

// Bounds of what a view in the pool holds on to: of each kind so many, and so many
// bytes of text.
const (
	keepEach  = 1 << 14
	keepMet   = 1 << 17
	keepBytes = 1 << 18
)

// done puts the view back, without what only this event needed so much of.
func (v *view) done() {
	clear(v.failed)
	clear(v.values)
	clear(v.groups)
	v.values, v.groups = kept(v.values, 1, keepEach), kept(v.groups, 1, keepEach)
	v.hits, v.present, v.bytes = kept(v.hits, 0, keepMet), kept(v.present, 0, keepEach), kept(v.bytes, 0, keepBytes)
	v.failed, v.repeats, v.hint = v.failed[:0], false, 0
	if len(v.heads.cells) > keepEach {
		v.heads = heads{}
	}
	if cap(v.held) > keepEach {
		v.held, v.broken, v.epochs = nil, nil, nil
	}
	if len(v.met.cells) > keepMet {
		v.met.cells = nil
	}
	v.doc, v.data, v.below.array, v.scans, v.dotted = nil, nil, nil, 0, false
	views.Put(v)
}

// kept is s with n elements, a new one if it has become too large.
func kept[T any](s []T, n, most int) []T {
	if cap(s) > most {
		return make([]T, n, 64)
	}
	return s[:n]
}

// first returns the first value of a path, 0 for none. A path in the data asks for
// the scan.
func (v *view) first(p *path) int32 {
	s := &v.slots[p.id]
	if s.gen == v.gen {
		return s.first
	}
	if p.inData() {
		if v.scans == 0 {
			v.scan()
			return v.first(p)
		}
		return 0
	}
	s.gen, s.first = v.gen, 0
	if kind, text := v.attribute(p.attribute); kind != isDead {
		v.values = append(v.values, value{kind: kind, text: text, path: p})
		s.first = int32(len(v.values) - 1)
	}
	return s.first
}

// attribute reads an attribute of the event; isDead when it has none.
func (v *view) attribute(name string) (valueKind, string) {
	e := &v.doc.Event
	text := ""
	switch name {
	case "type":
		text = e.Type
	case "source":
		text = e.Source
	case "subject":
		text = e.Subject
	case "id":
		text = e.ID
	case "specversion":
		text = cloudevent.SpecVersion
	case "datacontenttype":
		text = e.DataContentType
	case "dataschema":
		text = e.DataSchema
	case "time":
		text = v.time(e.Time)
	default:
		return v.extension(name)
	}
	if text == "" {
		return isDead, ""
	}
	return textKind(text), text
}

func (v *view) time(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	from := len(v.bytes)
	v.bytes = t.AppendFormat(v.bytes, time.RFC3339Nano)
	return textOf(v.bytes[from:])
}

func (v *view) extension(name string) (valueKind, string) {
	x, ok := v.doc.Event.Extension(name)
	switch {
	case !ok:
		return isDead, ""
	case x.Type == cloudevent.Integer:
		return isNumber, x.Text
	case x.Type == cloudevent.Boolean && x.Text == "true":
		return isTrue, ""
	case x.Type == cloudevent.Boolean:
		return isFalse, ""
	}
	return textKind(x.Text), x.Text
}

// textOf is b as a string. Nobody writes to b again.
func textOf(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
