package filter_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventbridge-go/eventbridge/filter"
	"github.com/eventbridge-go/eventbridge/internal/document"
)

// rounds is how much a randomized test does: FILTER_ROUNDS times as much when set.
func rounds(n int) int {
	if times, err := strconv.Atoi(os.Getenv("FILTER_ROUNDS")); err == nil {
		return n * times
	}
	return n
}

func seed() uint64 {
	n, _ := strconv.ParseUint(os.Getenv("FILTER_SEED"), 10, 64)
	return n
}

func TestPatternAgreesWithTheNaiveMatcher(t *testing.T) {
	d := newDice(seed())
	matched := 0
	for range rounds(4000) {
		pattern := d.pattern()
		f, err := filter.Pattern(pattern)
		require.NoError(t, err, pattern)
		for range 5 {
			e := d.event()
			want := naiveMatch(pattern, e)
			got, err := f.MatchDocument(e)
			require.NoError(t, err)
			require.Equal(t, want, got, "%s\non %s %q", pattern, e.Event.Data, e.Event)
			if got {
				matched++
			}
		}
	}
	t.Logf("%d matched", matched)
}

// A history is a Set to which random things happen, and what it should then hold.
type history struct {
	t    testing.TB
	dice dice
	set  filter.Set[int]
	all  map[int]string
}

func (h *history) step(keys int, pattern func() string) {
	key := h.dice.IntN(keys)
	if h.dice.IntN(5) < 2 {
		h.set.Delete(key)
		delete(h.all, key)
		return
	}
	p := pattern()
	f, err := filter.Pattern(p)
	require.NoError(h.t, err, p)
	h.set.Put(key, f)
	h.all[key] = p
}

func (h *history) check(e *document.Document) int {
	got, err := h.set.MatchDocument(e, nil)
	require.NoError(h.t, err)
	slices.Sort(got)
	want := []int{}
	for key, p := range h.all {
		if naiveMatch(p, e) {
			want = append(want, key)
		}
	}
	slices.Sort(want)
	if !slices.Equal(want, got) {
		for key, p := range h.all {
			if slices.Contains(want, key) != slices.Contains(got, key) {
				h.t.Logf("rule %d: %s", key, p)
			}
		}
		require.Equal(h.t, want, got, "of %d rules, on %s %+v", len(h.all), e.Event.Data, e.Event)
	}
	return len(h.all)
}

func (h *history) end() { requireNothingStays(h.t, &h.set, slices.Collect(maps.Keys(h.all)), -1) }

// requireNothingStays takes rules out and looks for what they needed, beside one that
// stays until the end.
func requireNothingStays[K comparable](t testing.TB, set *filter.Set[K], rules []K, other K) {
	t.Helper()
	set.Put(other, filter.Type("t"))
	for _, key := range rules {
		set.Delete(key)
	}
	require.Equal(t, 1, set.Len())
	paths, clauses, habits := set.Uses()
	require.Equal(t, [3]int{1, 1, 0}, [3]int{paths, clauses, habits}, "paths, clauses, places of wildcards")
	require.Less(t, set.Work(dataEvent("{}")), 4)
	set.Delete(other)
	require.Zero(t, set.Len())
	got, err := set.MatchDocument(dataEvent("{}"), nil)
	require.NoError(t, err)
	require.Empty(t, got)
}

func TestSetAgreesWithTheNaiveMatcherThroughItsHistory(t *testing.T) {
	pairs := 0
	for n := range rounds(75) {
		h := &history{t: t, dice: newDice(seed() + uint64(n)), all: map[int]string{}}
		pattern := h.dice.pattern
		switch n % 5 {
		case 1:
			pattern = h.dice.simplePattern
		case 2:
			pattern = func() string { return `{"data": {"a": [{"wildcard": ` + h.dice.wild() + `}]}}` }
		case 3:
			pattern = func() string {
				return fmt.Sprintf(`{"data": {%q: [%s], %q: [%s]}}`, "a", h.dice.alternative(), h.dice.pick("b", "b.c"), h.dice.scalar())
			}
		case 4: // attributes that are there or not, beside data
			pattern = func() string {
				return fmt.Sprintf(`{%q: [%s], "data": {%q: [%s]}}`, h.dice.pick("subject", "ext", "time"),
					h.dice.pick(`{"exists": false}`, `{"exists": true}`, h.dice.alternative()), h.dice.pick("a", "b"), h.dice.alternative())
			}
		}
		keys := h.dice.pick("9", "40", "300")
		size, _ := strconv.Atoi(keys)
		for range size * 3 {
			h.step(size, pattern)
			if h.dice.IntN(size/4) == 0 {
				pairs += h.check(h.dice.event())
			}
		}
		h.end()
	}
	t.Logf("%d pairs of rule and event", pairs)
}

// Many stretches of numbers at one path, some so near one another that only their
// last digits differ, come and go.
func TestManyRangesAgreeWithTheNaiveMatcher(t *testing.T) {
	h := &history{t: t, dice: newDice(seed() + 11), all: map[int]string{}}
	number := func() string {
		switch h.dice.IntN(4) {
		case 0:
			return fmt.Sprint(h.dice.IntN(60) - 30)
		case 1:
			return fmt.Sprintf("1234567890123456789.%03d", h.dice.IntN(30))
		case 2:
			return fmt.Sprintf("-%d.5e%d", 1+h.dice.IntN(3), h.dice.IntN(120)-60)
		}
		return fmt.Sprintf("%de%d", h.dice.IntN(3), h.dice.IntN(120)-60)
	}
	pattern := func() string {
		for {
			ask := fmt.Sprintf(`[%q, %s]`, h.dice.pick("<", "<=", ">", ">=", "="), number())
			if h.dice.IntN(2) == 0 {
				ask = fmt.Sprintf(`[%q, %s, %q, %s]`, h.dice.pick(">", ">="), number(), h.dice.pick("<", "<="), number())
			}
			p := fmt.Sprintf(`{"data": {"n": [{"numeric": %s}]}}`, ask)
			if _, err := filter.Pattern(p); err == nil { // else the bounds contradict each other
				return p
			}
		}
	}
	for n := range rounds(9000) {
		h.step(2000, pattern)
		if n%60 == 0 {
			h.check(dataEvent(`{"n": ` + number() + `}`))
			h.check(dataEvent(`{"n": [` + number() + "," + number() + `]}`))
		}
	}
	for key := range h.all {
		h.set.Delete(key)
		delete(h.all, key)
		if len(h.all)%50 == 0 {
			h.check(dataEvent(`{"n": ` + number() + `}`))
		}
	}
	h.end()
}
