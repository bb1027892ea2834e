package cloudevent

import (
	"bytes"

	"github.com/eventbridge-go/eventbridge/internal/jsonstring"
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
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw), 0, ""
	}
	b, half := jsonstring.Append(make([]byte, 0, len(raw)), raw)
	if half >= 0 {
		return "", half, "half a surrogate pair is no character"
	}
	return string(b), 0, ""
}

func hexValue(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return (c | 0x20) - 'a' + 10
}
