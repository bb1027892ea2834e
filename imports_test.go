package eventbridge_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/eventbridge-go/eventbridge"

// Who may import whom. A folder's row is the longest that is a prefix of it; what a row
// does not name is not allowed. Standard library packages are, unless denied.
var imports = []struct {
	folder string
	allow  []string
	why    string
}{
	{".", []string{"filter", "transform", "schema", "store", "store/boltstore", "store/memstore", "internal/...", sdkEvent, sdkTypes},
		"the root is the vocabulary and the walk; it knows the engines and the two stores, never a connector"},
	{"filter", []string{"internal/cloudevent", "internal/document", "internal/decimal", "internal/jsonstring", "internal/expression", sdkEvent, sdkTypes},
		"an engine knows nothing of the bus"},
	{"transform", []string{"internal/cloudevent", "internal/document", "internal/path", "internal/expression", "internal/decimal", sdkEvent, sdkTypes},
		"an engine knows nothing of the bus"},
	{"schema", []string{"internal/...", sdkEvent, goJSONSchema, "github.com/santhosh-tekuri/jsonschema/v6/..."},
		"an engine knows nothing of the bus; JSON Schema engines are this package's business"},
	{"schema/schematest", []string{"schema"}, "hosts import it in their tests: the standard library only"},
	{"store", []string{"internal/cloudevent", sdkEvent}, "the contract knows an event and nothing of the bus"},
	{"store/boltstore", []string{"store", "internal/...", bolt, "go.etcd.io/bbolt/...", "golang.org/x/sys/..."}, "bbolt is nobody else's business"},
	{"store/memstore", []string{"store", "internal/..."}, "a store knows the contract"},
	{"store/storetest", []string{"store", "internal/cloudevent"}, "hosts import it in their tests: the standard library only"},
	{"connector", []string{".", "schema", "internal/cloudevent"}, "an adapter knows the root, and no other adapter"},
	{"connector/connectortest", []string{".", "internal/cloudevent"}, "hosts import it in their tests: the standard library only"},
	{"eventbridgetest", []string{".", "store", "store/boltstore", "internal/..."}, "hosts import it in their tests: the standard library only"},
	{"examples", []string{".", "filter", "transform", "schema", "store", "connector/...", "eventbridgetest", sdkEvent}, "examples show what hosts may use"},
	{"torture", []string{".", "filter", "transform", "store", "eventbridgetest", "internal/..."}, "helpers of tests"},
	{"internal", []string{"store", "internal/...", sdkEvent, sdkTypes}, "what is inside knows nothing of the bus"},
	{"internal/path", []string{"internal/...", "github.com/theory/jsonpath/..."}, "JSONPath is one package's business"},
	{"internal/expression", []string{"internal/...", "github.com/expr-lang/expr/..."}, "expr is reachable only behind its guards"},
}

const (
	sdkEvent = "github.com/cloudevents/sdk-go/v2/event"
	sdkTypes = "github.com/cloudevents/sdk-go/v2/types"
	bolt     = "go.etcd.io/bbolt"

	goJSONSchema = "github.com/xeipuuv/gojsonschema"
)

func TestImportsStayWithinTheLayout(t *testing.T) {
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && file != "." || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		folder := filepath.ToSlash(filepath.Dir(file))
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		require.NoError(t, err)
		for _, spec := range f.Imports {
			imported, _ := strconv.Unquote(spec.Path.Value)
			if !strings.Contains(strings.SplitN(imported, "/", 2)[0], ".") {
				continue // the standard library
			}
			row := rowOf(folder)
			if !allowed(row, folder, imported) {
				t.Errorf("%s imports %s: %s", file, imported, imports[row].why)
			}
		}
		return nil
	})
	require.NoError(t, err)
}

// rowOf finds the row of a folder: the longest prefix.
func rowOf(folder string) (best int) {
	for i, r := range imports {
		if within(folder, r.folder) && len(r.folder) > len(imports[best].folder) {
			best = i
		}
	}
	return best
}

func within(folder, of string) bool { return folder == of || strings.HasPrefix(folder, of+"/") }

// allowed says whether the row allows an import. "x/..." is x and what is below it.
func allowed(row int, folder, imported string) bool {
	for _, a := range imports[row].allow {
		if a == "." || !strings.Contains(strings.SplitN(a, "/", 2)[0], ".") {
			a = path.Join(module, a)
		}
		if of, below := strings.CutSuffix(a, "/..."); imported == a || below && within(imported, of) {
			return true
		}
	}
	return false
}
