package eventbridge

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"strconv"

	"github.com/eventbridge-go/eventbridge/internal/cloudevent"
	"github.com/eventbridge-go/eventbridge/internal/document"
	"github.com/eventbridge-go/eventbridge/store"
)

// maxHops is how many times events may cause each other.
const maxHops = 32

// Publish records the events, all or none, and returns when they are durable: synced
// to disk, if the bus is on a file. Many publishers share one sync. ctx counts until
// the commit begins.
//
// The bus works on copies. On its copy it fills in what a hand-made event lacks: an
// id, a source ([WithSource]), a time. An event published within a delivery inherits,
// where it has none of its own, traceparent and tracestate, the correlationid (the
// first event's id) and the causationid (the id of the event being delivered).
//
// Publishing an event again is safe: with the same source, id and content, within the
// dedup window ([WithDedup]), it is stored once. An error is about one event, and an
// *EventError then, or about all; any error but ErrOutcomeUnknown means that nothing
// was stored.
func (b *Bus) Publish(ctx context.Context, events ...Event) error {
	err := b.publish(ctx, events)
	if err != nil && b.cfg.hooks.Rejected != nil {
		for _, e := range events {
			b.cfg.hooks.Rejected(ctx, e, err)
		}
	}
	return err
}

func (b *Bus) publish(ctx context.Context, events []Event) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	cause := causeOf(ctx)
	if err := b.accepts(cause); err != nil {
		return err
	}
	if len(events) == 0 {
		return nil
	}
	r := &request{append: &store.Append{Events: make([]store.NewEvent, len(events))}}
	if b.cfg.schemas != nil {
		r.docs = make([]*document.Document, len(events))
	}
	var misfits []error
	for i, e := range events {
		ne, err := b.prepare(e, cause)
		if err != nil {
			return &EventError{Index: i, Err: err}
		}
		if b.cfg.schemas != nil {
			doc, misfit, err := b.fits(ne.Data)
			if err != nil {
				return &EventError{Index: i, Err: err}
			}
			r.docs[i] = doc
			misfits = append(misfits, misfit)
		}
		r.append.Events[i] = ne
		r.size += len(ne.Data)
	}
	if err := b.writer.commit(ctx, r); err != nil {
		return err
	}
	for i, misfit := range misfits {
		if misfit != nil && !r.append.Results[i].Duplicate {
			b.unfit(ctx, r.docs[i].Event.SDK(), misfit)
		}
	}
	b.published(ctx, r.append)
	return nil
}

// accepts says whether an event may be published: any until the bus is shut down,
// then those of deliveries that run still.
func (b *Bus) accepts(cause *delivery) error {
	if b.closed.Load() && (cause == nil || cause.bus != b) {
		return ErrClosed
	}
	return nil
}

// published calls the hooks.
func (b *Bus) published(ctx context.Context, a *store.Append) {
	h := b.cfg.hooks
	if h.Accepted == nil && h.Duplicate == nil || b.fenced.Load() {
		return
	}
	for i, ne := range a.Events {
		flat, err := cloudevent.ParseRecord(ne.Data)
		if err != nil {
			continue
		}
		switch r := a.Results[i]; {
		case r.Duplicate && h.Duplicate != nil:
			h.Duplicate(ctx, flat.SDK())
		case !r.Duplicate && h.Accepted != nil:
			h.Accepted(ctx, Record{Position: r.Position, Received: b.clock.now(), Event: flat.SDK()})
		}
	}
}

// prepare makes of an event what is stored of it.
func (b *Bus) prepare(e Event, cause *delivery) (store.NewEvent, error) {
	flat, err := cloudevent.FromSDK(e)
	if err != nil {
		return store.NewEvent{}, fmt.Errorf("%w: %w", ErrInvalidEvent, err)
	}
	given := flat
	stamped := b.stamp(&flat)
	inherited, err := inherit(&flat, cause)
	if err != nil {
		return store.NewEvent{}, err
	}
	if err := flat.Validate(); err != nil {
		return store.NewEvent{}, fmt.Errorf("%w: %w", ErrInvalidEvent, err)
	}
	size := cloudevent.RecordLen(&flat)
	if size > b.cfg.maxEvent {
		return store.NewEvent{}, fmt.Errorf("%w: it takes %d bytes, and %d are allowed", ErrTooLarge, size, b.cfg.maxEvent)
	}
	ne := store.NewEvent{Source: flat.Source, ID: flat.ID, Subject: flat.Subject}
	ne.Data = cloudevent.AppendRecord(make([]byte, 0, size), &flat)
	if stamped || inherited {
		ne.Content = contentHash(cloudevent.AppendRecord(nil, withoutHops(given)))
	} else {
		ne.Content = contentHash(ne.Data)
	}
	if cause != nil {
		ne.Root = cause.event.entry.Root
	}
	return ne, nil
}

// stamp fills in what a hand-made event lacks, and says whether it did.
func (b *Bus) stamp(e *cloudevent.Event) (stamped bool) {
	now := b.clock.now()
	if e.ID == "" {
		e.ID, stamped = newID(now), true
	}
	if e.Source == "" {
		e.Source, stamped = b.cfg.source, true
	}
	if e.Time.IsZero() {
		e.Time, stamped = now, true
	}
	return stamped
}

// inherit gives an event what it has from the one whose delivery caused it, and counts
// its hops. It says whether that changed anything.
func inherit(e *cloudevent.Event, cause *delivery) (changed bool, err error) {
	own, has := e.Extension("hops")
	hops := 0
	if has {
		hops, err = strconv.Atoi(own.Text)
		if err != nil || hops < 0 {
			return false, fmt.Errorf("%w: hops: %q is not a number of hops", ErrInvalidEvent, own.Text)
		}
	}
	if cause == nil && !has {
		return false, nil
	}
	if cause != nil {
		parent := &cause.event.doc.Event
		if x, ok := parent.Extension("hops"); ok {
			if n, err := strconv.Atoi(x.Text); err == nil {
				hops = max(hops, n)
			}
		}
		for name, value := range map[string]string{
			"traceparent":   extensionText(parent, "traceparent"),
			"tracestate":    extensionText(parent, "tracestate"),
			"causationid":   parent.ID,
			"correlationid": firstOf(extensionText(parent, "correlationid"), parent.ID),
		} {
			if _, has := e.Extension(name); !has && value != "" {
				e.SetExtension(cloudevent.Extension{Name: name, Text: value})
			}
		}
	}
	if hops++; hops > maxHops {
		return false, fmt.Errorf("%w: %d hops", ErrLoop, hops)
	}
	e.SetExtension(cloudevent.Extension{Name: "hops", Type: cloudevent.Integer, Text: strconv.Itoa(hops)})
	return true, nil
}

func extensionText(e *cloudevent.Event, name string) string {
	x, _ := e.Extension(name)
	return x.Text
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func withoutHops(e cloudevent.Event) *cloudevent.Event {
	for i, x := range e.Extensions {
		if x.Name == "hops" {
			e.Extensions = append(append([]cloudevent.Extension(nil), e.Extensions[:i]...), e.Extensions[i+1:]...)
			break
		}
	}
	return &e
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// contentHash tells two contents under one identity apart: two checksums of different
// polynomials. It is stored, so it must never change.
func contentHash(data []byte) uint64 {
	return uint64(crc32.Checksum(data, castagnoli))<<32 | uint64(crc32.ChecksumIEEE(data))
}

var errInDelivery = errors.New("called from within a delivery, which would wait for itself")
