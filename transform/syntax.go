package transform

import "strings"

// A syntax is how a template writes its variables.
type syntax struct {
	open        string
	escape      string // stands for open itself; "": there is none
	bracketText bool   // a text may begin with [
	unknown     string // what to do about an unknown variable
	// read reads the reference that begins at i, behind open, and returns where
	// the text goes on. ok is false when that is no reference at all.
	read func(text string, i int) (r ref, end int, ok bool)
}

// A ref is a variable referred to in a template.
type ref struct {
	name      string
	function  string
	otherwise *string // its default
	offset    int
	fault     string
}

// angle is the syntax of ours, and of AWS: <name>.
var angle = &syntax{
	open:    "<",
	unknown: "name its path in vars, or write <lt> for the character <",
	read: func(text string, i int) (ref, int, bool) {
		end := nameEnd(text, i)
		if end == i || end == len(text) || text[end] != '>' {
			return ref{}, i, false
		}
		return ref{name: text[i:end]}, end + 1, true
	},
}

// dollar is the syntax of RocketMQ and Alibaba: ${name}, ${name:-default},
// ${htmlEscape(name)}.
var dollar = &syntax{
	open:        "${",
	escape:      "$${",
	bracketText: true,
	unknown:     `name its path in "value", or write $${ for the characters ${`,
	read: func(text string, i int) (ref, int, bool) {
		length := strings.IndexByte(text[i:], '}')
		if length < 0 {
			return ref{}, i, false
		}
		r := ref{}
		inside := text[i : i+length]
		if name, otherwise, ok := strings.Cut(inside, ":-"); ok {
			inside, r.otherwise = name, &otherwise
		}
		r.name = strings.TrimSpace(inside)
		if name, argument, ok := strings.Cut(r.name, "("); ok && strings.HasSuffix(argument, ")") {
			r.function, r.name = strings.TrimSpace(name), strings.TrimSpace(argument[:len(argument)-1])
		}
		if r.name == "" || nameEnd(r.name, 0) != len(r.name) {
			r.fault = "a variable is written ${name}, ${name:-default} or ${htmlEscape(name)}"
		}
		return r, i + length + 1, true
	},
}

// nameEnd returns where the name that begins at i ends.
func nameEnd(text string, i int) int {
	for i < len(text) {
		c := text[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '.') {
			break
		}
		i++
	}
	return i
}

// A token is a stretch of fixed text, and the variable behind it.
type token struct {
	fixed  string
	offset int  // where fixed begins in the template
	ref    *ref // nil at the end
	quoted bool // ref is inside a string
}

// split splits a template into its tokens. Where it may be JSON, it minds
// which variables are inside a string.
func (s *syntax) split(text string, mayBeJSON bool) []token {
	var tokens []token
	var fixed strings.Builder
	start, quoted := 0, false
	for i := 0; i < len(text); {
		rest := text[i:]
		switch {
		case mayBeJSON && quoted && rest[0] == '\\' && len(rest) > 1:
			fixed.WriteString(rest[:2])
			i += 2
			continue
		case mayBeJSON && rest[0] == '"':
			quoted = !quoted
		case s.escape != "" && strings.HasPrefix(rest, s.escape):
			fixed.WriteString(s.open)
			i += len(s.escape)
			continue
		case strings.HasPrefix(rest, s.open):
			if r, end, ok := s.read(text, i+len(s.open)); ok {
				r.offset = i
				tokens = append(tokens, token{fixed.String(), start, &r, quoted})
				fixed.Reset()
				i, start = end, end
				continue
			}
		}
		fixed.WriteByte(rest[0])
		i++
	}
	return append(tokens, token{fixed: fixed.String(), offset: start})
}
