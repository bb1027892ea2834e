package filter_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/stretchr/testify/require"

	"github.com/eventbridge-go/eventbridge/filter"
)

func TestExplainNamesTheFirstFieldThatFails(t *testing.T) {
	long := strings.Repeat("ü", 1000)
	for _, row := range []struct{ pattern, event, why string }{
		{`{"type": ["a"], "data": {"n": [1]}}`, `{"type": "a", "data": {"n": 1}}`, ``},
		{`{"type": ["a"], "data": {"n": [1]}}`, `{"type": "b", "data": {"n": 2}}`, `type: want "a", got "b"`},
		{`{"type": ["a"], "data": {"n": [1]}}`, `{"type": "a", "data": {"n": "1"}}`, `data.n: want 1, got "1"`},
		{`{"seq": ["7"]}`, `{"seq": 7}`, `seq: want "7", got 7`},
		{`{"data": {"n": [{"numeric": [">", 1, "<=", 2]}, {"prefix": "x"}]}}`, `{"data": {"n": 3}}`, `data.n: want numeric > 1 and <= 2 or prefix "x", got 3`},
		{`{"data": {"n": [1, 2, 3, 4, 5, 6, 7, 8]}}`, `{"data": {"n": 0}}`, `data.n: want 1 or 2 or 3 or 4 or 5 or one of 3 more, got 0`},
		{`{"data": {"n": [{"exists": false}]}}`, `{"data": {"n": null}}`, `data.n: want absent, got null`},
		{`{"data": {"n": [{"exists": true}]}}`, `{"data": {"n": {"x": 1}}}`, `data.n: want any value, got an object, which is no value`},
		{`{"data": {"n": [1]}}`, `{}`, `data.n: want 1, got absent: the event has no data`},
		{`{"data": {"n": [1]}}`, `{"datacontenttype": "text/plain", "data": "n"}`, `data.n: want 1, got absent: the data is not JSON`},
		{`{"data": {"n": [1]}}`, `{"data":{"n": 1]}`, `data.n: want 1, got absent: the data is not well-formed JSON`},
		{`{"data": {"n": [1]}}`, `{"data": {"n": [2, [3, "x"]]}}`, `data.n: want 1, got 2, 3, "x"`},
		{`{"data": {"n": ["x"]}}`, `{"data": {"n": "` + long + `"}}`, `data.n: want "x", got "` + long[:198] + `…`},
	} {
		f := filter.Must(filter.Pattern(row.pattern))
		ok, why := f.ExplainDocument(doc(t, row.event))
		require.Equal(t, row.why == "", ok, row.pattern)
		if !ok {
			require.Equal(t, row.why, why.String())
		} else {
			require.Zero(t, why)
		}
	}
}

func TestExplainNamesTheElementThatCameNearest(t *testing.T) {
	pattern := `{"data": {"order": {"items": {"sku": ["x"], "color": ["red"], "size": [{"numeric": [">", 3]}]}}}}`
	event := `{"data": {"order": {"items": [{"sku": "x", "color": "blue", "size": 1}, {"sku": "y", "color": "red", "size": 9}, {"sku": "x"}]}}}`
	_, why := filter.Must(filter.Pattern(pattern)).ExplainDocument(doc(t, event))
	require.Equal(t, `data.order.items[1].sku: want "x", got "y"`, why.String())

	absent := `{"data": {"items": {"sku": ["x"], "gift": [{"exists": false}]}}}`
	_, why = filter.Must(filter.Pattern(absent)).ExplainDocument(doc(t, `{"data": {"items": [{"sku": "y"}, {"sku": "x", "gift": "ribbon"}]}}`))
	require.Equal(t, `data.items[1].gift: want absent, got "ribbon"`, why.String())

	deep := `{"data": {"a": {"b": {"c": [1], "d": [2]}}}}`
	_, why = filter.Must(filter.Pattern(deep)).ExplainDocument(doc(t, `{"data": {"a": [{"b": [{"c": 1}]}, {"b": [{"c": 0}, {"c": 1, "d": 3}, {"d": 2}]}]}}`))
	require.Equal(t, `data.a[0].b[0].d: want 2, got absent`, why.String())
}

func TestExplainChoosesTheNearestBranch(t *testing.T) {
	or := `{"type": ["a"], "$or": [{"source": ["/x"], "data": {"n": [1]}}, {"source": ["/y"], "data": {"n": [2], "m": [3]}}]}`
	_, why := filter.Must(filter.Pattern(or)).ExplainDocument(doc(t, `{"type": "a", "source": "/y", "data": {"n": 2, "m": 4}}`))
	require.Equal(t, `data.m: want 3, got 4`, why.String())

	_, why = filter.Or(filter.Type("a"), filter.Must(filter.Pattern(`{"type": ["b"], "subject": ["s"]}`))).ExplainDocument(doc(t, `{"type": "b"}`))
	require.Equal(t, `subject: want "s", got absent`, why.String())

	var wide []string // more combinations than are multiplied out
	for _, c := range "abcdefgh" {
		wide = append(wide, fmt.Sprintf(`"%c": {"$or": [{"x": [1]}, {"y": [1]}]}`, c))
	}
	ok, why := filter.Must(filter.Pattern(`{"data": {` + strings.Join(wide, ", ") + `}}`)).ExplainDocument(doc(t, `{"data": {"a": {"x": 1}}}`))
	require.False(t, ok)
	require.Equal(t, `data.b.x: want 1, got absent`, why.String())
	most := `{"a": {"x": 1}, "b": {"x": 1}, "c": {"x": 1}, "d": {"x": 1}, "e": {"x": 1}, "f": {"x": 1}`
	_, why = filter.Must(filter.Pattern(`{"data": {` + strings.Join(wide, ", ") + `}}`)).ExplainDocument(doc(t, `{"data": `+most+`, "g": {"y": 1}, "h": {"y": 2}}}`))
	require.Equal(t, `data.h.x: want 1, got absent`, why.String())
}

func TestExplainHasWordsForWhatIsNoPattern(t *testing.T) {
	type_ := filter.Type("a")
	both := filter.Must(filter.Pattern(`{"type": ["a"], "data": {"n": [1]}}`))
	e := `{"type": "a", "data": {"n": 1}}`
	fails := filter.Func(func(event.Event) (bool, error) { return false, errors.New("no idea") })
	for _, row := range []struct {
		f   filter.Filter
		why string
	}{
		{filter.Not(type_), `type: want not "a", got "a"`},
		{filter.Not(filter.Type("a*")), `type: want not wildcard "a*", got "a"`},
		{filter.Not(both), `want not {"type":["a"],"data":{"n":[1]}}, got an event that this selects`},
		{filter.And(type_, filter.Not(filter.Or(both, filter.Type("b")))), `want not {"$any":[{"type":["a"],"data":{"n":[1]}},{"type":["b"]}]}, got an event that this selects`},
		{filter.Or(), `want no event at all: the filter selects nothing, got an event`},
		{filter.Func(func(event.Event) (bool, error) { return false, nil }), `want the Go function to say yes, got no`},
		{filter.And(type_, fails), `want the Go function to say yes, got an error: no idea`},
		{filter.Func(func(event.Event) (bool, error) { panic("on purpose") }), `want the Go function to say yes, got an error: panic: on purpose`},
		{filter.Must(filter.Expr(`data.n > 1`)), `want data.n > 1, got false`},
		{filter.Must(filter.Expr(`type == "b" && data.n > 1`)), `type: want "b", got "a"`},
		{filter.Must(filter.Expr(`type == "a" && data.n > 1`)), `want type == "a" && data.n > 1, got false`},
		{filter.Must(filter.Expr(`data.n / 0 > 1`)), `want data.n / 0 > 1, got an error: offset 7: 1 / 0 is no number`},
	} {
		ok, why := row.f.ExplainDocument(doc(t, e))
		require.False(t, ok)
		require.Equal(t, row.why, why.String())
	}
}
