package filter

import (
	"math/bits"
	"strings"
)

// string returns what is between the quotes, and whether there are escapes in it.
func (s *scanner) string() (raw string, escaped bool) {
	start := s.pos + 1
	for i := start; ; i++ {
		switch s.text[i] {
		case '"':
			s.pos = i + 1
			return s.text[start:i], false
		case '\\':
			end := closingQuote(s.text, i)
			s.pos = end + 1
			return s.text[start:end], true
		}
		if i-start == 24 {
			break
		}
	}
	end := closingQuote(s.text, start)
	s.pos = end + 1
	raw = s.text[start:end]
	return raw, strings.IndexByte(raw, '\\') >= 0
}

// closingQuote finds the quote that ends a string, from i on, where no backslash
// stands before. There is one. It looks at eight bytes at a time; in what is long and
// has no escapes, at many more.
func closingQuote(text string, i int) int {
	for from := i; i+8 <= len(text) && i-from < 64; {
		stop := zeroBytes(eightBytes(text, i)^ones*'"') | zeroBytes(eightBytes(text, i)^ones*'\\')
		if stop == 0 {
			i += 8
			continue
		}
		i += bits.TrailingZeros64(stop) / 8
		if text[i] == '"' {
			return i
		}
		i += 2
		from = i
	}
	for {
		i += strings.IndexByte(text[i:], '"')
		back := i
		for text[back-1] == '\\' {
			back--
		}
		if (i-back)&1 == 0 {
			return i
		}
		i++
	}
}

const ones = 0x0101010101010101

// zeroBytes has the highest bit of the first byte that is zero, and none of those
// before.
func zeroBytes(w uint64) uint64 { return (w - ones) &^ w & (ones << 7) }

func eightBytes(text string, i int) uint64 {
	b := text[i : i+8]
	return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
		uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
}
