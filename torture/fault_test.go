package torture_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	eventbridge "github.com/eventbridge-go/eventbridge"
)

func init() {
	children["faulty"] = func(args []string) error { return faulty(args[0]) }
}

// faulty publishes while its system calls fail, prints what became of each event, and
// looks for itself whether the bus keeps to what it said. A line that begins with
// "odd" is a broken promise.
func faulty(path string) error {
	var mu sync.Mutex
	delivered := map[string]int{}
	forbidden := map[string]bool{} // may not be delivered: not known to be stored
	rule := eventbridge.Rule{Name: "r", Start: eventbridge.FromBeginning(), Concurrency: 2,
		Target: eventbridge.TargetFunc(func(_ context.Context, e eventbridge.Event) error {
			mu.Lock()
			defer mu.Unlock()
			if forbidden[e.ID()] {
				fmt.Println("odd: delivered", e.ID(), "whose outcome is unknown")
			}
			delivered[e.ID()]++
			return nil
		})}
	var stopped atomic.Bool
	hooks := eventbridge.WithHooks(eventbridge.Hooks{Stopped: func(error) { stopped.Store(true) }})
	// Each thread's n-th call fails, so opening may as well.
	open := func() (b *eventbridge.Bus, err error) {
		for range 10 {
			if b, err = eventbridge.Open(path, eventbridge.WithLogger(quiet), eventbridge.WithRules(rule), hooks); err == nil {
				break
			}
			fmt.Println("closed", err)
		}
		return b, err
	}
	b, err := open()
	if err != nil {
		return err
	}
	acked := map[string]bool{}
	there := map[string]bool{} // known to be stored: acknowledged, or seen after a checked reopen
	const events = 8
	for n := range events {
		id := fmt.Sprint("event-", n)
		e := newEvent("/s", id, fmt.Sprint("s", n%3), body{Pad: strings.Repeat("x", n*700)})
		for try := 0; !acked[id]; try++ {
			if try > 20 {
				fmt.Println("odd: it never works again")
				return nil
			}
			err := b.Publish(context.Background(), e)
			switch {
			case err == nil:
				fmt.Println("stored", n)
				acked[id], there[id] = true, true
			case errors.Is(err, eventbridge.ErrOutcomeUnknown), errors.Is(err, eventbridge.ErrStopped):
				fmt.Println(map[bool]string{true: "unknown", false: "stopped"}[errors.Is(err, eventbridge.ErrOutcomeUnknown)], n)
				mu.Lock()
				forbidden[id] = !there[id]
				mu.Unlock()
				afterStop(b, there)
				if !stopped.Load() {
					fmt.Println("odd: nobody was told that the log stopped")
				}
				b.Close()
				mu.Lock()
				clear(forbidden)
				mu.Unlock()
				unknown := errors.Is(err, eventbridge.ErrOutcomeUnknown)
				if b, err = open(); err != nil {
					return err
				}
				ids := listed(b)
				if !unknown && len(ids) != len(there) {
					fmt.Println("odd: of", len(there), "stored and one that was surely not the log has", ids)
				}
				for _, id := range ids {
					there[id] = true
				}
			case errors.Is(err, eventbridge.ErrFull):
				fmt.Println("full", n)
				if ids := listed(b); len(ids) != len(there) {
					fmt.Println("odd: after", err, "the log has", ids)
				}
			default:
				fmt.Println("odd:", err)
			}
		}
		time.Sleep(3 * time.Millisecond) // so that progress is saved on its own, too
	}
	if err := b.WaitIdle(context.Background()); err != nil {
		if !errors.Is(err, eventbridge.ErrStopped) { // a save of progress may be what failed
			fmt.Println("odd: idle:", err)
		}
		b.Close()
		if b, err = open(); err != nil {
			return err
		}
		if err := b.WaitIdle(context.Background()); err != nil {
			fmt.Println("odd: idle:", err)
		}
	}
	if ids := listed(b); len(ids) != events {
		fmt.Println("odd: stored are", ids)
	}
	mu.Lock()
	defer mu.Unlock()
	for id := range acked {
		if delivered[id] == 0 {
			fmt.Println("odd: not delivered:", id)
		}
	}
	return b.Close()
}

// afterStop looks at a bus whose log has stopped.
func afterStop(b *eventbridge.Bus, there map[string]bool) {
	ids := listed(b)
	for _, id := range ids {
		if !there[id] {
			fmt.Println("odd: read", id, "whose outcome is unknown")
		}
	}
	if len(ids) != len(there) {
		fmt.Println("odd: of", len(there), "stored events these can be read:", ids)
	}
	if err := b.Publish(context.Background(), newEvent("/s", "after", "", nil)); !errors.Is(err, eventbridge.ErrStopped) {
		fmt.Println("odd: published after the log stopped:", err)
	}
	if err := b.Healthy(context.Background()); !errors.Is(err, eventbridge.ErrStopped) {
		fmt.Println("odd: healthy after the log stopped:", err)
	}
	if b.Status().Stopped == nil {
		fmt.Println("odd: the status does not say that the log stopped")
	}
	time.Sleep(20 * time.Millisecond) // for a delivery that must not be
}

func listed(b *eventbridge.Bus) (ids []string) {
	for r, err := range b.Events(context.Background(), eventbridge.Query{}) {
		if err != nil {
			fmt.Println("odd: reading:", err)
			return ids
		}
		ids = append(ids, r.Event.ID())
	}
	return ids
}

// TestEachFailingSystemCallEndsStoredNotStoredOrUnknown has the n-th call of a kind
// fail, once or from then on. Nothing unknown is read or delivered before the file was
// closed, checked and opened; publishing the same again stores it once; a full disk is
// no reason to stop.
func TestEachFailingSystemCallEndsStoredNotStoredOrUnknown(t *testing.T) {
	needStrace(t)
	var outcomes sync.Map
	faults := 0
	for _, f := range []struct {
		call, fault string
		upTo, step  int
	}{
		{"fdatasync", "error=EIO", pick(9, 40), 1},
		{"fdatasync", "error=ENOSPC", pick(2, 12), 1},
		{"pwrite64", "error=EIO", pick(13, 80), pick(2, 1)},
		{"pwrite64", "error=ENOSPC", pick(13, 80), pick(2, 1)},
		{"pwrite64", "error=EDQUOT", pick(3, 12), 1},
		{"ftruncate", "error=ENOSPC", 2, 1},
		{"fsync", "error=EIO", 2, 1},
	} {
		for when := 1; when <= f.upTo; when += f.step {
			faults++
			t.Run(fmt.Sprintf("%s %s %d", f.call, f.fault, when), func(t *testing.T) {
				t.Parallel()
				path := filepath.Join(t.TempDir(), "events.db")
				b, err := eventbridge.Open(path)
				require.NoError(t, err)
				require.NoError(t, b.Close())
				cmd := child(t, "faulty", []string{"-f", "-qq", "-o", "/dev/null", "-P", path, "-e", "trace=" + f.call,
					"-e", fmt.Sprintf("inject=%s:%s:when=%d", f.call, f.fault, when)}, path)
				out, err := cmd.CombinedOutput()
				require.NoError(t, err, "%s", out)
				for sc := bufio.NewScanner(bytes.NewReader(out)); sc.Scan(); {
					require.NotContains(t, sc.Text(), "odd", "%s", out)
					outcomes.Store(strings.Fields(sc.Text())[0], true)
				}
			})
		}
	}
	t.Cleanup(func() {
		t.Logf("%d faults", faults)
		for _, want := range []string{"stored", "unknown", "stopped", "full"} {
			if _, seen := outcomes.Load(want); !seen && !t.Failed() {
				t.Errorf("no event ended %q", want)
			}
		}
	})
}

// TestFullDiskRecoversByItself fills a real file system of a few megabytes.
func TestFullDiskRecoversByItself(t *testing.T) {
	dir := t.TempDir()
	if err := mountSmall(dir); err != nil {
		t.Skip("no small file system can be mounted: ", err)
	}
	t.Cleanup(func() { unmount(dir) })
	ballast := filepath.Join(dir, "ballast")
	require.NoError(t, os.WriteFile(ballast, make([]byte, 3<<20), 0o600))
	path := filepath.Join(dir, "events.db")
	r := &recorder{}
	b, err := eventbridge.Open(path, eventbridge.WithLogger(quiet), eventbridge.WithRules(eventbridge.Rule{Name: "r", Target: r}))
	require.NoError(t, err)
	defer func() { b.Close() }()
	pad := strings.Repeat("x", 20_000)
	stored, full := 0, 0
	for n := 0; full < 10; n++ {
		err := b.Publish(t.Context(), newEvent("/s", fmt.Sprint(n), fmt.Sprint(n%5), body{Pad: pad}))
		if err != nil {
			require.ErrorIs(t, err, eventbridge.ErrFull)
			full++
			n--
			continue
		}
		stored++
	}
	require.Positive(t, stored)
	require.NoError(t, b.Status().Stopped)
	require.Len(t, listed(b), stored)
	require.Eventually(t, func() bool { return r.total() == stored }, 10*time.Second, time.Millisecond, "what is stored is delivered though the disk is full")

	require.NoError(t, os.Remove(ballast))
	for n := stored; n < stored+20; n++ {
		require.NoError(t, b.Publish(t.Context(), newEvent("/s", fmt.Sprint(n), fmt.Sprint(n%5), body{Pad: pad})))
	}
	require.NoError(t, b.WaitIdle(t.Context()))
	require.Equal(t, stored+20, r.total())
	require.NoError(t, b.Shutdown(t.Context()))
	b, err = eventbridge.Open(path, eventbridge.WithLogger(quiet), eventbridge.WithRules(eventbridge.Rule{Name: "r", Target: r}))
	require.NoError(t, err)
	require.NoError(t, b.WaitIdle(t.Context()))
	require.Len(t, listed(b), stored+20)
	require.Equal(t, stored+20, r.total(), "after a shutdown in good order nothing is delivered again")
}

// TestLogAtItsLimitGoesOnDelivering reaches WithMaxBytes with everything still owed.
func TestLogAtItsLimitGoesOnDelivering(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.db")
	var down atomic.Bool
	down.Store(true)
	r := &recorder{answer: func(context.Context, eventbridge.Event, eventbridge.Info) error {
		if down.Load() {
			return errDown
		}
		return nil
	}}
	open := func() *eventbridge.Bus {
		b, err := eventbridge.Open(path, eventbridge.WithLogger(quiet), eventbridge.WithMaxBytes(8<<20), eventbridge.WithRules(eventbridge.Rule{Name: "r", Target: r,
			Concurrency: 16, Retry: eventbridge.Retry{Min: time.Millisecond, Max: 50 * time.Millisecond}, Breaker: eventbridge.Breaker{Off: true}}))
		require.NoError(t, err)
		return b
	}
	b := open()
	stored := 0
	for ; ; stored++ {
		err := b.Publish(t.Context(), newEvent("/s", fmt.Sprint(stored), fmt.Sprint(stored%100), body{Pad: strings.Repeat("x", 1000)}))
		if err != nil {
			require.ErrorIs(t, err, eventbridge.ErrFull)
			break
		}
	}
	require.Greater(t, stored, 1000)
	require.NoError(t, b.Publish(t.Context(), newEvent("/s", "0", "0", body{Pad: strings.Repeat("x", 1000)})), "a duplicate takes no room")
	down.Store(false)
	require.NoError(t, b.WaitIdle(t.Context()))
	require.Equal(t, stored, r.total())
	require.NoError(t, b.Status().Stopped)
	require.NoError(t, b.Shutdown(t.Context()))
	b = open()
	defer b.Close()
	require.NoError(t, b.WaitIdle(t.Context()))
	require.Equal(t, stored, r.total())
	require.Len(t, listed(b), stored)
}

// TestLogAtItsLimitDrainsAnyBacklog has more held back, when the log reaches its limit,
// than the reserve has room for in rows.
func TestLogAtItsLimitDrainsAnyBacklog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.db")
	var down atomic.Bool
	down.Store(true)
	r := &recorder{answer: func(_ context.Context, e eventbridge.Event, _ eventbridge.Info) error {
		if down.Load() && e.Subject() == "held" {
			return errDown
		}
		return nil
	}}
	b, err := eventbridge.Open(path, eventbridge.WithLogger(quiet), eventbridge.WithMaxBytes(8<<20), eventbridge.WithRules(eventbridge.Rule{Name: "r", Target: r,
		Retry: eventbridge.Retry{Min: time.Millisecond, Max: 50 * time.Millisecond}, Breaker: eventbridge.Breaker{Off: true}}))
	require.NoError(t, err)
	defer b.Close()
	require.NoError(t, b.Pause("r"))
	stored := 0
	for err == nil {
		var all []eventbridge.Event
		for i := range 100 {
			all = append(all, newEvent("/s", fmt.Sprint(stored+i), []string{"held", "flows"}[i%2], nil))
		}
		if err = b.Publish(t.Context(), all...); err == nil {
			stored += len(all)
		}
	}
	require.ErrorIs(t, err, eventbridge.ErrFull)
	require.NoError(t, b.Resume("r"))
	time.Sleep(2 * time.Second)
	t.Logf("%d events stored; %+v", stored, b.Status().Rules[0])
	flowed := len(r.of("flows"))
	down.Store(false)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	err = b.WaitIdle(ctx)
	t.Logf("%+v", b.Status().Rules[0])
	require.NoError(t, err)
	requireAscending(t, r.of("held"), stored/2)
	// At the limit what is held stays in the log, so others may wait behind it; they do
	// not wait for ever.
	require.LessOrEqual(t, flowed, stored/2)
	requireAscending(t, r.of("flows"), stored/2)
}
