package transform_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventbridge-go/eventbridge/internal/cloudevent"
	"github.com/eventbridge-go/eventbridge/internal/document"
	"github.com/eventbridge-go/eventbridge/internal/path"
	"github.com/eventbridge-go/eventbridge/transform"
)

// The stories in testdata are read from top to bottom. What a section does is in
// the table of (*story).tell; the event is the one of testdata/event.json but for
// what a section says.
func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			s := &story{event: standard()}
			for _, sec := range sections(string(text)) {
				s.tell(t, sec)
			}
			require.NoError(t, s.err, "an error that no story told of")
		})
	}
}

type section struct{ name, text string }

// sections reads txtar.
func sections(text string) (out []section) {
	text = regexp.MustCompile(`(?m)^# .*\n`).ReplaceAllString(text, "")
	header := regexp.MustCompile(`(?m)^-- (.+) --\n`)
	at := header.FindAllStringSubmatchIndex(text, -1)
	for i, m := range at {
		end := len(text)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		out = append(out, section{text[m[2]:m[3]], strings.TrimRight(text[m[1]:end], "\n")})
	}
	return out
}

func standard() cloudevent.Event {
	return cloudevent.Event{
		ID: "e-1", Source: "/shop", Type: "order.placed", Subject: "o-17",
		Time:            time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
		DataContentType: "application/json", DataSchema: "https://example.com/order",
		Extensions: []cloudevent.Extension{
			{Name: "priority", Type: cloudevent.Integer, Text: "3"},
			{Name: "tenant", Text: "acme"},
			{Name: "vip", Type: cloudevent.Boolean, Text: "true"},
		},
		Data: []byte(`{"total": 1250.00}`), Kind: cloudevent.JSON,
	}
}

type story struct {
	vars      transform.Vars
	transform transform.Transform
	event     cloudevent.Event
	err       error
}

func (s *story) tell(t *testing.T, sec section) {
	switch sec.name {
	case "vars":
		s.vars = nil
		require.NoError(t, json.Unmarshal([]byte(sec.text), &s.vars))
	case "template":
		s.transform, s.err = transform.Template(sec.text, s.vars)
	case "text":
		s.transform, s.err = transform.Text(sec.text, s.vars)
	case "path":
		s.transform, s.err = transform.Path(sec.text)
	case "expr":
		s.transform, s.err = transform.Expr(sec.text)
	case "aws":
		s.transform, s.err = transform.AWS([]byte(sec.text))
	case "rocketmq":
		s.transform, s.err = transform.RocketMQ([]byte(sec.text))
	case "transform":
		s.err = json.Unmarshal([]byte(sec.text), &s.transform)
	case "data":
		s.event = standard()
		s.event.Data = []byte(sec.text)
	case "text data":
		s.event = standard()
		s.event.Data, s.event.Kind, s.event.DataContentType = []byte(sec.text), cloudevent.Text, "text/plain"
	case "no data":
		s.event = standard()
		s.event.Data, s.event.Kind = nil, cloudevent.NoData
	case "becomes":
		out := s.apply(t, sec)
		require.Equal(t, cloudevent.JSON, out.Kind, sec.text)
		require.True(t, json.Valid(out.Data), "%s", out.Data)
		require.Equal(t, sec.text, string(out.Data))
	case "becomes text":
		out := s.apply(t, sec)
		require.Equal(t, cloudevent.Text, out.Kind, "%s", out.Data)
		require.Equal(t, sec.text, string(out.Data))
	case "becomes event":
		out := s.apply(t, sec)
		require.Equal(t, sec.text, indent(t, path.AppendEvent(nil, &out, true)))
	case "error":
		if s.err == nil {
			_, s.err = s.run()
		}
		require.EqualError(t, s.err, sec.text)
		s.err = nil
	case "error begins": // where another package says the rest
		if s.err == nil {
			_, s.err = s.run()
		}
		require.Error(t, s.err)
		require.True(t, strings.HasPrefix(s.err.Error(), sec.text), s.err.Error())
		s.err = nil
	default:
		t.Fatalf("no section is called %q", sec.name)
	}
}

func (s *story) run() (cloudevent.Event, error) {
	info := transform.Info{Rule: "tell-sales", Received: time.Date(2026, 3, 1, 12, 0, 1, 500_000_000, time.UTC)}
	doc := document.Of(s.event)
	out, err := s.transform.ApplyDocument(doc, info)
	if before, after := fmt.Sprintf("%+v", s.event), fmt.Sprintf("%+v", doc.Event); before != after {
		return out, fmt.Errorf("the event was written to: %s, before: %s", after, before)
	}
	return out, err
}

func (s *story) apply(t *testing.T, sec section) cloudevent.Event {
	t.Helper()
	require.NoError(t, s.err, "before: %s", sec.text)
	out, err := s.run()
	require.NoError(t, err, "wanted: %s", sec.text)
	require.NoError(t, out.Validate())
	s.marshalled(t, out)
	return out
}

// marshalled checks that the transform, written as JSON and read again, does the
// same.
func (s *story) marshalled(t *testing.T, want cloudevent.Event) {
	t.Helper()
	text, err := json.Marshal(s.transform)
	require.NoError(t, err)
	again := story{event: s.event}
	require.NoError(t, json.Unmarshal(text, &again.transform), "%s", text)
	got, err := again.run()
	require.NoError(t, err)
	if want.Kind == cloudevent.JSON && !bytes.Equal(want.Data, got.Data) { // json.Marshal writes < as \u003c
		require.JSONEq(t, string(want.Data), string(got.Data))
		got.Data = want.Data
	}
	require.Equal(t, want, got)
	text2, err := json.Marshal(again.transform)
	require.NoError(t, err)
	require.JSONEq(t, string(text), string(text2))
}

func indent(t *testing.T, text []byte) string {
	t.Helper()
	var buf bytes.Buffer
	require.NoError(t, json.Indent(&buf, text, "", "  "))
	return buf.String()
}

// The table of docs/transforms.md says what templates make of a value.
func TestDocsSayWhatTemplatesMake(t *testing.T) {
	text, err := os.ReadFile("../docs/transforms.md")
	require.NoError(t, err)
	_, table, _ := strings.Cut(string(text), "| the event has ")
	rows := 0
	for _, line := range strings.Split(table, "\n")[2:] {
		cells := regexp.MustCompile("`([^`]*)`").FindAllStringSubmatch(line, -1)
		if len(cells) < 4 {
			break
		}
		rows++
		for i, tmpl := range []string{`{"a": <v>}`, `{"a": "it is <v>"}`, `it is <v>`} {
			e := standard()
			e.Data = []byte(`{"v": ` + cells[0][1] + `}`)
			made := transform.Must(transform.Template(tmpl, transform.Vars{"v": "$.data.v"}))
			out, err := made.ApplyDocument(document.Of(e), transform.Info{})
			require.NoError(t, err)
			require.Equal(t, cells[i+1][1], string(out.Data))
		}
	}
	require.Equal(t, 5, rows)
}
