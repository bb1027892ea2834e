package cloudevent

import (
	"strings"
	"unicode/utf8"
)

// IsJSON says whether data of that datacontenttype is JSON: */json, */*+json, or no
// type at all (CloudEvents JSON format 1.0.2, section 3.1).
func IsJSON(contentType string) bool {
	switch contentType {
	case "", "application/json":
		return true
	}
	media, _, ok := parseMedia(contentType)
	if !ok {
		return false
	}
	_, subtype, _ := strings.Cut(media, "/")
	return strings.EqualFold(subtype, "json") || len(subtype) >= 5 && strings.EqualFold(subtype[len(subtype)-5:], "+json")
}

// parseMedia reads a media type of RFC 2046: type/subtype, as it is written, and the
// value of its charset parameter, if it has one.
func parseMedia(s string) (media, charset string, ok bool) {
	i := tokenLen(s)
	if i == 0 || i == len(s) || s[i] != '/' || skipPrintable(s) < len(s) || s[len(s)-1] == ' ' {
		return "", "", false
	}
	n := tokenLen(s[i+1:])
	if n == 0 {
		return "", "", false
	}
	media, rest := s[:i+1+n], s[i+1+n:]
	for {
		rest = strings.TrimLeft(rest, " ")
		if rest == "" {
			return media, charset, true
		}
		if rest[0] != ';' {
			return "", "", false
		}
		rest = strings.TrimLeft(rest[1:], " ")
		if rest == "" || rest[0] == ';' {
			continue // an empty parameter: RFC 9110 lets it pass
		}
		var name, value string
		if name, value, rest, ok = parameter(rest); !ok {
			return "", "", false
		}
		if strings.EqualFold(name, "charset") {
			charset = value
		}
	}
}

func parameter(s string) (name, value, rest string, ok bool) {
	n := tokenLen(s)
	if n == 0 || n == len(s) || s[n] != '=' {
		return "", "", "", false
	}
	name, s = s[:n], s[n+1:]
	if s != "" && s[0] == '"' {
		value, n = unquote(s)
		return name, value, s[max(n, 0):], n > 0
	}
	n = tokenLen(s)
	return name, s[:n], s[n:], n > 0
}

// unquote reads the quoted string (RFC 9110, section 5.6.4) that s begins with, and
// says how long it is there; 0 when it has no end or holds a control character.
func unquote(s string) (text string, n int) {
	var b []byte
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			if b == nil {
				return s[1:i], i + 1
			}
			return string(b), i + 1
		case c == '\\' && i+1 < len(s):
			if b == nil {
				b = append(make([]byte, 0, len(s)), s[1:i]...)
			}
			i++
			c = s[i]
			fallthrough
		default:
			if c < 0x20 && c != '\t' || c == 0x7f {
				return "", 0
			}
			if b != nil {
				b = append(b, c)
			}
		}
	}
	return "", 0
}

func tokenLen(s string) int {
	for i := 0; i < len(s); i++ {
		if !isToken[s[i]] {
			return i
		}
	}
	return len(s)
}

// isToken has the characters of an HTTP token (RFC 9110, section 5.6.2).
var isToken = charset("!#$%&'*+-.^_`|~", true)

func charset(marks string, alphanumeric bool) (set [256]bool) {
	for i := 0; i < len(marks); i++ {
		set[marks[i]] = true
	}
	for c := 0; alphanumeric && c < 128; c++ {
		if c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' {
			set[c] = true
		}
	}
	return set
}

// kindOfBytes is the kind of data of that datacontenttype, "" meaning JSON. It is
// the same whichever way the data came, so that an event is the same event when it
// comes again another way.
func kindOfBytes(data []byte, contentType string) DataKind {
	if IsJSON(contentType) {
		return JSON
	}
	if utf8.Valid(data) {
		return Text
	}
	return Binary
}
