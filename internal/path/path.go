// Package path finds values in an event by JSONPath (RFC 9535). The event is seen
// as its JSON format: $.id, $.type, $.subject, extensions by name, $.data.
//
// Most paths name one place. Those are found in the bytes of the data as they
// stand, all that a Group asks for in a single pass and without decoding. Any
// other path (filters, slices, descendants) is run on the decoded data, which a
// Document decodes once, to learn where its nodes are; their bytes are then cut
// from the data too. So a value always comes out as it was written: with every
// digit, and with its members in their order.
package path

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/theory/jsonpath/spec"
)

// A Path is a parsed JSONPath. It is immutable.
type Path struct {
	text   string
	steps  []step
	spread bool            // ends in [*], which is not among steps
	query  *spec.PathQuery // of a path that names more than one place
	cost   cost
}

// A step goes from a value to one within it: to a member by name, or to an
// element by index.
type step struct {
	name  string
	index int
	named bool
}

// MaxText is how long a path may be, maxSegments of how many segments.
const (
	MaxText     = 4096
	maxSegments = 64
)

// A SyntaxError says what is wrong with a path, and where.
type SyntaxError struct {
	Offset int // in bytes
	Msg    string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("offset %d: %s", e.Offset, e.Msg) }

// Parse parses a JSONPath. Its error is a *SyntaxError.
func Parse(text string) (*Path, error) {
	if len(text) > MaxText {
		return nil, &SyntaxError{MaxText, fmt.Sprintf("a path is at most %d bytes long", MaxText)}
	}
	if !utf8.ValidString(text) {
		return nil, &SyntaxError{0, "not UTF-8"}
	}
	if !strings.HasPrefix(text, "$") {
		return nil, &SyntaxError{0, `a path begins with "$", as in $.data.total`}
	}
	query, err := parseQuery(text)
	if err != nil {
		return nil, err
	}
	segments := query.Segments()
	if len(segments) > maxSegments {
		return nil, &SyntaxError{0, fmt.Sprintf("a path has at most %d segments", maxSegments)}
	}
	p := &Path{text: text}
	for i, seg := range segments {
		sel := seg.Selectors()
		if seg.IsDescendant() || len(sel) != 1 {
			p.query = query
			break
		}
		switch s := sel[0].(type) {
		case spec.Name:
			p.steps = append(p.steps, step{name: string(s), named: true})
			continue
		case spec.Index:
			p.steps = append(p.steps, step{index: int(s)})
			continue
		case spec.WildcardSelector:
			p.spread = i == len(segments)-1 && i > 0
		}
		p.query = query
		break
	}
	if p.query != nil {
		p.cost = costOf(text)
		if !p.spread {
			p.steps = nil
		}
	}
	return p, nil
}

// String returns the text the path was parsed from.
func (p *Path) String() string { return p.text }

// Definite says whether the path names one place at most. The value of any other
// path is the array of all the values it finds.
func (p *Path) Definite() bool { return p.query == nil }

var atPosition = regexp.MustCompile(` at position (\d+)$`)

// syntaxError takes the place out of the parser's message, which counts bytes
// from one.
func syntaxError(err error, text string) *SyntaxError {
	msg := strings.TrimPrefix(err.Error(), "jsonpath: ")
	out := &SyntaxError{Offset: len(text), Msg: msg}
	if m := atPosition.FindStringSubmatch(msg); m != nil {
		n, _ := strconv.Atoi(m[1])
		out.Offset, out.Msg = max(n-1, 0), strings.TrimSuffix(msg, m[0])
	}
	if out.Offset < len(text) && text[out.Offset] == '-' {
		out.Msg = "unexpected '-': a name that is not of letters, digits and _ is written ['a-b']"
	}
	return out
}
