package torture_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	eventbridge "github.com/eventbridge-go/eventbridge"
)

func init() {
	children["acknowledge"] = func(args []string) error { return acknowledge(args[0]) }
}

// acknowledge publishes one event after the other, then several at once, and notes each
// when it is acknowledged. A rule is at work beside it.
func acknowledge(dir string) error {
	acks, err := openNote(dir, "acks")
	if err != nil {
		return err
	}
	b, err := eventbridge.Open(filepath.Join(dir, "events.db"), eventbridge.WithLogger(quiet),
		eventbridge.WithRules(eventbridge.Rule{Name: "r", Target: &recorder{}}))
	if err != nil {
		return err
	}
	publish := func(n int) {
		id := fmt.Sprintf("event-%04d", n)
		if err := b.Publish(context.Background(), newEvent("/s", id, "a", nil)); err != nil {
			panic(err)
		}
		note(acks, "ack-%04d", n)
	}
	for n := range 10 {
		publish(n)
	}
	var wg sync.WaitGroup
	for p := range 5 {
		wg.Go(func() {
			for n := range 4 {
				publish(10 + p*4 + n)
			}
		})
	}
	wg.Wait()
	return b.Close()
}

// TestEachEventIsSyncedBeforeItIsAcknowledged watches the system calls of a process
// that publishes: from the write that has the event in it to the line that notes its
// acknowledgement, its pages were synced, then a meta page written, then that synced.
func TestEachEventIsSyncedBeforeItIsAcknowledged(t *testing.T) {
	needStrace(t)
	dir := t.TempDir()
	trace := filepath.Join(dir, "trace")
	out, err := child(t, "acknowledge", []string{"-f", "-y", "-qq", "-s", "1000000", "-o", trace,
		"-e", "trace=pwrite64,fdatasync,fsync,write"}, dir).CombinedOutput()
	require.NoError(t, err, "%s", out)
	text, err := os.ReadFile(trace)
	require.NoError(t, err)
	calls := parseTrace(string(text), "events.db>")
	acks := 0
	for i, c := range calls {
		ack := ackLine.FindStringSubmatch(c.text)
		if ack == nil || !c.begins {
			continue
		}
		acks++
		require.NoError(t, syncedBefore(calls[:i], "event-"+ack[1]), "event %s", ack[1])
	}
	require.Equal(t, 30, acks)
}

var ackLine = regexp.MustCompile(`^write\(.*acks>, "ack-(\d+)`)

// A call is the begin or the end of a system call, or both.
type call struct {
	text         string // as strace shows it
	begins, ends bool
	file         bool // it is about the log
}

var (
	pidOf   = regexp.MustCompile(`^(\d+) +`)
	resumed = regexp.MustCompile(`^<\.\.\. \w+ resumed>`)
)

// parseTrace joins the two halves of interrupted lines: the end of a call has the text
// of its begin.
func parseTrace(text, file string) (calls []call) {
	begun := map[string]string{}
	for line := range strings.Lines(text) {
		pid := pidOf.FindString(line)
		line = strings.TrimSpace(strings.TrimPrefix(line, pid))
		c := call{text: line, begins: true, ends: true}
		begin, unfinished := strings.CutSuffix(line, " <unfinished ...>")
		switch {
		case unfinished:
			begun[pid], c.ends = begin, false
		case resumed.MatchString(line):
			c.begins, c.text = false, begun[pid]+resumed.ReplaceAllString(line, "")
		}
		c.file = strings.Contains(c.text, file)
		calls = append(calls, c)
	}
	return calls
}

// syncedBefore looks, in the calls before an acknowledgement, for the write of an
// event, and then for what must follow it.
func syncedBefore(calls []call, event string) error {
	step := 0
	steps := []string{"written", "synced", "put into force by a meta page", "synced with that"}
	began := false // the sync that counts began after what it is to sync had ended
	for _, c := range calls {
		if !c.file {
			continue
		}
		isSync := strings.HasPrefix(c.text, "fdatasync") || strings.HasPrefix(c.text, "fsync")
		switch {
		case step == 0 && c.ends && strings.HasPrefix(c.text, "pwrite64") && strings.Contains(c.text, event):
			step = 1
		case (step == 1 || step == 3) && isSync:
			began = began || c.begins
			if began && c.ends && regexp.MustCompile(`\) += 0$`).MatchString(c.text) {
				step, began = step+1, false
			}
		case step == 2 && c.ends && isMeta(c.text):
			step = 3
		}
	}
	if step < len(steps) {
		return fmt.Errorf("it was acknowledged before it was %s", steps[step])
	}
	return nil
}

var offset = regexp.MustCompile(`, 4096, (\d+)\) += 4096$`)

// isMeta says whether a call wrote one of the first two pages.
func isMeta(text string) bool {
	m := offset.FindStringSubmatch(text)
	if m == nil || !strings.HasPrefix(text, "pwrite64") {
		return false
	}
	at, err := strconv.Atoi(m[1])
	return err == nil && at < 8192
}

// TestTraceJoinsInterruptedCalls: a call that another thread's line cut in two reads as
// one that was not.
func TestTraceJoinsInterruptedCalls(t *testing.T) {
	calls := parseTrace(`7 pwrite64(5</d/events.db>, "event-0013", 4096, 4096 <unfinished ...>
8 write(6</d/acks>, "ack-0012\n", 9) = 9
7 <... pwrite64 resumed>)               = 4096
`, "events.db>")
	require.Len(t, calls, 3)
	require.False(t, isMeta(calls[0].text), "it has not ended")
	require.False(t, calls[1].file)
	require.True(t, calls[2].ends && isMeta(calls[2].text), calls[2].text)
}
