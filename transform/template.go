package transform

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/eventbridge-go/eventbridge/internal/cloudevent"
	"github.com/eventbridge-go/eventbridge/internal/path"
)

// Vars names the values a template puts in: for each variable a JSONPath into the
// event, as in {"id": "$.subject", "total": "$.data.total"}. A name is made of
// letters, digits, and - _ . in between.
type Vars map[string]string

// Template makes data of a text in which <name> stands for the value of a
// variable. A template that is JSON but for its variables makes JSON, whatever
// the values are:
//
//	{"order": <id>, "text": "order <id> of <customer>"}
//
// Where a value should stand, a variable is its value in JSON: a string with its
// quotes, an object, a number with every digit it had; null when there is none.
// Inside a string it is its text, escaped: of a string the content, of any other
// value its JSON; nothing when there is none, or null. What is put in is never
// looked at for variables again.
//
// Any other template makes text, see Text; but one that begins with { or [ is
// meant to be JSON, and an error where it is not.
//
// Beside vars a template may use the variables of the bus: <rule>, the name of
// the rule; <received>, when the bus accepted the event; <event>, the whole event
// in its JSON format; <lt>, the character "<".
func Template(tmpl string, vars Vars) (Transform, error) {
	return angleTemplate("template", tmpl, vars)
}

// Text makes plain text of a template, whether it looks like JSON or not: each
// variable is its text, as inside a string of a Template, but not escaped.
func Text(tmpl string, vars Vars) (Transform, error) {
	return angleTemplate("text", tmpl, vars)
}

func angleTemplate(kind, tmpl string, vars Vars) (Transform, error) {
	scope, faults := newScope(vars, nil)
	b := builder{kind: kind, syntax: angle, text: tmpl, scope: scope, faults: faults}
	t, err := b.build(kind == "text")
	if err != nil {
		return Transform{}, err
	}
	t.vars = maps.Clone(vars)
	return Transform{t}, nil
}

// maxTemplate is how long the text of a template may be, maxVars how many
// variables it may have, maxFaults how many of its faults are told.
const (
	maxTemplate = 64 << 10
	maxVars     = 256
	maxFaults   = 300
)

type template struct {
	kind   string
	text   string
	vars   Vars
	json   bool // else it makes text
	pieces []piece
	values []value // the variables that occur; those with a path come first
	group  *path.Group
	paths  int // how many have one
}

// A piece is fixed text, and the variable that follows it.
type piece struct {
	fixed     string
	value     int // index of values; -1: none follows
	place     place
	otherwise *path.Value // instead of an absent value or null
	function  function    // of its text
}

// A place is what a variable stands in.
type place uint8

const (
	inText place = iota
	inString
	inValue
)

func (t *template) apply(src path.Source, info Info) (cloudevent.Event, error) {
	values := make([]path.Value, len(t.values))
	if err := t.find(src, info, values); err != nil {
		return cloudevent.Event{}, err
	}
	limit := room(src.Event)
	out := make([]byte, 0, len(t.text)+64*len(t.pieces))
	for i := range t.pieces {
		p := &t.pieces[i]
		out = append(out, p.fixed...)
		if p.value >= 0 {
			out = p.append(out, values[p.value])
		}
		if len(out) > limit {
			return cloudevent.Event{}, &Error{Kind: t.kind, Err: fmt.Errorf("the result is larger than %d bytes", limit)}
		}
	}
	if t.json {
		return withJSON(src.Event, out), nil
	}
	return withText(src.Event, out), nil
}

func (t *template) find(src path.Source, info Info, values []path.Value) error {
	if t.paths > 0 {
		if err := t.group.Find(src, values[:t.paths]); err != nil {
			var at *path.Error
			errors.As(err, &at)
			return pathError(t.kind, "<"+t.values[at.Index].name+">", err)
		}
	}
	for i := t.paths; i < len(values); i++ {
		v, err := t.values[i].known(src.Event, info)
		if err != nil {
			return &Error{Kind: t.kind, Name: "<" + t.values[i].name + ">", Err: err}
		}
		values[i] = v
	}
	return nil
}

func (p *piece) append(out []byte, v path.Value) []byte {
	if p.otherwise != nil && v.Null() {
		v = *p.otherwise
	}
	if p.function != nil && !v.Null() {
		v = path.Text(p.function(string(v.AppendText(nil))))
	}
	switch p.place {
	case inValue:
		return v.AppendJSON(out)
	case inString:
		return v.AppendInString(out)
	}
	return v.AppendText(out)
}

func (t *template) form() (string, any, error) {
	return t.kind, templateForm{t.text, t.vars}, nil
}

// A builder makes a template of its text, and notes every fault.
type builder struct {
	kind   string
	syntax *syntax
	text   string
	scope  scope
	faults []error

	index map[string]int // of values, by name
	out   *template
}

// build makes text, if so wanted, or else what the text looks like.
func (b *builder) build(text bool) (*template, error) {
	b.out, b.index = &template{kind: b.kind, text: b.text}, map[string]int{}
	switch {
	case len(b.text) > maxTemplate:
		b.fault(maxTemplate, "a template is at most %d bytes long", maxTemplate)
		return nil, errors.Join(b.faults...)
	case !utf8.ValidString(b.text):
		b.fault(0, "not UTF-8")
		return nil, errors.Join(b.faults...)
	}
	tokens := b.syntax.split(b.text, true)
	if !text {
		b.out.json = true
		if at, err := notJSON(tokens); err != nil {
			b.out.json = false
			if b.syntax.meantAsJSON(b.text) {
				b.fault(at, "%s, so this is not JSON; transform.Text makes text of any template", err.Msg)
			}
		}
	}
	if !b.out.json {
		tokens = b.syntax.split(b.text, false)
	}
	for _, t := range tokens {
		if b.add(t); len(b.faults) > maxFaults {
			b.fault(t.offset, "too many faults")
			break
		}
	}
	if len(b.faults) > 0 {
		return nil, errors.Join(b.faults...)
	}
	b.group()
	return b.out, nil
}

func (b *builder) fault(offset int, format string, args ...any) {
	b.faults = append(b.faults, &SyntaxError{In: b.kind, Offset: offset, Msg: fmt.Sprintf(format, args...)})
}

func (b *builder) add(t token) {
	p := piece{fixed: t.fixed, value: -1}
	if t.ref != nil {
		switch {
		case !b.out.json:
			p.place = inText
		case t.quoted:
			p.place = inString
		default:
			p.place = inValue
		}
		b.resolve(t.ref, &p)
	}
	b.out.pieces = append(b.out.pieces, p)
}

// resolve finds out which variable r means.
func (b *builder) resolve(r *ref, p *piece) {
	if r.fault != "" {
		b.fault(r.offset, "%s", r.fault)
		return
	}
	v, ok := b.scope[r.name]
	if !ok {
		b.fault(r.offset, "unknown variable %s: %s", r.name, b.syntax.unknown)
		return
	}
	i, ok := b.index[r.name]
	if !ok {
		i = len(b.out.values)
		b.index[r.name] = i
		b.out.values = append(b.out.values, v)
	}
	p.value = i
	if r.function != "" {
		if p.function, ok = functionFor(r.function, p.place); !ok {
			b.fault(r.offset, "unknown function %s: there are %s", r.function, functionNames())
		}
	}
	if r.otherwise != nil {
		v, err := otherwise(*r.otherwise, p.place)
		if err != nil {
			b.fault(r.offset, "the default: %v", err)
		}
		p.otherwise = &v
	}
}

// otherwise reads the default of a variable as what stands in its place: a JSON
// value, the inside of a JSON string, or text.
func otherwise(text string, at place) (path.Value, error) {
	switch {
	case at == inValue && json.Valid([]byte(text)):
		return path.JSON([]byte(text)), nil
	case at == inString:
		quoted := []byte(`"` + text + `"`)
		if !json.Valid(quoted) {
			return path.Value{}, errors.New("not what can stand inside a JSON string")
		}
		return path.JSON(quoted), nil
	}
	return path.Text(text), nil
}

// group puts the values with a path first and makes one group of them.
func (b *builder) group() {
	t := b.out
	order := make([]int, 0, len(t.values)) // old indices
	var paths []*path.Path
	for i, v := range t.values {
		if v.path != nil {
			order, paths = append(order, i), append(paths, v.path)
		}
	}
	for i, v := range t.values {
		if v.path == nil {
			order = append(order, i)
		}
	}
	sorted := make([]value, len(order))
	place := make([]int, len(order))
	for at, old := range order {
		sorted[at], place[old] = t.values[old], at
	}
	for i := range t.pieces {
		if p := &t.pieces[i]; p.value >= 0 {
			p.value = place[p.value]
		}
	}
	t.values, t.paths, t.group = sorted, len(paths), path.NewGroup(paths...)
}

// notJSON says where a template is not JSON: it is, if it is with null for each
// variable that stands for a value, and without those inside strings.
func notJSON(tokens []token) (offset int, fault *path.DataError) {
	var probe []byte
	var starts []int // where each token begins in probe
	for _, t := range tokens {
		starts = append(starts, len(probe))
		probe = append(probe, t.fixed...)
		if t.ref != nil && !t.quoted {
			probe = append(probe, "null"...)
		}
	}
	err := path.Check(&cloudevent.Event{Kind: cloudevent.JSON, Data: probe})
	if !errors.As(err, &fault) {
		return 0, nil
	}
	for i, t := range slices.Backward(tokens) {
		within := fault.Offset - starts[i]
		switch {
		case within < 0:
			continue
		case within >= len(t.fixed) && t.ref != nil:
			return t.ref.offset, &path.DataError{Msg: "no value can stand here"}
		}
		return t.offset + within, fault
	}
	return 0, fault
}

// pathError makes an Error of a *path.Error.
func pathError(kind, name string, err error) error {
	var at *path.Error
	if !errors.As(err, &at) {
		return &Error{Kind: kind, Name: name, Err: err}
	}
	return &Error{Kind: kind, Name: name, Path: at.Path.String(), Err: at.Err}
}

// meantAsJSON says whether the author of a template that is not JSON must have
// thought it was.
func (s *syntax) meantAsJSON(text string) bool {
	text = strings.TrimLeft(text, " \t\r\n")
	return strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[") && !s.bracketText
}
