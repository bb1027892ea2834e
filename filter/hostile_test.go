package filter_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventbridge-go/eventbridge/filter"
)

// requireLinearTime fails when eight times the size takes more than 24 times as long,
// which what is quadratic does by far. Processor time counts, and the best of several
// runs: on a machine with other work they may have to be many.
func requireLinearTime(t *testing.T, name string, run func(size int)) {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	small, large := time.Hour, time.Hour
	for range 20 {
		start := cpuTime()
		run(1)
		small = min(small, cpuTime()-start)
		start = cpuTime()
		run(8)
		large = min(large, cpuTime()-start)
		if large < 24*small+20*time.Millisecond {
			return
		}
	}
	t.Fatalf("%s: %v, eight times as much %v", name, small, large)
}

func list(n int, item func(i int) string) string { return repeated(n, item) }

// alternatives are patterns of n alternatives, by operator.
var alternatives = map[string]func(n int) string{
	"text":   func(n int) string { return list(n, func(i int) string { return fmt.Sprintf(`"x%d"`, i) }) },
	"number": func(n int) string { return list(n, func(i int) string { return fmt.Sprintf("%d.5e3", i) }) },
	"prefix": func(n int) string { return list(n, func(i int) string { return fmt.Sprintf(`{"prefix": "x%d"}`, i) }) },
	"suffix": func(n int) string { return list(n, func(i int) string { return fmt.Sprintf(`{"suffix": "%dx"}`, i) }) },
	"contains": func(n int) string {
		return list(n, func(i int) string { return fmt.Sprintf(`{"contains": "x%dx"}`, i) })
	},
	"wildcard": func(n int) string {
		return list(n, func(i int) string { return fmt.Sprintf(`{"wildcard": "*x*%d*y*"}`, i) })
	},
	"numeric": func(n int) string {
		return list(n, func(i int) string { return fmt.Sprintf(`{"numeric": [">", %d, "<", %d.5]}`, i, i) })
	},
	"cidr": func(n int) string {
		return list(n, func(i int) string { return fmt.Sprintf(`{"cidr": "10.%d.%d.0/24"}`, i/256, i%256) })
	},
	"one list": func(n int) string {
		return `[{"prefix": ` + list(n, func(i int) string { return fmt.Sprintf(`"x%d"`, i) }) + `}]`
	},
	"anything-but": func(n int) string {
		return `[{"anything-but": ` + list(n, func(i int) string { return fmt.Sprintf(`"x%d"`, i) }) + `}]`
	},
	"anything-but wildcard": func(n int) string {
		return `[{"anything-but": {"wildcard": ` + list(n, func(i int) string { return fmt.Sprintf(`"*x%dy*"`, i) }) + `}}]`
	},
}

func TestTenThousandAlternativesCostLinearTime(t *testing.T) {
	event := dataEvent(`{"a": ["nothing", -1, "192.168.0.1", "` + strings.Repeat("xy", 500) + `"]}`)
	for name, leaf := range alternatives {
		for size := range 2 {
			pattern := `{"data": {"a": ` + leaf(1250*(1+7*size)) + `}}`
			require.Less(t, len(pattern), filter.MaxPatternBytes)
			f := filter.Must(filter.Pattern(pattern))
			again := filter.Must(filter.Pattern(f.String()))
			require.Equal(t, f.String(), again.String(), name)
		}
		requireLinearTime(t, name, func(size int) {
			f := filter.Must(filter.Pattern(`{"data": {"a": ` + leaf(1250*size) + `}}`))
			var set filter.Set[int]
			set.Put(1, f)
			_, err := set.MatchDocument(event, nil)
			require.NoError(t, err)
			_, why := f.ExplainDocument(event)
			require.Less(t, len(why.String()), 3000)
			requireNothingStays(t, &set, []int{1}, 2)
		})
	}
}

func TestLintOfManyAlternativesEnds(t *testing.T) {
	for name, leaf := range alternatives {
		start := time.Now()
		filter.Must(filter.Pattern(`{"data": {"a": ` + leaf(10_000) + `}}`)).Lint()
		require.Less(t, time.Since(start), 10*time.Second, name)
	}
}

func TestManyBranchesAndFieldsCostLinearTime(t *testing.T) {
	branches := map[string]func(n int) string{
		"side by side": func(n int) string {
			return `{"$or": ` + list(n, func(i int) string { return fmt.Sprintf(`{"data": {"f%d": [%d]}}`, i%100, i) }) + `}`
		},
		"one after the other": func(n int) string { // 2^n combinations
			var all []string
			for i := range n {
				all = append(all, fmt.Sprintf(`"f%d": {"$or": [{"x": [1]}, {"y": [{"exists": false}]}]}`, i))
			}
			return `{"data": {` + strings.Join(all, ", ") + `}}`
		},
		"fields": func(n int) string {
			return `{"data": {` + strings.Trim(list(4*n, func(i int) string { return fmt.Sprintf(`"g%d": [1]`, i) }), "[]") + `]}}`
		},
		"fields of an element": func(n int) string {
			return `{"data": {"f1": {` + strings.Trim(list(4*n, func(i int) string { return fmt.Sprintf(`"g%d": [{"exists": %v}]`, i, i%2 == 0) }), "[]") + `]}}}`
		},
		"absent or not": func(n int) string {
			var all []string
			for i := range n {
				all = append(all, fmt.Sprintf(`"f%d": [1, {"exists": false}]`, i))
			}
			return `{"data": {` + strings.Join(all, ", ") + `}}`
		},
	}
	event := dataEvent(`{"f1": [{"x": 1}, {"y": 1}], "f2": [{"x": 2}, {"y": 2}], "f3": 3}`)
	for name, pattern := range branches {
		requireLinearTime(t, name, func(size int) {
			var set filter.Set[int]
			f := filter.Must(filter.Pattern(pattern(500 * size)))
			set.Put(1, f)
			_, err := set.MatchDocument(event, nil)
			require.NoError(t, err)
			f.ExplainDocument(event)
		})
	}
	deep := func(n int) string { // a $or in a $or
		return strings.Repeat(`{"$or": [{"type": ["a"]}, `, n) + `{"type": ["b"]}` + strings.Repeat("]}", n)
	}
	filter.Must(filter.Pattern(deep(200)))
	_, err := filter.Pattern(deep(1000))
	require.ErrorContains(t, err, "nested deeper than 512 levels")
}

func TestBadPatternsAreErrorsThatNameThePlace(t *testing.T) {
	long := strings.Repeat("x", filter.MaxPatternBytes)
	for _, row := range []struct{ pattern, fault string }{
		{`{"type": ["` + long + `"]}`, "offset 1048576: longer than 1048576 bytes"},
		{`{"data": ` + strings.Repeat(`{"a":`, 1000) + `[1]` + strings.Repeat("}", 1000) + `}`, "nested deeper than 512 levels"},
		{`{"data": {"` + strings.Repeat("a.", 1000) + `a": [1]}}`, "nested deeper than 512 levels"},
		{"{\"data\": {\"a\": [\"ok\", \"\xff\"]}}", "offset 23: not JSON: invalid UTF-8"},
		{"{\"data\": {\"a\xc3\": [1]}}", "offset 12: not JSON: invalid UTF-8"},
		{`{"data": {"a": ["ok", "x\ud800y"]}}`, "/data/a/1: a lone surrogate is no character and can match nothing"},
		{`{"data": {"a": [{"prefix": "\udc00"}]}}`, "/data/a/0/prefix: a lone surrogate"},
		{`{"data": {"\ud800": [1]}}`, "a lone surrogate"},
		{`{"data": {"a": [1], "b": [2], "\u0061": [3]}}`, `/data/a: the name "a" occurs twice in one object`},
		{`{"data": {"a": [{"prefix": "x", "prefix": "y"}]}}`, `/data/a/0/prefix: the name "prefix" occurs twice in one object`},
		{`{"data": {"a": [1e10000000000]}}`, "/data/a/0: "},
		{`{"data": {"a": [{"numeric": [">", 1e99999999999999999999]}]}}`, "/data/a/0/numeric/1: numeric: a number whose exponent is beyond"},
		{`{"data": {"a": [NaN]}}`, "not JSON"},
		{"{\"data\": {\"a\": [\"\n\"]}}", "not JSON"},
		{"\ufeff{}", "not JSON"},
		{"", "not JSON"},
	} {
		start := time.Now()
		_, err := filter.Pattern(row.pattern)
		require.Less(t, time.Since(start), 2*time.Second)
		require.ErrorContains(t, err, row.fault)
		requireFaults(t, row.pattern, err)
	}
	faulty := func(size int) string { // every alternative is wrong, every name is there twice
		return `{"data": {` + strings.Repeat(`"a": [[], {"x": 1}, {"prefix": 1}], `, 3000*size) + `"b": [1]}}`
	}
	requireLinearTime(t, "faults", func(size int) {
		_, err := filter.Pattern(faulty(size))
		requireFaults(t, faulty(size), err)
	})
}

func TestHugeNumbersAreComparedWithoutWritingThemOut(t *testing.T) {
	f := filter.Must(filter.Pattern(`{"data": {"a": [1e1000000, {"numeric": [">", 1e999999999]}]}}`))
	start := time.Now()
	for number, want := range map[string]bool{
		"1e1000000": true, "10e999999": true, "0.01e1000002": true, "1e1000001": false, "1.0000001e1000000": false,
		"1e999999999": false, "2e999999999": true, "-2e999999999": false, "1" + strings.Repeat("0", 1_000_000): true,
	} {
		ok, err := f.MatchDocument(dataEvent(`{"a": ` + number + `}`))
		require.NoError(t, err)
		require.Equal(t, want, ok, "%.20s", number)
	}
	require.Less(t, time.Since(start), 2*time.Second)
}

// hostile are events of about size times 30 KB.
var hostile = map[string]func(size int) string{
	"keys": func(size int) string {
		var b strings.Builder
		for i := range 3_000 * size {
			fmt.Fprintf(&b, `"k%d": %d, `, i, i)
		}
		return `{` + b.String() + `"a": 1}`
	},
	"one key again and again": func(size int) string { return `{` + strings.Repeat(`"a": "x", `, 3_000*size) + `"a": 1}` },
	"dotted keys":             func(size int) string { return `{` + strings.Repeat(`"a.b": "x", `, 3_000*size) + `"a": {"b": 2}}` },
	"a string":                func(size int) string { return `{"a": "` + strings.Repeat(`xy`, 15_000*size) + `"}` },
	"an escaped string":       func(size int) string { return `{"a": "` + strings.Repeat(`\u0078y\n`, 4_000*size) + `"}` },
	"brackets side by side":   func(size int) string { return `{"a": [` + strings.Repeat(`[],`, 10_000*size) + `1]}` },
	"nested arrays": func(size int) string {
		return `{"a": [` + strings.Repeat(strings.Repeat("[", 500)+strings.Repeat("]", 500)+",", 30*size) + `1]}`
	},
	"nested objects": func(size int) string {
		return `{"a": [` + strings.Repeat(strings.Repeat(`{"a":`, 500)+"1"+strings.Repeat("}", 500)+",", 10*size) + `1]}`
	},
	"objects in arrays": func(size int) string {
		return `{"a": ` + list(2_000*size, func(i int) string { return fmt.Sprintf(`{"b": %d, "c": "x"}`, i) }) + `}`
	},
	"arrays in arrays": func(size int) string {
		return `{"a": ` + list(15*size, func(int) string {
			return `{"b": ` + list(100, func(i int) string { return fmt.Sprintf(`{"c": "x%d", "d": 1}`, i) }) + `}`
		}) + `}`
	},
	"siblings": func(size int) string {
		return `{"a": ` + list(1_000*size, func(i int) string { return fmt.Sprintf(`"x%d"`, i) }) + `, "b": ` + list(1_000*size, func(i int) string { return fmt.Sprint(i) }) + `}`
	},
}

func TestHostileEventsCostLinearTime(t *testing.T) {
	set := setOf(t, 200, func(i int) string {
		return []string{
			fmt.Sprintf(`{"data": {"a": ["x%d"], "b": [-%d]}}`, i, i+1),
			fmt.Sprintf(`{"data": {"a": {"b": [%d], "c": ["y"]}}}`, i),
			fmt.Sprintf(`{"data": {"a": {"b": {"c": ["x%d"], "d": [{"exists": false}]}}}}`, i),
			fmt.Sprintf(`{"data": {"a": [{"wildcard": "*x*y*%d*"}, {"contains": "%dx"}]}}`, i, i),
			fmt.Sprintf(`{"data": {"k%d": [{"anything-but": {"suffix": "x"}}], "$or": [{"a": [{"equals-ignore-case": "XY"}]}, {"a": {"b": [{"numeric": [">", 5]}]}}]}}`, i),
			fmt.Sprintf(`{"data": {"a": {"a": {"a": ["z%d"], "x": [{"exists": false}]}}}}`, i),
			fmt.Sprintf(`{"data": {"a": [{"regexp": "[xy]*%d"}]}}`, i),
		}[i%7]
	})
	one := filter.Must(filter.Pattern(`{"data": {"a": {"b": ["x"], "c": ["y"]}}}`))
	for name, data := range hostile {
		requireLinear(t, set, func(times int) string { return data(times) })
		requireLinearTime(t, name, func(size int) {
			e := dataEvent(data(size))
			_, err := set.MatchDocument(e, nil)
			require.NoError(t, err)
		})
		e := dataEvent(data(34)) // a megabyte, or 100 000 keys
		start := time.Now()
		_, err := set.MatchDocument(e, nil)
		require.NoError(t, err)
		_, why := one.ExplainDocument(e)
		require.Less(t, time.Since(start), 10*time.Second, name)
		require.Less(t, len(why.String()), 1000)
	}
}
