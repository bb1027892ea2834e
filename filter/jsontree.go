package filter

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/eventbridge-go/eventbridge/internal/jsonstring"
)

// Bounds of the text of a filter. Past them it is refused.
const (
	MaxPatternBytes = 1 << 20
	MaxPatternDepth = 512
)

// A jsonNode is a value of a filter's text that knows where it stands.
type jsonNode struct {
	kind    jsonKind
	offset  int
	pointer string
	text    string // of a string: unescaped; of a number: as written
	members []jsonMember
	items   []jsonNode
}

type jsonMember struct {
	name    string
	offset  int
	pointer string // to the member's value
	value   jsonNode
}

type jsonKind uint8

const (
	jsonNull jsonKind = iota
	jsonTrue
	jsonFalse
	jsonNumber
	jsonString
	jsonArray
	jsonObject
)

func (k jsonKind) String() string {
	return [...]string{"null", "true", "false", "a number", "a string", "an array", "an object"}[k]
}

// parseJSON reads the whole of text. It stops at the first thing that is not JSON;
// names that occur twice and lone surrogates are noted and read on.
func parseJSON(text string, faults *Errors) (jsonNode, bool) {
	if len(text) > MaxPatternBytes {
		faults.add(MaxPatternBytes, "", "longer than %d bytes", MaxPatternBytes)
		return jsonNode{}, false
	}
	p := jsonParser{text: text, faults: faults}
	n, err := p.value("", 0)
	if err == nil {
		p.space()
		if p.pos < len(text) {
			err = p.fail("text after the value")
		}
	}
	if err != nil {
		*faults = append(*faults, err)
		return n, false
	}
	return n, true
}

type jsonParser struct {
	text   string
	pos    int
	faults *Errors
}

func (p *jsonParser) fail(format string, args ...any) *SyntaxError {
	return &SyntaxError{Offset: int64(p.pos), Msg: "not JSON: " + fmt.Sprintf(format, args...)}
}

func (p *jsonParser) space() {
	for p.pos < len(p.text) {
		switch p.text[p.pos] {
		case ' ', '\t', '\n', '\r':
			p.pos++
		default:
			return
		}
	}
}

func (p *jsonParser) value(pointer string, depth int) (jsonNode, *SyntaxError) {
	p.space()
	n := jsonNode{offset: p.pos, pointer: pointer}
	if p.pos == len(p.text) {
		return n, p.fail("the text ends where a value is due")
	}
	var err *SyntaxError
	switch c := p.text[p.pos]; {
	case c == '{' || c == '[':
		if depth == MaxPatternDepth {
			return n, &SyntaxError{Offset: int64(p.pos), Msg: fmt.Sprintf("nested deeper than %d levels", MaxPatternDepth)}
		}
		if c == '{' {
			n.kind = jsonObject
			n.members, err = p.object(pointer, depth+1)
		} else {
			n.kind = jsonArray
			n.items, err = p.array(pointer, depth+1)
		}
	case c == '"':
		n.kind = jsonString
		n.text, err = p.string(pointer)
	case c == '-' || c >= '0' && c <= '9':
		n.kind = jsonNumber
		n.text, err = p.number()
	default:
		for kind, word := range []string{"null", "true", "false"} {
			if strings.HasPrefix(p.text[p.pos:], word) {
				p.pos += len(word)
				n.kind = jsonKind(kind)
				return n, nil
			}
		}
		r, _ := utf8.DecodeRuneInString(p.text[p.pos:])
		return n, p.fail("%q where a value is due", r)
	}
	return n, err
}

func (p *jsonParser) object(pointer string, depth int) ([]jsonMember, *SyntaxError) {
	var members []jsonMember
	var seen map[string]bool
	p.pos++
	for first := true; ; first = false {
		p.space()
		if first && p.next('}') {
			return members, nil
		}
		m := jsonMember{offset: p.pos}
		if p.pos == len(p.text) || p.text[p.pos] != '"' {
			return members, p.fail("a member's name is due, in double quotes")
		}
		var err *SyntaxError
		if m.name, err = p.string(pointer); err != nil {
			return members, err
		}
		m.pointer = pointer + "/" + pointerToken.Replace(m.name)
		p.space()
		if !p.next(':') {
			return members, p.fail("a colon is due after a member's name")
		}
		if m.value, err = p.value(m.pointer, depth); err != nil {
			return members, err
		}
		if seen[m.name] {
			p.faults.add(m.offset, m.pointer, "the name %q occurs twice in one object", m.name)
		} else {
			if seen == nil {
				seen = map[string]bool{}
			}
			seen[m.name] = true
			members = append(members, m)
		}
		p.space()
		if p.next('}') {
			return members, nil
		}
		if !p.next(',') {
			return members, p.fail("a comma or } is due")
		}
	}
}

var pointerToken = strings.NewReplacer("~", "~0", "/", "~1")

func (p *jsonParser) array(pointer string, depth int) ([]jsonNode, *SyntaxError) {
	var items []jsonNode
	p.pos++
	for first := true; ; first = false {
		p.space()
		if first && p.next(']') {
			return items, nil
		}
		item, err := p.value(pointer+"/"+strconv.Itoa(len(items)), depth)
		if err != nil {
			return items, err
		}
		items = append(items, item)
		p.space()
		if p.next(']') {
			return items, nil
		}
		if !p.next(',') {
			return items, p.fail("a comma or ] is due")
		}
	}
}

func (p *jsonParser) next(c byte) bool {
	if p.pos < len(p.text) && p.text[p.pos] == c {
		p.pos++
		return true
	}
	return false
}

func (p *jsonParser) number() (string, *SyntaxError) {
	start := p.pos
	digits := func() bool {
		from := p.pos
		for p.pos < len(p.text) && p.text[p.pos] >= '0' && p.text[p.pos] <= '9' {
			p.pos++
		}
		return p.pos > from
	}
	p.next('-')
	if !p.next('0') && !digits() {
		return "", p.fail("a digit is due")
	}
	if p.next('.') && !digits() {
		return "", p.fail("a digit is due after the point")
	}
	if p.next('e') || p.next('E') {
		if !p.next('+') {
			p.next('-')
		}
		if !digits() {
			return "", p.fail("a digit is due in the exponent")
		}
	}
	return p.text[start:p.pos], nil
}

func (p *jsonParser) string(pointer string) (string, *SyntaxError) {
	start := p.pos
	p.pos++
	for p.pos < len(p.text) {
		switch c := p.text[p.pos]; {
		case c == '"':
			p.pos++
			s, ok := unquote(p.text[start+1 : p.pos-1])
			if !ok {
				p.faults.add(start, pointer, "a lone surrogate is no character and can match nothing")
			}
			return s, nil
		case c == '\\':
			p.pos++
			if p.pos == len(p.text) {
				return "", p.fail("the text ends in a string")
			}
			if p.text[p.pos] == 'u' {
				if _, ok := jsonstring.Hex4(p.text[p.pos+1:]); !ok {
					return "", p.fail(`four hexadecimal digits are due after \u`)
				}
				p.pos += 4
			} else if !jsonstring.Escape(p.text[p.pos]) {
				return "", p.fail(`no such escape: \%c`, p.text[p.pos])
			}
			p.pos++
		case c < 0x20:
			return "", p.fail("a control character in a string: write it as \\u%04x", c)
		case c < utf8.RuneSelf:
			p.pos++
		default:
			r, size := utf8.DecodeRuneInString(p.text[p.pos:])
			if r == utf8.RuneError && size == 1 {
				return "", p.fail("invalid UTF-8")
			}
			p.pos += size
		}
	}
	return "", p.fail("the text ends in a string")
}

// unquote resolves the escapes of a JSON string that is well formed, the quotes
// taken off. It says no when a surrogate stands alone.
func unquote(s string) (string, bool) {
	if strings.IndexByte(s, '\\') < 0 {
		return s, true
	}
	b, half := jsonstring.Append(make([]byte, 0, len(s)), s)
	return string(b), half < 0
}
