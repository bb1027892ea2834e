package transform

import (
	"errors"
	"fmt"

	"github.com/eventbridge-go/eventbridge/internal/path"
)

// A SyntaxError is one fault in the text a transform is made of. Constructors
// report all faults at once, joined as by errors.Join.
type SyntaxError struct {
	In     string // which text: "template", "vars/total", "set/subject" …
	Offset int    // in that text, in bytes
	Msg    string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("%s: offset %d: %s", e.In, e.Offset, e.Msg) }

// An Error says what an event lacked for a transform of it.
type Error struct {
	Kind string // of the transform: "template", "path", "set" …
	Name string // of the variable or attribute; may be empty
	Path string // where its value was looked for; may be empty
	Err  error
}

func (e *Error) Error() string {
	msg := e.Kind
	if e.Name != "" {
		msg += " " + e.Name
	}
	if e.Path != "" {
		msg += " (" + e.Path + ")"
	}
	return msg + ": " + e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }

// parsePath parses the path that stands in the text called in.
func parsePath(in, text string) (*path.Path, error) {
	p, err := path.Parse(text)
	if bad := (*path.SyntaxError)(nil); errors.As(err, &bad) {
		return nil, &SyntaxError{In: in, Offset: bad.Offset, Msg: bad.Msg}
	}
	return p, err
}
