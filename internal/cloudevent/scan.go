package cloudevent

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// A one-pass scanner for JSON text (RFC 8259) that builds nothing: it finds where a
// value ends, or the byte at which it goes wrong. It demands UTF-8 and a depth of at
// most MaxDepth, which encoding/json does not.

// checkJSON says where and why b is not one JSON value; "" when it is.
func checkJSON(b []byte) (offset int, msg string) {
	i, msg := scanValue(b, skipSpace(b, 0))
	if msg != "" {
		return i, msg
	}
	if i = skipSpace(b, i); i < len(b) {
		return i, "something follows the JSON value"
	}
	return -1, ""
}

// scanValue returns the end of the JSON value that begins at b[i], or the place of
// its fault.
func scanValue(b []byte, i int) (end int, msg string) {
	var inObject [MaxDepth/64 + 1]uint64 // a bit for each open array or object
	depth := 0
	for {
		// A value, or the end of an empty array.
		i = skipSpace(b, i)
		if i >= len(b) {
			return i, "the JSON ends too early"
		}
		open := b[i] == '{' || b[i] == '['
		if open {
			if depth++; depth > MaxDepth {
				return i, "arrays and objects nest too deep: 512 levels are the most"
			}
			word, bit := depth>>6, uint64(1)<<(depth&63)
			inObject[word] &^= bit
			if b[i] == '{' {
				inObject[word] |= bit
			}
			i = skipSpace(b, i+1)
			if i < len(b) && b[i] != '}' && b[i] != ']' {
				if inObject[word]&bit != 0 {
					if i, msg = scanName(b, i); msg != "" {
						return i, msg
					}
				}
				continue
			}
		} else if i, msg = scanScalar(b, i); msg != "" {
			return i, msg
		}
		// What follows a value: a comma, or the end of what is open.
		for more := false; !more; open = false {
			if depth == 0 {
				return i, ""
			}
			object := inObject[depth>>6]>>(depth&63)&1 != 0
			i = skipSpace(b, i)
			switch {
			case i >= len(b):
				return i, "the JSON ends too early"
			case b[i] == '}' && object, b[i] == ']' && !object:
				depth--
				i++
			case b[i] == ',' && !open:
				i = skipSpace(b, i+1)
				if more = true; object {
					if i, msg = scanName(b, i); msg != "" {
						return i, msg
					}
				}
			case object:
				return i, "in an object, a comma or } must stand here"
			default:
				return i, "in an array, a comma or ] must stand here"
			}
		}
	}
}

// scanName goes past a member's name and colon.
func scanName(b []byte, i int) (end int, msg string) {
	if i >= len(b) || b[i] != '"' {
		return i, "a member's name, in quotes, must stand here"
	}
	if i, _, msg = scanString(b, i); msg != "" {
		return i, msg
	}
	if i = skipSpace(b, i); i >= len(b) || b[i] != ':' {
		return i, "a colon must stand here"
	}
	return i + 1, ""
}

func scanScalar(b []byte, i int) (end int, msg string) {
	switch c := b[i]; {
	case c == '"':
		end, _, msg = scanString(b, i)
		return end, msg
	case c == '-' || c >= '0' && c <= '9':
		return scanNumber(b, i)
	case c == 't':
		return scanLiteral(b, i, "true")
	case c == 'f':
		return scanLiteral(b, i, "false")
	case c == 'n':
		return scanLiteral(b, i, "null")
	}
	return i, "no JSON value begins with this character"
}

func scanLiteral(b []byte, i int, literal string) (end int, msg string) {
	if len(b)-i < len(literal) || string(b[i:i+len(literal)]) != literal {
		return i, "no JSON value begins with this character, unless it is " + literal
	}
	return i + len(literal), ""
}

func scanNumber(b []byte, i int) (end int, msg string) {
	const want = "a digit must stand here"
	if b[i] == '-' {
		i++
	}
	from := i
	if i = skipDigits(b, i); i == from {
		return i, want
	}
	if b[from] == '0' && i > from+1 {
		return from, "a number may not begin with 0"
	}
	if i < len(b) && b[i] == '.' {
		from = i + 1
		if i = skipDigits(b, from); i == from {
			return i, want
		}
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		from = i + 1
		if from < len(b) && (b[from] == '+' || b[from] == '-') {
			from++
		}
		if i = skipDigits(b, from); i == from {
			return i, want
		}
	}
	return i, ""
}

func skipDigits(b []byte, i int) int {
	for i < len(b) && b[i]-'0' <= 9 {
		i++
	}
	return i
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t') {
		i++
	}
	return i
}

// scanString returns the end of the string whose opening quote is b[i], and whether
// there is an escape in it.
func scanString(b []byte, i int) (end int, escaped bool, msg string) {
	for i++; ; {
		i = skipPlain(b, i)
		if i >= len(b) {
			return i, escaped, "the string has no end"
		}
		switch c := b[i]; {
		case c == '"':
			return i + 1, escaped, ""
		case c == '\\':
			escaped = true
			n := escapeLen(b[i+1:])
			if n == 0 {
				return i, escaped, "this is not an escape that JSON has"
			}
			i += 1 + n
		case c < 0x20:
			return i, escaped, "a control character must be written as an escape"
		case c < 0x80:
			i++
		default:
			r, size := utf8.DecodeRune(b[i:])
			if r == utf8.RuneError && size == 1 {
				return i, escaped, "the text is not UTF-8"
			}
			i += size
		}
	}
}

// skipPlain goes on to a quote, a backslash, a control character or a byte that is
// not ASCII, eight bytes at a time; near the end of b it may stop before one.
func skipPlain(b []byte, i int) int {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	for i+8 <= len(b) {
		w := binary.LittleEndian.Uint64(b[i:])
		quote, slash := w^ones*'"', w^ones*'\\'
		// The lowest byte that is marked is right; those above it may be marked by a borrow.
		if m := ((quote-ones)&^quote | (slash-ones)&^slash | (w-ones*0x20)&^w | w) & tops; m != 0 {
			return i + bits.TrailingZeros64(m)>>3
		}
		i += 8
	}
	return i
}

// escapeLen is the length of the escape b begins with, without its backslash; 0 for
// none.
func escapeLen(b []byte) int {
	if len(b) == 0 {
		return 0
	}
	switch b[0] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 1
	case 'u':
		if len(b) >= 5 && isHex[b[1]] && isHex[b[2]] && isHex[b[3]] && isHex[b[4]] {
			return 5
		}
	}
	return 0
}
