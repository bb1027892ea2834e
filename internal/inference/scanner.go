package inference

import (
	"unicode/utf8"

	"github.com/eventbridge-go/eventbridge/internal/jsonstring"
)

// maxNesting is that of encoding/json.
const maxNesting = 10_000

// A scanner goes through a sample and the model at once. It stops at what is no JSON
// and at what is new, without saying which. It writes to nothing but itself.
type scanner struct {
	text  []byte
	pos   int
	limit int
	buf   [maxName + 2]byte // names and strings without their escapes
}

// document says whether the text is one JSON value that brings the node nothing new.
func (s *scanner) document(n *node) bool {
	s.space()
	if !s.value(n, 0) {
		return false
	}
	s.space()
	return s.pos == len(s.text)
}

func (s *scanner) space() {
	for s.pos < len(s.text) && s.text[s.pos] <= ' ' {
		switch s.text[s.pos] {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return
		}
	}
}

// next skips white space and returns the byte there; 0 is the end of the text.
func (s *scanner) next() byte {
	if s.pos < len(s.text) && s.text[s.pos] > ' ' {
		return s.text[s.pos]
	}
	s.space()
	if s.pos < len(s.text) {
		return s.text[s.pos]
	}
	return 0
}

// value scans a value at the node; where there is no node, anything goes.
func (s *scanner) value(n *node, depth int) bool {
	want := allKinds
	if n != nil {
		want = n.kinds
	}
	switch c := s.next(); c {
	case '"':
		raw, escaped, ok := s.str()
		return ok && want&isString != 0 && (n == nil || n.dropped == allFormats || s.hasFormats(n, raw, escaped))
	case '{':
		if want&isObject == 0 || depth >= maxNesting {
			return false
		}
		if n == nil || depth >= s.limit {
			return s.members(nil, depth)
		}
		return s.members(n.object, depth)
	case '[':
		return want&isArray != 0 && depth < maxNesting && s.elements(n, depth)
	case 't':
		return want&isBoolean != 0 && s.word("true")
	case 'f':
		return want&isBoolean != 0 && s.word("false")
	case 'n':
		return want&isNull != 0 && s.word("null")
	default:
		from := s.pos
		return s.number() && (want&isNumber == isNumber || kindOfNumber(s.text[from:s.pos])&^want == 0)
	}
}

func (s *scanner) word(w string) bool {
	if len(s.text)-s.pos < len(w) || string(s.text[s.pos:s.pos+len(w)]) != w {
		return false
	}
	s.pos += len(w)
	return true
}

func (s *scanner) number() bool {
	if s.pos < len(s.text) && s.text[s.pos] == '-' {
		s.pos++
	}
	if s.pos < len(s.text) && s.text[s.pos] == '0' {
		s.pos++
	} else if !s.digits() {
		return false
	}
	if s.pos < len(s.text) && s.text[s.pos] == '.' {
		s.pos++
		if !s.digits() {
			return false
		}
	}
	if s.pos < len(s.text) && s.text[s.pos]|0x20 == 'e' {
		s.pos++
		if s.pos < len(s.text) && (s.text[s.pos] == '+' || s.text[s.pos] == '-') {
			s.pos++
		}
		return s.digits()
	}
	return true
}

func (s *scanner) digits() bool {
	from := s.pos
	for s.pos < len(s.text) && isDigit(s.text[s.pos]) {
		s.pos++
	}
	return s.pos > from
}

// str scans a string and returns what stands between the quotes.
func (s *scanner) str() (raw []byte, escaped, ok bool) {
	s.pos++
	from := s.pos
	for i := from; i < len(s.text); i++ {
		switch c := s.text[i]; {
		case c == '"':
			s.pos = i + 1
			return s.text[from:i], escaped, true
		case c == '\\':
			escaped = true
			i++
			if i == len(s.text) {
				return nil, false, false
			}
			switch s.text[i] {
			case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
			case 'u':
				if len(s.text)-i < 5 || !isHexDigit(s.text[i+1]) || !isHexDigit(s.text[i+2]) ||
					!isHexDigit(s.text[i+3]) || !isHexDigit(s.text[i+4]) {
					return nil, false, false
				}
				i += 4
			default:
				return nil, false, false
			}
		case c < ' ':
			return nil, false, false
		}
	}
	return nil, false, false
}

func (s *scanner) hasFormats(n *node, raw []byte, escaped bool) bool {
	if escaped {
		raw, _ = jsonstring.Append(s.buf[:0], raw)
	}
	return hasAll(allFormats&^n.dropped, raw)
}

func (s *scanner) elements(n *node, depth int) bool {
	var items *node
	known := n == nil || depth >= s.limit
	if !known {
		items = n.items
		known = items != nil
	}
	s.pos++
	if s.next() == ']' {
		s.pos++
		return true
	}
	for known && s.value(items, depth+1) {
		switch s.next() {
		case ',':
			s.pos++
		case ']':
			s.pos++
			return true
		default:
			return false
		}
	}
	return false
}

// members scans an object; where there is none to compare with, anything goes.
func (s *scanner) members(o *object, depth int) bool {
	s.pos++
	if s.next() == '}' {
		s.pos++
		return o == nil || o.wide || o.empty
	}
	var seen [len(object{}.common)]uint64
	guess := 0
	for {
		if s.next() != '"' {
			return false
		}
		var n *node
		switch {
		case o == nil || o.wide:
			if _, _, ok := s.str(); !ok {
				return false
			}
			if o != nil {
				n = o.others
			}
		default:
			i := s.field(o, guess)
			switch {
			case i >= 0:
				n = o.fields[i].node
				seen[i/64] |= 1 << (i % 64)
				guess = i + 1
			case i == unknown || o.others == nil:
				return false
			default:
				n = o.others
			}
		}
		if s.next() != ':' {
			return false
		}
		s.pos++
		if !s.value(n, depth+1) {
			return false
		}
		switch s.next() {
		case ',':
			s.pos++
			s.space()
		case '}':
			s.pos++
			return o == nil || o.wide || o.common[0]&^seen[0]|o.common[1]&^seen[1]|
				o.common[2]&^seen[2]|o.common[3]&^seen[3] == 0
		default:
			return false
		}
	}
}

// What field returns instead of a place.
const (
	unknown    = -1 // a new name, or no string at all
	identifier = -2
)

// field scans a name and returns the place of its field. Members mostly come in the
// same order, so it is told which place is likely.
func (s *scanner) field(o *object, guess int) int {
	if guess < len(o.fields) && o.fields[guess].plain {
		name := o.fields[guess].name
		end := s.pos + 1 + len(name)
		if end < len(s.text) && s.text[end] == '"' && string(s.text[s.pos+1:end]) == name {
			s.pos = end + 1
			return guess
		}
	}
	raw, escaped, ok := s.str()
	if !ok {
		return unknown
	}
	if escaped {
		raw, _ = jsonstring.Append(s.buf[:0], raw)
	}
	if i := o.find(raw); i >= 0 {
		return i
	}
	if !utf8.Valid(raw) {
		return unknown // the builder knows how such a name is read
	}
	if isIdentifier(raw) {
		return identifier
	}
	return unknown
}
