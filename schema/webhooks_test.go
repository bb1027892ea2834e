package schema

import (
	"bufio"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventbridge-go/eventbridge/internal/jsonschema"
)

// TestRealWebhooksFitTheirSchemas validates payloads of real webhooks by schemas that
// refer to each other.
func TestRealWebhooksFitTheirSchemas(t *testing.T) {
	folder := os.Getenv("EVENTBRIDGE_WEBHOOKS")
	if folder == "" {
		t.Skip("EVENTBRIDGE_WEBHOOKS names no folder")
	}
	set, docs := webhookSchemas(t, folder)
	for _, e := range []Engine{GoJSONSchema, Santhosh} {
		t.Run(e.String(), func(t *testing.T) {
			validators := map[string]*validator{}
			payloads := 0
			for _, p := range webhookPayloads(t, folder) {
				doc := docs[p.schema(docs)]
				require.NotNil(t, doc, "a schema for %s %s", p.Event, p.File)
				v := validators[doc.URI]
				if v == nil {
					var err error
					v, err = compile(set, doc, e)
					require.NoError(t, err)
					validators[doc.URI] = v
				}
				violations, _ := v.validate(tree(t, p.Payload))
				if len(violations) > 0 {
					t.Errorf("%s %s by %s: %v", p.Event, p.File, doc.URI, violations)
				}
				payloads++
			}
			t.Logf("%d payloads fit %d schemas", payloads, len(validators))
		})
	}
}

type webhook struct {
	Event, File string
	Payload     json.RawMessage
}

// schema is the URI of the payload's schema: by its action, or by its event alone.
func (w webhook) schema(docs map[string]*jsonschema.Document) string {
	var head struct{ Action string }
	_ = json.Unmarshal(w.Payload, &head)
	for _, name := range []string{head.Action, "event"} {
		if uri := webhookBase + w.Event + "/" + name + ".schema.json"; docs[uri] != nil {
			return uri
		}
	}
	return ""
}

const webhookBase = "http://webhooks.example/"

func webhookSchemas(t testing.TB, folder string) (*jsonschema.Set, map[string]*jsonschema.Document) {
	set, docs := &jsonschema.Set{}, map[string]*jsonschema.Document{}
	root := filepath.Join(folder, "schemas")
	require.NoError(t, filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(file) != ".json" {
			return err
		}
		name, _ := filepath.Rel(root, file)
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		// The identifiers are relative to the folder of them all.
		doc, err := jsonschema.Parse(webhookBase+filepath.ToSlash(name), rebased(t, text), jsonschema.Draft7)
		require.NoError(t, err, name)
		require.NoError(t, set.Add(doc), name)
		docs[doc.URI] = doc
		return nil
	}))
	return set, docs
}

// rebased makes the schema's identifier absolute.
func rebased(t testing.TB, text []byte) []byte {
	var o map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(text, &o))
	var id string
	if json.Unmarshal(o["$id"], &id) == nil {
		o["$id"], _ = json.Marshal(webhookBase + id)
	}
	out, err := json.Marshal(o)
	require.NoError(t, err)
	return out
}

func webhookPayloads(t testing.TB, folder string) []webhook {
	files, err := filepath.Glob(filepath.Join(folder, "*.jsonl"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	var all []webhook
	for _, file := range files {
		f, err := os.Open(file)
		require.NoError(t, err)
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, 16<<20)
		for lines.Scan() {
			var p webhook
			require.NoError(t, json.Unmarshal(lines.Bytes(), &p))
			all = append(all, p)
		}
		require.NoError(t, lines.Err())
		f.Close()
	}
	return all
}
