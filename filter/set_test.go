package filter_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/stretchr/testify/require"

	"github.com/eventbridge-go/eventbridge/filter"
	"github.com/eventbridge-go/eventbridge/internal/cloudevent"
	"github.com/eventbridge-go/eventbridge/internal/document"
)

// leastAllocs is what a call allocates when the pools have all it needs, which the
// collector and the race detector empty now and then.
func leastAllocs(call func()) float64 {
	least := testing.AllocsPerRun(1, call)
	for range 100 {
		least = min(least, testing.AllocsPerRun(1, call))
	}
	return least
}

func TestSetMatchAllocatesNothing(t *testing.T) {
	for name := range mixtures {
		var set filter.Set[int]
		for i, f := range mixtureFilters(t, name, 1000) {
			set.Put(i, f)
		}
		events := marketEvents(1000, 20)
		dst := make([]int, 0, 1000)
		for _, e := range events {
			require.Zero(t, leastAllocs(func() { dst, _ = set.MatchDocument(e, dst[:0]) }), name)
		}
	}
	odd := setOf(t, 100, func(i int) string { // what the mixtures have not
		return fmt.Sprintf(`{"time": [{"prefix": "2026"}], "seq": [{"numeric": [">", %d]}], "data": {"a": {"b": [{"anything-but": {"wildcard": "*%d*"}}], "c": [{"exists": false}]}, "s": [{"cidr": "10.0.0.0/%d"}]}}`, i, i, 8+i%8)
	})
	e := doc(t, `{"time": "2026-11-25T00:00:00Z", "seq": 50, "data": {"a": [{"b": "x\n1"}, {"b": 2, "c": null}], "s": ["10.0.0.1", "\u0031"]}}`)
	dst, err := odd.MatchDocument(e, make([]int, 0, 100))
	require.NoError(t, err)
	require.NotEmpty(t, dst)
	require.Zero(t, leastAllocs(func() { dst, _ = odd.MatchDocument(e, dst[:0]) }))
}

func TestSetMatchOfAnSDKEventAllocatesOnceAtMost(t *testing.T) {
	set := setOf(t, 100, func(i int) string { return fmt.Sprintf(`{"type": ["t"], "data": {"n": [%d]}}`, i%10) })
	e := event.New()
	e.SetID("1")
	e.SetSource("/s")
	e.SetType("t")
	require.NoError(t, e.SetData(event.ApplicationJSON, map[string]int{"n": 7}))
	dst, err := set.Match(e, make([]int, 0, 100))
	require.NoError(t, err)
	require.Len(t, dst, 10)
	require.Zero(t, leastAllocs(func() { dst, _ = set.Match(e, dst[:0]) }))
	require.Len(t, dst, 10)
	e.SetSource("https://shop.example/orders?x=1")
	require.LessOrEqual(t, leastAllocs(func() { dst, _ = set.Match(e, dst[:0]) }), 1.0, "the source's text alone")
	require.Len(t, dst, 10)
}

func TestDataIsScannedOnlyWhenACandidateNeedsItAndOnce(t *testing.T) {
	attributes := setOf(t, 300, func(i int) string {
		return fmt.Sprintf(`{"type": ["t%d"], "source": [{"prefix": "/"}], "subject": [{"exists": %v}]}`, i%5, i%2 == 0)
	})
	attributes.Put(-1, filter.Not(filter.Type("u*")))
	data := dataEvent(`{"a": 1}`)
	data.Event.Type = "t3"
	require.Zero(t, attributes.Scans(data))

	mixed := setOf(t, 300, func(i int) string {
		return fmt.Sprintf(`{"type": ["t%d"], "data": {"f%d": [1], "a": {"b": [{"exists": false}, %d]}, "$or": [{"x": [1]}, {"y": [2]}]}}`, i%5, i, i)
	})
	mixed.Put(-1, filter.Not(filter.Must(filter.Pattern(`{"type": ["t3"], "data": {"z": [1]}}`))))
	require.Equal(t, 1, mixed.Scans(data))
	mixed.Delete(-1)
	other := dataEvent(`{"a": 1}`)
	require.Zero(t, mixed.Scans(other), "no rule takes that type, whatever the data is")

	// What nobody looks at may be anything.
	var broken [1 << 20]byte
	unread := document.Of(cloudevent.Event{ID: "1", Source: "/s", Type: "t3", Data: broken[:], Kind: cloudevent.JSON})
	got, err := attributes.MatchDocument(unread, nil)
	require.NoError(t, err)
	require.Len(t, got, 31)
	require.Less(t, leastAllocs(func() { got, _ = attributes.MatchDocument(unread, got[:0]) }), 1.0)
}

// While a Set changes, each match sees it as it was at one moment.
func TestMatchSeesOneMomentOfASetThatChanges(t *testing.T) {
	var set filter.Set[int]
	const steady, changing, readers = 50, 20, 3
	pattern := func(i int) filter.Filter {
		return filter.Must(filter.Pattern(fmt.Sprintf(`{"type": ["t", "t%d"], "data": {"n": [{"numeric": [">", %d]}], "s": [{"wildcard": "*%d*"}, {"exists": true}]}}`, i, -i, i)))
	}
	for i := range steady {
		set.Put(i, pattern(i))
	}
	e := dataEvent(`{"n": 1, "s": "x123456789"}`)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range readers {
		wg.Go(func() {
			last := -1
			for {
				select {
				case <-stop:
					return
				default:
				}
				got, err := set.MatchDocument(e, nil)
				slices.Sort(got)
				if err != nil || len(got) < steady || got[steady-1] != steady-1 || !slices.Equal(got, slices.Compact(slices.Clone(got))) {
					t.Errorf("%v, %v", got, err)
					return
				}
				// The writer keeps one generation at a time, or two next to one another.
				rest := got[steady:]
				if len(rest) > 2 || len(rest) == 2 && rest[1] != rest[0]+1 || len(rest) > 0 && rest[0] < last {
					t.Errorf("generations %v after %d", rest, last)
					return
				}
				if len(rest) > 0 {
					last = rest[0]
				}
			}
		})
	}
	for i := range 100 * changing {
		set.Put(steady+i, pattern(i%changing))
		if i > 0 {
			set.Delete(steady + i - 1)
		}
		if i%10 == 0 {
			set.Put(i%steady, pattern(i%steady)) // replaced by the same: it never goes missing
		}
	}
	close(stop)
	wg.Wait()
	require.Equal(t, steady+1, set.Len())
}

func TestAnErrorOfOneRuleHidesNoOther(t *testing.T) {
	var set filter.Set[string]
	boom := errors.New("boom")
	set.Put("fails", filter.Func(func(event.Event) (bool, error) { return false, boom }))
	set.Put("panics", filter.Func(func(event.Event) (bool, error) { panic("on purpose") }))
	set.Put("outweighed", filter.Or(filter.Func(func(event.Event) (bool, error) { return true, boom }), filter.Type("t")))
	for i := range 5 {
		set.Put(strconv.Itoa(i), filter.Type("t"))
	}
	got, err := set.MatchDocument(dataEvent(`1`), nil)
	slices.Sort(got)
	require.Equal(t, []string{"0", "1", "2", "3", "4", "outweighed"}, got)
	require.ErrorIs(t, err, boom)
	var failed *filter.SetError[string]
	require.ErrorAs(t, err, &failed)
	require.Len(t, failed.Failed, 2)
	require.EqualError(t, err, "fails: boom\npanics: panic: on purpose")
}
