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
	t     testing.TB
	dice  dice
	set   filter.Set[int]
	all   map[int]string
	early []moment
}

// A moment is a Set as it was, and what it then said of an event.
type moment struct {
	set   func(*document.Document) []int
	event *document.Document
	want  []int
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
	if len(h.early) < 20 {
		h.early = append(h.early, moment{h.set.Now(), e, want})
	}
	return len(h.all)
}

// end takes everything out. What readers had before is as it was.
func (h *history) end() {
	requireNothingStays(h.t, &h.set, slices.Collect(maps.Keys(h.all)), -1)
	for _, m := range h.early {
		require.ElementsMatch(h.t, m.want, m.set(m.event), "later changes are seen in an earlier set")
	}
}

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

// What a peek can't tell from what is asked for: texts that share a bit, ends that go on
// differently, numbers that differ beyond the digits it knows.
func TestPeeksAgreeAsTheNaiveMatcherDoes(t *testing.T) {
	d := newDice(seed() + 12)
	word := func() string {
		return fmt.Sprintf("%s%d%s", d.pick("ab", "abcd", "abcde", "é"), d.IntN(30), d.pick("xy", "wxyz", "vwxyz", "ü"))
	}
	begin := func() string { r := []rune(word()); return string(r[:1+d.IntN(len(r))]) }
	end := func() string { r := []rune(word()); return string(r[d.IntN(len(r)):]) }
	number := func() string { return fmt.Sprintf("1234567890123.%d", d.IntN(5)) }
	words := func() string {
		return list(1+d.IntN(4), func(int) string { return strconv.Quote(word()) })
	}
	ask := func() string {
		switch d.IntN(6) {
		case 0, 1:
			return words()
		case 2:
			return fmt.Sprintf(`[{"numeric": [%q, %s]}]`, d.pick("<", "<=", ">", ">=", "="), number())
		case 3:
			return fmt.Sprintf(`[{"anything-but": %s}]`, words())
		case 4:
			return fmt.Sprintf(`[{%q: %q}]`, d.pick("prefix", "suffix"), d.pick(word(), begin(), end()))
		}
		return fmt.Sprintf(`[{"wildcard": "%s*%s"}]`, begin(), end())
	}
	value := func() string {
		if d.IntN(4) == 0 {
			return number()
		}
		return strconv.Quote(word())
	}
	for range rounds(6) {
		h := &history{t: t, dice: d, all: map[int]string{}}
		for n := range 600 {
			h.step(120, func() string { return fmt.Sprintf(`{"data": {"a": %s, "b": %s, "c": %s}}`, ask(), ask(), ask()) })
			if n%4 == 0 {
				h.check(dataEvent(fmt.Sprintf(`{"a": %s, "b": %s, "c": [%s, %s]}`, value(), value(), value(), value())))
			}
		}
		h.end()
	}
}
