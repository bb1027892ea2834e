package path

import (
	"unicode/utf16"
	"unicode/utf8"
)

// appendUnquoted appends what a JSON string stands for. As in encoding/json, each
// byte that is not UTF-8 and each surrogate without its partner becomes U+FFFD.
func appendUnquoted(dst, quoted []byte) []byte {
	s := quoted[1 : len(quoted)-1]
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == '\\':
			dst, i = appendUnescaped(dst, s, i+1)
		case c < utf8.RuneSelf:
			dst = append(dst, c)
			i++
		default:
			r, size := utf8.DecodeRune(s[i:])
			dst = utf8.AppendRune(dst, r)
			i += size
		}
	}
	return dst
}

// appendUnescaped appends what the escape stands for whose letter is at i, and
// returns where the text goes on.
func appendUnescaped(dst, s []byte, i int) ([]byte, int) {
	switch c := s[i]; c {
	case 'b':
		return append(dst, '\b'), i + 1
	case 'f':
		return append(dst, '\f'), i + 1
	case 'n':
		return append(dst, '\n'), i + 1
	case 'r':
		return append(dst, '\r'), i + 1
	case 't':
		return append(dst, '\t'), i + 1
	case 'u':
		break
	default:
		return append(dst, c), i + 1
	}
	r, _ := hex4(s[i+1:])
	i += 5
	if utf16.IsSurrogate(r) {
		r2, ok := rune(0), false
		if i+1 < len(s) && s[i] == '\\' && s[i+1] == 'u' {
			r2, ok = hex4(s[i+2:])
		}
		if r = utf16.DecodeRune(r, r2); ok && r != utf8.RuneError {
			i += 6
		}
	}
	return utf8.AppendRune(dst, r), i
}

func hex4(s []byte) (r rune, ok bool) {
	if len(s) < 4 {
		return 0, false
	}
	for _, c := range s[:4] {
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
