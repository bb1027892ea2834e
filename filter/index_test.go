package filter_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/stretchr/testify/require"

	"github.com/eventbridge-go/eventbridge/filter"
	"github.com/eventbridge-go/eventbridge/internal/document"
)

// What the index once got wrong, a test each.

func pattern(t testing.TB, text string) filter.Filter {
	f, err := filter.Pattern(text)
	require.NoError(t, err, "%.200s", text)
	return f
}

func TestAnAbsentAttributeIsNotTakenForAbsentData(t *testing.T) {
	for _, alternative := range []string{`{"prefix": "x"}`, `{"suffix": "z"}`, `{"anything-but": "y"}`, `{"exists": true}`, `"xyz"`} {
		var set filter.Set[int]
		set.Put(0, pattern(t, `{"data": {"b": ["q"]}}`))
		set.Put(1, pattern(t, `{"subject": [{"exists": false}], "data": {"a": [`+alternative+`]}}`))
		for subject, want := range map[string][]int{"": {1}, "s": nil} {
			e := dataEvent(`{"a": "xyz"}`)
			e.Event.Subject = subject
			got, err := set.MatchDocument(e, nil)
			require.NoError(t, err)
			require.Equal(t, want, got, "%s, subject %q", alternative, subject)
		}
	}
}

func TestAnAddressWithAZoneIsInNoBlock(t *testing.T) {
	set := setOf(t, 12, func(i int) string { return fmt.Sprintf(`{"data": {"ip": [{"cidr": "fe8%x::/16"}]}}`, i) })
	got, err := set.MatchDocument(dataEvent(`{"ip": "fe80::1%eth0"}`), nil)
	require.NoError(t, err)
	require.Empty(t, got)
	got, err = set.MatchDocument(dataEvent(`{"ip": "fe80::1"}`), nil)
	require.NoError(t, err)
	require.Equal(t, []int{0}, got)
}

func TestAFunctionIsCalledOnceHoweverManyAlternativesHold(t *testing.T) {
	var set filter.Set[int]
	for i := range 20 {
		set.Put(100+i, filter.Type(fmt.Sprint("other", i)))
	}
	calls := 0
	set.Put(1, filter.And(pattern(t, `{"type": ["t", {"prefix": "t"}, {"suffix": "t"}, "t"]}`), filter.Func(func(event.Event) (bool, error) {
		calls++
		return false, errors.New("boom")
	})))
	_, err := set.MatchDocument(dataEvent(`1`), nil)
	require.EqualError(t, err, "1: boom")
	require.Equal(t, 1, calls)
}

func TestWhatAttributesRuleOutCostsNoScan(t *testing.T) {
	absent := setOf(t, 1, func(int) string { return `{"subject": [{"exists": false}], "data": {"a": [1]}}` })
	e := dataEvent(`{"a": 1}`)
	require.Equal(t, 1, absent.Scans(e))
	e.Event.Subject = "s"
	require.Zero(t, absent.Scans(e))
	for _, types := range []int{1, 2} {
		one := setOf(t, 300, func(i int) string { return fmt.Sprintf(`{"type": ["u%d"], "data": {"f%d": [%d]}}`, i%types, i%7, i) })
		require.Zero(t, one.Scans(dataEvent(`{"f1": 1}`)))
	}
}

func TestPutAndMatchAreLinearInAlternatives(t *testing.T) {
	others := func() *filter.Set[int] {
		return setOf(t, 20, func(i int) string { return fmt.Sprintf(`{"type": ["z%d"], "data": {"s": ["z%d"]}}`, i, i) })
	}
	requireLinearTime(t, "texts, and long ones beside them", func(size int) {
		long := strings.Repeat("y", 10_000*size)
		f := pattern(t, `{"type": `+list(1_000*size, func(i int) string { return fmt.Sprintf(`"x%d"`, i) })+`, "data": {"b": ["`+long+`"], "c": ["`+long+`"]}}`)
		others().Put(100, f)
	})
	requireLinearTime(t, "absences in one element", func(size int) {
		n := 500 * size
		fields := func(leaf string) string {
			all := list(n, func(i int) string { return fmt.Sprintf(`"f%d": %s`, i, leaf) })
			return all[1 : len(all)-1]
		}
		f := pattern(t, `{"data": {"a": {"x": [1], `+fields(`[{"exists": false}]`)+`}}}`)
		set := others()
		set.Put(100, f)
		e := dataEvent(`{"a": [{"x": 1, ` + fields("1") + `}, {"x": 1}]}`)
		got, err := set.MatchDocument(e, nil)
		require.NoError(t, err)
		require.Equal(t, []int{100}, got)
		ok, _ := f.ExplainDocument(e)
		require.True(t, ok)
	})
	many := others()
	requireLinearTime(t, "alternatives that all hold", func(size int) {
		n := 40 * size
		many.Put(100, pattern(t, `{"data": {"s": `+list(n, func(i int) string { return `{"prefix": "` + strings.Repeat("a", i+1) + `"}` })+
			`, "t": `+list(n, func(i int) string { return fmt.Sprintf(`{"regexp": "[xy]*%d"}`, i) })+`}}`))
		e := dataEvent(`{"s": "` + strings.Repeat("a", 400) + `", "t": ` + list(40, func(i int) string { return fmt.Sprintf(`"z%d"`, i) }) + `}`)
		for range 10 {
			got, err := many.MatchDocument(e, nil)
			require.NoError(t, err)
			require.Empty(t, got)
		}
	})
}

func TestFoldedTextIsKeptOnce(t *testing.T) {
	var set filter.Set[int]
	for i := range 10 {
		for k := range 100 {
			set.Put(100*i+k, pattern(t, fmt.Sprintf(`{"data": {"a": ["a%d"], "s": [{"equals-ignore-case": "x%d"}]}}`, k, i)))
		}
	}
	e := dataEvent(`{"a": ` + list(100, func(i int) string { return fmt.Sprintf(`"a%d"`, i) }) + `, "s": "` + strings.Repeat("q", 100_000) + `"}`)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := set.MatchDocument(e, nil)
	require.NoError(t, err)
	runtime.ReadMemStats(&after)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(4<<20))
}

func TestABagThatWasLargeSplitsAgain(t *testing.T) {
	var set filter.Set[int]
	never := filter.Func(func(event.Event) (bool, error) { return false, nil })
	for i := range 5_000 {
		set.Put(i, never)
	}
	for i := range 4_999 {
		set.Delete(i)
	}
	for i := range 3_000 {
		set.Put(i, filter.Type(fmt.Sprint("other", i)))
	}
	require.Less(t, set.Work(dataEvent("1")), 20)
}

func TestNumbersOfManyElementsAreHints(t *testing.T) {
	set := setOf(t, 500, func(i int) string { return fmt.Sprintf(`{"data": {"items": {"id": [%d], "color": ["red"]}}}`, i) })
	items := func(n int) *document.Document {
		return dataEvent(`{"items": ` + repeated(n, func(i int) string { return fmt.Sprintf(`{"id": %d.0, "color": "blue"}`, i) }) + `, "more": 1}`)
	}
	require.Less(t, set.Work(items(2_000)), 20_000)
	got, err := set.MatchDocument(dataEvent(`{"items": [{"id": 1, "color": "blue"}, {"id": 2e0, "color": "red"}, {"id": 1.0, "color": "red"}, {"color": "red"}]}`), nil)
	require.NoError(t, err)
	require.ElementsMatch(t, []int{1, 2}, got)
}

func TestASteadySetAllocatesNothingInNestedArraysNorWithManyHits(t *testing.T) {
	nested := setOf(t, 100, func(i int) string {
		return fmt.Sprintf(`{"data": {"items": {"sku": ["s%d"], "tags": {"k": ["y"], "v": [1]}}}}`, i)
	})
	e := dataEvent(`{"items": ` + repeated(20, func(i int) string {
		return fmt.Sprintf(`{"sku": "s%d", "tags": [{"k": "y", "v": 2}, {"k": "y", "v": 1}]}`, i)
	}) + `}`)
	dst, err := nested.MatchDocument(e, nil)
	require.NoError(t, err)
	require.Len(t, dst, 20)
	require.Zero(t, leastAllocs(func() { dst, _ = nested.MatchDocument(e, dst[:0]) }))

	many := setOf(t, 9_000, func(i int) string { return `{"data": {"a": ["x"]}}` })
	e = dataEvent(`{"a": ["x", "y"]}`)
	dst, err = many.MatchDocument(e, dst[:0])
	require.NoError(t, err)
	require.Len(t, dst, 9_000)
	require.Zero(t, leastAllocs(func() { dst, _ = many.MatchDocument(e, dst[:0]) }))

	long := setOf(t, 20, func(i int) string {
		return fmt.Sprintf(`{"data": {"n": [1234567890123456789012345678901234567%d]}}`, i)
	})
	e = dataEvent(`{"n": 12345678901234567890123456789012345677}`)
	dst, err = long.MatchDocument(e, dst[:0])
	require.NoError(t, err)
	require.Equal(t, []int{7}, dst)
	require.Zero(t, leastAllocs(func() { dst, _ = long.MatchDocument(e, dst[:0]) }))
}

func TestFiltersThatSelectNothingLeaveNothing(t *testing.T) {
	p := pattern(t, `{"data": {"zz": [1], "y": [{"wildcard": "*a*b*"}]}}`)
	for _, f := range []filter.Filter{filter.Or(), filter.And(filter.Or(), p), filter.Or(filter.And(filter.Or(), p), filter.Type("x")), filter.Not(p), filter.And(p, p)} {
		var set filter.Set[int]
		set.Put(1, f)
		set.Put(1, f)
		requireNothingStays(t, &set, []int{1}, 2)
	}
}

func TestAListOfAttributesIsNotCopiedForEachOfThem(t *testing.T) {
	kept := func(n int) uint64 {
		filters := make([]filter.Filter, 1_000)
		for i := range filters {
			filters[i] = pattern(t, `{"source": `+list(n, func(k int) string { return fmt.Sprintf(`"/s%d"`, k) })+fmt.Sprintf(`, "data": {"id": ["x%d"]}}`, i))
		}
		var set filter.Set[int]
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for i, f := range filters {
			set.Put(i, f)
		}
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	require.Less(t, kept(200), 2*kept(1))
}

func TestNumericEqualsIsAHint(t *testing.T) {
	set := setOf(t, 500, func(i int) string {
		return fmt.Sprintf(`{"data": {"items": {"id": [{"numeric": ["=", %d]}], "color": ["red"]}}}`, i)
	})
	items := func(color string) *document.Document {
		return dataEvent(`{"items": ` + repeated(2_000, func(i int) string { return fmt.Sprintf(`{"id": %d.0, "color": %q}`, i, color) }) + `}`)
	}
	require.Less(t, set.Work(items("blue")), 20_000)
	got, err := set.MatchDocument(items("red"), nil)
	require.NoError(t, err)
	require.Len(t, got, 500)
}

func TestAStretchThatGoesFurtherThanItsNeighboursIsFound(t *testing.T) {
	set := setOf(t, 200, func(i int) string {
		return fmt.Sprintf(`{"data": {"n": [{"numeric": [">=", %d, "<", %d]}]}}`, 10*i, 10*i+1)
	})
	for i := range 200 {
		set.Put(1_000+i, pattern(t, fmt.Sprintf(`{"data": {"n": [{"numeric": [">=", %d, "<", %d]}]}}`, 10*i+2, 10_000+i)))
		got, err := set.MatchDocument(dataEvent(fmt.Sprintf(`{"n": %d.5}`, 9_999+i)), nil)
		require.NoError(t, err)
		require.Equal(t, []int{1_000 + i}, got)
	}
}

func TestHeadsOfChainsComeAndGoInLayers(t *testing.T) {
	set := setOf(t, 400, func(i int) string {
		return fmt.Sprintf(`{"data": {"a": ["a%d"], "b": ["b%d"], "n": [%d.5]}}`, i%20, i/20, i%7)
	})
	words := func(n int, name string) string {
		return list(n, func(i int) string { return fmt.Sprintf(`"%s%d"`, name, i%30) })
	}
	e := dataEvent(`{"a": ` + words(200, "a") + `, "b": ` + words(200, "b") + `, "n": ` + list(100, func(i int) string { return fmt.Sprintf("%d.50", i) }) + `}`)
	dst, err := set.MatchDocument(e, nil)
	require.NoError(t, err)
	require.Len(t, dst, 400)
	few := dataEvent(`{"a": ["a1", "a2", "a1"], "b": ["b3", "b3"], "n": [1.5]}`)
	for range 2000 {
		dst, err = set.MatchDocument(few, dst[:0])
		require.NoError(t, err)
		for _, key := range dst {
			require.True(t, (key%20 == 1 || key%20 == 2) && key/20 == 3 && key%7 == 1, key)
		}
	}
	require.Zero(t, leastAllocs(func() { dst, _ = set.MatchDocument(few, dst[:0]) }))
}
