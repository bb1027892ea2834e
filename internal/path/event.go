package path

import (
	"encoding/base64"
	"encoding/json"

	"github.com/eventbridge-go/eventbridge/internal/cloudevent"
)

// attributes are the context attributes of CloudEvents but for the extensions, in
// the order in which they are written.
var attributes = []struct {
	name string
	text func(*cloudevent.Event) string // empty: absent
}{
	{"specversion", func(*cloudevent.Event) string { return cloudevent.SpecVersion }},
	{"id", func(e *cloudevent.Event) string { return e.ID }},
	{"source", func(e *cloudevent.Event) string { return e.Source }},
	{"type", func(e *cloudevent.Event) string { return e.Type }},
	{"subject", func(e *cloudevent.Event) string { return e.Subject }},
	{"time", func(e *cloudevent.Event) string {
		if e.Time.IsZero() {
			return ""
		}
		return cloudevent.FormatTime(e.Time)
	}},
	{"datacontenttype", func(e *cloudevent.Event) string { return e.DataContentType }},
	{"dataschema", func(e *cloudevent.Event) string { return e.DataSchema }},
}

// attribute returns a context attribute as a value; data is none.
func attribute(e *cloudevent.Event, name string) Value {
	for _, a := range attributes {
		if a.name == name {
			if s := a.text(e); s != "" {
				return Text(s)
			}
			return Value{}
		}
	}
	if name == "data_base64" && e.Kind == cloudevent.Binary {
		return Text(base64.StdEncoding.EncodeToString(e.Data))
	}
	if x, ok := e.Extension(name); ok {
		return extension(x)
	}
	return Value{}
}

func extension(x cloudevent.Extension) Value {
	switch x.Type {
	case cloudevent.Boolean, cloudevent.Integer:
		if json.Valid([]byte(x.Text)) {
			return JSON([]byte(x.Text))
		}
	}
	return Text(x.Text)
}

// AppendEvent appends the event in its JSON format, without its data if so
// wanted. JSON data is put in as it is.
func AppendEvent(dst []byte, e *cloudevent.Event, data bool) []byte {
	sep := byte('{')
	member := func(name string, v Value) {
		dst = append(append(append(dst, sep, '"'), name...), '"', ':')
		dst = v.AppendJSON(dst)
		sep = ','
	}
	for _, a := range attributes {
		if s := a.text(e); s != "" {
			member(a.name, Text(s))
		}
	}
	for _, x := range e.Extensions {
		member(x.Name, extension(x))
	}
	if data {
		switch e.Kind {
		case cloudevent.JSON:
			member("data", JSON(e.Data))
		case cloudevent.Text:
			member("data", Text(string(e.Data)))
		case cloudevent.Binary:
			member("data_base64", attribute(e, "data_base64"))
		}
	}
	return append(dst, '}')
}
