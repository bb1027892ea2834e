package filter_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"

	"github.com/eventbridge-go/eventbridge/filter"
	"github.com/eventbridge-go/eventbridge/internal/cloudevent"
	"github.com/eventbridge-go/eventbridge/internal/document"
)

// webhooks reads real payloads, one a line: {"event": …, "payload": …}, from the files
// of the folder that the environment names.
func webhooks(t *testing.T) (events []*document.Document) {
	folder := os.Getenv("EVENTBRIDGE_WEBHOOKS")
	if folder == "" {
		t.Skip("EVENTBRIDGE_WEBHOOKS names no folder of *.jsonl payloads")
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.jsonl"))
	require.NoError(t, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		lines := bufio.NewScanner(bytes.NewReader(text))
		lines.Buffer(nil, 16<<20)
		for lines.Scan() {
			var line struct {
				Event   string
				Payload json.RawMessage
			}
			require.NoError(t, json.Unmarshal(lines.Bytes(), &line))
			events = append(events, document.Of(cloudevent.Event{
				ID: fmt.Sprint(len(events)), Source: "/github", Type: line.Event, Data: line.Payload, Kind: cloudevent.JSON,
			}))
		}
		require.NoError(t, lines.Err())
	}
	require.NotEmpty(t, events)
	return events
}

// An observed event is one as the naive matcher sees it, by path.
type observed struct {
	*document.Document
	leaves []naiveLeaf
	byPath map[string][]naiveLeaf
	arrays map[string]int
}

func observe(e *document.Document) *observed {
	o := &observed{Document: e, byPath: map[string][]naiveLeaf{}}
	o.leaves, o.arrays = naiveLeaves(e)
	for _, leaf := range o.leaves {
		o.byPath[leaf.path] = append(o.byPath[leaf.path], leaf)
	}
	slices.SortFunc(o.leaves, func(a, b naiveLeaf) int {
		return strings.Compare(a.path+fmt.Sprint(a.choice, a.value), b.path+fmt.Sprint(b.choice, b.value))
	})
	return o
}

// naive says whether a pattern written out matches. Leaves and arrays that it does not
// ask for change nothing; it says no to the question when there are too many choices.
func (o *observed) naive(ways [][]naiveAsk) (matched, judged bool) {
	for _, way := range ways {
		var leaves []naiveLeaf
		arrays, choices := map[string]int{}, 1
		for _, ask := range way {
			leaves = append(leaves, o.byPath[ask.path]...)
		}
		for _, leaf := range leaves {
			for id := range leaf.choice {
				if _, ok := arrays[id]; !ok {
					arrays[id] = o.arrays[id]
					choices *= o.arrays[id]
				}
			}
			if choices > 10_000 {
				return false, false
			}
		}
		if naiveHolds(way, leaves, arrays) {
			return true, true
		}
	}
	return false, true
}

var word = regexp.MustCompile(`^[A-Za-z0-9 _-]+$`)

// asking makes an alternative from a value that an event has; it holds of it, mostly.
func (d dice) asking(v any) string {
	q := func(v any) string { b, _ := json.Marshal(v); return string(b) }
	switch v := v.(type) {
	case json.Number:
		return d.pick(string(v), string(v)+"e0", `{"numeric": [">=", `+string(v)+`]}`, `{"numeric": ["<", `+string(v)+`]}`, `{"numeric": [">", -1, "<=", `+strings.TrimPrefix(string(v), "-")+`]}`,
			`{"numeric": ["!=", `+string(v)+`]}`, `{"numeric": ["=", `+string(v)+`]}`, `{"anything-but": `+string(v)+`}`, `{"anything-but": [`+string(v)+`, 7, "x"]}`, q(string(v)), `{"exists": true}`, `{"exists": false}`)
	case string:
		return d.askingText(v, q)
	}
	return d.pick(q(v), q(v), `{"exists": true}`, `{"exists": false}`, `{"anything-but": `+q(v)+`}`, `{"anything-but": [true, null]}`, `"true"`)
}

func (d dice) askingText(s string, q func(any) string) string {
	r := []rune(s)
	i, j := 0, 0
	if len(r) > 0 {
		i = d.IntN(len(r))
		j = i + d.IntN(min(len(r)-i, 12)+1)
	}
	head, middle, tail := string(r[:i]), string(r[i:j]), string(r[j:])
	swapped := strings.Map(func(c rune) rune {
		if unicode.IsUpper(c) {
			return unicode.ToLower(c)
		}
		return unicode.ToUpper(c)
	}, s)
	escape := strings.NewReplacer(`\`, `\\`, `*`, `\*`).Replace
	wild := escape(head) + "*" + escape(tail)
	if len(middle) > 2 {
		wild = d.pick(wild, "*"+escape(middle)+"*")
	}
	same := func(op, of string) string { return fmt.Sprintf(`{%q: %s}`, op, q(of)) }
	folded := func(op, of string) string { return fmt.Sprintf(`{%q: {"equals-ignore-case": %s}}`, op, q(of)) }
	return d.pick(q(s), q(s), q(s+"x"), same("exactly", s), same("prefix", head), same("suffix", tail), same("contains", middle),
		fmt.Sprintf(`{"prefix": [%s, "no"], "suffix": %s}`, q(head), q(tail)), same("equals-ignore-case", swapped), folded("prefix", swapped[:len(swapped)/2]), folded("suffix", s),
		same("wildcard", wild), same("shellstyle", wild), `{"cidr": "`+d.pick("10.0.0.0/8", "0.0.0.0/0", "::/0")+`"}`, d.regexpFor(s, i),
		`{"exists": true}`, `{"exists": false}`, same("anything-but", s), fmt.Sprintf(`{"anything-but": ["x", %s, 1]}`, q(middle)),
		`{"anything-but": `+same("prefix", head)+`}`, `{"anything-but": `+same("suffix", tail+"x")+`}`, `{"anything-but": `+same("wildcard", wild)+`}`, `{"anything-but": `+same("equals-ignore-case", swapped)+`}`)
}

func (d dice) regexpFor(s string, i int) string {
	if !word.MatchString(s) {
		return `{"regexp": "[a-z:/.]+"}`
	}
	return fmt.Sprintf(`{"regexp": %q}`, s[:i]+"[A-Za-z0-9 _-]{1,}")
}

// fieldsOf asks for some fields of an event, of data or, with top, of attributes too.
func (d dice) fieldsOf(o *observed, top bool) string {
	var members []string
	seen := map[string]bool{}
	near := d.IntN(len(o.leaves))
	for range 1 + d.IntN(3) {
		leaf := o.leaves[(near+d.IntN(1+d.IntN(len(o.leaves))))%len(o.leaves)] // often one beside it
		data := strings.HasPrefix(leaf.path, "data.")
		if seen[leaf.path] || !data && !top {
			continue
		}
		seen[leaf.path] = true
		path := leaf.path
		if !top {
			path = strings.TrimPrefix(path, "data.")
		}
		if data && d.IntN(20) == 0 {
			path += d.pick("x", ".x")
		}
		alternatives := d.asking(leaf.value)
		if d.IntN(4) == 0 {
			alternatives += ", " + d.asking(leaf.value)
		}
		name, _ := json.Marshal(path)
		members = append(members, fmt.Sprintf("%s: [%s]", name, alternatives))
	}
	return strings.Join(members, ", ")
}

func (d dice) ruleFor(o *observed) string {
	for {
		fields := d.fieldsOf(o, true)
		if d.IntN(5) == 0 {
			if a, b := d.fieldsOf(o, false), d.fieldsOf(o, false); a != "" && b != "" {
				fields = fmt.Sprintf(`"data": {"$or": [{%s}, {%s}]}, "type": [%q, "ping"]`, a, b, o.Event.Type)
			}
		}
		if fields != "" {
			return "{" + fields + "}"
		}
	}
}

func TestRealPayloadsMatchGeneratedRulesAsNaivelyTheyDo(t *testing.T) {
	d := newDice(seed())
	var events []*observed
	for _, e := range webhooks(t) {
		events = append(events, observe(e))
	}
	const rules = 1000
	var set filter.Set[int]
	var patterns []string
	var ways [][][]naiveAsk
	for i := range rules {
		pattern := d.ruleFor(events[d.IntN(len(events))])
		f, err := filter.Pattern(pattern)
		require.NoError(t, err, pattern)
		set.Put(i, f)
		dec := json.NewDecoder(strings.NewReader(pattern))
		dec.UseNumber()
		var tree map[string]any
		require.NoError(t, dec.Decode(&tree))
		patterns, ways = append(patterns, pattern), append(ways, naiveWays("", tree))
	}
	matched, unjudged := 0, 0
	for _, e := range events {
		got, err := set.MatchDocument(e.Document, nil)
		require.NoError(t, err)
		selected := map[int]bool{}
		for _, i := range got {
			selected[i] = true
		}
		for i := range rules {
			want, judged := e.naive(ways[i])
			if !judged {
				unjudged++
				continue
			}
			require.Equal(t, want, selected[i], "%s\non %s %s", patterns[i], e.Event.Type, e.Event.Data)
			if want {
				matched++
			}
		}
	}
	t.Logf("%d payloads by %d rules: %d matched, %d beyond the naive matcher", len(events), rules, matched, unjudged)
	require.Greater(t, matched, rules, "they are made to match")
	require.Less(t, unjudged, len(events)*rules/100)
}
