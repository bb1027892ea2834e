package filter

import (
	"errors"
	"strings"
)

// A wildcard matches the strings that begin with the first of its pieces, end with
// the last, and have the others in between, in order. Each piece in between is
// taken where it first occurs: no later place could do more.
type wildcard struct {
	source string
	pieces []string // what stands between the stars, escapes resolved
	probe  byte     // the rarest character of the pieces, if there are any
}

func newWildcard(source string) (wildcard, error) {
	w := wildcard{source: source}
	var piece []byte
	for i := 0; i < len(source); i++ {
		switch c := source[i]; {
		case c == '*' && i+1 < len(source) && source[i+1] == '*':
			return w, errors.New("two stars in a row mean no more than one: write one")
		case c == '*':
			w.pieces = append(w.pieces, string(piece))
			piece = piece[:0]
		case c != '\\':
			piece = append(piece, c)
		case i+1 < len(source) && (source[i+1] == '*' || source[i+1] == '\\'):
			i++
			piece = append(piece, source[i])
		default:
			return w, errors.New(`a backslash stands only before a star or a backslash: \* or \\ (doubled again in JSON)`)
		}
	}
	w.pieces = append(w.pieces, string(piece))
	w.probe = rarest(strings.Join(w.pieces, ""))
	return w, nil
}

// rarest guesses which character of a text others have the least: neither a letter
// nor a digit, then a capital.
func rarest(s string) byte {
	var best byte
	least := 3
	for i := range len(s) {
		rank := 0
		switch c := s[i]; {
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
			rank = 2
		case c >= 'A' && c <= 'Z' || c == '-' || c == '.' || c == '/' || c == '_':
			rank = 1
		}
		if rank < least {
			best, least = s[i], rank
		}
	}
	return best
}

// longText is from where on it pays to look for the rarest character first.
const longText = 64

func (w wildcard) match(v *value) bool { return v.kind == isString && w.matchText(v.text) }

func (w wildcard) matchText(s string) bool {
	last := len(w.pieces) - 1
	if last == 0 {
		return s == w.pieces[0]
	}
	if len(s) < len(w.pieces[0])+len(w.pieces[last]) ||
		!strings.HasPrefix(s, w.pieces[0]) || !strings.HasSuffix(s, w.pieces[last]) {
		return false
	}
	if len(s) > longText && w.probe != 0 && strings.IndexByte(s, w.probe) < 0 {
		return false
	}
	s = s[len(w.pieces[0]) : len(s)-len(w.pieces[last])]
	for _, piece := range w.pieces[1:last] {
		i := strings.Index(s, piece)
		if i < 0 {
			return false
		}
		s = s[i+len(piece):]
	}
	return true
}
