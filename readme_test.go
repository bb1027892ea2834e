package eventbridge_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A block of README.md or docs/schemas.md is a whole file if it begins with package, declarations if its
// first line begins with func or type, and else the body of a function. The latter two
// get what a host has: imports, a bus, a few types.
const readmeGiven = `
var (
	ctx            = context.Background()
	bus            *eventbridge.Bus
	token          string
	march1, april1 time.Time
	errBadAddress  = errors.New("bad address")
)

type SignedUp struct{ Email string }

func (SignedUp) EventType() string { return "user.signed_up" }

type OrderPlaced struct{ Order string }

func (OrderPlaced) EventType() string { return "order.placed" }

type OrderShipped struct{ Order string }

func (OrderShipped) EventType() string { return "order.shipped" }

type Deposited struct {
	Account string
	Amount  int
}

func (Deposited) EventType() string { return "account.deposited" }

type OrderPlacedV1 struct{ Number string }

func (OrderPlacedV1) EventType() string { return "order.placed.v1" }

type PlacedV1 struct {
	ID    string
	Cents int
}

func (PlacedV1) EventType() string { return "order.placed.v1" }
`

// placedGiven is for blocks that don't show the type themselves.
const placedGiven = `
type Placed struct {
	Order string
	Total float64
}

func (Placed) EventType() string { return "order.placed" }
`

var readmeImports = []string{
	"context", "crypto/subtle", "errors", "log", "net/http", "testing", "testing/synctest", "time",
	module, module + "/eventbridgetest", module + "/filter", module + "/transform", module + "/schema", module + "/schema/schematest",
	module + "/connector/httpsource", module + "/connector/httptarget",
}

// No file is written into the module: the blocks are laid over it, a package each.
func TestReadmeCompiles(t *testing.T) {
	root, err := filepath.Abs(".")
	require.NoError(t, err)
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	folder, args := t.TempDir(), []string{"build", "-overlay"}
	args = append(args, filepath.Join(folder, "overlay.json"))
	for i, page := range []string{"README.md", "docs/schemas.md"} {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		for line, block := range goBlocks(string(text)) {
			name := fmt.Sprintf("readme%d_%d", i, line)
			file := filepath.Join(folder, name+".go")
			require.NoError(t, os.WriteFile(file, []byte(readmeFile(page, line, block)), 0o600))
			overlay.Replace[filepath.Join(root, "examples", name, "main.go")] = file
			args = append(args, "./examples/"+name)
		}
	}
	require.NotEmpty(t, overlay.Replace)
	list, err := json.Marshal(overlay)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "overlay.json"), list, 0o600))
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Env = append(os.Environ(), "GOPROXY=off", "GOFLAGS=")
	said, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", said) // the lines are those of README.md
}

func TestReadmeLinksLeadSomewhere(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	prose := regexp.MustCompile("(?s)```.*?```").ReplaceAllString(string(readme), "")
	links := regexp.MustCompile(`\]\(([^)#:]+)\)`).FindAllStringSubmatch(prose, -1)
	require.NotEmpty(t, links)
	for _, link := range links {
		_, err := os.Stat(filepath.FromSlash(link[1]))
		require.NoError(t, err)
	}
}

// goBlocks returns the Go blocks of a text, by the number of their first line.
func goBlocks(text string) map[int]string {
	blocks, first := map[int]string{}, 0
	for i, line := range strings.SplitAfter(text, "\n") {
		switch {
		case first == 0 && strings.HasPrefix(line, "```go"):
			first = i + 2
		case first != 0 && strings.HasPrefix(line, "```"):
			first = 0
		case first != 0:
			blocks[first] += line
		}
	}
	return blocks
}

// readmeFile makes a file of a block, whose errors are reported at its lines of the page.
func readmeFile(page string, line int, block string) string {
	at := fmt.Sprintf("//line %s:%d\n", page, line)
	if strings.HasPrefix(block, "package ") {
		return at + block
	}
	if !strings.HasPrefix(block, "func ") && !strings.HasPrefix(block, "type ") {
		block = "func _() (err error) {\n" + at + block + "\nreturn err\n}\n"
	}
	text := readmeGiven + at + block
	if !strings.Contains(block, "type Placed struct") {
		text = placedGiven + text
	}
	var head strings.Builder
	head.WriteString("package readme\n\n")
	for _, imported := range readmeImports {
		if strings.Contains(text, path.Base(imported)+".") {
			fmt.Fprintf(&head, "import %q\n", imported)
		}
	}
	return head.String() + text
}
