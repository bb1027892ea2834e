package path

import (
	"unicode/utf8"
)

// A Value is what a path found. The zero Value is absent. It may share the bytes
// of the event it was found in.
type Value struct {
	kind kind
	raw  []byte // of json: the JSON text
	text string // of text
}

type kind uint8

const (
	absent kind = iota
	rawJSON
	text
)

// JSON makes a Value of a valid JSON text.
func JSON(raw []byte) Value { return Value{kind: rawJSON, raw: raw} }

// Text makes a Value of a string.
func Text(s string) Value { return Value{kind: text, text: s} }

// Null says whether there is no value, or it is null.
func (v Value) Null() bool {
	return v.kind == absent || v.kind == rawJSON && len(v.raw) == 4 && v.raw[0] == 'n'
}

// Kind says what the value is: one of the bytes { [ " 0 t n, as it begins in JSON
// (0 for any number, t for a boolean); 0 when it is absent.
func (v Value) Kind() byte {
	switch {
	case v.kind == absent || len(v.raw) == 0 && v.kind == rawJSON:
		return 0
	case v.kind == text:
		return '"'
	}
	switch c := v.raw[0]; c {
	case '{', '[', '"', 'n', 't':
		return c
	case 'f':
		return 't'
	}
	return '0'
}

// AppendJSON appends the value as JSON; an absent one is null.
func (v Value) AppendJSON(dst []byte) []byte {
	switch v.kind {
	case absent:
		return append(dst, "null"...)
	case text:
		dst = append(dst, '"')
		dst = AppendEscaped(dst, v.text)
		return append(dst, '"')
	}
	return appendValid(dst, v.raw)
}

// AppendText appends what a reader would call the value's text: a string without
// its quotes and escapes, nothing for null or an absent value, JSON for any other.
func (v Value) AppendText(dst []byte) []byte {
	switch {
	case v.Null():
		return dst
	case v.kind == text:
		if utf8.ValidString(v.text) {
			return append(dst, v.text...)
		}
		return appendValid(dst, []byte(v.text))
	case v.raw[0] == '"':
		return appendUnquoted(dst, v.raw)
	}
	return appendValid(dst, v.raw)
}

// AppendInString appends the value's text escaped as the inside of a JSON string.
func (v Value) AppendInString(dst []byte) []byte {
	switch {
	case v.Null():
		return dst
	case v.kind == text:
		return AppendEscaped(dst, v.text)
	case v.raw[0] == '"':
		return appendValid(dst, v.raw[1:len(v.raw)-1])
	}
	return AppendEscaped(dst, v.raw)
}

// appendValid appends s with U+FFFD for each byte that is not UTF-8.
func appendValid(dst, s []byte) []byte {
	if utf8.Valid(s) {
		return append(dst, s...)
	}
	for len(s) > 0 {
		r, size := utf8.DecodeRune(s)
		dst, s = utf8.AppendRune(dst, r), s[size:]
	}
	return dst
}

const hexDigits = "0123456789abcdef"

// AppendEscaped appends s escaped as the inside of a JSON string, with U+FFFD for
// each byte that is not UTF-8. U+2028 and U+2029 are escaped too, as they end a
// line in older JavaScript.
func AppendEscaped[S []byte | string](dst []byte, s S) []byte {
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if !special[c] {
				i++
				continue
			}
			dst = appendEscape(append(dst, s[start:i]...), c)
			i++
			start = i
			continue
		}
		r, size := decodeRune(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			dst = append(append(dst, s[start:i]...), "\ufffd"...)
			start = i + size
		case r == '\u2028' || r == '\u2029':
			dst = append(append(dst, s[start:i]...), `\u202`...)
			dst = append(dst, hexDigits[r&0xF])
			start = i + size
		}
		i += size
	}
	return append(dst, s[start:]...)
}

func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	case '\b':
		return append(dst, '\\', 'b')
	case '\f':
		return append(dst, '\\', 'f')
	}
	return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xF])
}

// decodeRune saves the copy that a conversion would cost.
func decodeRune[S []byte | string](s S) (rune, int) {
	if len(s) > utf8.UTFMax {
		s = s[:utf8.UTFMax]
	}
	return utf8.DecodeRuneInString(string(s))
}
