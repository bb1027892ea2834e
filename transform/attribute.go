package transform

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/eventbridge-go/eventbridge/internal/cloudevent"
	"github.com/eventbridge-go/eventbridge/internal/path"
)

// An attribute is a context attribute that can be set. An empty text is none. One
// that is required stays, so that nothing need get it.
type attribute struct {
	required bool
	get      func(e *cloudevent.Event) string
	set      func(e *cloudevent.Event, text string) error
}

// attributes are all of them but for the extensions. What a text must be like is
// checked once all are set.
var attributes = map[string]attribute{
	"id":              {required: true, set: setID},
	"source":          {required: true, set: setSource},
	"type":            {required: true, set: setType},
	"subject":         {get: subject, set: setSubject},
	"time":            {get: timeText, set: setTime},
	"datacontenttype": {get: contentType, set: setContentType},
	"dataschema":      {get: schema, set: setSchema},
}

func subject(e *cloudevent.Event) string     { return e.Subject }
func contentType(e *cloudevent.Event) string { return e.DataContentType }
func schema(e *cloudevent.Event) string      { return e.DataSchema }

func setID(e *cloudevent.Event, s string) error      { e.ID = s; return nil }
func setSource(e *cloudevent.Event, s string) error  { e.Source = s; return nil }
func setType(e *cloudevent.Event, s string) error    { e.Type = s; return nil }
func setSubject(e *cloudevent.Event, s string) error { e.Subject = s; return nil }
func setSchema(e *cloudevent.Event, s string) error  { e.DataSchema = s; return nil }

func timeText(e *cloudevent.Event) string {
	if e.Time.IsZero() {
		return ""
	}
	return cloudevent.FormatTime(e.Time)
}

func setTime(e *cloudevent.Event, s string) (err error) {
	if e.Time = (time.Time{}); s != "" {
		e.Time, err = cloudevent.ParseTime(s)
	}
	return err
}

// setContentType also settles anew what the data are.
func setContentType(e *cloudevent.Event, s string) error {
	e.DataContentType = s
	switch isJSON := cloudevent.IsJSON(s); {
	case e.Kind == cloudevent.NoData, e.Kind == cloudevent.Binary && (s == "" || !isJSON):
	case isJSON:
		e.Kind = cloudevent.JSON
		return path.Check(e)
	default:
		e.Kind = cloudevent.Text
	}
	return nil
}

// setAttribute sets an attribute or extension; an absent, null or empty value
// removes it.
func setAttribute(e *cloudevent.Event, name string, v path.Value) error {
	a, ok := attributes[name]
	if !ok {
		if v.Null() {
			removeExtension(e, name)
		} else {
			e.SetExtension(extensionOf(name, v))
		}
		return nil
	}
	text := string(v.AppendText(nil))
	if a.required && text == "" {
		return errors.New("there is no value for it, and an event must have one")
	}
	return a.set(e, text)
}

// moveAttribute sets the attribute or extension to from those of another event.
func moveAttribute(e *cloudevent.Event, to string, other *cloudevent.Event, from string) error {
	if a, ok := attributes[from]; ok {
		if s := a.get(other); s != "" {
			return setAttribute(e, to, path.Text(s))
		}
		return nil
	}
	x, ok := other.Extension(from)
	if !ok {
		return nil
	}
	if _, standard := attributes[to]; standard {
		return setAttribute(e, to, path.Text(x.Text))
	}
	x.Name = to
	e.SetExtension(x)
	return nil
}

func removeExtension(e *cloudevent.Event, name string) {
	if _, ok := e.Extension(name); ok {
		e.Extensions = slices.DeleteFunc(slices.Clone(e.Extensions), func(x cloudevent.Extension) bool { return x.Name == name })
	}
}

// checkName says what can't be the name of an attribute to set.
func checkName(name string) error {
	if _, ok := attributes[name]; ok {
		return nil
	}
	switch name {
	case "data", "data_base64":
		return fmt.Errorf("%s: no attribute; Template, Path and Constant make data", name)
	case "specversion":
		return errors.New("specversion: it is always " + cloudevent.SpecVersion)
	}
	probe := cloudevent.Event{ID: "0", Source: "/", Type: "t", Extensions: []cloudevent.Extension{{Name: name}}}
	return probe.ValidateAttributes()
}

// checkOptional is checkName for an attribute that will be missing.
func checkOptional(name string) error {
	if attributes[name].required {
		return fmt.Errorf("%s: an event must have one", name)
	}
	return checkName(name)
}

// checkLiteral says why no event can have the text in that attribute.
func checkLiteral(name, text string) error {
	probe := cloudevent.Event{ID: "0", Source: "/", Type: "t"}
	if err := setAttribute(&probe, name, path.Text(text)); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return probe.ValidateAttributes()
}
