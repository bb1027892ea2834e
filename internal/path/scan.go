package path

import (
	"fmt"
	"unicode/utf8"

	"github.com/eventbridge-go/eventbridge/internal/cloudevent"
	"github.com/eventbridge-go/eventbridge/internal/jsonstring"
)

// A DataError says where an event's data is not JSON.
type DataError struct {
	Offset int
	Msg    string
}

func (e *DataError) Error() string { return fmt.Sprintf("data: offset %d: %s", e.Offset, e.Msg) }

// A scan goes once over a JSON text, checks its grammar, and notes the values at
// the places a tree of nodes asks for.
type scan struct {
	data  []byte
	dst   []Value
	depth int
	fault *DataError
	key   []byte // scratch: a key unescaped
}

// find scans data for what root asks for, into dst.
func find(data []byte, root *node, dst []Value) error {
	s := scan{data: data, dst: dst}
	i := s.value(s.space(0), root)
	if i >= 0 {
		if i = s.space(i); i < len(data) {
			i = s.fail(i, "more than one JSON value")
		}
	}
	if i < 0 {
		return s.fault
	}
	return nil
}

func (s *scan) fail(i int, format string, args ...any) int {
	s.fault = &DataError{Offset: min(i, len(s.data)), Msg: fmt.Sprintf(format, args...)}
	return -1
}

func (s *scan) unexpected(i int, wanted string) int {
	if i >= len(s.data) {
		return s.fail(i, "the JSON ends early, %s should follow", wanted)
	}
	return s.fail(i, "%q where %s should be", s.data[i], wanted)
}

func (s *scan) space(i int) int {
	for i < len(s.data) && (s.data[i] == ' ' || s.data[i] == '\n' || s.data[i] == '\t' || s.data[i] == '\r') {
		i++
	}
	return i
}

// value scans the value that begins at i and returns where it ends, or -1 after a
// fault. n is nil when nothing in it is asked for.
func (s *scan) value(i int, n *node) int {
	start := i
	if i >= len(s.data) {
		return s.unexpected(i, "a value")
	}
	switch c := s.data[i]; c {
	case '{':
		i = s.object(i+1, n)
	case '[':
		i = s.array(i+1, n)
	case '"':
		i, _ = s.string(i)
	case 't':
		i = s.literal(i, "true")
	case 'f':
		i = s.literal(i, "false")
	case 'n':
		i = s.literal(i, "null")
	default:
		i = s.number(i)
	}
	if n != nil && i >= 0 {
		for _, slot := range n.slots {
			s.dst[slot] = JSON(s.data[start:i:i])
		}
	}
	return i
}

// object scans from behind the brace. Of members with one name the last counts.
func (s *scan) object(i int, n *node) int {
	if s.depth++; s.depth > cloudevent.MaxDepth {
		return s.fail(i-1, "nested deeper than %d", cloudevent.MaxDepth)
	}
	defer func() { s.depth-- }()
	i = s.space(i)
	if i < len(s.data) && s.data[i] == '}' {
		return i + 1
	}
	for {
		if i >= len(s.data) || s.data[i] != '"' {
			return s.unexpected(i, "a member's name")
		}
		start := i
		var plain bool
		if i, plain = s.string(i); i < 0 {
			return i
		}
		var child *node
		if n != nil {
			if child = n.member(s.name(start, i, plain)); child != nil {
				child.forget(s.dst)
			}
		}
		if i = s.space(i); i >= len(s.data) || s.data[i] != ':' {
			return s.unexpected(i, `":"`)
		}
		if i = s.value(s.space(i+1), child); i < 0 {
			return i
		}
		if i = s.space(i); i < len(s.data) {
			switch s.data[i] {
			case ',':
				i = s.space(i + 1)
				continue
			case '}':
				return i + 1
			}
		}
		return s.unexpected(i, `"," or "}"`)
	}
}

// name is the name between the quotes at start and end-1.
func (s *scan) name(start, end int, plain bool) []byte {
	if plain {
		return s.data[start+1 : end-1]
	}
	s.key = appendUnquoted(s.key[:0], s.data[start:end])
	return s.key
}

// array scans from behind the bracket.
func (s *scan) array(i int, n *node) int {
	if s.depth++; s.depth > cloudevent.MaxDepth {
		return s.fail(i-1, "nested deeper than %d", cloudevent.MaxDepth)
	}
	defer func() { s.depth-- }()
	i = s.space(i)
	if i < len(s.data) && s.data[i] == ']' {
		return i + 1
	}
	var starts []int // for indices that count from the end
	for index := 0; ; index++ {
		var child *node
		if n != nil {
			child = n.element(index)
			if n.fromEnd {
				starts = append(starts, i)
			}
		}
		if i = s.value(i, child); i < 0 {
			return i
		}
		if i = s.space(i); i < len(s.data) {
			switch s.data[i] {
			case ',':
				i = s.space(i + 1)
				continue
			case ']':
				return s.fromEnd(i+1, n, starts)
			}
		}
		return s.unexpected(i, `"," or "]"`)
	}
}

// fromEnd looks into the elements that are asked for by a negative index, now that
// it is known which they are.
func (s *scan) fromEnd(end int, n *node, starts []int) int {
	if starts == nil {
		return end
	}
	for _, e := range n.elements {
		if at := len(starts) + e.index; e.index < 0 && at >= 0 {
			if s.value(starts[at], e.node) < 0 {
				return -1
			}
		}
	}
	return end
}

// special are the bytes that end a run of plain ASCII in a string.
var special = func() (t [256]bool) {
	for c := range 0x20 {
		t[c] = true
	}
	t['"'], t['\\'] = true, true
	return t
}()

// ends are the bytes that string has to look at.
var ends = func() [256]bool {
	t := special
	for c := utf8.RuneSelf; c < 256; c++ {
		t[c] = true
	}
	return t
}()

// string scans the string that begins at i. It is plain when its bytes are ASCII
// without escapes.
func (s *scan) string(i int) (end int, plain bool) {
	plain = true
	data := s.data
	for i++; i < len(data); {
		c := data[i]
		if !ends[c] {
			i++
			continue
		}
		switch {
		case c == '"':
			return i + 1, plain
		case c >= utf8.RuneSelf:
			plain = false
			i++
		case c == '\\':
			plain = false
			if i = s.escape(i); i < 0 {
				return i, false
			}
		default:
			return s.fail(i, "control character %q in a string", c), false
		}
	}
	return s.unexpected(i, "the end of a string"), false
}

func (s *scan) escape(i int) int {
	if i++; i >= len(s.data) {
		return s.unexpected(i, "the end of a string")
	}
	if s.data[i] == 'u' {
		if _, ok := jsonstring.Hex4(s.data[i+1:]); !ok {
			return s.fail(i-1, `\u wants four hexadecimal digits`)
		}
		return i + 5
	}
	if !jsonstring.Escape(s.data[i]) {
		return s.fail(i-1, "\\%c is not an escape", s.data[i])
	}
	return i + 1
}

func (s *scan) literal(i int, word string) int {
	if len(s.data)-i < len(word) || string(s.data[i:i+len(word)]) != word {
		return s.fail(i, "%s is spelt otherwise", word)
	}
	return i + len(word)
}

func (s *scan) number(i int) int {
	start := i
	if i < len(s.data) && s.data[i] == '-' {
		i++
	}
	switch {
	case i < len(s.data) && s.data[i] == '0':
		i++
	case i < len(s.data) && s.data[i] >= '1' && s.data[i] <= '9':
		i = s.digits(i)
	case i == start:
		return s.unexpected(i, "a value")
	default:
		return s.unexpected(i, "a digit")
	}
	if i < len(s.data) && s.data[i] == '.' {
		if end := s.digits(i + 1); end > i+1 {
			i = end
		} else {
			return s.unexpected(end, "a digit")
		}
	}
	if i < len(s.data) && (s.data[i] == 'e' || s.data[i] == 'E') {
		i++
		if i < len(s.data) && (s.data[i] == '+' || s.data[i] == '-') {
			i++
		}
		if end := s.digits(i); end > i {
			i = end
		} else {
			return s.unexpected(end, "a digit")
		}
	}
	return i
}

func (s *scan) digits(i int) int {
	for i < len(s.data) && s.data[i] >= '0' && s.data[i] <= '9' {
		i++
	}
	return i
}
