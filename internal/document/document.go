// Package document is an event as filters and transforms look at it: its
// attributes at hand, its data decoded only when somebody asks, and then once,
// however many rules ask.
package document

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"sync"
	"sync/atomic"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/eventbridge-go/eventbridge/internal/cloudevent"
)

// A Document is one event. It is safe for concurrent use; the event in it is not
// to be written to.
type Document struct {
	Event cloudevent.Event

	valid atomic.Int32 // is the data JSON? see the constants

	once sync.Once
	tree any
	err  error
}

const (
	notChecked = iota
	isValid
	isInvalid
)

// Of makes a Document of a flat event.
func Of(e cloudevent.Event) *Document { return &Document{Event: e} }

// Checked makes a Document of a flat event whose data, when it is JSON by its
// datacontenttype, is known to be well formed: nobody looks again.
func Checked(e cloudevent.Event) *Document {
	d := Of(e)
	d.valid.Store(isValid)
	return d
}

// FromSDK makes a Document of an SDK event.
func FromSDK(e event.Event) (*Document, error) {
	flat, err := cloudevent.FromSDK(e)
	if err != nil {
		return nil, err
	}
	return Of(flat), nil
}

// Borrow is FromSDK for as long as the caller needs it: GiveBack ends that, and nobody
// may then have the Document, or its Tree, any more.
func Borrow(e event.Event) (*Document, error) {
	flat, err := cloudevent.FromSDK(e)
	if err != nil {
		return nil, err
	}
	d := lent.Get().(*Document)
	d.Event = flat
	return d, nil
}

// GiveBack ends what Borrow began.
func (d *Document) GiveBack() {
	*d = Document{}
	lent.Put(d)
}

var lent = sync.Pool{New: func() any { return new(Document) }}

// JSON returns the event's data when it is JSON by its datacontenttype, else nil.
func (d *Document) JSON() []byte {
	if d.Event.Kind == cloudevent.JSON {
		return d.Event.Data
	}
	return nil
}

// Valid returns the event's data when it is JSON by its datacontenttype and well
// formed, else nil.
func (d *Document) Valid() []byte {
	data := d.JSON()
	if data == nil {
		return nil
	}
	switch d.valid.Load() {
	case isValid:
		return data
	case isInvalid:
		return nil
	}
	if !json.Valid(data) {
		d.valid.Store(isInvalid)
		return nil
	}
	d.valid.Store(isValid)
	return data
}

// Tree returns the data decoded: map[string]any, []any, string, json.Number, bool
// or nil. The last of duplicate members counts. It is nil when there is no JSON
// data, and shared: nobody writes to it.
func (d *Document) Tree() (any, error) {
	d.once.Do(func() {
		data := d.JSON()
		if data == nil {
			return
		}
		dec := json.NewDecoder(bytes.NewReader(data))
		dec.UseNumber()
		if d.err = dec.Decode(&d.tree); d.err == nil {
			if _, err := dec.Token(); err != io.EOF {
				d.tree, d.err = nil, errors.New("data: more than one JSON value")
			}
		}
	})
	return d.tree, d.err
}
