package transform

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A templateForm is a template in JSON.
type templateForm struct {
	Template string `json:"template"`
	Vars     Vars   `json:"vars,omitempty"`
}

// MarshalJSON writes t as an object with one member that names its kind, as in
// {"path": "$.data"}; the zero Transform is {}. A Func is an error.
func (t Transform) MarshalJSON() ([]byte, error) {
	if t.step == nil {
		return []byte("{}"), nil
	}
	kind, v, err := t.step.form()
	if err != nil {
		return nil, err
	}
	return encode(map[string]any{kind: v})
}

// UnmarshalJSON reads what MarshalJSON writes. Its error lists every fault.
func (t *Transform) UnmarshalJSON(text []byte) error {
	made, err := read(text, 0)
	if err != nil {
		return fmt.Errorf("transform: %w", err)
	}
	*t = made
	return nil
}

// maxNesting is how deep pipes may lie in pipes, maxPipe how long one may be that
// is read from JSON.
const (
	maxNesting = 8
	maxPipe    = 100
)

func read(text []byte, nesting int) (Transform, error) {
	if nesting > maxNesting {
		return Transform{}, fmt.Errorf("pipes lie in pipes more than %d deep", maxNesting)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		return Transform{}, err
	}
	kinds := slices.Sorted(maps.Keys(members))
	switch len(kinds) {
	case 0:
		return Transform{}, nil
	case 1:
	default:
		return Transform{}, fmt.Errorf("one kind only, not %s: pipe takes several, one after the other", strings.Join(kinds, " and "))
	}
	reader, ok := readers(nesting)[kinds[0]]
	if !ok {
		return Transform{}, fmt.Errorf("unknown kind %q: there are %s", kinds[0], strings.Join(slices.Sorted(maps.Keys(readers(nesting))), ", "))
	}
	return reader(kinds[0], members[kinds[0]])
}

// A reader reads a transform of one kind from its value in JSON.
type reader func(kind string, text []byte) (Transform, error)

// readers are all of them. A pipe is made of transforms, at the next
// nesting.
func readers(nesting int) map[string]reader {
	return map[string]reader{
		"template": readerOf(func(f templateForm) (Transform, error) { return Template(f.Template, f.Vars) }),
		"text":     readerOf(func(f templateForm) (Transform, error) { return Text(f.Template, f.Vars) }),
		"path":     readerOf(Path),
		"constant": func(_ string, text []byte) (Transform, error) { return Constant(json.RawMessage(text)) },
		"expr":     readerOf(Expr),
		"set":      readerOf(Set),
		"delete":   readerOf(func(attrs []string) (Transform, error) { return Delete(attrs...) }),
		"rename":   readerOf(Rename),
		"aws":      func(_ string, text []byte) (Transform, error) { return AWS(text) },
		"rocketmq": func(_ string, text []byte) (Transform, error) { return RocketMQ(text) },
		"pipe":     readerOf(func(ts []json.RawMessage) (Transform, error) { return readPipe(ts, nesting+1) }),
	}
}

// readerOf reads a T, strictly, and makes a transform of it.
func readerOf[T any](of func(T) (Transform, error)) reader {
	return func(kind string, text []byte) (Transform, error) {
		var v T
		dec := json.NewDecoder(bytes.NewReader(text))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&v); err != nil {
			return Transform{}, fmt.Errorf("%s: %w", kind, err)
		}
		return of(v)
	}
}

func readPipe(texts []json.RawMessage, nesting int) (Transform, error) {
	if len(texts) > maxPipe {
		return Transform{}, fmt.Errorf("pipe: at most %d transforms", maxPipe)
	}
	var faults []error
	ts := make([]Transform, len(texts))
	for i, text := range texts {
		var err error
		if ts[i], err = read(text, nesting); err != nil {
			faults = append(faults, fmt.Errorf("pipe/%d: %w", i, err))
		}
	}
	if len(faults) > 0 {
		return Transform{}, errors.Join(faults...)
	}
	return Pipe(ts...), nil
}

// MarshalJSON writes a Literal as a string, From as {"from": path}.
func (v Value) MarshalJSON() ([]byte, error) {
	if v.isPath {
		return json.Marshal(map[string]string{"from": v.from})
	}
	return json.Marshal(v.literal)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (v *Value) UnmarshalJSON(text []byte) error {
	if json.Unmarshal(text, &v.literal) == nil && string(text) != "null" {
		return nil
	}
	var from struct{ From *string }
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&from); err != nil || from.From == nil {
		return errors.New(`a value is a string, or {"from": a path}`)
	}
	*v = From(*from.From)
	return nil
}
