package path

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/theory/jsonpath/parser"
	"github.com/theory/jsonpath/spec"

	"github.com/eventbridge-go/eventbridge/internal/cloudevent"
)

// maxNodes is how many values a path may find in an event, maxCost how many it may
// look at, roughly, in finding them.
const (
	maxNodes = 10_000
	maxCost  = 10_000_000
)

func parseQuery(text string) (*spec.PathQuery, error) {
	query, err := parser.Parse(functions(), text)
	if err != nil {
		return nil, syntaxError(err, text)
	}
	return query, nil
}

// nodes runs a path that names more than one place: first on the decoded event,
// to learn the places, then on the bytes there.
func (p *Path) nodes(src Source) (v Value, err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case tooMuch:
			err = r
		default:
			panic(r)
		}
	}()
	if err := Check(src.Event); err != nil {
		return Value{}, err // with the place, which the tree's would not have
	}
	tree, err := src.Data.Tree()
	if err != nil {
		return Value{}, err
	}
	root := eventTree(src.Event, tree)
	if err := p.cost.allow(root); err != nil {
		return Value{}, err
	}
	found := []located{{value: root}}
	for _, seg := range p.query.Segments() {
		w := walk{root: root, segment: seg}
		for _, at := range found {
			w.from(at)
		}
		if w.full() {
			return Value{}, fmt.Errorf("more than %d values", maxNodes)
		}
		found = w.found
	}
	return cut(src, found)
}

// eventTree is the event as the JSON format would be decoded.
func eventTree(e *cloudevent.Event, data any) map[string]any {
	root := make(map[string]any, 8+len(e.Extensions))
	for _, a := range attributes {
		if s := a.text(e); s != "" {
			root[a.name] = s
		}
	}
	for _, x := range e.Extensions {
		if v := extension(x); v.kind == rawJSON && x.Type == cloudevent.Boolean {
			root[x.Name] = x.Text == "true"
		} else if v.kind == rawJSON {
			root[x.Name] = json.Number(x.Text)
		} else {
			root[x.Name] = x.Text
		}
	}
	switch e.Kind {
	case cloudevent.JSON:
		root["data"] = data
	case cloudevent.Text:
		root["data"] = string(e.Data)
	case cloudevent.Binary:
		root["data_base64"] = attribute(e, "data_base64").text
	}
	return root
}

// A located value knows the way to it.
type located struct {
	value any
	steps []step
}

// to is v, one step further.
func (l located) to(st step, v any) located {
	return located{v, append(l.steps[:len(l.steps):len(l.steps)], st)}
}

// A walk follows one segment from each value found so far. Members are visited in
// the order of their names, so that the same event always gives the same result.
type walk struct {
	root    any
	segment *spec.Segment
	found   []located
}

func (w *walk) full() bool { return len(w.found) > maxNodes }

func (w *walk) from(at located) {
	if w.full() {
		return
	}
	for _, sel := range w.segment.Selectors() {
		w.selects(at, sel)
	}
	if w.segment.IsDescendant() {
		for child := range at.children {
			w.from(child)
		}
	}
}

func (w *walk) selects(at located, sel spec.Selector) {
	switch sel := sel.(type) {
	case spec.Name:
		if members, ok := at.value.(map[string]any); ok {
			if v, ok := members[string(sel)]; ok {
				w.found = append(w.found, at.to(step{name: string(sel), named: true}, v))
			}
		}
	case spec.Index:
		if elements, ok := at.value.([]any); ok {
			w.element(at, elements, int(sel))
		}
	case spec.SliceSelector:
		if elements, ok := at.value.([]any); ok {
			w.slice(at, elements, sel)
		}
	case *spec.FilterSelector:
		for child := range at.children {
			if w.full() {
				return
			}
			if sel.Eval(child.value, w.root) {
				w.found = append(w.found, child)
			}
		}
	default: // the wildcard
		for child := range at.children {
			if w.full() {
				return
			}
			w.found = append(w.found, child)
		}
	}
}

func (w *walk) element(at located, elements []any, i int) {
	if i < 0 {
		i += len(elements)
	}
	if i >= 0 && i < len(elements) {
		w.found = append(w.found, at.to(step{index: i}, elements[i]))
	}
}

func (w *walk) slice(at located, elements []any, sel spec.SliceSelector) {
	lower, upper := sel.Bounds(len(elements))
	switch step := sel.Step(); {
	case step > 0:
		for i := lower; i < upper && !w.full(); i += step {
			w.element(at, elements, i)
		}
	case step < 0:
		for i := upper; i > lower && !w.full(); i += step {
			w.element(at, elements, i)
		}
	}
}

// children yields the members or elements, until yield has had enough.
func (l located) children(yield func(located) bool) {
	switch v := l.value.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if !yield(l.to(step{name: name, named: true}, v[name])) {
				return
			}
		}
	case []any:
		for i, e := range v {
			if !yield(l.to(step{index: i}, e)) {
				return
			}
		}
	}
}

// cut makes an array of the bytes of what was found.
func cut(src Source, found []located) (Value, error) {
	paths := make([]*Path, len(found))
	for i, at := range found {
		paths[i] = &Path{steps: at.steps}
	}
	values := make([]Value, len(found))
	if err := NewGroup(paths...).Find(src, values); err != nil {
		return Value{}, errors.Unwrap(err)
	}
	out := []byte{'['}
	for i, v := range values {
		if i > 0 {
			out = append(out, ',')
		}
		out = v.AppendJSON(out)
	}
	return JSON(append(out, ']')), nil
}

// A cost is what makes a path dear: each ".." multiplies the values to look at by
// the depth of the event, each search from the root within a filter by their
// number.
type cost struct{ descents, searches int }

func costOf(path string) cost {
	var c cost
	var quote byte
	filters, fromRoot := 0, false
	for i := 0; i < len(path); i++ {
		switch ch := path[i]; {
		case quote != 0:
			if ch == '\\' {
				i++
			} else if ch == quote {
				quote = 0
			}
		case ch == '"' || ch == '\'':
			quote = ch
		case ch == '?':
			filters++
			fromRoot = false
		case ch == '$':
			fromRoot = filters > 0
		case ch == '@':
			fromRoot = false
		case strings.HasPrefix(path[i:], ".."):
			c.descents++
			i++
			if fromRoot {
				c.searches++
				fromRoot = false
			}
		case (ch == '*' || ch == ':') && fromRoot:
			c.searches++
			fromRoot = false
		}
	}
	if filters > 1 {
		c.descents += filters - 1
	}
	return c
}

// allow refuses a path that would cost too much in an event as large as this.
func (c cost) allow(root any) error {
	if c.searches == 0 && c.descents < 2 {
		return nil
	}
	size, depth := extent(root)
	if math.Pow(float64(size), 1+float64(c.searches))*math.Pow(float64(depth), float64(c.descents)) > maxCost {
		return fmt.Errorf("the path costs too much in an event of %d values, %d deep", size, depth)
	}
	return nil
}

// extent counts the values in v, and how deep they lie.
func extent(v any) (size, depth int) {
	count := func(v any) {
		s, d := extent(v)
		size, depth = size+s, max(depth, d)
	}
	switch v := v.(type) {
	case map[string]any:
		for _, m := range v {
			count(m)
		}
	case []any:
		for _, e := range v {
			count(e)
		}
	}
	return size + 1, depth + 1
}
