// Package cloudevent holds a CloudEvent laid flat, and its three written forms:
// the log record, the JSON format and the HTTP binding. The SDK's event.Event is
// what hosts hold; everything inside the library works on this one, because the
// SDK's own codecs lose data (percent-encoding, the text of a source, bytes that
// are not UTF-8) and cost some thirty times as much.
package cloudevent

import (
	"errors"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/cloudevents/sdk-go/v2/types"
)

// SpecVersion is the only version of CloudEvents the library speaks.
const SpecVersion = "1.0"

// An Event is a CloudEvent 1.0 laid flat. An empty string or zero Time is an
// absent attribute. Its parts are read, never written to, once it is made: they
// may be shared with the text it was read from.
type Event struct {
	ID, Source, Type string
	Subject          string
	DataContentType  string
	DataSchema       string
	Time             time.Time
	Extensions       []Extension // by name, ascending
	Data             []byte
	Kind             DataKind
}

// DataKind says how an event's data is written in the JSON format, and whether
// there is any.
type DataKind uint8

const (
	NoData DataKind = iota
	JSON            // a JSON value, byte for byte
	Text            // UTF-8 text; a string in the JSON format
	Binary          // bytes; data_base64 in the JSON format
)

// An Extension is one extension attribute: its value in the canonical string form
// of CloudEvents, and the type that form is to be read as.
type Extension struct {
	Name string
	Type Type
	Text string
}

// Type is a type of the CloudEvents type system.
type Type uint8

const (
	String Type = iota
	Boolean
	Integer
	Bytes // "Binary" in the specification; Text is its base64
	URI
	URIRef
	Timestamp
)

// Extension returns the extension of that name.
func (e *Event) Extension(name string) (Extension, bool) {
	i, ok := slices.BinarySearchFunc(e.Extensions, name, func(x Extension, n string) int { return strings.Compare(x.Name, n) })
	if !ok {
		return Extension{}, false
	}
	return e.Extensions[i], true
}

// SetExtension puts x in, in the place of one of the same name. The slice is
// copied first: events share it.
func (e *Event) SetExtension(x Extension) {
	i, ok := slices.BinarySearchFunc(e.Extensions, x.Name, func(x Extension, n string) int { return strings.Compare(x.Name, n) })
	exts := slices.Clone(e.Extensions)
	if ok {
		exts[i] = x
	} else {
		exts = slices.Insert(exts, i, x)
	}
	e.Extensions = exts
}

// FromSDK lays an SDK event flat. The result shares the data and strings of e. The
// error lists what can't be said in CloudEvents 1.0: a zero event, another
// specversion, an extension value of a type that CloudEvents does not have, or
// what the SDK noted while the event was put together.
func FromSDK(e event.Event) (Event, error) {
	ctx, err := contextV1(e)
	if err != nil {
		return Event{}, err
	}
	out := Event{ID: ctx.ID, Source: uriText(ctx.Source.URL), Type: ctx.Type}
	if ctx.Subject != nil {
		out.Subject = *ctx.Subject
	}
	if ctx.DataContentType != nil {
		out.DataContentType = *ctx.DataContentType
	}
	if ctx.DataSchema != nil {
		out.DataSchema = uriText(ctx.DataSchema.URL)
	}
	if ctx.Time != nil {
		out.Time = ctx.Time.Time
	}
	var faults []error
	for field, err := range e.FieldErrors {
		faults = append(faults, fmt.Errorf("%s: %w", field, err))
	}
	if len(ctx.Extensions) > 0 {
		out.Extensions = make([]Extension, 0, len(ctx.Extensions))
	}
	for name, v := range ctx.Extensions {
		x, err := extension(name, v)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		out.Extensions = append(out.Extensions, x)
	}
	if len(out.Extensions) > 1 {
		slices.SortFunc(out.Extensions, func(a, b Extension) int { return strings.Compare(a.Name, b.Name) })
	}
	if len(faults) > 0 {
		slices.SortFunc(faults, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
		return Event{}, errors.Join(faults...)
	}
	out.Data, out.Kind = e.DataEncoded, kindOf(e, out.DataContentType)
	return out, nil
}

func contextV1(e event.Event) (*event.EventContextV1, error) {
	switch ctx := e.Context.(type) {
	case nil:
		return nil, errors.New("the event is the SDK's zero Event: make it with event.New or eventbridge.NewEvent")
	case *event.EventContextV1:
		if ctx == nil {
			return nil, errors.New("the event's context is a nil pointer")
		}
		return ctx, nil
	default:
		return nil, fmt.Errorf("specversion: %q is not %q", e.Context.GetSpecVersion(), SpecVersion)
	}
}

// kindOf goes by the datacontenttype: the SDK says base64 of all data that it was
// given as bytes. No bytes at all are no JSON, so they are no data.
func kindOf(e event.Event, contentType string) DataKind {
	switch {
	case e.DataEncoded == nil, len(e.DataEncoded) == 0 && IsJSON(contentType):
		return NoData
	case contentType == "" && e.DataBase64:
		return Binary
	}
	return kindOfBytes(e.DataEncoded, contentType)
}

func extension(name string, v any) (Extension, error) {
	x := Extension{Name: name}
	switch v := v.(type) {
	case string:
		x.Text = v
		return x, nil
	case int32:
		x.Type = Integer
	case bool:
		x.Type = Boolean
	case float64:
		if v != math.Trunc(v) { // NaN as well; the SDK would cut it off
			return x, fmt.Errorf("%s: %v is not a whole number, and CloudEvents has no other", name, v)
		}
	case float32:
		return extension(name, float64(v))
	case types.URIRef:
		x.Type, x.Text = URIRef, uriText(v.URL)
		return x, nil
	case types.URI:
		x.Type, x.Text = URI, uriText(v.URL)
		return x, nil
	}
	known, err := types.Validate(v)
	if err != nil {
		return x, fmt.Errorf("%s: a %T is not of a CloudEvents type", name, v)
	}
	switch known := known.(type) {
	case nil:
		return x, fmt.Errorf("%s: a nil %T is not a value", name, v)
	case int32:
		x.Type = Integer
	case bool:
		x.Type = Boolean
	case []byte:
		x.Type = Bytes
	case types.Timestamp:
		x.Type, x.Text = Timestamp, FormatTime(known.Time)
		return x, nil
	case types.URI, types.URIRef:
		if _, pointer := v.(*url.URL); pointer {
			x.Type = URI
		} else if _, ref := known.(types.URIRef); ref {
			x.Type = URIRef
		} else {
			x.Type = URI
		}
	}
	x.Text, err = types.Format(known)
	return x, err
}

// SDK makes an SDK event of e that shares nothing with it that can be written to.
func (e *Event) SDK() event.Event {
	// One allocation for everything the context points at.
	type parts struct {
		ctx                  event.EventContextV1
		subject, contentType string
		time                 types.Timestamp
		schema               types.URI
	}
	p := &parts{subject: e.Subject, contentType: e.DataContentType}
	p.ctx.ID, p.ctx.Type = e.ID, e.Type
	p.ctx.Source.URL = uri(e.Source)
	if e.Subject != "" {
		p.ctx.Subject = &p.subject
	}
	if e.DataContentType != "" {
		p.ctx.DataContentType = &p.contentType
	}
	if e.DataSchema != "" {
		p.schema.URL = uri(e.DataSchema)
		p.ctx.DataSchema = &p.schema
	}
	if !e.Time.IsZero() {
		p.time.Time = e.Time
		p.ctx.Time = &p.time
	}
	if len(e.Extensions) > 0 {
		p.ctx.Extensions = make(map[string]any, len(e.Extensions))
		for _, x := range e.Extensions {
			p.ctx.Extensions[x.Name] = x.Value()
		}
	}
	out := event.Event{Context: &p.ctx}
	if e.Kind != NoData {
		out.DataEncoded = append(make([]byte, 0, len(e.Data)), e.Data...)
		out.DataBase64 = e.Kind == Binary
	}
	return out
}

// Value is the extension's value as the SDK holds it. A text that its type can't
// read stays a string.
func (x Extension) Value() any {
	switch x.Type {
	case Boolean:
		return x.Text == "true"
	case Integer:
		if n, err := types.ParseInteger(x.Text); err == nil {
			return n
		}
	case Bytes:
		if b, err := types.ParseBinary(x.Text); err == nil {
			return b
		}
	case URI:
		return types.URI{URL: uri(x.Text)}
	case URIRef:
		return types.URIRef{URL: uri(x.Text)}
	case Timestamp:
		if t, err := ParseTime(x.Text); err == nil {
			return types.Timestamp{Time: t}
		}
	}
	return x.Text
}
