package transform

import (
	"errors"
	"fmt"
	"mime"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/eventbridge-go/eventbridge/internal/cloudevent"
	"github.com/eventbridge-go/eventbridge/internal/path"
)

// An attribute is a context attribute that can be set. An empty text is none.
type attribute struct {
	required bool
	get      func(e *cloudevent.Event) string
	set      func(e *cloudevent.Event, text string) error
}

// attributes are all of them but for the extensions.
var attributes = map[string]attribute{
	"id":              {required: true, get: id, set: setID},
	"source":          {required: true, get: source, set: setSource},
	"type":            {required: true, get: typ, set: setType},
	"subject":         {get: subject, set: setSubject},
	"time":            {get: timeText, set: setTime},
	"datacontenttype": {get: contentType, set: setContentType},
	"dataschema":      {get: schema, set: setSchema},
}

func id(e *cloudevent.Event) string          { return e.ID }
func source(e *cloudevent.Event) string      { return e.Source }
func typ(e *cloudevent.Event) string         { return e.Type }
func subject(e *cloudevent.Event) string     { return e.Subject }
func contentType(e *cloudevent.Event) string { return e.DataContentType }
func schema(e *cloudevent.Event) string      { return e.DataSchema }

func setID(e *cloudevent.Event, s string) error      { e.ID = s; return nil }
func setType(e *cloudevent.Event, s string) error    { e.Type = s; return nil }
func setSubject(e *cloudevent.Event, s string) error { e.Subject = s; return nil }

func setSource(e *cloudevent.Event, s string) error {
	e.Source = s
	if _, err := url.Parse(s); err != nil {
		return fmt.Errorf("%q is not a URI", s)
	}
	return nil
}

func setSchema(e *cloudevent.Event, s string) error {
	e.DataSchema = s
	if u, err := url.Parse(s); s != "" && (err != nil || u.Scheme == "") {
		return fmt.Errorf("%q is not an absolute URI", s)
	}
	return nil
}

func timeText(e *cloudevent.Event) string {
	if e.Time.IsZero() {
		return ""
	}
	return cloudevent.FormatTime(e.Time)
}

func setTime(e *cloudevent.Event, s string) error {
	if s == "" {
		e.Time = cloudevent.Event{}.Time
		return nil
	}
	t, err := cloudevent.ParseTime(s)
	if err != nil {
		return fmt.Errorf("%q is not an RFC 3339 time, as in 2026-03-01T12:00:00Z", s)
	}
	e.Time = t
	return nil
}

// setContentType also settles anew what the data are.
func setContentType(e *cloudevent.Event, s string) error {
	if s != "" {
		if media, _, err := mime.ParseMediaType(s); err != nil || !strings.Contains(media, "/") {
			return fmt.Errorf("%q is not a media type", s)
		}
	}
	e.DataContentType = s
	if e.Kind == cloudevent.NoData {
		return nil
	}
	switch wasBinary := e.Kind == cloudevent.Binary; {
	case cloudevent.IsJSON(s) && !wasBinary:
		e.Kind = cloudevent.JSON
		return path.Check(e)
	case utf8.Valid(e.Data) && !wasBinary:
		e.Kind = cloudevent.Text
	default:
		e.Kind = cloudevent.Binary
	}
	return nil
}

// setAttribute sets an attribute or extension; an absent, null or empty value
// removes it.
func setAttribute(e *cloudevent.Event, name string, v path.Value) error {
	text := string(v.AppendText(nil))
	if err := checkText(text); err != nil {
		return err
	}
	a, ok := attributes[name]
	switch {
	case ok && a.required && text == "":
		return errors.New("there is no value for it, and an event must have one")
	case ok:
		return a.set(e, text)
	case v.Null():
		removeExtension(e, name)
	default:
		e.SetExtension(extensionOf(name, v))
	}
	return nil
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

// checkName says what can't be an attribute's name here.
func checkName(name string) error {
	if _, ok := attributes[name]; ok {
		return nil
	}
	switch name {
	case "data", "data_base64":
		return fmt.Errorf("%s is not an attribute: Template, Path and Constant make data", name)
	case "specversion":
		return errors.New("specversion is always 1.0")
	}
	if name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
		return fmt.Errorf("%q is not an attribute's name: those are made of a-z and 0-9", name)
	}
	return nil
}

func checkOptional(kind, name string) error {
	if attributes[name].required {
		return fmt.Errorf("%s: an event must have %s", kind, name)
	}
	if err := checkName(name); err != nil {
		return fmt.Errorf("%s: %w", kind, err)
	}
	return nil
}

// checkText says which character of a text can't be in an attribute (CloudEvents
// 1.0.2, section "Type System").
func checkText(s string) error {
	for i, r := range s {
		switch {
		case r < 0x20 || r >= 0x7f && r <= 0x9f:
			return fmt.Errorf("control character %U at byte %d", r, i)
		case r&0xfffe == 0xfffe || r >= 0xfdd0 && r <= 0xfdef:
			return fmt.Errorf("noncharacter %U at byte %d", r, i)
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], "\ufffd"):
			return fmt.Errorf("not UTF-8 at byte %d", i)
		}
	}
	return nil
}

// checkRequired says which attributes an event must have, and does not.
func checkRequired(e *cloudevent.Event) error {
	var faults []error
	for _, name := range []string{"id", "source", "type"} {
		if attributes[name].get(e) == "" {
			faults = append(faults, fmt.Errorf("%s: an event must have one", name))
		}
	}
	return errors.Join(faults...)
}
