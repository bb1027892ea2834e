package filter_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventbridge-go/eventbridge/filter"
	"github.com/eventbridge-go/eventbridge/internal/cloudevent"
	"github.com/eventbridge-go/eventbridge/internal/document"
)

// Each file in testdata tells stories: a pattern, the events it matches and those
// it does not, or what is wrong with it.
func TestGoldenStories(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			var f filter.Filter
			var pattern string
			var fault error
			for _, s := range sections(string(text)) {
				switch s.name {
				case "pattern":
					pattern = s.body
					f, fault = filter.Pattern(pattern)
				case "subscription":
					pattern = s.body
					f, fault = filter.Subscription(pattern)
				case "expression":
					pattern = s.body
					f, fault = filter.Expr(strings.TrimSpace(pattern))
				case "matches", "does not match":
					require.NoError(t, fault, pattern)
					for _, line := range lines(s.body) {
						ok, err := f.MatchDocument(doc(t, line))
						require.NoError(t, err, line)
						require.Equal(t, s.name == "matches", ok, "%s\non %s\nby %s", s.name, line, pattern)
						set := filter.Set[string]{}
						set.Put("x", f)
						got, err := set.MatchDocument(doc(t, line), nil)
						require.NoError(t, err)
						require.Equal(t, ok, len(got) == 1, "set: %s\non %s\nby %s", s.name, line, pattern)
					}
				case "story":
				case "errors":
					require.Error(t, fault, pattern)
					require.Equal(t, strings.TrimSpace(s.body), fault.Error(), pattern)
				case "normal form":
					require.NoError(t, fault, pattern)
					require.Equal(t, strings.TrimSpace(s.body), f.String())
				case "warnings":
					require.NoError(t, fault, pattern)
					var got []string
					for _, w := range f.Lint() {
						got = append(got, w.String())
					}
					require.Equal(t, strings.TrimSpace(s.body), strings.Join(got, "\n"), pattern)
				default:
					t.Fatalf("%s: what is %q?", file, s.name)
				}
			}
		})
	}
}

type section struct{ name, body string }

func sections(text string) []section {
	var all []section
	for _, line := range strings.SplitAfter(text, "\n") {
		name, is := strings.CutPrefix(strings.TrimSpace(line), "-- ")
		if is && strings.HasSuffix(name, " --") {
			all = append(all, section{name: strings.TrimSuffix(name, " --")})
		} else if len(all) > 0 {
			all[len(all)-1].body += line
		}
	}
	return all
}

func lines(body string) []string {
	var all []string
	for _, line := range strings.Split(body, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			all = append(all, line)
		}
	}
	return all
}

// doc reads an event in a short form of CloudEvents JSON: what is not said is made
// up, and text in the place of data is data that is not JSON.
func doc(t testing.TB, line string) *document.Document {
	var members map[string]json.RawMessage
	if !json.Valid([]byte(line)) { // data that the test wants broken
		data := strings.TrimSuffix(strings.TrimPrefix(line, `{"data":`), "}")
		return document.Of(cloudevent.Event{ID: "1", Source: "/s", Type: "t", Data: []byte(data), Kind: cloudevent.JSON})
	}
	require.NoError(t, json.Unmarshal([]byte(line), &members), line)
	e := cloudevent.Event{ID: "1", Source: "/test", Type: "test"}
	str := func(raw json.RawMessage) (s string) {
		require.NoError(t, json.Unmarshal(raw, &s))
		return s
	}
	for name, raw := range members {
		switch name {
		case "id":
			e.ID = str(raw)
		case "source":
			e.Source = str(raw)
		case "type":
			e.Type = str(raw)
		case "subject":
			e.Subject = str(raw)
		case "datacontenttype":
			e.DataContentType = str(raw)
		case "dataschema":
			e.DataSchema = str(raw)
		case "time":
			at, err := time.Parse(time.RFC3339Nano, str(raw))
			require.NoError(t, err)
			e.Time = at
		case "data":
			e.Data, e.Kind = raw, cloudevent.JSON
		default:
			x := cloudevent.Extension{Name: name, Text: string(raw)}
			switch raw[0] {
			case '"':
				x.Text = str(raw)
			case 't', 'f':
				x.Type = cloudevent.Boolean
			default:
				x.Type = cloudevent.Integer
			}
			e.Extensions = append(e.Extensions, x)
		}
	}
	if e.Kind == cloudevent.JSON && !cloudevent.IsJSON(e.DataContentType) {
		e.Kind = cloudevent.Text
	}
	sort.Slice(e.Extensions, func(i, j int) bool { return e.Extensions[i].Name < e.Extensions[j].Name })
	return document.Of(e)
}
