package schema

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/eventbridge-go/eventbridge/internal/document"
)

// Validate says whether an event's data fits its schema, whatever the modes are: nil,
// a *ValidationError with all that is wrong or, when the registry is strict, an
// ErrUndeclared.
//
// The schemas are those of the event's source where it has some of that type, else the
// type's. The event's dataschema picks the version; without one it is the latest. Data
// of a type that has no schema fits.
func (r *Registry) Validate(e event.Event) error {
	d, err := document.FromSDK(e)
	if err != nil {
		return err
	}
	s := r.now()
	if r.Strict {
		if err := s.declared(d.Event.Type, d.Event.Source); err != nil {
			return err
		}
	}
	return s.validate(d)
}

// ValidateDocument is Validate for a bus: on an error, Mode is what to do about the
// event. It is Enforce for what is undeclared, since strict is strict in every mode;
// under Off nobody looks at the data. The data that it decodes stays with d.
func (r *Registry) ValidateDocument(d *document.Document) (Mode, error) {
	s := r.now()
	if r.Strict {
		if err := s.declared(d.Event.Type, d.Event.Source); err != nil {
			return Enforce, err
		}
	}
	mode := r.mode(d.Event.Type)
	if mode == Off {
		return Off, nil
	}
	return mode, s.validate(d)
}

func (s *state) validate(d *document.Document) error {
	if len(s.versions) == 0 {
		return nil
	}
	e := &d.Event
	versions := s.versions[key{e.Type, e.Source}]
	if len(versions) == 0 {
		versions = s.versions[key{eventType: e.Type}]
	}
	if len(versions) == 0 {
		return nil
	}
	v := meant(versions, e.DataSchema)
	if v == nil {
		last := versions[len(versions)-1]
		want := fmt.Sprintf("a dataschema that is a version of the type, such as %q", last.URI)
		return last.refuse(e.Type, "dataschema", want, quoted(e.DataSchema))
	}
	if d.JSON() == nil {
		return v.refuse(e.Type, "datacontenttype", "JSON data", notJSON(e.DataContentType, len(e.Data)))
	}
	data, err := d.Tree()
	if err != nil {
		return v.refuse(e.Type, "datacontenttype", "JSON data", "what is not JSON: "+err.Error())
	}
	return v.check(e.Type, data)
}

// meant is the version that a dataschema means: the last that has this URI, or the last
// of all for none.
func meant(versions []*version, dataschema string) *version {
	if dataschema == "" {
		return versions[len(versions)-1]
	}
	for _, v := range slices.Backward(versions) {
		if v.URI == dataschema {
			return v
		}
	}
	if plain, ok := strings.CutSuffix(dataschema, "#"); ok && plain != "" {
		return meant(versions, plain)
	}
	return nil
}

// check says what is wrong with data of an event type.
func (v *version) check(eventType string, data any) error {
	violations, more := v.validator.validate(data)
	if len(violations) == 0 {
		return nil
	}
	return &ValidationError{Type: eventType, Version: v.Number, Schema: v.URI, Violations: violations, More: more}
}

// refuse is the error about an event whose data no schema can be applied to.
func (v *version) refuse(eventType, keyword, want, got string) error {
	return &ValidationError{Type: eventType, Version: v.Number, Schema: v.URI, Violations: []Violation{{
		Keyword: keyword, Want: want, Got: got,
	}}}
}

// notJSON says what is there in place of JSON.
func notJSON(contentType string, size int) string {
	if size == 0 {
		return "no data"
	}
	return "data that is " + quoted(contentType)
}
