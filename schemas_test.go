package eventbridge_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	eventbridge "github.com/eventbridge-go/eventbridge"
	"github.com/eventbridge-go/eventbridge/eventbridgetest"
	"github.com/eventbridge-go/eventbridge/filter"
	"github.com/eventbridge-go/eventbridge/schema"
	"github.com/eventbridge-go/eventbridge/store"
	"github.com/eventbridge-go/eventbridge/store/memstore"
	"github.com/eventbridge-go/eventbridge/transform"
)

const placedSchema = `{"$schema": "http://json-schema.org/draft-07/schema#", "type": "object",
	"required": ["Order"], "properties": {"Order": {"type": "string"}, "N": {"type": "integer", "minimum": 0}}}`

func withSchema(t *testing.T, r *schema.Registry) *schema.Registry {
	t.Helper()
	_, err := r.Add("order.placed", []byte(placedSchema))
	require.NoError(t, err)
	return r
}

func TestPublishRefusesWhatDoesNotFitItsSchema(t *testing.T) {
	onEveryStore(t, func(t *testing.T, m maker) {
		b := m.open(t, eventbridge.WithSchemas(withSchema(t, new(schema.Registry))))
		good, err := eventbridge.EventOf(placed{"1", 1})
		require.NoError(t, err)
		bad, err := eventbridge.NewEvent("order.placed", "1", map[string]any{"N": -1})
		require.NoError(t, err)
		err = b.Publish(t.Context(), good, bad)
		var at *eventbridge.EventError
		require.ErrorAs(t, err, &at)
		require.Equal(t, 1, at.Index)
		var unfit *schema.ValidationError
		require.ErrorAs(t, err, &unfit)
		require.Equal(t, 1, unfit.Version)
		require.Len(t, unfit.Violations, 2, "every violation at once: %v", unfit.Violations)
		require.Equal(t, "/N", unfit.Violations[1].Pointer)
		require.Empty(t, logged(t, b, eventbridge.Query{}), "all or none")
		require.NoError(t, b.Publish(t.Context(), good))
		emit(t, b, namedV1{"a type without a schema"})
	})
}

func TestObserveStoresTellsAndLogsOnce(t *testing.T) {
	onEveryStore(t, func(t *testing.T, m maker) {
		var log bytes.Buffer
		var told []string
		r := withSchema(t, &schema.Registry{Modes: map[string]schema.Mode{"order.placed": schema.Observe}})
		b := m.open(t, eventbridge.WithSchemas(r), eventbridge.WithLogger(slog.New(slog.NewTextHandler(&log, nil))),
			eventbridge.WithHooks(eventbridge.Hooks{Unfit: func(_ context.Context, e eventbridge.Event, err *schema.ValidationError) {
				told = append(told, e.Subject()+": "+err.Violations[0].Pointer)
			}}))
		emit(t, b, placed{"1", 1}, placed{"2", -2}, placed{"3", -3})
		require.Len(t, logged(t, b, eventbridge.Query{}), 3)
		require.Equal(t, []string{"2: /N", "3: /N"}, told)
		c := catalog(t, b)
		require.EqualValues(t, 2, c.Types[0].Unfit)
		require.Contains(t, c.Markdown(), "although they do not fit: 2")
		require.Equal(t, 1, strings.Count(log.String(), "does not fit its schema"), log.String())
	})
}

func TestOffAsksNothing(t *testing.T) {
	b := ended(t)(eventbridge.New(eventbridge.WithSchemas(withSchema(t, &schema.Registry{Mode: schema.Off}))))
	emit(t, b, placed{"1", -1})
}

func TestStrictRefusesWhatNobodyDeclared(t *testing.T) {
	onEveryStore(t, func(t *testing.T, m maker) {
		r := withSchema(t, &schema.Registry{Strict: true})
		require.NoError(t, r.DeclareSource(schema.SourceDecl{Source: "/shop"}))
		b := m.open(t, eventbridge.WithSchemas(r), eventbridge.WithSource("/shop"))
		emit(t, b, placed{"1", 1})
		require.ErrorIs(t, eventbridge.Emit(t.Context(), b, namedV1{"x"}), schema.ErrUndeclared)
		elsewhere, err := eventbridge.EventOf(placed{"1", 1})
		require.NoError(t, err)
		elsewhere.SetSource("/elsewhere")
		require.ErrorIs(t, b.Publish(t.Context(), elsewhere), schema.ErrUndeclared)
		require.Len(t, logged(t, b, eventbridge.Query{}), 1)
	})
}

func TestVersionsAndDiscoveriesSurviveRestartsAndCrashes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.db")
	b := ended(t)(eventbridge.Open(path, eventbridge.WithSchemas(withSchema(t, new(schema.Registry)))))
	emit(t, b, placed{"1", 1}, namedV1{"Ada"})
	require.NoError(t, b.WaitIdle(t.Context()))
	require.NoError(t, b.Close())

	var r schema.Registry
	b = ended(t)(eventbridge.Open(path, eventbridge.WithSchemas(&r)))
	require.Len(t, r.Versions("order.placed", ""), 1, "the log has it")
	require.Error(t, eventbridge.Emit(t.Context(), b, placed{"1", -1}), "and it is in force")
	c := catalog(t, b)
	require.Equal(t, "order.placed", c.Types[0].Type)
	require.True(t, c.Types[0].Declared)
	require.Len(t, c.Types[0].Versions, 1)
	named := c.Types[1]
	require.Equal(t, "person.named.v1", named.Type)
	require.False(t, named.Declared)
	require.EqualValues(t, 1, named.Samples)
	var found struct{ Properties map[string]any }
	require.NoError(t, json.Unmarshal(named.Discovered, &found))
	require.Contains(t, found.Properties, "Name")
	require.NoError(t, b.Close())

	var other schema.Registry
	_, err := other.Add("order.placed", []byte(`{"type": "object", "required": ["Customer"], "properties": {"Order": {"type": "string"}, "Customer": {"type": "string"}}}`))
	require.NoError(t, err)
	_, err = eventbridge.Open(path, eventbridge.WithSchemas(&other))
	var breaks *schema.IncompatibleError
	require.ErrorAs(t, err, &breaks, "what does not go with the log makes Open fail")
	_, err = eventbridge.Open(path)
	require.NoError(t, err, "and the file is free again")
}

func TestAVersionIsDurableBeforeItIsInForce(t *testing.T) {
	var r schema.Registry
	d := eventbridgetest.Open(t, eventbridge.WithSchemas(&r))
	withSchema(t, &r)
	d.Crash()
	require.Len(t, r.Versions("order.placed", ""), 1)
	require.Error(t, eventbridge.Emit(t.Context(), d, placed{"1", -1}))

	stopped := ended(t)(eventbridge.New(eventbridge.WithSchemas(new(schema.Registry)), eventbridge.WithStore(refusing{memstore.New(memstore.Options{})})))
	var other schema.Registry
	_, err := eventbridge.New(eventbridge.WithSchemas(withSchema(t, &other)), eventbridge.WithStore(refusing{memstore.New(memstore.Options{})}))
	require.ErrorIs(t, err, eventbridge.ErrFull, "what can't be kept makes Open fail")
	require.NoError(t, stopped.Close())
}

// refusing is a store that is full.
type refusing struct{ store.Store }

func (refusing) Commit(*store.Batch) error { return store.ErrFull }

func TestARegistryHasOneBusAtATime(t *testing.T) {
	var r schema.Registry
	b := ended(t)(eventbridge.New(eventbridge.WithSchemas(&r)))
	_, err := eventbridge.New(eventbridge.WithSchemas(&r))
	require.ErrorIs(t, err, schema.ErrKept)
	require.NoError(t, b.Close())
	ended(t)(eventbridge.New(eventbridge.WithSchemas(&r)))
}

func TestExplainSaysThatPublishWouldRefuse(t *testing.T) {
	b := ended(t)(eventbridge.New(eventbridge.WithSchemas(withSchema(t, new(schema.Registry)))))
	require.NoError(t, b.AddRule(eventbridge.Rule{Name: "r", Target: &heard{}}))
	e, err := eventbridge.EventOf(placed{"1", -1})
	require.NoError(t, err)
	var unfit *schema.ValidationError
	require.ErrorAs(t, b.Explain(e)[0].Err, &unfit)
}

// What validating decoded is what twenty expressions look at, and what transforms do.
func TestDataIsDecodedOncePerEvent(t *testing.T) {
	items := make([]map[string]any, 3000)
	for i := range items {
		items[i] = map[string]any{"sku": fmt.Sprint("s", i), "n": i}
	}
	allocated := func(rules int) uint64 {
		r := new(schema.Registry)
		_, err := r.Add("ordered", []byte(`{"type": "object", "required": ["items"]}`))
		require.NoError(t, err)
		b, err := eventbridge.New(eventbridge.WithSchemas(r))
		require.NoError(t, err)
		var handled atomic.Int64
		for i := range rules {
			f, err := filter.Expr(fmt.Sprintf(`data.items[0].n == 0 && data.items[%d].n == %d`, i, i))
			require.NoError(t, err)
			require.NoError(t, b.AddRule(eventbridge.Rule{Name: fmt.Sprint("rule", i), Filter: f, Transform: transform.Must(transform.Expr(`data.items[1].sku`)),
				Target: eventbridge.TargetFunc(func(context.Context, eventbridge.Event) error { handled.Add(1); return nil })}))
		}
		e, err := eventbridge.NewEvent("ordered", "1", map[string]any{"items": items})
		require.NoError(t, err)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for i := range 5 {
			e.SetID(fmt.Sprint(i))
			require.NoError(t, b.Publish(t.Context(), e))
			require.NoError(t, b.WaitIdle(t.Context()))
		}
		runtime.ReadMemStats(&after)
		require.EqualValues(t, 5*rules, handled.Load())
		require.NoError(t, b.Close())
		return after.TotalAlloc - before.TotalAlloc
	}
	allocated(1) // what is made once in a process
	none, twenty := allocated(0), allocated(20)
	require.Less(t, twenty, none*3/2, "decoding again would add as much for each rule")
}
