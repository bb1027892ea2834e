// Package schematest holds the types of a host's events to what it has promised:
//
//	func TestOrderPlacedStaysReadable(t *testing.T) {
//		schematest.RequireCompatible[OrderPlaced](t, "testdata/order.placed.json")
//	}
//
// The file is the schema that others were given. It is written by go test -update, and
// committed with the code. It needs nothing but the standard library and package schema.
package schematest

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/eventbridge-go/eventbridge/schema"
)

// An Option says how RequireCompatible compares.
type Option func(*comparison)

// A comparison is of a Go type with a file.
type comparison struct {
	level schema.Compatibility
	diff  []schema.DiffOption

	tb   testing.TB
	typ  string // the Go type, as messages name it
	file string
}

// WithCompatibility asks for another level; default: Backward. There is one file, so the
// transitive levels are as the plain ones.
func WithCompatibility(c schema.Compatibility) Option {
	return func(how *comparison) { how.level = c }
}

// WithDiff passes options on to schema.Diff, such as schema.WithPolicy; default: none.
func WithDiff(opts ...schema.DiffOption) Option {
	return func(how *comparison) { how.diff = append(how.diff, opts...) }
}

// RequireCompatible fails the test, with every reason, when schema.For[T] is not
// compatible with the schema in the file; when there is no such file; when T or the file
// is no schema. The file is relative to the folder of the test, as always in Go.
//
// A type that has changed compatibly passes. Then the test logs that the file is not
// current: what was added is not held to until the file has it.
//
// With -update the file is written when there is none, or when the change is
// compatible; folders are made. A schema that others rely on is never overwritten by one
// that breaks it: who means to, deletes the file first. The flag is the host's own
// "update" if it has one; otherwise this package brings it.
func RequireCompatible[T any](tb testing.TB, file string, opts ...Option) {
	tb.Helper()
	how := comparison{tb: tb, typ: reflect.TypeFor[T]().String(), file: file}
	for _, opt := range opts {
		opt(&how)
	}
	doc, err := schema.For[T]()
	if err != nil {
		tb.Fatal(err)
	}
	how.require(doc)
}

// require compares the type's schema with the file.
func (how *comparison) require(doc []byte) {
	how.tb.Helper()
	kept, err := os.ReadFile(how.file)
	switch {
	case errors.Is(err, fs.ErrNotExist) && updating():
		how.write(doc)
		return
	case errors.Is(err, fs.ErrNotExist):
		how.tb.Fatalf("there is no %s. To write the schema of %s there, run: %s", how.file, how.typ, how.command())
	case err != nil:
		how.tb.Fatal(err)
	}
	// A checkout on Windows may have changed the ends of the lines.
	if bytes.Equal(bytes.ReplaceAll(kept, []byte("\r\n"), []byte("\n")), doc) {
		return
	}
	breaks, err := schema.Diff(kept, doc, how.level, how.diff...)
	switch {
	case err != nil:
		how.tb.Fatalf("%s (old) and the schema of %s (new): %v", how.file, how.typ, err)
	case len(breaks) > 0:
		how.tb.Fatal(how.refusal(breaks))
	case updating():
		how.write(doc)
	default:
		how.tb.Logf("%s is %s compatible with %s, which is not current. To write it, run: %s", how.typ, how.level, how.file, how.command())
	}
}

// refusal is every reason, and what can be done.
func (how *comparison) refusal(breaks []schema.Break) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s is not %s compatible with %s:\n", how.typ, how.level, how.file)
	for _, br := range breaks {
		fmt.Fprintf(&b, "\t%s\n", br)
	}
	b.WriteString("Change the type so that none of these is left, or give the new shape an event type of its own.\n")
	if updating() {
		b.WriteString("The file was not overwritten. ")
	}
	fmt.Fprintf(&b, "If nobody relies on it, delete the file and run: %s", how.command())
	return b.String()
}

// write puts the schema into the file.
func (how *comparison) write(doc []byte) {
	how.tb.Helper()
	if err := os.MkdirAll(filepath.Dir(how.file), 0o755); err != nil {
		how.tb.Fatal(err)
	}
	if err := os.WriteFile(how.file, doc, 0o644); err != nil {
		how.tb.Fatal(err)
	}
	how.tb.Logf("wrote the schema of %s to %s", how.typ, how.file)
}

// command updates the files of this test.
func (how *comparison) command() string {
	test, _, _ := strings.Cut(how.tb.Name(), "/")
	return fmt.Sprintf("go test -run '^%s$' -update", regexp.QuoteMeta(test))
}
