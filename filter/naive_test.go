package filter_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"net/netip"
	"regexp"
	"slices"
	"sort"
	"strings"
	"unicode"

	"github.com/eventbridge-go/eventbridge/internal/cloudevent"
	"github.com/eventbridge-go/eventbridge/internal/document"
)

// The naive matcher: docs/filters.md word by word, without a thought of speed. It shares
// no code with the package.

// A naiveLeaf is a value of an event: where it is, and in which elements of which
// arrays.
type naiveLeaf struct {
	path   string
	value  any
	choice map[string]int // element by array; an array is its path and the elements around it
	arrays map[string]string
}

func naiveLeaves(d *document.Document) (leaves []naiveLeaf, arrays map[string]int) {
	e := &d.Event
	arrays = map[string]int{}
	add := func(name, v string) {
		if v != "" {
			leaves = append(leaves, naiveLeaf{path: name, value: v})
		}
	}
	add("id", e.ID)
	add("source", e.Source)
	add("type", e.Type)
	add("subject", e.Subject)
	add("specversion", "1.0")
	add("datacontenttype", e.DataContentType)
	add("dataschema", e.DataSchema)
	if !e.Time.IsZero() {
		add("time", e.Time.Format("2006-01-02T15:04:05.999999999Z07:00"))
	}
	for _, x := range e.Extensions {
		var v any = x.Text
		switch x.Type {
		case cloudevent.Integer:
			v = json.Number(x.Text)
		case cloudevent.Boolean:
			v = x.Text == "true"
		}
		leaves = append(leaves, naiveLeaf{path: x.Name, value: v})
	}
	if !json.Valid(d.JSON()) {
		return leaves, arrays
	}
	dec := json.NewDecoder(bytes.NewReader(d.JSON()))
	dec.UseNumber()
	var tree any
	if dec.Decode(&tree) != nil {
		return leaves, arrays
	}
	if object, ok := tree.(map[string]any); ok {
		naiveWalk("data", object, nil, nil, &leaves, arrays)
	}
	return leaves, arrays
}

func naiveWalk(path string, v any, choice map[string]int, within map[string]string, leaves *[]naiveLeaf, arrays map[string]int) {
	switch v := v.(type) {
	case map[string]any:
		for name, each := range v {
			naiveWalk(path+"."+name, each, choice, within, leaves, arrays)
		}
	case []any:
		id := path + fmt.Sprint(choice)
		for _, each := range flatten(v) {
			if _, ok := each.(map[string]any); !ok {
				naiveWalk(path, each, choice, within, leaves, arrays)
				continue
			}
			c, w := map[string]int{id: arrays[id]}, map[string]string{id: path}
			arrays[id]++
			for k, v := range choice {
				c[k] = v
			}
			for k, v := range within {
				w[k] = v
			}
			naiveWalk(path, each, c, w, leaves, arrays)
		}
	default:
		*leaves = append(*leaves, naiveLeaf{path, v, choice, within})
	}
}

func flatten(v []any) []any {
	var flat []any
	for _, each := range v {
		if a, ok := each.([]any); ok {
			flat = append(flat, flatten(a)...)
		} else {
			flat = append(flat, each)
		}
	}
	return flat
}

// A naiveAsk is one leaf of a pattern; absent for exists: false.
type naiveAsk struct {
	path   string
	any    []any
	absent bool
}

// naiveWays writes a pattern out: any of the lists must hold, all in it.
func naiveWays(path string, pattern map[string]any) [][]naiveAsk {
	ways := [][]naiveAsk{nil}
	times := func(more [][]naiveAsk) {
		var all [][]naiveAsk
		for _, a := range ways {
			for _, b := range more {
				all = append(all, append(slices.Clone(a), b...))
			}
		}
		ways = all
	}
	names := make([]string, 0, len(pattern))
	for name := range pattern {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		at := name
		if path != "" {
			at = path + "." + name
		} else if name == "detail" {
			at = "data"
		} else if name == "detail-type" {
			at = "type"
		}
		switch v := pattern[name].(type) {
		case map[string]any:
			times(naiveWays(at, v))
		case []any:
			if name == "$or" {
				var branches [][]naiveAsk
				for _, branch := range v {
					branches = append(branches, naiveWays(path, branch.(map[string]any))...)
				}
				times(branches)
				continue
			}
			var branches [][]naiveAsk
			ask := naiveAsk{path: at}
			for _, alternative := range v {
				if o, ok := alternative.(map[string]any); ok && o["exists"] == false {
					branches = append(branches, []naiveAsk{{path: at, absent: true}})
				} else {
					ask.any = append(ask.any, alternative)
				}
			}
			if ask.any != nil {
				branches = append(branches, []naiveAsk{ask})
			}
			times(branches)
		}
	}
	return ways
}

func naiveMatch(pattern string, d *document.Document) bool {
	dec := json.NewDecoder(strings.NewReader(pattern))
	dec.UseNumber()
	var p map[string]any
	if err := dec.Decode(&p); err != nil {
		panic(err)
	}
	leaves, arrays := naiveLeaves(d)
	for _, way := range naiveWays("", p) {
		if naiveHolds(way, leaves, arrays) {
			return true
		}
	}
	return false
}

// naiveHolds tries every choice of one element of each array.
func naiveHolds(way []naiveAsk, leaves []naiveLeaf, arrays map[string]int) bool {
	var ids []string
	for id := range arrays {
		ids = append(ids, id)
	}
	chosen := map[string]int{}
	var try func(i int) bool
	try = func(i int) bool {
		if i == len(ids) {
			return naiveHoldsFor(way, leaves, chosen)
		}
		for n := range arrays[ids[i]] {
			chosen[ids[i]] = n
			if try(i + 1) {
				return true
			}
		}
		return false
	}
	return try(0)
}

func naiveHoldsFor(way []naiveAsk, leaves []naiveLeaf, chosen map[string]int) bool {
	for _, ask := range way {
		found := false
		for _, leaf := range leaves {
			if leaf.path != ask.path {
				continue
			}
			visible := true
			for id, n := range leaf.choice {
				if chosen[id] == n || ask.absent && !lookedInto(way, leaf.arrays[id]) {
					continue
				}
				visible = false
			}
			if visible && (ask.absent || slices.ContainsFunc(ask.any, func(a any) bool { return naiveValue(a, leaf.value) })) {
				found = true
			}
		}
		if found == ask.absent {
			return false
		}
	}
	return true
}

func lookedInto(way []naiveAsk, array string) bool {
	return slices.ContainsFunc(way, func(a naiveAsk) bool { return !a.absent && strings.HasPrefix(a.path, array+".") })
}

func naiveValue(alternative, v any) bool {
	ops, ok := alternative.(map[string]any)
	if !ok {
		return naiveEqual(alternative, v)
	}
	for op, arg := range ops {
		if !naiveOperator(op, arg, v) {
			return false
		}
	}
	return true
}

func naiveEqual(a, b any) bool {
	x, ok := a.(json.Number)
	y, ok2 := b.(json.Number)
	if ok && ok2 {
		return naiveCompare(x, y) == 0
	}
	return ok == ok2 && a == b
}

func naiveCompare(a, b json.Number) int {
	x, _ := new(big.Rat).SetString(string(a))
	y, _ := new(big.Rat).SetString(string(b))
	return x.Cmp(y)
}

func naiveOperator(op string, arg, v any) bool {
	if op == "exists" {
		return true
	}
	if list, ok := arg.([]any); ok && op != "numeric" {
		hit := func(each any) bool {
			if op == "anything-but" {
				return naiveEqual(each, v)
			}
			return naiveOperator(op, each, v)
		}
		return slices.ContainsFunc(list, hit) != (op == "anything-but")
	}
	if op == "anything-but" {
		return !naiveValue(arg, v)
	}
	if op == "numeric" {
		n, ok := v.(json.Number)
		list := arg.([]any)
		for i := 0; ok && i < len(list); i += 2 {
			c := naiveCompare(n, list[i+1].(json.Number))
			ok = map[string]bool{"=": c == 0, "!=": c != 0, "<": c < 0, "<=": c <= 0, ">": c > 0, ">=": c >= 0}[list[i].(string)]
		}
		return ok
	}
	s, ok := v.(string)
	if !ok {
		return false
	}
	if o, ok := arg.(map[string]any); ok { // {"prefix": {"equals-ignore-case": …}}
		inner := o["equals-ignore-case"]
		if list, ok := inner.([]any); ok {
			return slices.ContainsFunc(list, func(each any) bool { return naiveOperator(op, map[string]any{"equals-ignore-case": each}, v) })
		}
		return naiveOperator(op, naiveFold(inner.(string)), naiveFold(s))
	}
	a := arg.(string)
	switch op {
	case "exactly":
		return s == a
	case "prefix":
		return strings.HasPrefix(s, a)
	case "suffix":
		return strings.HasSuffix(s, a)
	case "contains":
		return strings.Contains(s, a)
	case "equals-ignore-case":
		return naiveFold(s) == naiveFold(a)
	case "wildcard", "shellstyle":
		return naiveWildcard(a, s)
	case "regexp":
		return regexp.MustCompile("^(?:" + a + ")$").MatchString(s)
	case "cidr":
		addr, err := netip.ParseAddr(s)
		return err == nil && netip.MustParsePrefix(a).Contains(addr)
	}
	panic(op)
}

func naiveFold(s string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for x := unicode.SimpleFold(r); x != r; x = unicode.SimpleFold(x) {
			least = min(least, x)
		}
		return least
	}, s)
}

func naiveWildcard(w, s string) bool {
	switch {
	case w == "":
		return s == ""
	case w[0] == '*':
		return naiveWildcard(w[1:], s) || s != "" && naiveWildcard(w, s[1:])
	case w[0] == '\\':
		w = w[1:]
	}
	return s != "" && s[0] == w[0] && naiveWildcard(w[1:], s[1:])
}
