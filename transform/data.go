package transform

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/eventbridge-go/eventbridge/internal/cloudevent"
	"github.com/eventbridge-go/eventbridge/internal/path"
)

const (
	jsonType = "application/json"
	textType = "text/plain; charset=utf-8"
)

// withJSON is e with other data. What its dataschema said no longer holds.
func withJSON(e *cloudevent.Event, data []byte) cloudevent.Event {
	out := *e
	out.Data, out.Kind = data, cloudevent.JSON
	out.DataContentType, out.DataSchema = jsonType, ""
	return out
}

func withText(e *cloudevent.Event, data []byte) cloudevent.Event {
	out := *e
	out.Data, out.Kind = data, cloudevent.Text
	out.DataContentType, out.DataSchema = textType, ""
	return out
}

// minRoom is how large data made by a transform may always be.
const minRoom = 2 << 20

// room is how large the data made of e may be, so that a template that repeats a
// large value is an error and not a flood.
func room(e *cloudevent.Event) int { return max(minRoom, 2*len(e.Data)) }

// Path makes the value at a JSONPath the event's data, as JSON: null when there is
// none, the array of all values when the path can name several.
func Path(jsonpath string) (Transform, error) {
	return importedPath("path", jsonpath)
}

type part struct {
	path  *path.Path
	group *path.Group
}

func (t *part) apply(src path.Source, _ Info) (cloudevent.Event, error) {
	var v [1]path.Value
	if err := t.group.Find(src, v[:]); err != nil {
		return cloudevent.Event{}, pathError("path", "", err)
	}
	return withJSON(src.Event, v[0].AppendJSON(nil)), nil
}

func (t *part) form() (string, any, error) { return "path", t.path.String(), nil }

// Constant makes v, as encoding/json writes it, the data of every event. For data
// that is not JSON, see Text.
func Constant(v any) (Transform, error) {
	data, err := encode(v)
	if err != nil {
		return Transform{}, fmt.Errorf("constant: %w", err)
	}
	return Transform{constant(data)}, nil
}

// encode is json.Marshal that leaves < and > as they are.
func encode(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimRight(buf.Bytes(), "\n"), err
}

type constant []byte

func (c constant) apply(src path.Source, _ Info) (cloudevent.Event, error) {
	return withJSON(src.Event, c), nil
}

func (c constant) form() (string, any, error) { return "constant", json.RawMessage(c), nil }
