package filter

import (
	"strings"
	"unicode/utf8"

	"github.com/eventbridge-go/eventbridge/internal/jsonstring"
)

// scan notes the values in the data at the paths that anybody asks for. It goes
// through the text once. In the rare event with duplicate or dotted names it starts
// anew, the careful way.
func (v *view) scan() {
	v.scans++
	if v.data.leaf() {
		return
	}
	data := v.doc.Valid()
	if data == nil {
		return
	}
	values := len(v.values)
	s := scanner{view: v, text: textOf(data)}
	if s.start() {
		return
	}
	for i := values; i < len(v.values); i++ {
		v.slots[v.values[i].path.id].gen = 0
	}
	clear(v.values[values:])
	v.values, v.groups, v.present = v.values[:values], v.groups[:1], v.present[:0]
	s = scanner{view: v, text: textOf(data), careful: true}
	s.start()
	for i := values; i < len(v.values); i++ {
		if v.values[i].kind != isDead {
			v.link(int32(i))
		}
	}
}

func (v *view) link(i int32) {
	val := &v.values[i]
	s := &v.slots[val.path.id]
	val.next = 0
	if s.gen == v.gen {
		val.next = s.first
	} else {
		v.present = append(v.present, val.path.id)
	}
	s.gen, s.first = v.gen, i
}

// A scanner reads JSON that is known to be well formed.
type scanner struct {
	*view
	text    string
	pos     int
	careful bool // names are compared, so that the last of duplicates counts
	again   bool // there are duplicate or dotted names: be careful
}

// start scans the whole text. It says no when it has to be done carefully.
func (s *scanner) start() bool {
	s.space()
	if s.text[s.pos] == '{' {
		s.members(s.data, 0)
	}
	return !s.again
}

func (s *scanner) space() {
	for s.pos < len(s.text) && s.text[s.pos] <= ' ' {
		s.pos++
	}
}

// members scans an object, at its brace, under branch b.
func (s *scanner) members(b *branch, group int32) {
	s.object++
	object := s.object
	var seen map[string]span
	s.pos++
	for {
		s.space()
		switch s.text[s.pos] {
		case '}':
			s.pos++
			return
		case ',':
			s.pos++
			continue
		}
		raw, escaped := s.string()
		s.space()
		s.pos++ // the colon
		s.space()
		kid := s.child(b, raw, escaped)
		if kid == nil {
			s.skip()
			continue
		}
		if s.careful {
			name := raw
			if escaped {
				name, _ = unquote(raw)
			}
			s.kill(seen[name])
			from := s.mark()
			s.value(kid, group)
			if seen == nil {
				seen = map[string]span{}
			}
			seen[name] = span{from, s.mark()}
			continue
		}
		if slot := &s.slots[kid.path.id]; slot.object == object {
			s.again = true
		} else {
			slot.object = object
		}
		s.value(kid, group)
	}
}

// A span is what one member brought.
type span struct{ from, to int }

func (s *scanner) mark() int { return len(s.values) }

func (s *scanner) kill(gone span) {
	for i := gone.from; i < gone.to; i++ {
		s.values[i].kind = isDead
	}
}

// child finds the branch of a member's name. A name with dots is a path of several
// segments.
func (s *scanner) child(b *branch, raw string, escaped bool) *branch {
	name := raw
	if escaped {
		from := len(s.bytes)
		var half int
		if s.bytes, half = jsonstring.Append(s.bytes, raw); half >= 0 {
			return nil
		}
		name = textOf(s.bytes[from:])
	}
	if kid := b.find(name); kid != nil {
		return kid
	}
	if strings.IndexByte(name, '.') < 0 {
		return nil
	}
	for {
		segment, rest, more := strings.Cut(name, ".")
		if b = b.find(segment); b == nil || !more {
			break
		}
		name = rest
	}
	if b != nil {
		s.again, s.dotted = true, true
	}
	return b
}

func (s *scanner) value(b *branch, group int32) {
	switch s.text[s.pos] {
	case '{':
		if b.leaf() {
			s.skip()
		} else {
			s.members(b, group)
		}
	case '[':
		s.elements(b, group)
	default:
		s.scalar(b, group)
	}
}

// elements scans an array, those in it included. Each object in it is a group.
func (s *scanner) elements(b *branch, parent int32) {
	depth, index := 0, int32(-1)
	for {
		switch s.text[s.pos] {
		case '[':
			depth++
			s.pos++
		case ']':
			s.pos++
			if depth--; depth == 0 {
				return
			}
		case '{':
			index++
			if b.leaf() {
				s.skip()
				continue
			}
			values, groups := len(s.values), len(s.groups)
			s.groups = append(s.groups, group{array: b.path, parent: parent, index: index, from: int32(values)})
			s.members(b, int32(groups))
			if len(s.values) == values {
				s.groups = s.groups[:groups]
			} else {
				s.groups[groups].to = int32(len(s.values))
			}
		case ',', ' ', '\t', '\n', '\r':
			s.pos++
		default:
			index++
			s.scalar(b, parent)
		}
	}
}

// scalar notes a leaf.
func (s *scanner) scalar(b *branch, group int32) {
	val := value{path: b.path, group: group}
	switch s.text[s.pos] {
	case '"':
		raw, escaped := s.string()
		val.kind, val.text = s.unescaped(raw, escaped)
	case 'n':
		val.kind = isNull
		s.pos += len("null")
	case 't':
		val.kind = isTrue
		s.pos += len("true")
	case 'f':
		val.kind = isFalse
		s.pos += len("false")
	default:
		from := s.pos
		s.number()
		val.kind, val.text = isNumber, s.text[from:s.pos]
	}
	s.values = append(s.values, val)
	if !s.careful {
		s.link(int32(len(s.values) - 1))
	}
}

func (s *scanner) unescaped(raw string, escaped bool) (valueKind, string) {
	if !escaped {
		return textKind(raw), raw
	}
	from := len(s.bytes)
	var half int
	if s.bytes, half = jsonstring.Append(s.bytes, raw); half >= 0 {
		return isNoText, raw
	}
	text := textOf(s.bytes[from:])
	return textKind(text), text
}

func textKind(text string) valueKind {
	if utf8.ValidString(text) {
		return isString
	}
	return isNoText
}

func (s *scanner) number() {
	for s.pos < len(s.text) {
		switch s.text[s.pos] {
		case ',', '}', ']', ' ', '\t', '\n', '\r':
			return
		}
		s.pos++
	}
}

// skip goes past a value.
func (s *scanner) skip() {
	switch s.text[s.pos] {
	case '"':
		s.pos = closingQuote(s.text, s.pos+1) + 1
		return
	case '{', '[':
	default:
		s.number()
		return
	}
	text, depth := s.text, 0
	for i := s.pos; ; i++ {
		switch text[i] {
		case '"':
			i = closingQuote(text, i+1)
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				s.pos = i + 1
				return
			}
		}
	}
}
