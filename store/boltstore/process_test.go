package boltstore

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventbridge-go/eventbridge/store"
)

// The test binary is also the program that is killed, or whose system calls fail.
func TestMain(m *testing.M) {
	switch os.Getenv("BOLTSTORE_CHILD") {
	case "":
		os.Exit(m.Run())
	case "commit":
		runtime.LockOSThread() // strace counts system calls per thread
		childCommits(os.Args[1])
	case "create":
		runtime.LockOSThread()
		childCreates(os.Args[1], os.Args[2])
	}
	os.Exit(0)
}

// childCommits commits batches up to 6 and prints what became of each.
func childCommits(path string) {
	s, err := Open(path, Options{})
	if err != nil {
		fmt.Println("open", err)
		return
	}
	good := int(s.State().Head)
	for n := good + 1; n <= 6; n++ {
		switch err := s.Commit(batchOf(n)); {
		case err == nil:
			fmt.Println("stored", n)
			good = n
		case errors.Is(err, store.ErrOutcomeUnknown):
			fmt.Println("unknown", n)
		case errors.Is(err, store.ErrFull), errors.Is(err, store.ErrStopped):
			fmt.Println("not stored", n)
		default:
			fmt.Println("odd", err)
		}
		if err := shows(s, good); err != nil {
			fmt.Println("odd", err)
		}
		if good < n {
			break
		}
	}
	if err := s.Close(); err != nil {
		fmt.Println("close", err)
	}
}

// childCreates opens a log, making it if need be, until it has it for itself, and
// commits an event of its own name.
func childCreates(path, name string) {
	for {
		s, err := Open(path, Options{})
		if errors.Is(err, store.ErrLocked) {
			continue
		}
		if err != nil {
			fmt.Println("odd", err)
			return
		}
		b := batchOf(1)
		b.Appends[0].Events[0] = newEvent("/s", name, "", name)
		err = errors.Join(s.Commit(b), b.Appends[0].Err, s.Close())
		fmt.Println("stored", name, err)
		return
	}
}

func child(t *testing.T, mode string, strace []string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	line := append(append([]string{}, strace...), append([]string{self}, args...)...)
	cmd := exec.Command(line[0], line[1:]...)
	cmd.Env = append(os.Environ(), "BOLTSTORE_CHILD="+mode, "GOMAXPROCS=2")
	return cmd
}

func needStrace(t *testing.T) {
	if _, err := exec.LookPath("strace"); err != nil {
		t.Skip("strace is missing: real system calls can't be made to fail")
	}
}

// TestEachFailingSystemCallEndsStoredNotStoredOrUnknown makes the n-th call of a kind
// fail in a process that commits, and compares what it said with what is in the file.
func TestEachFailingSystemCallEndsStoredNotStoredOrUnknown(t *testing.T) {
	needStrace(t)
	var outcomes sync.Map
	for _, call := range []struct {
		name, fault string
		upTo        int
	}{
		{"fdatasync", "error=EIO", 6},
		{"pwrite64", "error=EIO", 9},
		{"pwrite64", "error=ENOSPC", 6},
		{"fsync", "error=EIO", 1},
		{"ftruncate", "error=ENOSPC", 1},
		{"pwrite64", "signal=KILL", 8},
		{"fdatasync", "signal=KILL", 4},
	} {
		for when := 1; when <= call.upTo; when++ {
			t.Run(fmt.Sprintf("%s %s %d", call.name, call.fault, when), func(t *testing.T) {
				t.Parallel()
				path := filepath.Join(t.TempDir(), "log")
				begun := openTest(t, path, Options{})
				require.NoError(t, begun.Commit(batchOf(1)))
				require.NoError(t, begun.Close())
				cmd := child(t, "commit", []string{"strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=" + call.name,
					"-e", fmt.Sprintf("inject=%s:%s:when=%d", call.name, call.fault, when)}, path)
				out, _ := cmd.CombinedOutput()
				stored, unknown := 1, false
				for sc := bufio.NewScanner(bytes.NewReader(out)); sc.Scan(); {
					outcomes.Store(strings.TrimRight(sc.Text(), " 0123456789"), true)
					switch n := 0; {
					case scan(sc.Text(), "stored %d", &n):
						stored = n
					case scan(sc.Text(), "unknown %d", &n):
						unknown = true
					case scan(sc.Text(), "not stored %d", &n):
					default:
						t.Fatalf("%s", out)
					}
				}
				s := openTest(t, path, Options{})
				head := int(s.State().Head)
				if killed := strings.HasPrefix(call.fault, "signal"); head != stored && !(head == stored+1 && (unknown || killed)) {
					t.Fatalf("the file ends at %d; the process said:\n%s", head, out)
				}
				requireShows(t, s, head)
				require.NoError(t, s.Commit(batchOf(head+1)))
				requireShows(t, s, head+1)
			})
		}
	}
	t.Cleanup(func() {
		for _, want := range []string{"stored", "unknown", "not stored"} {
			if _, seen := outcomes.Load(want); !seen && !t.Failed() {
				t.Errorf("no call ended in %q", want)
			}
		}
	})
}

func scan(line, format string, n *int) bool {
	_, err := fmt.Sscanf(line, format, n)
	return err == nil
}

// TestCreationCutAtAnyInstantLeavesWhatCanBeOpened kills a process at its first,
// second … call of each kind that creation makes.
func TestCreationCutAtAnyInstantLeavesWhatCanBeOpened(t *testing.T) {
	needStrace(t)
	for _, call := range []struct {
		name string
		upTo int
	}{{"pwrite64", 5}, {"fdatasync", 3}, {"linkat", 1}, {"fsync", 2}, {"unlinkat", 2}, {"openat", 3}, {"flock", 4}} {
		for when := 1; when <= call.upTo; when++ {
			t.Run(fmt.Sprintf("%s %d", call.name, when), func(t *testing.T) {
				t.Parallel()
				path := filepath.Join(t.TempDir(), "log")
				filter := "trace=" + call.name
				cmd := child(t, "create", []string{"strace", "-f", "-qq", "-o", "/dev/null", "-P", filepath.Dir(path), "-P", path, "-e", filter,
					"-e", fmt.Sprintf("inject=%s:signal=KILL:when=%d", call.name, when)}, path, "child")
				out, _ := cmd.CombinedOutput()
				s := openTest(t, path, Options{})
				if strings.Contains(string(out), "stored") {
					require.EqualValues(t, 1, s.State().Head)
				}
				require.LessOrEqual(t, int(s.State().Head), 1)
				require.NoError(t, s.Commit(batchOf(7)))
				names, err := os.ReadDir(filepath.Dir(path))
				require.NoError(t, err)
				require.Len(t, names, 1, "something is left over")
			})
		}
	}
}

func TestProcessesThatCreateOneLogAtOnceLoseNothing(t *testing.T) {
	for round := range 4 {
		path := filepath.Join(t.TempDir(), "log")
		var all []*exec.Cmd
		var outputs []*bytes.Buffer
		for i := range 4 {
			cmd := child(t, "create", nil, path, fmt.Sprint("child ", i))
			out := new(bytes.Buffer)
			cmd.Stdout, cmd.Stderr = out, out
			require.NoError(t, cmd.Start())
			all, outputs = append(all, cmd), append(outputs, out)
		}
		for i, cmd := range all {
			require.NoError(t, cmd.Wait())
			require.Equal(t, fmt.Sprintf("stored child %d <nil>\n", i), outputs[i].String(), "round %d", round)
		}
		s := openTest(t, path, Options{})
		require.EqualValues(t, 4, s.State().Head)
		names, err := os.ReadDir(filepath.Dir(path))
		require.NoError(t, err)
		require.Len(t, names, 1)
	}
}

// TestFileThatMayNotBeWrittenIsAClearError opens a file as somebody who may only read.
func TestFileThatMayNotBeWrittenIsAClearError(t *testing.T) {
	path, _ := madeLog(t)
	require.NoError(t, os.Chmod(path, 0o444))
	before, err := os.ReadFile(path)
	require.NoError(t, err)
	if os.Getuid() != 0 {
		_, err = Open(path, Options{})
		require.ErrorIs(t, err, os.ErrPermission)
		require.ErrorContains(t, err, path)
		return
	}
	needStrace(t) // nothing stops root: the call is made to fail
	cmd := child(t, "commit", []string{"strace", "-f", "-qq", "-o", "/dev/null", "-P", path, "-e", "trace=openat", "-e", "inject=openat:error=EROFS"}, path)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err)
	require.Equal(t, fmt.Sprintf("open open %s: read-only file system\n", path), string(out))
	after, err := os.ReadFile(path)
	require.NoError(t, err)
	require.True(t, bytes.Equal(before, after))
}
