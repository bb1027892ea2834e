package httpsource_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventbridge-go/eventbridge/connector/httpsource"
	"github.com/eventbridge-go/eventbridge/internal/cloudevent"
)

// testdata/webhooks.jsonl has a few real payloads (octokit/webhooks, MIT).
func TestRealPayloadsArriveByteForByte(t *testing.T) { postInAllModes(t, "testdata") }

// All of a folder of such files, one payload a line: {"event": …, "payload": …}.
func TestEveryRealPayloadArrivesByteForByte(t *testing.T) {
	folder := os.Getenv("EVENTBRIDGE_WEBHOOKS")
	if folder == "" {
		t.Skip("EVENTBRIDGE_WEBHOOKS names no folder of *.jsonl payloads")
	}
	postInAllModes(t, folder)
}

func postInAllModes(t *testing.T, folder string) {
	payloads := readPayloads(t, folder)
	p := &recorder{}
	server := httptest.NewServer(httpsource.Handler(p, httpsource.MaxBytes(8<<20)))
	defer server.Close()
	modes := []cloudevent.Mode{cloudevent.BinaryMode, cloudevent.StructuredMode, cloudevent.BatchMode}
	posted, bytesPosted := 0, 0
	for _, mode := range modes {
		size := 1
		if mode == cloudevent.BatchMode {
			size = 20
		}
		for from := 0; from < len(payloads); from += size {
			events := payloads[from:min(from+size, len(payloads))]
			var body []byte
			var header http.Header
			if mode == cloudevent.BatchMode {
				body, header = batchOf(events, mode)
			} else {
				e := named(events[0], mode)
				body, header = encode(mode, &e)
			}
			req, err := http.NewRequest("POST", server.URL, bytes.NewReader(body))
			require.NoError(t, err)
			req.Header = header
			resp, err := server.Client().Do(req)
			require.NoError(t, err)
			answer, _ := io.ReadAll(resp.Body)
			resp.Body.Close()
			require.Equal(t, 202, resp.StatusCode, "%s", answer)
			posted += len(events)
			bytesPosted += len(body)
		}
	}
	require.Len(t, p.events, len(modes)*len(payloads))
	seen := map[string]bool{}
	for i, got := range p.events {
		want := named(payloads[i%len(payloads)], modes[i/len(payloads)])
		require.Equal(t, want.ID, got.ID())
		require.Equal(t, want.Type, got.Type())
		require.True(t, bytes.Equal(want.Data, got.DataEncoded), "%s: the data is not the same", want.ID)
		require.False(t, seen[got.ID()], "%s came twice", got.ID())
		seen[got.ID()] = true
	}
	t.Logf("%d payloads in 3 modes: %d events, %d bytes of bodies posted; %d events published, all data the same", len(payloads), posted, bytesPosted, len(p.events))
}

// named is e with an id of the mode's own.
func named(e cloudevent.Event, mode cloudevent.Mode) cloudevent.Event {
	e.ID = fmt.Sprintf("%d-%s", mode, e.ID)
	return e
}

func batchOf(events []cloudevent.Event, mode cloudevent.Mode) ([]byte, http.Header) {
	all := make([]cloudevent.Event, len(events))
	for i, e := range events {
		all[i] = named(e, mode)
	}
	return cloudevent.AppendJSONBatch(nil, all), http.Header{"Content-Type": {cloudevent.MediaJSONBatch}}
}

func readPayloads(t *testing.T, folder string) (events []cloudevent.Event) {
	files, err := filepath.Glob(filepath.Join(folder, "*.jsonl"))
	require.NoError(t, err)
	for _, name := range files {
		file, err := os.Open(name)
		require.NoError(t, err)
		defer file.Close()
		lines := bufio.NewScanner(file)
		lines.Buffer(nil, 16<<20)
		for lines.Scan() {
			var line struct {
				Event   string          `json:"event"`
				Payload json.RawMessage `json:"payload"`
			}
			require.NoError(t, json.Unmarshal(lines.Bytes(), &line))
			events = append(events, cloudevent.Event{ID: fmt.Sprint(len(events)), Source: "https://github.com/octokit/webhooks", Type: "com.github." + line.Event,
				DataContentType: "application/json", Data: line.Payload, Kind: cloudevent.JSON})
		}
		require.NoError(t, lines.Err())
	}
	require.NotEmpty(t, events)
	return events
}
