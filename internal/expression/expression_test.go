package expression_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventbridge-go/eventbridge/internal/cloudevent"
	"github.com/eventbridge-go/eventbridge/internal/document"
	"github.com/eventbridge-go/eventbridge/internal/expression"
)

func order(data string) *document.Document {
	return document.Of(cloudevent.Event{
		ID: "1", Source: "/shop", Type: "order.placed", Subject: "o-1",
		Extensions: []cloudevent.Extension{{Name: "sampled", Type: cloudevent.Boolean, Text: "true"}, {Name: "seq", Type: cloudevent.Integer, Text: "7"}},
		Data:       []byte(data), Kind: cloudevent.JSON,
	})
}

const example = `{"total": 120.50, "id": 9007199254740993, "items": [{"sku": "a", "qty": 2, "price": 1.5}, {"sku": "b", "qty": 1}], "vip": true, "note": null, "name": "Ada"}`

func TestConditions(t *testing.T) {
	for src, want := range map[string]bool{
		`type startsWith "order." && data.total > 100`:      true,
		`type == "order.placed"`:                            true,
		`type in ["a", "order.placed"]`:                     true,
		`data.total == 120.5`:                               true,
		`data.id == 9007199254740993`:                       true,
		`data.id == 9007199254740992`:                       false,
		`data.id > 9007199254740992`:                        true,
		`data.vip`:                                          true,
		`not data.vip`:                                      false,
		`data.missing`:                                      false,
		`!data.missing`:                                     true,
		`sampled and seq == 7`:                              true,
		`any(data.items, .qty > 1)`:                         true,
		`all(data.items, #.qty > 1)`:                        false,
		`none(data.items, .sku == "z")`:                     true,
		`one(data.items, .sku == "a")`:                      true,
		`count(data.items, .qty > 0) == 2`:                  true,
		`data.items[1].sku == "b"`:                          true,
		`data.items[-1]["sku"] == "b"`:                      true,
		`data.items[7].sku == "b"`:                          false,
		`len(data.items) == 2 && len(data.name) == 3`:       true,
		`data.name matches "^A.a$"`:                         true,
		`lower(data.name) == "ada"`:                         true,
		`"qty" in data.items[0]`:                            true,
		`let n = data.total; n > 1 && n < 200`:              true,
		`data.total * 2 == 241`:                             true,
		`(data.vip ? 1 : 2) == 1`:                           true,
		`sum(map(data.items, .qty)) == 3`:                   true,
		`filter(data.items, .qty > 1)[0].sku == "a"`:        true,
		`data.note == nil && data.missing == nil`:           true,
		`data.note != nil`:                                  false,
		`data?.a?.b == nil`:                                 true,
		`(data.missing ?? 5) == 5`:                          true,
		`data.total in 1..200`:                              false,
		`reduce(data.items, #acc + #.qty, 0) == 3`:          true,
		`data == {"a": 1}`:                                  false,
		`max(1, data.total) > 100 and min([3, 2]) == 2`:     true,
		`subject == "o-1" && source endsWith "shop"`:        true,
		`join(map(data.items, .sku), ",") == "a,b"`:         true,
		`split("a,b", ",")[1] == "b" && trim(" x ") == "x"`: true,

		// What is absent or of another type makes a comparison false.
		`data.missing > 1`:                    false,
		`data.missing <= 1`:                   false,
		`data.missing == 1`:                   false,
		`data.missing != 1`:                   false,
		`data.missing == data.other`:          false,
		`data.name > 1`:                       false,
		`data.name != 1`:                      false,
		`data.name != "Bob"`:                  true,
		`data.items > 1`:                      false,
		`data.missing.deeper.still == 1`:      false,
		`data.missing startsWith "x"`:         false,
		`data.total contains "x"`:             false,
		`data.missing matches "x"`:            false,
		`1 in data.missing`:                   false,
		`any(data.missing, # > 1)`:            false,
		`len(data.missing) > 0`:               false,
		`nosuch == "x"`:                       false,
		`type(data.name) == "string" or true`: true,
	} {
		p, err := expression.Compile(src)
		if strings.HasPrefix(src, "type(") {
			require.Error(t, err)
			continue
		}
		require.NoError(t, err, src)
		got, err := p.Bool(order(example))
		require.NoError(t, err, src)
		require.Equal(t, want, got, src)
	}
}

func TestValuesKeepTheirDigits(t *testing.T) {
	for src, want := range map[string]string{
		`data.total`: `120.50`,
		`{"id": data.id, "n": [1, 2.5, "x", nil]}`: `{"id":9007199254740993,"n":[1,2.5,"x",null]}`,
		`1 + 2`:                                  `3`,
		`7 / 2`:                                  `3.5`,
		`6 / 2`:                                  `3`,
		`2 ** 10`:                                `1024`,
		`-data.items[0].qty`:                     `-2`,
		`9223372036854775807 + 1`:                `9223372036854776000`,
		`data.items | map(.sku)`:                 `["a","b"]`,
		`data.items[0:1]`:                        `[{"price":1.5,"qty":2,"sku":"a"}]`,
		`keys(data.items[0])`:                    `["price","qty","sku"]`,
		`"order " + string(data.id)`:             `"order 9007199254740993"`,
		`if data.vip { "yes" } else { "no" }`:    `"yes"`,
		`round(data.total) + abs(-1) + int("4")`: `126`,
	} {
		p, err := expression.Compile(src)
		require.NoError(t, err, src)
		v, err := p.Value(order(example))
		require.NoError(t, err, src)
		got, err := json.Marshal(v)
		require.NoError(t, err)
		require.Equal(t, want, string(got), src)
	}
}

func TestFaultsHaveTheirPlace(t *testing.T) {
	for src, at := range map[string]int{
		`type ==`:                            6,
		`Type == "x"`:                        0,
		`data.a == 1 && total > 1`:           -1, // total may be an extension
		`data.a == 1 && orderTotal > 1`:      15,
		`nosuch(1)`:                          0,
		`"ü" == type && repeat("x", 5) == 1`: 16,
		`data.x matches data.y`:              20,
		`data.x matches "("`:                 15,
		`# > 1`:                              0,
		`len(1, 2)`:                          0,
		strings.Repeat("a", 5000):            expression.MaxBytes,
		``:                                   0,
	} {
		_, err := expression.Compile(src)
		if at < 0 {
			require.NoError(t, err, src)
			continue
		}
		var fault *expression.SyntaxError
		require.True(t, errors.As(err, &fault), "%s: %v", src, err)
		require.Equal(t, at, fault.Offset, "%s: %v", src, err)
	}
}

// The hostile expressions of reliability.md 4.5, and some more: each is refused, or
// stops within a second with an error.
func TestHostileExpressionsAreStopped(t *testing.T) {
	numbers := strings.TrimSuffix(strings.Repeat("1,", 3000), ",")
	data := `{"a": [` + numbers + `], "s": "` + strings.Repeat("x", 100_000) + `", "deep": ` + strings.Repeat("[", 500) + strings.Repeat("]", 500) + `}`
	for _, src := range []string{
		strings.TrimSuffix(strings.Repeat("1+", 1000), "+"),
		strings.Repeat("(", 2000) + "1" + strings.Repeat(")", 2000),
		strings.Repeat("!", 4000) + "true",
		`len(map(1..1000, map(1..1000, #))) > 0`,
		`repeat("a", 100000000) == ""`,
		`reduce(1..12, #acc + #acc, data.s) == ""`,
		`reduce(1..24, #acc + #acc, data.s) == ""`,
		`all(data.a, all(data.a, all(data.a, true)))`,
		`all(data.a, all(data.a, true))`,
		`len(1..100000000000) > 0`,
		`len(-9223372036854775808..9223372036854775807) > 0`,
		`all(data.a, data == data)`,
		`all(data.a, data.s == data.s + "")`,
		`none(data.a, data.s contains "xy")`,
		`none(data.a, data.s matches "(x+x+)+y")`,
		`none(data.a, upper(data.s) == "")`,
		`count(split(data.s, "")) > 0`,
		`let a = data.s + data.s; let b = a + a; let c = b + b; let d = c + c; let e = d + d; e == ""`,
		`data.s matches "` + strings.Repeat(`\\pL{100}`, 25) + `"`,
		`data.s matches "(((a{100}){100}){100})"`,
		`sortBy(data.a, #) == 1`,
		`data.a + 1 > 0`,
		`data.a[0]() == 1`,
		`data.a.foo() == 1`,
		`1 / 0 == 1`,
		`data.s[data.s:] == ""`,
		`reduce(data.a, [#acc, #acc], 1) == reduce(data.a, [#acc, #acc], 1)`,
	} {
		start := time.Now()
		p, err := expression.Compile(src)
		if err == nil {
			_, err = p.Bool(order(data))
		}
		name := src[:min(60, len(src))]
		require.Error(t, err, name)
		require.Less(t, time.Since(start), time.Second, name)
	}
}

func TestEvaluationLeavesRoomForHonestWork(t *testing.T) {
	var items []string
	for i := range 2000 {
		items = append(items, fmt.Sprintf(`{"sku": "s%d", "qty": %d}`, i, i))
	}
	p, err := expression.Compile(`any(data.items, .sku == "s1999" && .qty > 1000)`)
	require.NoError(t, err)
	ok, err := p.Bool(order(`{"items": [` + strings.Join(items, ",") + `]}`))
	require.NoError(t, err)
	require.True(t, ok)
}

func TestWhatAnExpressionBeginsWithIsKnown(t *testing.T) {
	for src, want := range map[string]map[string][]string{
		`type == "a" && data.x > 1`:                     {"type": {"a"}},
		`"a" == type && source in ["b", "c"] && data.x`: {"type": {"a"}, "source": {"b", "c"}},
		`type == "a" || data.x`:                         {},
		`data.x && type == "a"`:                         {},
		`type == "a"`:                                   {"type": {"a"}},
		`data == "a" && type == "b"`:                    {},
		`type != "a" && data.x`:                         {},
	} {
		p, err := expression.Compile(src)
		require.NoError(t, err)
		require.Equal(t, want, p.Equal(), src)
	}
}

func FuzzExpression(f *testing.F) {
	for _, src := range []string{`type == "a" && data.x > 1`, `any(data.a, # > 1)`, `let x = 1; x + 1`, `{"a": [1]}`, `data.s matches "a+"`, `1..3 | map(# * 2)`, `data.a[1:2]`} {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		p, err := expression.Compile(src)
		if err != nil {
			return
		}
		if _, err := p.Value(order(example)); err != nil {
			require.NotContains(t, err.Error(), "panicked")
		}
	})
}
