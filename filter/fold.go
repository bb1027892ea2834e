package filter

import (
	"unicode"
	"unicode/utf8"
)

// Unicode simple case folding: two strings are equal when they are so character by
// character, each in the smallest of its forms. "ß" is "ẞ", never "ss".

func fold(s string) string { return string(appendFolded(make([]byte, 0, len(s)), s)) }

func appendFolded(dst []byte, s string) []byte {
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c >= 'a' && c <= 'z' {
				c -= 'a' - 'A'
			}
			dst = append(dst, c)
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		dst = utf8.AppendRune(dst, foldRune(r))
		i += size
	}
	return dst
}

func foldRune(r rune) rune {
	least := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		least = min(least, next)
	}
	return least
}

func hasFoldedPrefix(s, folded string) bool {
	for folded != "" {
		if s == "" {
			return false
		}
		r, size := utf8.DecodeRuneInString(s)
		want, wantSize := utf8.DecodeRuneInString(folded)
		if foldRune(r) != want {
			return false
		}
		s, folded = s[size:], folded[wantSize:]
	}
	return true
}

func hasFoldedSuffix(s, folded string) bool {
	for folded != "" {
		if s == "" {
			return false
		}
		r, size := utf8.DecodeLastRuneInString(s)
		want, wantSize := utf8.DecodeLastRuneInString(folded)
		if foldRune(r) != want {
			return false
		}
		s, folded = s[:len(s)-size], folded[:len(folded)-wantSize]
	}
	return true
}
