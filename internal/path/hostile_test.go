package path

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// within fails when fn takes longer than a hostile input may: its bound is far
// above what is measured, and far below what the attack would cost.
func within(t *testing.T, limit time.Duration, fn func()) {
	t.Helper()
	start := time.Now()
	fn()
	require.Less(t, time.Since(start), limit)
}

func TestHostileDataCostLinearTime(t *testing.T) {
	member := func(i int) string { return fmt.Sprintf(`"k%d":%d`, i, i) }
	many := func(n int, f func(int) string) string {
		var b strings.Builder
		for i := range n {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(f(i))
		}
		return b.String()
	}
	same := func(i int) string { return fmt.Sprintf(`"a":{"b":[%d]}`, i) }
	for name, data := range map[string]string{
		"100 000 members":           "{" + many(100_000, member) + "}",
		"100 000 equal members":     "{" + many(100_000, same) + "}",
		"300 000 empty arrays":      "[" + many(300_000, func(int) string { return "[]" }) + "]",
		"arrays 512 deep, repeated": "[" + many(1_000, func(int) string { return deep("[", "]", 511) }) + "]",
		"a string of a megabyte":    `{"a":"` + strings.Repeat(`\u00e9é`, 130_000) + `"}`,
		"a number of a megabyte":    `{"a":` + strings.Repeat("9", 1_000_000) + `}`,
	} {
		t.Run(name, func(t *testing.T) {
			e := eventOf(data)
			for _, text := range []string{"$.data.a", "$.data.a.b[-1]", "$.data[-1][-1][-1]", "$.data[0]", "$.data.k99999"} {
				within(t, 2*time.Second, func() {
					_, err := find1(t, e, text)
					require.NoError(t, err)
				})
			}
			var paths []*Path
			for i := range 300 {
				p, err := Parse(fmt.Sprintf("$.data.k%d['b'][-%d]", i, i+1))
				require.NoError(t, err)
				paths = append(paths, p)
			}
			within(t, 2*time.Second, func() {
				require.NoError(t, NewGroup(paths...).Find(Source{Event: &e}, make([]Value, len(paths))))
			})
		})
	}
}

func TestHostilePathsAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		strings.Repeat("$", 5000):                            "offset 4096: a path is at most 4096 bytes long",
		"$" + strings.Repeat(".a", 65):                       "offset 0: a path has at most 64 segments",
		"$[?match(@.a, '" + strings.Repeat("a", 300) + "')]": "offset 8: function match() a regular expression is longer than 256 bytes",
		`$[?search(@.a, '\\pL{900}')]`:                       "offset 9: function search() a regular expression costs too much: repeat less in it",
		`$[?search(@.a, '(')]`:                               "offset 9: function search() not a regular expression: error parsing regexp: missing closing ): `(`",
		"$.\xff":                                             "offset 0: not UTF-8",
		"":                                                   `offset 0: a path begins with "$", as in $.data.total`,
		"$.a[":                                               "offset 4: unexpected eof",
		"$.a['\\x']":                                         "offset 6: invalid escape after backslash",
		"$[99999999999999999999]":                            "offset 2: cannot parse \"99999999999999999999\", value out of range",
		"$.a-b":                                              "offset 3: unexpected '-': a name that is not of letters, digits and _ is written ['a-b']",
	} {
		_, err := Parse(text)
		require.EqualError(t, err, want, "%.40q", text)
	}
}

func TestHostilePathsCostBoundedTime(t *testing.T) {
	wide := "[" + strings.TrimSuffix(strings.Repeat(`{"a":1},`, 20_000), ",") + "]"
	long := `["` + strings.Repeat("a", 70_000) + `"]`
	tall := deep("[", "]", 500)
	for _, c := range []struct{ path, data, want string }{
		{"$.data[?count($..*) > 1]", wide, "the path costs too much in an event of 40011 values, 4 deep"},
		{"$..[?@..a]..a", wide, "more than 10000 values"},
		{"$..[?@..[?@..a]]", strings.Repeat("[", 400) + wide + strings.Repeat("]", 400), "the path costs too much in an event of 40411 values, 404 deep"},
		{"$..*..*", wide, "more than 10000 values"},
		{"$.data[*,*,*,*]", wide, "more than 10000 values"},
		{"$..*", tall, ""},
		{"$.data[?match(@, 'a*b')]", long, "a text to match is longer than 65536 bytes"},
		{"$.data[?match(@, @)]", `["` + strings.Repeat("b", 300) + `"]`, "a regular expression is longer than 256 bytes"},
		{"$.data[?match(@, @)]", `["(", "b", "[z-a]"]`, ""},
		{"$.data[?length(@) > 1e300]", `["(", "b", 1e1000000, -1e1000000]`, ""},
		{"$.data[?@ > 1]", `[1e1000000, 12345678901234567890123]`, ""},
	} {
		within(t, 2*time.Second, func() {
			_, err := find1(t, eventOf(c.data), c.path)
			if c.want == "" {
				require.NoError(t, err, c.path)
			} else {
				require.EqualError(t, err, c.path+": "+c.want)
			}
		})
	}
}
