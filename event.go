package eventbridge

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/cloudevents/sdk-go/v2/types"

	"github.com/eventbridge-go/eventbridge/store"
)

// Event is a CloudEvent: what happened (type), to what (subject), where (source),
// when (time), and the details (data). It is the CloudEvents SDK's own type.
//
// Type and subject are read with Type and Subject, data with DataAs or [Decode].
type Event = event.Event

// Position is an event's place in the log: 1, 2, 3 …, never reused.
type Position = store.Position

// Record is an event of the log: where it stands, when the bus accepted it, and the
// event itself.
type Record = store.Record

// Publisher is what application code should depend on. [Bus] implements it.
type Publisher interface {
	// Publish records the events, all or none. When it returns nil they are durable.
	Publish(ctx context.Context, events ...Event) error
}

// NewEvent makes an event of a type, with a fresh id (a ULID) and the present time,
// whose data is v as JSON; nil makes an event without data. Its subject is the
// entity it happened to: events of one source and subject are delivered in order. An
// empty subject is none. Its source is left to the bus ([WithSource]); set another
// with SetSource.
//
// The error is json.Marshal's about v, or ErrInvalidEvent for an empty type.
//
// Publish the same event again after an error, not a new one: the id is what lets
// the bus recognise it.
func NewEvent(typ, subject string, v any) (Event, error) {
	if typ == "" {
		return Event{}, fmt.Errorf("%w: type: it is empty", ErrInvalidEvent)
	}
	e := event.New()
	ctx := e.Context.(*event.EventContextV1)
	ctx.ID, ctx.Type = newID(time.Now()), typ
	ctx.Time = &types.Timestamp{Time: time.Now().UTC()}
	if subject != "" {
		ctx.Subject = &subject
	}
	if v == nil {
		return e, nil
	}
	data, err := json.Marshal(v)
	if err != nil {
		return Event{}, fmt.Errorf("event %q: data: %w", typ, err)
	}
	e.DataEncoded = data
	contentType := event.ApplicationJSON
	ctx.DataContentType = &contentType
	return e, nil
}

// newID makes a ULID: 48 bits of milliseconds, 80 of chance, in Crockford's base 32,
// so that ids order roughly as their events do.
func newID(now time.Time) string {
	const digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	var random [10]byte
	rand.Read(random[:]) // never fails, says crypto/rand
	var id [26]byte
	ms := uint64(now.UnixMilli())
	for i := 9; i >= 0; i-- {
		id[i], ms = digits[ms&31], ms>>5
	}
	for half := range 2 {
		var bits uint64
		for _, b := range random[5*half : 5*half+5] {
			bits = bits<<8 | uint64(b)
		}
		for i := 17 + 8*half; i >= 10+8*half; i-- {
			id[i], bits = digits[bits&31], bits>>5
		}
	}
	return string(id[:])
}
