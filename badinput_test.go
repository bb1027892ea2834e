package eventbridge_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/stretchr/testify/require"

	eventbridge "github.com/eventbridge-go/eventbridge"
	"github.com/eventbridge-go/eventbridge/filter"
	"github.com/eventbridge-go/eventbridge/transform"
)

// 9. Bad input gets a clear error at the door, with the place in it, and changes
// nothing.
func TestBadEventIsRefusedWithItsPlace(t *testing.T) {
	with := func(change func(*eventbridge.Event)) eventbridge.Event {
		e, err := eventbridge.EventOf(placed{"7", 1})
		require.NoError(t, err)
		change(&e)
		return e
	}
	for name, c := range map[string]struct {
		e    eventbridge.Event
		is   error
		says string
	}{
		"the SDK's zero event": {eventbridge.Event{}, eventbridge.ErrInvalidEvent, "zero Event"},
		"specversion 0.3":      {event.New("0.3"), eventbridge.ErrInvalidEvent, `specversion: "0.3" is not "1.0"`},
		"no type":              {with(func(e *eventbridge.Event) { e.Context.(*event.EventContextV1).Type = "" }), eventbridge.ErrInvalidEvent, "type"},
		"control character":    {with(func(e *eventbridge.Event) { e.SetID("a\r\nX: 1") }), eventbridge.ErrInvalidEvent, "id"},
		"bad extension name": {with(func(e *eventbridge.Event) {
			e.Context.(*event.EventContextV1).Extensions = map[string]any{"no-dash": "x"}
		}), eventbridge.ErrInvalidEvent, "no-dash"},
		"extension type": {with(func(e *eventbridge.Event) {
			e.Context.(*event.EventContextV1).Extensions = map[string]any{"x": struct{}{}}
		}), eventbridge.ErrInvalidEvent, "x"},
		"undecodable data": {with(func(e *eventbridge.Event) { e.DataEncoded = []byte(`{"a": }`) }), eventbridge.ErrInvalidEvent, "6"},
		"invalid UTF-8":    {with(func(e *eventbridge.Event) { e.DataEncoded = []byte("\"\xff\"") }), eventbridge.ErrInvalidEvent, "data"},
		"too deep":         {with(func(e *eventbridge.Event) { e.DataEncoded = bytes.Repeat([]byte("["), 3_000_000) }), eventbridge.ErrInvalidEvent, "data"},
		"too large":        {with(func(e *eventbridge.Event) { e.DataEncoded = []byte(`"` + strings.Repeat("x", 2<<20) + `"`) }), eventbridge.ErrTooLarge, "1048576 are allowed"},
		"bad hops":         {with(func(e *eventbridge.Event) { e.SetExtension("hops", "many") }), eventbridge.ErrInvalidEvent, "hops"},
		"too many hops":    {with(func(e *eventbridge.Event) { e.SetExtension("hops", 32) }), eventbridge.ErrLoop, "33 hops"},
	} {
		t.Run(name, func(t *testing.T) {
			b := ended(t)(eventbridge.New())
			good, err := eventbridge.EventOf(placed{"7", 1})
			require.NoError(t, err)
			err = b.Publish(t.Context(), good, c.e)
			require.ErrorIs(t, err, c.is)
			require.ErrorContains(t, err, "event 1: ")
			require.ErrorContains(t, err, c.says)
			require.Empty(t, logged(t, b, eventbridge.Query{}))
			t.Log(err)
		})
	}
}

func TestBadRuleIsRefusedWithEveryFault(t *testing.T) {
	b := ended(t)(eventbridge.New())
	var nobody eventbridge.TargetFunc
	err := b.AddRule(eventbridge.Rule{Name: "no spaces", Target: nobody, Concurrency: -1, Timeout: -1,
		Retry: eventbridge.Retry{Min: 2, Max: 1}, Order: eventbridge.OrderBy("data"), Breaker: eventbridge.Breaker{Failures: -1}})
	require.ErrorIs(t, err, eventbridge.ErrInvalidRule)
	for _, fault := range []string{"Name: ", "Target: it is nil", "Concurrency: -1", "Timeout: ", "Retry: its Max 1ns is less than Min 2ns", "Order: ", "Breaker: "} {
		require.ErrorContains(t, err, fault)
	}
	require.ErrorIs(t, b.AddRule(eventbridge.Rule{Name: strings.Repeat("x", 129), Target: &heard{}}), eventbridge.ErrInvalidRule)
	require.NoError(t, b.AddRule(eventbridge.Rule{Name: "r", Target: &heard{}}))
	require.ErrorIs(t, b.AddRule(eventbridge.Rule{Name: "r", Target: &heard{}}), eventbridge.ErrRuleExists)
	require.Len(t, b.Status().Rules, 1)
	_, err = eventbridge.New(eventbridge.WithRules(eventbridge.Rule{Name: "x"}))
	require.ErrorIs(t, err, eventbridge.ErrInvalidRule)
}

func TestBadPatternTemplateAndPathSayWhere(t *testing.T) {
	_, err := filter.Pattern(`{"type": "x", "data": {"a": []}}`)
	require.ErrorContains(t, err, "/type")
	require.ErrorContains(t, err, "/data/a")
	_, err = transform.Template(`{"a": <b>}`, nil)
	require.ErrorContains(t, err, "b")
	_, err = transform.Path("$.data[")
	require.Error(t, err)
}

func TestUnhandledTargetsHurtNobody(t *testing.T) {
	onEveryStore(t, func(t *testing.T, m maker) {
		b := m.open(t)
		deliver := map[string]eventbridge.TargetFunc{
			"panics": func(context.Context, eventbridge.Event) error { panic("on purpose") },
			"exits":  func(context.Context, eventbridge.Event) error { runtime.Goexit(); return nil },
			"late":   func(ctx context.Context, _ eventbridge.Event) error { <-ctx.Done(); return ctx.Err() },
		}
		for name, f := range deliver {
			require.NoError(t, b.AddRule(eventbridge.Rule{Name: name, Target: f, Timeout: time.Second, Retry: eventbridge.Retry{Attempts: 3}}))
		}
		require.NoError(t, b.AddRule(eventbridge.Rule{Name: "filter", Target: &heard{}, Filter: filter.Func(func(event.Event) (bool, error) { return false, errors.New("no idea") })}))
		require.NoError(t, b.AddRule(eventbridge.Rule{Name: "transform", Target: &heard{}, Transform: transform.Func(func(event.Event) (event.Event, error) { panic("cannot") })}))
		h := &heard{}
		require.NoError(t, b.AddRule(eventbridge.Rule{Name: "good", Target: h}))
		emit(t, b, placed{"a", 1}, placed{"b", 2}, placed{"a", 3})
		require.NoError(t, b.WaitIdle(t.Context()))
		require.Equal(t, 3, h.total())
		says := map[string]string{"panics": "on purpose", "exits": "runtime.Goexit", "late": "deadline exceeded", "filter": "no idea", "transform": "cannot"}
		reasons := map[string]eventbridge.Reason{"filter": eventbridge.ReasonFilter, "transform": eventbridge.ReasonTransform}
		for name, text := range says {
			dead := letters(t, b, eventbridge.DeadLetterQuery{Rule: name})
			require.Len(t, dead, 3, name)
			require.Contains(t, dead[0].Error, text)
			if reasons[name] != "" {
				require.Equal(t, reasons[name], dead[0].Reason)
			} else {
				require.Equal(t, 3, dead[0].Attempts)
			}
		}
	})
}

func TestNeverReturningTargetIsNamedByShutdown(t *testing.T) {
	onEveryStore(t, func(t *testing.T, m maker) {
		b := m.open(t)
		release := make(chan struct{})
		defer close(release)
		require.NoError(t, b.AddRule(eventbridge.Rule{Name: "stubborn", Target: eventbridge.TargetFunc(func(context.Context, eventbridge.Event) error { <-release; return nil })}))
		emit(t, b, placed{"a", 1})
		time.Sleep(time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		began := time.Now()
		err := b.Shutdown(ctx)
		var still *eventbridge.StillRunning
		require.ErrorAs(t, err, &still)
		require.Equal(t, []string{"stubborn"}, still.Rules)
		require.Equal(t, time.Minute+time.Second, time.Since(began))
	})
}

func TestCancelledPublishStoresNothing(t *testing.T) {
	b := ended(t)(eventbridge.New())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, eventbridge.Emit(ctx, b, placed{"a", 1}), context.Canceled)
	require.Empty(t, logged(t, b, eventbridge.Query{}))
}

func TestClosedBusRefusesEverything(t *testing.T) {
	onEveryStore(t, func(t *testing.T, m maker) {
		b := m.open(t)
		require.NoError(t, b.AddRule(eventbridge.Rule{Name: "r", Target: &heard{}}))
		require.NoError(t, b.Close())
		require.NoError(t, b.Close())
		ctx := t.Context()
		require.ErrorIs(t, eventbridge.Emit(ctx, b, placed{"a", 1}), eventbridge.ErrClosed)
		require.ErrorIs(t, b.AddRule(eventbridge.Rule{Name: "x", Target: &heard{}}), eventbridge.ErrClosed)
		require.ErrorIs(t, b.PutRule(eventbridge.Rule{Name: "r", Target: &heard{}}), eventbridge.ErrClosed)
		require.ErrorIs(t, b.Pause("r"), eventbridge.ErrClosed)
		require.ErrorIs(t, b.DeleteRule(ctx, "r"), eventbridge.ErrClosed)
		require.ErrorIs(t, b.Healthy(ctx), eventbridge.ErrClosed)
		require.ErrorIs(t, b.WaitIdle(ctx), eventbridge.ErrClosed)
		_, err := b.Replay(ctx, eventbridge.Replay{Target: &heard{}})
		require.ErrorIs(t, err, eventbridge.ErrClosed)
		_, err = b.Redrive(ctx, eventbridge.DeadLetterQuery{Rule: "r"})
		require.ErrorIs(t, err, eventbridge.ErrClosed)
		for _, err := range b.Events(ctx, eventbridge.Query{}) {
			require.ErrorIs(t, err, eventbridge.ErrClosed)
		}
		b.Status()
	})
}

func TestFullLogRefusesAndGoesOnDelivering(t *testing.T) {
	for name, open := range map[string]func(t *testing.T) *eventbridge.Bus{
		"memory": func(t *testing.T) *eventbridge.Bus {
			return ended(t)(eventbridge.New(eventbridge.WithMaxBytes(4 << 20)))
		},
		"file": func(t *testing.T) *eventbridge.Bus {
			return ended(t)(eventbridge.Open(filepath.Join(t.TempDir(), "e.db"), eventbridge.WithMaxBytes(8<<20)))
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := open(t)
			h := &heard{}
			require.NoError(t, b.AddRule(eventbridge.Rule{Name: "r", Target: h}))
			require.NoError(t, b.Pause("r"))
			text, n := strings.Repeat("x", 100<<10), 0
			var err error
			for ; err == nil && n < 1000; n++ {
				var e eventbridge.Event
				e, err = eventbridge.NewEvent("order.placed", "a", map[string]any{"N": n, "text": text})
				require.NoError(t, err)
				err = b.Publish(t.Context(), e)
			}
			require.ErrorIs(t, err, eventbridge.ErrFull)
			require.NoError(t, b.Resume("r"))
			require.NoError(t, b.WaitIdle(t.Context()))
			require.Equal(t, n-1, h.total())
		})
	}
}

func TestBadFileIsRefusedAndLeftAlone(t *testing.T) {
	good := filepath.Join(t.TempDir(), "good.db")
	b, err := eventbridge.Open(good)
	require.NoError(t, err)
	for i := range 100 {
		emit(t, b, placed{"a", i})
	}
	require.NoError(t, b.Close())
	content, err := os.ReadFile(good)
	require.NoError(t, err)

	for name, c := range map[string]struct {
		bytes []byte
		is    error
	}{
		"foreign":   {[]byte(strings.Repeat("this is not an event log. ", 1000)), eventbridge.ErrForeign},
		"empty":     {nil, nil},
		"truncated": {content[:5*4096], eventbridge.ErrCorrupt},
		"zeroed":    {append(make([]byte, 8192), content[8192:]...), nil},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "bad.db")
			require.NoError(t, os.WriteFile(path, c.bytes, 0o600))
			_, err := eventbridge.Open(path)
			require.Error(t, err)
			require.ErrorContains(t, err, path)
			if c.is != nil {
				require.ErrorIs(t, err, c.is)
			}
			after, err2 := os.ReadFile(path)
			require.NoError(t, err2)
			require.True(t, bytes.Equal(c.bytes, after))
			t.Log(err)
		})
	}
	_, err = eventbridge.Open(filepath.Join(t.TempDir(), "no", "such", "folder.db"))
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = eventbridge.Open(t.TempDir())
	require.Error(t, err)
	t.Log(err)
}
