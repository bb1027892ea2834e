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
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		return fmt.Errorf("transform: %w", err)
	}
	if len(members) == 0 {
		*t = Transform{}
		return nil
	}
	names := slices.Sorted(maps.Keys(members))
	if len(members) > 1 {
		return fmt.Errorf("transform: one kind only, not %s: pipe takes several, one after the other", strings.Join(names, " and "))
	}
	read, ok := readers()[names[0]]
	if !ok {
		return fmt.Errorf("transform: unknown kind %q: there are %s", names[0], strings.Join(slices.Sorted(maps.Keys(readers())), ", "))
	}
	out, err := read(members[names[0]])
	if err != nil {
		return fmt.Errorf("transform: %w", err)
	}
	*t = out
	return nil
}

// readers reads each kind of transform. It is a function since a pipe is made of
// transforms.
func readers() map[string]func(v []byte) (Transform, error) {
	return map[string]func(v []byte) (Transform, error){
		"template": reader(func(f templateForm) (Transform, error) { return Template(f.Template, f.Vars) }),
		"text":     reader(func(f templateForm) (Transform, error) { return Text(f.Template, f.Vars) }),
		"path":     reader(Path),
		"constant": func(v []byte) (Transform, error) { return Constant(json.RawMessage(v)) },
		"set":      reader(Set),
		"delete":   reader(func(attrs []string) (Transform, error) { return Delete(attrs...) }),
		"rename":   reader(Rename),
		"pipe":     reader(func(ts []Transform) (Transform, error) { return Pipe(ts...), nil }),
	}
}

// reader reads a T, strictly, and makes a transform of it.
func reader[T any](of func(T) (Transform, error)) func([]byte) (Transform, error) {
	return func(text []byte) (Transform, error) {
		var v T
		dec := json.NewDecoder(bytes.NewReader(text))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&v); err != nil {
			return Transform{}, err
		}
		return of(v)
	}
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
