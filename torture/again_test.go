package torture_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	eventbridge "github.com/eventbridge-go/eventbridge"
	"github.com/eventbridge-go/eventbridge/store"
)

// TestPublishingAgainAfterAnyErrorStoresOnce has commits end in every way they can,
// and publishers that try again until they succeed, and once more after that: over
// crashes, clean ends and hours of time.
func TestPublishingAgainAfterAnyErrorStoresOnce(t *testing.T) {
	onEveryDisk(t, func(t *testing.T, d *disk) {
		for seed := range uint64(pick(20, 1000)) {
			synctest.Test(t, func(t *testing.T) { publishAgain(t, d, seed) })
		}
	})
}

func publishAgain(t *testing.T, d *disk, seed uint64) {
	rng := rand.New(rand.NewPCG(seed, 3))
	outcomes := map[string]int{}
	r := &recorder{}
	rule := eventbridge.Rule{Name: "r", Target: r, Start: eventbridge.FromBeginning()}
	open := func() *eventbridge.Bus {
		d.faults(nil)
		b := d.bus(t)
		require.NoError(t, b.AddRule(rule))
		d.faults(func(b *store.Batch) (bool, error) {
			if len(b.Appends) == 0 || rng.IntN(3) > 0 {
				return true, nil
			}
			switch rng.IntN(4) {
			case 0:
				return true, store.ErrOutcomeUnknown
			case 1:
				return false, store.ErrOutcomeUnknown
			case 2:
				return false, store.ErrStopped
			}
			return false, store.ErrFull
		})
		return b
	}
	b := open()
	source := fmt.Sprint("/", seed)
	acked := map[string]bool{}
	for n := range 40 {
		var all []eventbridge.Event
		for i := range 1 + rng.IntN(3) {
			all = append(all, newEvent(source, fmt.Sprint(n, "-", i), fmt.Sprint(n%3), body{Account: fmt.Sprint(n)}))
		}
		for again := 1 + rng.IntN(2); again > 0; {
			ctx, cancel := context.WithCancel(t.Context())
			if rng.IntN(10) == 0 {
				cancel()
			}
			err := b.Publish(ctx, all...)
			cancel()
			switch {
			case err == nil:
				outcomes["stored"]++
				again--
				for _, e := range all {
					acked[e.ID()] = true
				}
			case errors.Is(err, eventbridge.ErrOutcomeUnknown), errors.Is(err, eventbridge.ErrStopped):
				outcomes["stopped"]++
				if rng.IntN(2) == 0 {
					d.crash()
				} else {
					b.Close()
				}
				b = open()
			case errors.Is(err, eventbridge.ErrFull):
				outcomes["full"]++
			default:
				require.ErrorIs(t, err, context.Canceled)
				outcomes["cancelled"]++
			}
			time.Sleep(time.Duration(rng.IntN(7)) * time.Hour / 10)
		}
		if rng.IntN(8) == 0 {
			other := newEvent(source, all[0].ID(), "", body{Account: "other"})
			d.faults(nil)
			require.ErrorIs(t, b.Publish(t.Context(), other), eventbridge.ErrConflict)
		}
	}
	d.faults(nil)
	require.NoError(t, b.WaitIdle(t.Context()))
	stored := map[string]int{}
	for rec, err := range b.Events(t.Context(), eventbridge.Query{Source: source}) {
		require.NoError(t, err)
		stored[rec.Event.ID()]++
	}
	require.Len(t, stored, len(acked), "%v", outcomes)
	for id, n := range stored {
		require.Equal(t, 1, n, "%s is stored twice; %v", id, outcomes)
	}
	require.NoError(t, b.Close())
}

// TestDedupWindowIsClosedAtItsFarEnd publishes again just within the window, and at
// its edge, with a restart between.
func TestDedupWindowIsClosedAtItsFarEnd(t *testing.T) {
	onEveryDisk(t, func(t *testing.T, d *disk) {
		synctest.Test(t, func(t *testing.T) {
			b := d.bus(t)
			e := newEvent("/s", "1", "a", nil)
			require.NoError(t, b.Publish(t.Context(), e))
			time.Sleep(24*time.Hour - time.Nanosecond)
			d.crash()
			b = d.bus(t)
			require.NoError(t, b.Publish(t.Context(), e))
			require.Equal(t, []string{"1"}, ids(t, b))
			time.Sleep(time.Nanosecond)
			require.NoError(t, b.Publish(t.Context(), e))
			require.Equal(t, []string{"1", "1"}, ids(t, b))
		})
	})
}

func ids(t *testing.T, b *eventbridge.Bus) (all []string) {
	t.Helper()
	for r, err := range b.Events(t.Context(), eventbridge.Query{}) {
		require.NoError(t, err)
		all = append(all, r.Event.ID())
	}
	return all
}

// TestClockThatWentBackDelaysNothing writes a log for three days and opens it on a
// machine whose clock is three days behind: every bubble begins at the same instant.
func TestClockThatWentBackDelaysNothing(t *testing.T) {
	d := fileDisk(t)
	e := newEvent("/s", "2", "a", nil)
	synctest.Test(t, func(t *testing.T) {
		b := d.bus(t)
		down := &recorder{answer: func(context.Context, eventbridge.Event, eventbridge.Info) error { return errDown }}
		require.NoError(t, b.AddRule(eventbridge.Rule{Name: "r", Target: down, Retry: eventbridge.Retry{Min: time.Minute, Max: time.Minute}}))
		publish(t, b, "/s", "a", 1)
		time.Sleep(72 * time.Hour)
		publish(t, b, "/t", "b", 3)
		require.NoError(t, b.Publish(t.Context(), e))
		time.Sleep(time.Second)
		require.NoError(t, b.Shutdown(t.Context()))
	})
	synctest.Test(t, func(t *testing.T) {
		b := d.bus(t)
		up := &recorder{}
		require.NoError(t, b.Publish(t.Context(), e))
		require.Len(t, ids(t, b), 3, "a duplicate, whatever the clock says")
		require.NoError(t, b.AddRule(eventbridge.Rule{Name: "r", Target: up, Retry: eventbridge.Retry{Min: time.Minute, Max: time.Minute}}))
		time.Sleep(2 * time.Minute)
		require.Equal(t, []string{"2"}, up.of("a"), "1 died of age")
		require.Equal(t, []string{"3"}, up.of("b"))
		var received []time.Time
		require.NoError(t, b.Publish(t.Context(), newEvent("/s", "4", "a", nil)))
		for r, err := range b.Events(t.Context(), eventbridge.Query{}) {
			require.NoError(t, err)
			received = append(received, r.Received)
		}
		require.True(t, slices.IsSortedFunc(received, time.Time.Compare), "%v", received)
		require.NoError(t, b.WaitIdle(t.Context()))
		require.NoError(t, b.Close())
	})
	synctest.Test(t, func(t *testing.T) { // and a forward jump looks like time that has passed
		time.Sleep(24 * 30 * time.Hour)
		b := d.bus(t)
		require.NoError(t, b.Publish(t.Context(), e))
		require.Len(t, ids(t, b), 5)
		require.NoError(t, b.Close())
	})
}
