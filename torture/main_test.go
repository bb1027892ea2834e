package torture_test

import (
	"fmt"
	"os"
	"os/exec"
	"testing"

	eventbridge "github.com/eventbridge-go/eventbridge"
)

// long says that the tests are to run for as long as it takes to trust them.
var long = os.Getenv("TORTURE") != ""

// pick returns a number for the short run, or for the long one.
func pick(short, full int) int {
	if long {
		return full
	}
	return short
}

// children are the programs that this test binary is when a test starts it again.
var children = map[string]func(args []string) error{}

const childEnv = "TORTURE_CHILD"

func TestMain(m *testing.M) {
	name := os.Getenv(childEnv)
	if name == "" {
		os.Exit(m.Run())
	}
	if err := children[name](os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, name+":", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// child is this binary as one of the children, under strace with the given arguments
// if there are any.
func child(t *testing.T, name string, strace []string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	line := append([]string{self}, args...)
	if len(strace) > 0 {
		line = append(append([]string{"strace"}, strace...), line...)
	}
	cmd := exec.Command(line[0], line[1:]...)
	cmd.Env = append(os.Environ(), childEnv+"="+name, "GOMAXPROCS=2")
	return cmd
}

func needStrace(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("strace"); err != nil {
		t.Skip("strace is missing: system calls can't be watched or made to fail")
	}
}

// newEvent is an event that is the same each time it is made.
func newEvent(source, id, subject string, data any) eventbridge.Event {
	e, err := eventbridge.NewEvent("torture.made", subject, data)
	if err != nil {
		panic(err)
	}
	e.SetID(id)
	e.SetSource(source)
	e.SetTime(epoch)
	return e
}
