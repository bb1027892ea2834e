package cloudevent

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// appendEscaped appends s as it stands between the quotes of a JSON string.
func appendEscaped[T string | []byte](dst []byte, s T) []byte {
	const hex = "0123456789abcdef"
	from := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, s[from:i]...)
		from = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	return append(dst, s[from:]...)
}

// unescape gives the text of a JSON string that was scanned, without its quotes. A
// lone surrogate is a fault: it can't be said in UTF-8.
func unescape(raw []byte) (text string, offset int, msg string) {
	i := bytes.IndexByte(raw, '\\')
	if i < 0 {
		return string(raw), 0, ""
	}
	out := append(make([]byte, 0, len(raw)), raw[:i]...)
	for i < len(raw) {
		if raw[i] != '\\' {
			out = append(out, raw[i])
			i++
			continue
		}
		if raw[i+1] != 'u' {
			out = append(out, simpleEscape[raw[i+1]])
			i += 2
			continue
		}
		r := hex4(raw[i+2:])
		size := 6
		if utf16.IsSurrogate(r) {
			if rest := raw[i+6:]; len(rest) >= 6 && rest[0] == '\\' && rest[1] == 'u' {
				r, size = utf16.DecodeRune(r, hex4(rest[2:])), 12
			} else {
				r = utf8.RuneError
			}
			if r == utf8.RuneError {
				return "", i, "half a surrogate pair is no character"
			}
		}
		out = utf8.AppendRune(out, r)
		i += size
	}
	return string(out), 0, ""
}

var simpleEscape = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

func hex4(b []byte) (r rune) {
	for _, c := range b[:4] {
		r = r<<4 | rune(hexValue(c))
	}
	return r
}

func hexValue(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return (c | 0x20) - 'a' + 10
}
