package schema

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventbridge-go/eventbridge/internal/jsonschema"
)

// TestOfficialSuite runs the required cases of the JSON-Schema-Test-Suite. What does
// not pass is in knownFailures with its reason; anything else, and a known failure
// that passes, fails the test.
func TestOfficialSuite(t *testing.T) {
	folder := os.Getenv("EVENTBRIDGE_JSON_SCHEMA_SUITE")
	if folder == "" {
		t.Skip("EVENTBRIDGE_JSON_SCHEMA_SUITE names no folder")
	}
	for _, run := range []struct {
		draft   string
		dialect jsonschema.Dialect
		engine  Engine
	}{
		{"draft4", jsonschema.Draft4, GoJSONSchema},
		{"draft6", jsonschema.Draft6, GoJSONSchema},
		{"draft7", jsonschema.Draft7, GoJSONSchema},
		{"draft4", jsonschema.Draft4, Santhosh},
		{"draft6", jsonschema.Draft6, Santhosh},
		{"draft7", jsonschema.Draft7, Santhosh},
		{"draft2019-09", jsonschema.Draft2019, Santhosh},
		{"draft2020-12", jsonschema.Draft2020, Santhosh},
	} {
		t.Run(run.draft+" "+run.engine.String(), func(t *testing.T) {
			s := suite{engine: run.engine, dialect: run.dialect, draft: run.draft, known: map[string]int{}, remotes: remotes(t, folder, run.dialect)}
			files, err := filepath.Glob(filepath.Join(folder, "tests", run.draft, "*.json"))
			require.NoError(t, err)
			require.NotEmpty(t, files)
			for _, file := range files {
				s.file(t, file)
			}
			t.Logf("%d of %d pass", s.passed, s.total)
			for _, k := range knownFailures {
				if k.draft == run.draft {
					require.Equal(t, k.cases, s.known[k.group], "known failures of %s", k.group)
				}
			}
		})
	}
}

type suite struct {
	engine        Engine
	dialect       jsonschema.Dialect
	draft         string
	remotes       *jsonschema.Set
	passed, total int
	known         map[string]int // failures that are expected, by group
}

// remotes are the documents that the suite expects to be found.
func remotes(t *testing.T, folder string, dialect jsonschema.Dialect) *jsonschema.Set {
	set := &jsonschema.Set{}
	root := filepath.Join(folder, "remotes")
	require.NoError(t, filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, _ := filepath.Rel(root, file)
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		doc, err := jsonschema.Parse("http://localhost:1234/"+filepath.ToSlash(name), text, dialect)
		if err != nil {
			return nil // of another dialect
		}
		_ = set.Add(doc) // twice the same identifier: of another dialect too
		return nil
	}))
	return set
}

func (s *suite) file(t *testing.T, file string) {
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	var groups []struct {
		Description string
		Schema      json.RawMessage
		Tests       []struct {
			Description string
			Data        json.RawMessage
			Valid       bool
		}
	}
	require.NoError(t, json.Unmarshal(text, &groups))
	for _, g := range groups {
		v, err := s.compile(g.Schema)
		for _, c := range g.Tests {
			s.total++
			verdict := ""
			if err == nil && walks(g.Schema) {
				w := walk{findings: &findings{}, left: maxSteps}
				w.apply(v.root, tree(t, c.Data), nil)
				require.Equal(t, c.Valid, w.findings.none(), "the walk itself: %s: %s: %s: %v", file, g.Description, c.Description, w.findings.list)
			}
			if err != nil {
				verdict = "refused: " + err.Error()
			} else if violations, _ := v.validate(tree(t, c.Data)); (len(violations) == 0) != c.Valid {
				verdict = "a wrong yes"
				if c.Valid {
					verdict = "a wrong no: " + violations[0].String()
				}
			}
			s.judge(t, filepath.Base(file)+": "+g.Description, c.Description, verdict)
		}
	}
}

func (s *suite) compile(text []byte) (*validator, error) {
	doc, err := jsonschema.Parse("http://suite.example/schema", text, s.dialect)
	if err != nil {
		return nil, err
	}
	set := s.remotes.Clone()
	if err := set.Add(doc); err != nil {
		return nil, err
	}
	return compile(set, doc, s.engine)
}

// walks says whether the search for violations understands all of a schema. It leaves
// to the engine what depends on what other schemas have looked at, and on the way to a
// schema; and it does not look into a dialect's own metaschema.
func walks(schema []byte) bool {
	for _, keyword := range []string{`"unevaluated`, `"$dynamicRef"`, `"$recursiveRef"`} {
		if bytes.Contains(schema, []byte(keyword)) {
			return false
		}
	}
	return !metaschemaRef.Match(schema)
}

var metaschemaRef = regexp.MustCompile(`"\$ref":\s*"https?://json-schema.org/`)

// judge counts a pass, or a failure that is known.
func (s *suite) judge(t *testing.T, group, name, verdict string) {
	if verdict == "" {
		s.passed++
		return
	}
	for _, k := range knownFailures {
		if k.draft == s.draft && k.group == group && strings.Contains(verdict, k.because) {
			s.known[group]++
			return
		}
	}
	t.Errorf("%s: %s: %s", group, name, verdict)
}

// Own metaschemas are refused when a schema is added: their vocabularies could mean
// anything.
var knownFailures = []struct {
	draft, group, because string
	cases                 int
}{
	{"draft2019-09", "vocabulary.json: schema that uses custom metaschema with with no validation vocabulary", "unknown dialect", 3},
	{"draft2019-09", "vocabulary.json: ignore unrecognized optional vocabulary", "unknown dialect", 2},
	{"draft2020-12", "vocabulary.json: schema that uses custom metaschema with with no validation vocabulary", "unknown dialect", 3},
	{"draft2020-12", "vocabulary.json: ignore unrecognized optional vocabulary", "unknown dialect", 2},
}

func tree(t testing.TB, text []byte) any {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var v any
	require.NoError(t, dec.Decode(&v))
	return v
}
