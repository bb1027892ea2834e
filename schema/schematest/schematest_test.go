package schematest_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/eventbridge-go/eventbridge/schema"
	"github.com/eventbridge-go/eventbridge/schema/schematest"
)

type order struct {
	ID    string `json:"id"`
	Total int64  `json:"total"`
}

// The order changed. A note may be left out; a currency may not; a total was not 16 bits.
type (
	noted struct {
		order
		Note string `json:"note,omitempty"`
	}
	priced struct {
		order
		Currency string `json:"currency"`
	}
	narrowed struct {
		ID    string `json:"id"`
		Total int16  `json:"total"`
	}
	unwritable struct{ Done chan int }
)

// A recorder is a test that is told how it went.
type recorder struct {
	testing.TB
	name   string
	failed bool
	text   strings.Builder
}

func (r *recorder) Helper()      {}
func (r *recorder) Name() string { return r.name }
func (r *recorder) Logf(format string, args ...any) {
	fmt.Fprintf(&r.text, format, args...)
}
func (r *recorder) Fatalf(format string, args ...any) { r.Fatal(fmt.Sprintf(format, args...)) }
func (r *recorder) Fatal(args ...any) {
	r.failed = true
	fmt.Fprint(&r.text, args...)
	runtime.Goexit()
}

// require runs RequireCompatible, with -update or without, and says how it went.
func require[T any](t *testing.T, update bool, file string, opts ...schematest.Option) (failed bool, text string) {
	t.Helper()
	setUpdate(t, fmt.Sprint(update))
	r := &recorder{name: "TestOrder/placed"}
	done := make(chan struct{})
	go func() {
		defer close(done)
		schematest.RequireCompatible[T](r, file, opts...)
	}()
	<-done
	return r.failed, strings.ReplaceAll(r.text.String(), file, "FILE")
}

func setUpdate(t *testing.T, value string) {
	t.Helper()
	if flag.Lookup("update") == nil {
		flag.Bool("update", false, "of this test")
	}
	before := flag.Lookup("update").Value.String()
	if err := flag.Set("update", value); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { flag.Set("update", before) })
}

// kept is a new file with the schema of T.
func kept[T any](t *testing.T) (file string) {
	t.Helper()
	doc, err := schema.For[T]()
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "order.json")
	write(t, file, string(doc))
	return file
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// expect compares how it went with how it should have; of the text, a part is enough.
func expect(t *testing.T, failed bool, text string, wantFailed bool, want ...string) {
	t.Helper()
	if failed != wantFailed {
		t.Errorf("failed = %v, want %v: %s", failed, wantFailed, text)
	}
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("it says %q, which lacks %q", text, w)
		}
	}
	if len(want) == 0 && text != "" {
		t.Errorf("it says %q, want silence", text)
	}
}

func TestUnchangedTypePassesInSilence(t *testing.T) {
	file := kept[order](t)
	for _, update := range []bool{false, true} {
		failed, text := require[order](t, update, file, schematest.WithCompatibility(schema.Full))
		expect(t, failed, text, false)
	}
	windows := strings.ReplaceAll(read(t, file), "\n", "\r\n")
	write(t, file, windows)
	failed, text := require[order](t, false, file)
	expect(t, failed, text, false)
}

func TestIncompatibleChangeFailsWithEveryReasonAndIsNeverWritten(t *testing.T) {
	file := kept[order](t)
	before := read(t, file)
	failed, text := require[priced](t, false, file)
	expect(t, failed, text, true, "schematest_test.priced is not backward compatible with FILE:\n\t", "`currency`",
		"delete the file and run: go test -run '^TestOrder$' -update")
	failed, text = require[narrowed](t, false, file)
	expect(t, failed, text, true, "/properties/total", "32767", "-32768")
	failed, text = require[priced](t, true, file)
	expect(t, failed, text, true, "`currency`", "The file was not overwritten.")
	if read(t, file) != before {
		t.Error("the file has changed")
	}
}

func TestCompatibleChangePassesAndIsWrittenUnderUpdate(t *testing.T) {
	file := kept[order](t)
	before := read(t, file)
	failed, text := require[noted](t, false, file)
	expect(t, failed, text, false, "schematest_test.noted is backward compatible with FILE, which is not current.", "go test -run '^TestOrder$' -update")
	if read(t, file) != before {
		t.Error("the file has changed without -update")
	}
	failed, text = require[noted](t, true, file)
	expect(t, failed, text, false, "wrote the schema of schematest_test.noted to FILE")
	failed, text = require[noted](t, false, file)
	expect(t, failed, text, false)
}

func TestMissingFileIsWrittenUnderUpdateOnly(t *testing.T) {
	file := filepath.Join(t.TempDir(), "new", "folder", "order.json")
	failed, text := require[order](t, false, file)
	expect(t, failed, text, true, "there is no FILE. To write the schema of schematest_test.order there, run: go test -run '^TestOrder$' -update")
	failed, text = require[order](t, true, file)
	expect(t, failed, text, false, "wrote the schema of schematest_test.order to FILE")
	failed, text = require[order](t, false, file)
	expect(t, failed, text, false)
}

func TestOptionsChangeWhatIsAskedFor(t *testing.T) {
	file := kept[priced](t)
	failed, text := require[order](t, false, file)
	expect(t, failed, text, false, "not current")
	failed, text = require[order](t, false, file, schematest.WithCompatibility(schema.Forward))
	expect(t, failed, text, true, "not forward compatible", "`currency`")
	failed, text = require[order](t, false, file, schematest.WithCompatibility(schema.None))
	expect(t, failed, text, false, "not current")

	file = kept[order](t)
	failed, text = require[noted](t, false, file, schematest.WithDiff(schema.WithPolicy(schema.Strict)))
	expect(t, failed, text, true, "/properties/note")
}

func TestWhatIsNoSchemaFails(t *testing.T) {
	file := kept[order](t)
	failed, text := require[unwritable](t, false, file)
	expect(t, failed, text, true, "unwritable.Done: a chan int is not written as JSON")
	write(t, file, `{"type": 1}`)
	for _, update := range []bool{false, true} {
		failed, text = require[order](t, update, file)
		expect(t, failed, text, true, "FILE (old) and the schema of schematest_test.order (new): old schema: /type")
	}
	failed, text = require[order](t, true, t.TempDir())
	expect(t, failed, text, true, "is a directory")
}

// host stands for a host's flags, which are registered after this package's init.
var host = os.Getenv("SCHEMATEST_HOST")

var _ = hostFlag()

func hostFlag() any {
	switch host {
	case "bool":
		return flag.Bool("update", false, "of the host")
	case "string":
		return flag.String("update", "", "of the host")
	}
	return nil
}

// TestUpdateIsTheHostsOwnFlagOrOurs runs this test binary as a host's.
func TestUpdateIsTheHostsOwnFlagOrOurs(t *testing.T) {
	if host != "" {
		schematest.RequireCompatible[order](t, os.Getenv("SCHEMATEST_FILE"))
		return
	}
	for _, row := range []struct {
		host, argument string
		written        bool
	}{
		{"none", "-update", true},
		{"none", "--update=true", true},
		{"none", "-update=false", false},
		{"none", "", false},
		{"bool", "-update", true},
		{"bool", "", false},
		{"string", "-update=some", false},
		{"string", "", false},
	} {
		file := filepath.Join(t.TempDir(), "order.json")
		cmd := exec.Command(os.Args[0], "-test.run=^TestUpdateIsTheHostsOwnFlagOrOurs$")
		if row.argument != "" {
			cmd.Args = append(cmd.Args, row.argument)
		}
		cmd.Env = append(os.Environ(), "SCHEMATEST_HOST="+row.host, "SCHEMATEST_FILE="+file)
		out, err := cmd.CombinedOutput()
		if (err == nil) != row.written {
			t.Errorf("%+v: %v\n%s", row, err, out)
		}
		if _, err := os.Stat(file); (err == nil) != row.written {
			t.Errorf("%+v: %v\n%s", row, err, out)
		}
		if !row.written && !strings.Contains(string(out), "there is no "+file) {
			t.Errorf("%+v: %s", row, out)
		}
	}
}
