package transform

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/eventbridge-go/eventbridge/internal/cloudevent"
	"github.com/eventbridge-go/eventbridge/internal/document"
	"github.com/eventbridge-go/eventbridge/internal/expression"
	"github.com/eventbridge-go/eventbridge/internal/path"
)

// Expr makes the value of an expression (github.com/expr-lang/expr) over the event
// its data, as JSON:
//
//	{"order": subject, "skus": data.lines | map(.sku), "big": data.total > 1000}
//
// It sees what filter.Expr sees: attributes and extensions by name, and data. What is
// absent is nil, which becomes null. Numbers that are not reckoned with keep every
// digit; the members of an object come in the order of their names.
func Expr(src string) (Transform, error) {
	p, err := expression.Compile(src)
	if err != nil {
		return Transform{}, exprFaults(err)
	}
	return Transform{&expr{p}}, nil
}

// exprFaults says of each fault in which text it is.
func exprFaults(err error) error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var faults []error
		for _, err := range joined.Unwrap() {
			faults = append(faults, exprFaults(err))
		}
		return errors.Join(faults...)
	}
	if bad := (*expression.SyntaxError)(nil); errors.As(err, &bad) {
		return &SyntaxError{In: "expr", Offset: bad.Offset, Msg: bad.Msg}
	}
	return fmt.Errorf("expr: %w", err)
}

type expr struct{ program *expression.Program }

func (t *expr) apply(src path.Source, _ Info) (cloudevent.Event, error) {
	doc := src.Data
	if src.Event != &doc.Event { // a step before this one made it
		doc = document.Of(*src.Event)
	}
	v, err := t.program.Value(doc)
	if err != nil {
		return cloudevent.Event{}, &Error{Kind: "expr", Err: err}
	}
	w := valueWriter{room: room(src.Event)}
	if err := w.write(v); err != nil {
		return cloudevent.Event{}, &Error{Kind: "expr", Err: err}
	}
	return withJSON(src.Event, w.out), nil
}

func (t *expr) form() (string, any, error) { return "expr", t.program.String(), nil }

// A valueWriter writes values as JSON. It stops when there is no more room: lists may
// hold one list many times over, and so be far larger than the memory they take.
type valueWriter struct {
	out  []byte
	room int
}

func (w *valueWriter) write(v any) error {
	if len(w.out) > w.room {
		return fmt.Errorf("the result is larger than %d bytes", w.room)
	}
	switch v := v.(type) {
	case string:
		w.out = path.Text(v).AppendJSON(w.out)
	case json.Number:
		w.out = append(w.out, v...)
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("JSON has no number %v", v)
		}
		return w.marshal(v)
	case []any:
		return w.list(v)
	case map[string]any:
		return w.object(v)
	default:
		return w.marshal(v)
	}
	return nil
}

func (w *valueWriter) marshal(v any) error {
	text, err := json.Marshal(v)
	w.out = append(w.out, text...)
	return err
}

func (w *valueWriter) list(v []any) error {
	w.out = append(w.out, '[')
	for i, item := range v {
		if i > 0 {
			w.out = append(w.out, ',')
		}
		if err := w.write(item); err != nil {
			return err
		}
	}
	w.out = append(w.out, ']')
	return nil
}

func (w *valueWriter) object(v map[string]any) error {
	w.out = append(w.out, '{')
	for i, name := range slices.Sorted(maps.Keys(v)) {
		if i > 0 {
			w.out = append(w.out, ',')
		}
		w.out = append(path.Text(name).AppendJSON(w.out), ':')
		if err := w.write(v[name]); err != nil {
			return err
		}
	}
	w.out = append(w.out, '}')
	return nil
}
