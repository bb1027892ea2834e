package eventbridge_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	eventbridge "github.com/eventbridge-go/eventbridge"
)

type SignedUp struct{ Email string }

func (SignedUp) EventType() string      { return "user.signed_up" }
func (u SignedUp) EventSubject() string { return u.Email }

func TestSmokeMemory(t *testing.T) {
	bus, err := eventbridge.New()
	require.NoError(t, err)
	var mu sync.Mutex
	var got []string
	require.NoError(t, eventbridge.On(bus, "welcome", func(ctx context.Context, u SignedUp) error {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, u.Email)
		return nil
	}))
	require.NoError(t, eventbridge.Emit(t.Context(), bus, SignedUp{"a"}, SignedUp{"b"}))
	require.NoError(t, bus.WaitIdle(t.Context()))
	require.Equal(t, []string{"a", "b"}, got)
	require.NoError(t, bus.Shutdown(t.Context()))
}

func TestSmokeFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "e.db")
	bus, err := eventbridge.Open(path)
	require.NoError(t, err)
	require.NoError(t, eventbridge.Emit(t.Context(), bus, SignedUp{"a"}, SignedUp{"b"}))
	require.NoError(t, bus.Shutdown(t.Context()))
	bus, err = eventbridge.Open(path)
	require.NoError(t, err)
	n := 0
	for rec, err := range bus.Events(t.Context(), eventbridge.Query{}) {
		require.NoError(t, err)
		n++
		require.Equal(t, "user.signed_up", rec.Event.Type())
	}
	require.Equal(t, 2, n)
	r := eventbridge.RuleFor("welcome", func(ctx context.Context, u SignedUp) error { return nil })
	r.Start = eventbridge.FromBeginning()
	require.NoError(t, bus.AddRule(r))
	require.NoError(t, bus.WaitIdle(t.Context()))
	require.EqualValues(t, 2, bus.Status().Rules[0].Delivered)
	require.NoError(t, bus.Close())
}

func TestSmokeRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus, err := eventbridge.New()
		require.NoError(t, err)
		r := eventbridge.RuleFor("crm", func(ctx context.Context, u SignedUp) error { return errors.New("503") })
		require.NoError(t, bus.AddRule(r))
		began := time.Now()
		require.NoError(t, eventbridge.Emit(t.Context(), bus, SignedUp{"a"}, SignedUp{"a"}))
		require.NoError(t, bus.WaitIdle(t.Context()))
		t.Log(time.Since(began), bus.Status().Rules[0])
		n := 0
		for d, err := range bus.DeadLetters(t.Context(), eventbridge.DeadLetterQuery{Rule: "crm"}) {
			require.NoError(t, err)
			t.Log(d.ID, d.Reason, d.Attempts, d.Last.Sub(d.First))
			n++
		}
		require.Equal(t, 2, n)
		require.NoError(t, bus.Close())
	})
}
