package torture_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	eventbridge "github.com/eventbridge-go/eventbridge"
	"github.com/eventbridge-go/eventbridge/store/boltstore"
)

// TestNothingIsLostDoubledOrOutOfOrderAcrossKills kills a process again and again on
// one file: in the file's creation, in the middle of commits, and at random instants.
// After each kill what is in the file, and what targets were given, is held against
// what was acknowledged. In the end, without faults, everything drains.
func TestNothingIsLostDoubledOrOutOfOrderAcrossKills(t *testing.T) {
	h := &hunt{t: t, dir: t.TempDir(), seed: rand.Uint64(), m: newModel()}
	if s := os.Getenv("TORTURE_SEED"); s != "" {
		fmt.Sscan(s, &h.seed)
	}
	h.rng = rand.New(rand.NewPCG(h.seed, 0))
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("seed %d; everything is kept in %s", h.seed, h.keep())
		}
	})
	if _, err := exec.LookPath("strace"); err == nil {
		h.inCreation(pick(1, 2))
		h.inCommits(pick(9, 60))
	} else {
		t.Log("strace is missing: no kill is aimed")
	}
	h.anywhere(pick(8, 140))
	h.end()
	t.Logf("%d kills: %d in creation, %d in a commit, %d anywhere; %s", h.life, h.creation, h.commit, h.random, h.m)
}

// A hunt is a series of kills.
type hunt struct {
	t                        *testing.T
	dir                      string
	seed                     uint64
	rng                      *rand.Rand
	m                        *model
	life                     int
	creation, commit, random int
}

func (h *hunt) path() string { return filepath.Join(h.dir, "events.db") }

func (h *hunt) keep() string {
	dir, err := os.MkdirTemp("", "torture-kill-")
	if err == nil {
		err = os.CopyFS(dir, os.DirFS(h.dir))
	}
	if err != nil {
		return err.Error()
	}
	return dir
}

// inCreation kills at each system call that makes the file, in the order in which they
// are made. The last two find it under its name already.
func (h *hunt) inCreation(rounds int) {
	points := []struct {
		call string
		when int
	}{{"flock", 1}, {"pwrite64", 1}, {"fdatasync", 1}, {"ftruncate", 1}, {"fsync", 1}, {"pwrite64", 2}, {"fdatasync", 2}, {"pwrite64", 3}, {"fdatasync", 3}, {"linkat", 1}, {"fsync", 2}}
	for round := range rounds {
		for i, p := range points {
			if last := i >= len(points)-2; last && round < rounds-1 || !long && (i+int(h.seed))%3 > 0 && i < len(points)-1 {
				continue
			}
			h.strace(p.call, p.when, "")
			if begun, _ := filepath.Glob(h.path() + ".new-*"); len(begun) > 0 {
				h.creation++
			} else {
				h.commit++
			}
			if _, err := os.Stat(h.path()); err == nil {
				h.check()
			}
		}
	}
}

// inCommits kills at system calls of which every one is part of a commit. Syncs take a
// millisecond longer than they would, so that what was let go too early gets somewhere.
func (h *hunt) inCommits(n int) {
	for i := range n {
		call, when := "pwrite64", 1+h.rng.IntN(40)
		if i%3 == 0 {
			call, when = "fdatasync", 1+h.rng.IntN(12)
		}
		if self := h.strace(call, when, h.path()); self {
			h.random++
		} else {
			h.commit++
		}
		h.check()
	}
}

func (h *hunt) strace(call string, when int, path string) (self bool) {
	args := []string{"-f", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync," + call,
		"-e", fmt.Sprintf("inject=%s:signal=KILL:when=%d", call, when)}
	if path != "" {
		args = append(args, "-P", path)
	}
	if call != "fdatasync" {
		args = append(args, "-e", "inject=fdatasync:delay_exit=1000")
	}
	h.run(args, 0)
	acks, err := os.ReadFile(filepath.Join(h.dir, "acks"))
	require.NoError(h.t, err)
	return bytes.HasSuffix(acks, []byte("self\n"))
}

// anywhere kills after a while.
func (h *hunt) anywhere(n int) {
	for range n {
		h.run(nil, 20*time.Millisecond+time.Duration(h.rng.IntN(200))*time.Millisecond)
		h.random++
		h.check()
	}
}

// run starts the next life and waits until it is killed, by strace or after a time.
func (h *hunt) run(strace []string, after time.Duration) {
	h.t.Helper()
	h.life++
	how := "work"
	if h.life%4 == 3 {
		how = "rekey"
	}
	cmd := child(h.t, "kill", strace, h.dir, fmt.Sprint(h.life), how)
	out := new(bytes.Buffer)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = dieWithParent()
	require.NoError(h.t, cmd.Start())
	if after > 0 {
		time.AfterFunc(after, func() { cmd.Process.Kill() })
	}
	cmd.Wait()
	require.Empty(h.t, straceNoise.ReplaceAllString(out.String(), ""), "life %d", h.life)
}

// straceNoise is what strace itself says when a process dies under its eyes.
var straceNoise = regexp.MustCompile(`(?m)^strace: .*\n`)

// check holds the file and the notes against the model.
func (h *hunt) check() {
	h.t.Helper()
	if h.life%20 == 0 {
		report, err := boltstore.Verify(h.path())
		require.NoError(h.t, err)
		require.Empty(h.t, report.Damage)
	}
	b, err := eventbridge.Open(h.path(), eventbridge.WithLogger(quiet))
	require.NoError(h.t, err, "after life %d", h.life)
	defer b.Close()
	require.NoError(h.t, errors.Join(h.m.readLog(h.t, b), h.m.readAcks(h.dir), h.m.readLetters(h.t, b), h.m.readDeliveries(h.dir, h.life)), "after life %d", h.life)
}

// end lets everything drain.
func (h *hunt) end() {
	h.t.Helper()
	h.life++
	out, err := child(h.t, "kill", nil, h.dir, fmt.Sprint(h.life), "end").CombinedOutput()
	require.NoError(h.t, err, "%s", out)
	h.m.seen = 0 // read all of the log once more
	h.check()
	require.NoError(h.t, h.m.drained())
	h.life-- // that was no kill
}
