package filter_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventbridge-go/eventbridge/filter"
	"github.com/eventbridge-go/eventbridge/internal/document"
)

// cells are the code in the rows of the page's table whose header begins so.
func cells(t *testing.T, page, header string) (rows [][]string) {
	_, table, found := strings.Cut(page, "\n"+header)
	require.True(t, found, header)
	for i, line := range strings.Split(table, "\n") {
		if i < 2 { // the rest of the header, and the rule below it
			continue
		}
		if !strings.HasPrefix(line, "|") {
			break
		}
		var row []string
		for _, cell := range strings.Split(strings.Trim(line, "| "), " | ") {
			row = append(row, strings.Trim(strings.TrimSpace(cell), "`"))
		}
		rows = append(rows, row)
	}
	return rows
}

func page(t *testing.T) string {
	text, err := os.ReadFile("../docs/filters.md")
	require.NoError(t, err)
	return string(text)
}

func TestThePageSaysWhatMatches(t *testing.T) {
	seen := ""
	rows := cells(t, page(t), "| operator | pattern |")
	for _, row := range rows {
		require.Len(t, row, 4)
		f, err := filter.Pattern(row[1])
		require.NoError(t, err, row[1])
		require.Empty(t, f.Lint(), row[1])
		for i, event := range row[2:] {
			ok, err := f.MatchDocument(doc(t, event))
			require.NoError(t, err)
			require.Equal(t, i == 0, ok, "%s on %s", row[1], event)
		}
		seen += row[1]
	}
	for _, op := range filter.Operators() {
		if op != "shellstyle" { // it is wildcard
			require.Contains(t, seen, `"`+op+`"`, "the page has no row for it")
		}
	}
}

// What the page says of other systems is theirs to keep; of ours it is tested.
func TestThePageSaysWhatDiffers(t *testing.T) {
	var said string
	for _, row := range cells(t, page(t), "| pattern | here |") {
		said += row[0] + "\n"
	}
	for _, row := range []struct{ pattern, in, yes, no string }{
		{`{}`, `{}`, `{"data": 1}`, ``},
		{`{"type": ["a"], "$or": [{"type": ["b"]}, {"subject": ["s"]}]}`, `"$or"`, `{"type": "a", "subject": "s"}`, `{"type": "b"}`},
		{`{"account": ["1"]}`, `"account"`, `{"account": "1"}`, `{}`},
		{`{"data": {"n": [80]}}`, `[80]`, `{"data": {"n": 80.0}}`, `{"data": {"n": "80"}}`},
		{`{"data": {"n": [12345678901234567890.1]}}`, `[12345678901234567890.1]`, `{"data": {"n": 12345678901234567890.10}}`, `{"data": {"n": 12345678901234567890}}`},
		{`{"data": {"s": ["1.2.3.4"]}}`, `["1.2.3.4"]`, `{"data": {"s": "1.2.3.4"}}`, `{"data": {"s": "1.2.3.04"}}`},
		{`{"data": {"n": [{"numeric": [">=", 1, "<=", 1]}]}}`, `{"numeric": [">=", 1, "<=", 1]}`, `{"data": {"n": 1}}`, `{"data": {"n": 2}}`},
		{`{"data": {"a": {"c": [2], "b": [{"exists": false}]}}}`, `exists: false`, `{"data": {"a": [{"b": 1}, {"c": 2}]}}`, `{"data": {"a": [{"b": 1, "c": 2}]}}`},
		{`{"data": {"a": {"c": [2], "d": [{"exists": false}]}}}`, `exists: false`, `{"data": {"a": [{"d": 1}, {"c": 2}]}}`, `{"data": {"a": [{"d": 1, "c": 2}]}}`},
		{`{"data": {"s": [{"regexp": "a~d"}]}}`, `{"regexp": "a~d"}`, `{"data": {"s": "a~d"}}`, `{"data": {"s": "a1"}}`},
	} {
		require.Contains(t, said, row.in)
		f := filter.Must(filter.Pattern(row.pattern))
		for want, event := range map[bool]string{true: row.yes, false: row.no} {
			if event == "" {
				continue
			}
			ok, err := f.MatchDocument(doc(t, event))
			require.NoError(t, err)
			require.Equal(t, want, ok, "%s on %s", row.pattern, event)
		}
	}
	_, err := filter.Pattern(`{"type": ["a"], "type": ["b"]}`)
	require.EqualError(t, err, `/type: the name "type" occurs twice in one object`)
	_, err = filter.Pattern(`{"data": {"ip": [{"cidr": "10.0.0.1"}]}}`)
	require.ErrorContains(t, err, "write 10.0.0.1/32")
}

func TestThePageExplainsAndWarns(t *testing.T) {
	said := page(t)
	_, why := filter.Must(filter.Pattern(`{"data": {"items": {"sku": ["x"], "n": [2], "red": [true]}}}`)).ExplainDocument(doc(t, `{"data": {"items": [{"sku": "x"}, {"sku": "y", "n": 2, "red": true}]}}`))
	require.Equal(t, `data.items[1].sku: want "x", got "y"`, why.String())
	require.Contains(t, said, "`"+why.String()+"`")
	_, err := filter.Pattern(`{"data": {"vip": true}}`)
	require.Contains(t, said, "`"+err.Error()+"`")
	require.NotEmpty(t, filter.Must(filter.Pattern(`{"type": [5]}`)).Lint())
	require.NotEmpty(t, filter.Must(filter.Pattern(`{"data": {"total": {"numeric": [">", 5]}}}`)).Lint())

	for _, code := range []string{"`type == \"order.placed\" && any(data.items, .qty > 2)`", "`[{\"prefix\": {\"type\": \"order.\"}}, {\"not\": {\"exact\": {\"source\": \"/test\"}}}]`"} {
		require.Contains(t, said, code)
	}
	expr := filter.Must(filter.Expr(`type == "order.placed" && any(data.items, .qty > 2)`))
	subscription := filter.Must(filter.Subscription(`[{"prefix": {"type": "order."}}, {"not": {"exact": {"source": "/test"}}}]`))
	var set filter.Set[string]
	set.Put("expr", expr)
	other := doc(t, `{"type": "order.paid", "data": {"items": [{"qty": 3}]}}`)
	require.Zero(t, set.Scans(other), "an expression that begins with another type costs nothing")
	for f, event := range map[filter.Filter]*document.Document{
		expr:         doc(t, `{"type": "order.placed", "data": {"items": [{"qty": 3}]}}`),
		subscription: doc(t, `{"type": "order.paid", "source": "/shop"}`),
	} {
		ok, err := f.MatchDocument(event)
		require.NoError(t, err)
		require.True(t, ok)
	}
}
