// Package jsonstring resolves the escapes of JSON strings (RFC 8259, section 7).
package jsonstring

import (
	"unicode/utf16"
	"unicode/utf8"
)

// Append appends what raw stands for, the text between the quotes of a well-formed
// JSON string. Half a surrogate pair is no character: it becomes U+FFFD, and half is
// where the first one stands in raw, -1 if there is none.
func Append[T string | []byte](dst []byte, raw T) (b []byte, half int) {
	half = -1
	from := 0
	for i := 0; i < len(raw); {
		if raw[i] != '\\' {
			i++
			continue
		}
		dst = append(dst, raw[from:i]...)
		if c := raw[i+1]; c != 'u' {
			dst = append(dst, escapes[c])
			i += 2
			from = i
			continue
		}
		r, _ := Hex4(raw[i+2:])
		size := 6
		if utf16.IsSurrogate(r) {
			var low rune
			if rest := raw[i+6:]; len(rest) >= 6 && rest[0] == '\\' && rest[1] == 'u' {
				low, _ = Hex4(rest[2:])
			}
			if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
				size = 12
			} else if half < 0 {
				half = i
			}
		}
		dst = utf8.AppendRune(dst, r)
		i += size
		from = i
	}
	return append(dst, raw[from:]...), half
}

// escapes are the characters that stand for themselves or another after a backslash.
var escapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// Escape says whether a backslash may stand before c, u apart.
func Escape(c byte) bool { return escapes[c] != 0 }

// Hex4 reads the four hexadecimal digits with which s begins.
func Hex4[T string | []byte](s T) (r rune, ok bool) {
	if len(s) < 4 {
		return 0, false
	}
	for i := range 4 {
		c := s[i]
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}
