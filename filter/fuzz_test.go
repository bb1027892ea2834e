package filter_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/eventbridge-go/eventbridge/filter"
	"github.com/eventbridge-go/eventbridge/internal/document"
)

// golden adds what stands in the stories' sections of a name, and events after it.
func golden(f *testing.F, section string) {
	files, err := filepath.Glob("testdata/*.txtar")
	require.NoError(f, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(f, err)
		for _, s := range sections(string(text)) {
			if s.name == section {
				f.Add(s.body, `{"a": [{"b": 1}, {"b": "ab"}], "s": "abc", "n": 5}`)
			}
		}
	}
}

// inTime fails when what began at start took longer than the bytes can excuse.
func inTime(t *testing.T, start time.Time, bytes int) {
	t.Helper()
	limit := time.Second + time.Duration(bytes)*20*time.Microsecond // a fuzzed build is slow
	require.Less(t, time.Since(start), limit)
}

// requireFaults holds an error to what Errors promises of a text.
func requireFaults(t *testing.T, text string, err error) {
	t.Helper()
	var faults filter.Errors
	require.ErrorAs(t, err, &faults)
	require.NotEmpty(t, faults)
	for _, fault := range faults {
		require.NotEmpty(t, fault.Msg)
		require.True(t, 0 <= fault.Offset && int(fault.Offset) <= max(len(text), filter.MaxPatternBytes), "%d", fault.Offset)
		require.True(t, utf8.ValidString(fault.Error()) || !utf8.ValidString(text), "%q", fault.Error())
	}
}

// requireSame fails unless two filters print and answer the same.
func requireSame(t *testing.T, a, b filter.Filter, e *document.Document) {
	t.Helper()
	require.Equal(t, a.String(), b.String())
	matched, err := a.MatchDocument(e)
	again, err2 := b.MatchDocument(e)
	require.Equal(t, matched, again, "%s", a)
	require.Equal(t, err == nil, err2 == nil)
	explained, why := a.ExplainDocument(e)
	require.Equal(t, matched, explained, "%s: %v", a, why)
	require.Equal(t, explained, why == filter.Reason{}, "%s", a)
}

func FuzzPattern(f *testing.F) {
	golden(f, "pattern")
	f.Add(`{"$or": [{"type": ["a"]}, {"data": {"$or": [{"a": [{"exists": false}, 1e5]}, {"b.c": ["\u00e9\n"]}]}}]}`, `{"a": 1}`)
	f.Fuzz(func(t *testing.T, text, data string) {
		start := time.Now()
		p, err := filter.Pattern(text)
		inTime(t, start, len(text))
		if err != nil {
			requireFaults(t, text, err)
			return
		}
		p.Lint()
		inTime(t, start, len(text))
		again, err := filter.Pattern(p.String())
		require.NoError(t, err, "%s", p)
		requireSame(t, p, again, dataEvent(data))
		var read filter.Filter
		require.NoError(t, json.Unmarshal([]byte(p.String()), &read))
		requireSame(t, p, read, dataEvent(data))
		inTime(t, start, len(text)+len(data))
	})
}

func FuzzSubscription(f *testing.F) {
	golden(f, "subscription")
	f.Fuzz(func(t *testing.T, text, typ string) {
		start := time.Now()
		s, err := filter.Subscription(text)
		inTime(t, start, len(text))
		if err != nil {
			requireFaults(t, text, err)
			return
		}
		e := dataEvent("1")
		e.Event.Type = typ
		var again filter.Filter
		require.NoError(t, json.Unmarshal([]byte(s.String()), &again), "%s", s)
		requireSame(t, s, again, e)
		var set filter.Set[int]
		set.Put(1, s)
		got, err := set.MatchDocument(e, nil)
		require.NoError(t, err)
		matched, err := s.MatchDocument(e)
		require.NoError(t, err)
		require.Equal(t, matched, len(got) == 1)
		requireNothingStays(t, &set, []int{1}, 2)
		inTime(t, start, len(text)+len(typ))
	})
}

// FuzzFilter reads all forms that a filter has in JSON, expressions too.
func FuzzFilter(f *testing.F) {
	golden(f, "pattern")
	for _, text := range []string{`{"$all": [{"type": ["a"]}, {"$not": {"data": {"a": [1]}}}]}`, `{"$any": []}`, `{"$expr": "type == \"a\" && data.a > 1"}`, `{"$not": {"$any": [{}, {"$expr": "data.s[0]"}]}}`} {
		f.Add(text, `{"a": 2, "s": "x"}`)
	}
	f.Fuzz(func(t *testing.T, text, data string) {
		var read, again filter.Filter
		if err := json.Unmarshal([]byte(text), &read); err != nil {
			return
		}
		b, err := json.Marshal(read)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(b, &again), "%s", b)
		e := dataEvent(data)
		requireSame(t, read, again, e)
		var set filter.Set[int]
		set.Put(1, read)
		got, failed := set.MatchDocument(e, nil)
		matched, err := read.MatchDocument(e)
		require.Equal(t, matched, len(got) == 1, "%s on %s", b, data)
		require.Equal(t, err == nil, failed == nil)
	})
}

var (
	hugeExponent  = regexp.MustCompile(`[eE][+-]?[0-9]{4}`)
	loneSurrogate = regexp.MustCompile(`(?i)\\ud[89a-f]`)
)

// combinations are how many ways there are to choose an element of each array, which
// is what the naive matcher tries.
func combinations(e *document.Document) int {
	_, arrays := naiveLeaves(e)
	n := 1
	for _, elements := range arrays {
		if n *= max(elements, 1); n > 10_000 {
			return n
		}
	}
	return n
}

// FuzzMatchData has random rules look at any bytes.
func FuzzMatchData(f *testing.F) {
	for seed := range uint64(20) {
		d := newDice(seed)
		f.Add(seed, []byte(d.object(3)))
	}
	for _, data := range []string{`{"a":"\ud83d\ude00"}`, `{"a":"\ud800"}`, `{"a":1,"a":{"b":2}}`, `{"a.b":1,"a":{"b":[2]}}`, `{"a":1e1000000}`, "{\"a\":\"\xff\"}", `{"a":[[[{"b":[]}]]]}`, `{"a":-0.0,"b":0e5}`, `{"\u0061":"a"}`, ` [{"a":1}] `} {
		f.Add(uint64(7), []byte(data))
	}
	f.Fuzz(func(t *testing.T, seed uint64, data []byte) {
		e := dataEvent(string(data))
		d := newDice(seed)
		var set filter.Set[int]
		var patterns []string
		for i := range 8 {
			patterns = append(patterns, d.pattern())
			set.Put(i, filter.Must(filter.Pattern(patterns[i])))
		}
		start := time.Now()
		got, err := set.MatchDocument(e, nil)
		inTime(t, start, len(data))
		if err != nil {
			require.True(t, errors.Is(err, filter.ErrEntangled), "%v", err)
			return
		}
		if len(data) > 10_000 || !utf8.Valid(data) || hugeExponent.Match(data) || loneSurrogate.Match(data) || combinations(e) > 10_000 {
			return // beyond the naive matcher
		}
		var want []int
		for i, pattern := range patterns {
			if naiveMatch(pattern, e) {
				want = append(want, i)
			}
		}
		slices.Sort(got)
		require.Equal(t, fmt.Sprint(want), fmt.Sprint(got), "%s\non %s", strings.Join(patterns, "\n"), data)
	})
}
