package cloudevent

import (
	"fmt"
	"strings"
)

// A Fault is what is wrong with one part of an event. It never quotes the part's
// value: that may be a secret.
type Fault struct {
	// Place is the attribute's name or "data"; in a text that was read, the HTTP
	// header ("ce-source"), "body", or a JSON Pointer ("/2/source").
	Place  string
	Offset int // in bytes: of the attribute or data, or of the text that was read; -1 for none
	Msg    string
}

func (f Fault) Error() string {
	switch {
	case f.Place == "" && f.Offset < 0:
		return f.Msg
	case f.Place == "":
		return fmt.Sprintf("byte %d: %s", f.Offset, f.Msg)
	case f.Offset < 0:
		return f.Place + ": " + f.Msg
	}
	return fmt.Sprintf("%s: byte %d: %s", f.Place, f.Offset, f.Msg)
}

// Faults are all the faults of an event or of a batch, as one error.
type Faults []Fault

func (fs Faults) Error() string {
	texts := make([]string, len(fs))
	for i, f := range fs {
		texts[i] = f.Error()
	}
	return strings.Join(texts, "; ")
}

// err is fs as an error: nil when there is none.
func (fs Faults) err() error {
	if len(fs) == 0 {
		return nil
	}
	return fs
}

func (fs *Faults) add(place string, offset int, msg string) {
	*fs = append(*fs, Fault{place, offset, msg})
}

// check adds a fault unless msg is empty.
func (fs *Faults) check(place string, offset int, msg string) {
	if msg != "" {
		fs.add(place, offset, msg)
	}
}
