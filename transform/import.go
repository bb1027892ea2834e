package transform

import (
	"encoding/json"
	"strings"

	"github.com/eventbridge-go/eventbridge/internal/path"
)

// An imported step was read from another system's JSON, and is written as that.
type imported struct {
	step
	kind string
	text json.RawMessage
}

func (t imported) form() (string, any, error) { return t.kind, t.text, nil }

// importedPath is Path, for a path that stands in the text called in.
func importedPath(in, jsonpath string) (Transform, error) {
	p, err := parsePath(in, jsonpath)
	if err != nil {
		return Transform{}, err
	}
	return Transform{&part{path: p, group: path.NewGroup(p)}}, nil
}

// loosePath writes a path as RFC 9535 has it, where AWS and Jayway are more lenient:
// $.detail.instance-id is $.detail['instance-id'].
func loosePath(text string) string {
	if len(text) > path.MaxText {
		return text // to be refused
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		switch text[i] {
		case '[':
			n := bracketEnd(text[i:])
			b.WriteString(text[i : i+n])
			i += n
		case '.':
			name := dotName(text[i+1:])
			if i += 1 + len(name); name == "" || plainName(name) {
				b.WriteString("." + name)
				continue
			}
			if strings.HasSuffix(b.String(), ".") {
				b.WriteByte('.') // a descendant: ..['name']
			}
			b.WriteString("['" + quoteName.Replace(name) + "']")
		default:
			b.WriteByte(text[i])
			i++
		}
	}
	return b.String()
}

var quoteName = strings.NewReplacer(`\`, `\\`, `'`, `\'`)

// dotName is the name behind a dot: all up to the next dot or bracket.
func dotName(text string) string {
	if i := strings.IndexAny(text, ".["); i >= 0 {
		return text[:i]
	}
	return text
}

// plainName says whether RFC 9535 takes the name, or the wildcard, behind a dot. A
// parenthesis is left to it to refuse: that was to be a function.
func plainName(name string) bool {
	if name == "*" || strings.ContainsAny(name, "()") {
		return true
	}
	_, err := path.Parse("$." + name)
	return err == nil
}

// bracketEnd returns the length of the brackets that text begins with.
func bracketEnd(text string) int {
	depth, quote := 0, byte(0)
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quote != 0 && c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == '[':
			depth++
		case c == ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(text)
}
