package transform

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/eventbridge-go/eventbridge/internal/cloudevent"
	"github.com/eventbridge-go/eventbridge/internal/path"
)

// A Value is what Set gives an attribute: Literal or From.
type Value struct {
	literal string
	from    string // a path; empty: literal
	isPath  bool
}

// Literal is the text itself.
func Literal(text string) Value { return Value{literal: text} }

// From is the value at a JSONPath of the event: the content of a string, the JSON
// of anything else. A number that is a CloudEvents integer, or a boolean, makes an
// extension of that type. Where there is none, or null, the attribute is removed,
// which is an error for id, source and type.
func From(jsonpath string) Value { return Value{from: jsonpath, isPath: true} }

// Set gives attributes new values: id, source, type, subject, time, dataschema,
// datacontenttype, or extensions by name. All of them see the event as it was
// before. A value the attribute can't have is an error: of Set for a Literal, of
// Apply for one From the event.
func Set(attrs map[string]Value) (Transform, error) {
	t := &set{values: maps.Clone(attrs)}
	var faults []error
	var paths []*path.Path
	for _, name := range slices.Sorted(maps.Keys(attrs)) {
		v := attrs[name]
		if err := checkName(name); err != nil {
			faults = append(faults, fmt.Errorf("set: %w", err))
			continue
		}
		if !v.isPath {
			if err := checkLiteral(name, v.literal); err != nil {
				faults = append(faults, fmt.Errorf("set: %w", err))
			}
			t.literals = append(t.literals, name)
			continue
		}
		p, err := parsePath("set/"+name, v.from)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		t.names, paths = append(t.names, name), append(paths, p)
	}
	if len(faults) > 0 {
		return Transform{}, errors.Join(faults...)
	}
	t.group = path.NewGroup(paths...)
	return Transform{t}, nil
}

type set struct {
	values   map[string]Value
	literals []string // names
	names    []string // of those with a path, as in group
	group    *path.Group
}

func (t *set) apply(src path.Source, _ Info) (cloudevent.Event, error) {
	found := make([]path.Value, len(t.names))
	if err := t.group.Find(src, found); err != nil {
		name := ""
		if at := (*path.Error)(nil); errors.As(err, &at) {
			name = t.names[at.Index]
		}
		return cloudevent.Event{}, pathError("set", name, err)
	}
	out := *src.Event
	var faults []error
	for _, name := range t.literals {
		if err := setAttribute(&out, name, path.Text(t.values[name].literal)); err != nil {
			faults = append(faults, &Error{Kind: "set", Name: name, Err: err})
		}
	}
	for i, name := range t.names {
		if err := setAttribute(&out, name, found[i]); err != nil {
			faults = append(faults, &Error{Kind: "set", Name: name, Path: t.values[name].from, Err: err})
		}
	}
	if len(faults) > 0 {
		return cloudevent.Event{}, errors.Join(faults...)
	}
	return checked("set", out)
}

// checked returns e, whose attributes were edited, if they can be what they are.
func checked(kind string, e cloudevent.Event) (cloudevent.Event, error) {
	if err := e.ValidateAttributes(); err != nil {
		return cloudevent.Event{}, &Error{Kind: kind, Err: err}
	}
	return e, nil
}

func (t *set) form() (string, any, error) { return "set", t.values, nil }

// Delete removes attributes: optional ones, or extensions by name.
func Delete(attrs ...string) (Transform, error) {
	var faults []error
	for _, name := range attrs {
		if err := checkOptional(name); err != nil {
			faults = append(faults, fmt.Errorf("delete: %w", err))
		}
	}
	if err := errors.Join(faults...); err != nil {
		return Transform{}, err
	}
	return Transform{remove(slices.Clone(attrs))}, nil
}

type remove []string

func (t remove) apply(src path.Source, _ Info) (cloudevent.Event, error) {
	out := *src.Event
	for _, name := range t {
		if err := setAttribute(&out, name, path.Value{}); err != nil {
			return cloudevent.Event{}, &Error{Kind: "delete", Name: name, Err: err}
		}
	}
	return out, nil
}

func (t remove) form() (string, any, error) { return "delete", []string(t), nil }

// Rename moves the values of optional attributes or extensions to other
// attributes: {"tenant": "partner"} makes tenant partner. What the event does not
// have changes nothing. An extension keeps its type.
func Rename(attrs map[string]string) (Transform, error) {
	var faults []error
	to := map[string]string{}
	for _, from := range slices.Sorted(maps.Keys(attrs)) {
		name := attrs[from]
		for _, err := range []error{checkOptional(from), checkName(name)} {
			if err != nil {
				faults = append(faults, fmt.Errorf("rename: %w", err))
			}
		}
		if other, twice := to[name]; twice {
			faults = append(faults, fmt.Errorf("rename: %s and %s can't both be renamed %s", other, from, name))
		}
		to[name] = from
	}
	if err := errors.Join(faults...); err != nil {
		return Transform{}, err
	}
	return Transform{rename(maps.Clone(attrs))}, nil
}

type rename map[string]string

func (t rename) apply(src path.Source, _ Info) (cloudevent.Event, error) {
	out := *src.Event
	old := slices.Sorted(maps.Keys(t))
	for _, name := range old {
		if err := setAttribute(&out, name, path.Value{}); err != nil {
			return cloudevent.Event{}, &Error{Kind: "rename", Name: name, Err: err}
		}
	}
	for _, name := range old {
		if err := moveAttribute(&out, t[name], src.Event, name); err != nil {
			return cloudevent.Event{}, &Error{Kind: "rename", Name: name, Err: err}
		}
	}
	return checked("rename", out)
}

func (t rename) form() (string, any, error) { return "rename", map[string]string(t), nil }

// extensionOf makes an extension of a value found in an event.
func extensionOf(name string, v path.Value) cloudevent.Extension {
	x := cloudevent.Extension{Name: name, Text: string(v.AppendText(nil))}
	switch v.Kind() {
	case 't':
		x.Type = cloudevent.Boolean
	case '0':
		if n, err := strconv.ParseInt(x.Text, 10, 32); err == nil && strconv.FormatInt(n, 10) == x.Text {
			x.Type = cloudevent.Integer
		}
	}
	return x
}
