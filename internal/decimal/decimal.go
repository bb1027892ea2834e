// Package decimal compares JSON numbers exactly, by value, at any precision: 300,
// 300.0 and 3.0e2 are one number, 9007199254740992 and ...993 are two.
package decimal

import (
	"cmp"
	"encoding/binary"
	"hash/maphash"
	"strconv"
	"strings"
)

// MaxExponent bounds the power of ten of a number's first digit.
const MaxExponent = 1_000_000_000

// A Number is a decimal number. Equal numbers are equal under ==, so that a Number
// can be the key of a map. The zero Number is not a number: see Zero.
type Number struct {
	hi   uint64 // sign, exponent and nine digits: ordered as the numbers are
	lo   uint64 // nineteen more digits
	rest string // the digits after those
}

const (
	hiDigits, loDigits = 9, 19
	positive           = 1 << 63
	bias               = 1 << 31
)

// Zero is 0, and -0.
var Zero = Number{hi: positive}

// Parse reads a JSON number. It says no to what is none, and to a number whose
// first digit stands for more than ten to the MaxExponent, or less than ten to the
// minus MaxExponent.
func Parse(text string) (Number, bool) {
	var (
		n        Number
		negative bool
		i        int
		digits   int  // significant ones so far
		point    = -1 // significant digits before the point; -1: not seen
		zeros    int  // between the point and the first significant digit
		rest     = -1 // where the digits beyond begin
		seen     bool
	)
	if strings.HasPrefix(text, "-") {
		negative, i = true, 1
	}
	for ; i < len(text); i++ {
		c := text[i]
		if c == '.' && point < 0 {
			point = digits
			continue
		}
		d := uint64(c - '0')
		if d > 9 {
			break
		}
		seen = true
		switch {
		case digits == 0 && d == 0:
			if point >= 0 {
				zeros++
			}
			continue
		case digits < hiDigits:
			n.hi = n.hi*10 + d
		case digits < hiDigits+loDigits:
			n.lo = n.lo*10 + d
		case rest < 0:
			rest = i
		}
		digits++
	}
	end := i
	exponent, ok := parseExponent(text[i:])
	if !ok || !seen {
		return Number{}, false
	}
	if digits == 0 {
		return Zero, true
	}
	if point < 0 {
		point = digits
	}
	exponent += int64(point) - int64(zeros) - 1
	if exponent > MaxExponent || exponent < -MaxExponent {
		return Number{}, false
	}
	for k := digits; k < hiDigits; k++ {
		n.hi *= 10
	}
	if digits > hiDigits {
		for k := digits; k < hiDigits+loDigits; k++ {
			n.lo *= 10
		}
	}
	n.hi |= positive | uint64(exponent+bias)<<30
	if negative {
		n.hi, n.lo = ^n.hi, ^n.lo
	}
	if rest >= 0 { // no copy of them, if no point stands between
		n.rest = strings.TrimRight(strings.ReplaceAll(text[rest:end], ".", ""), "0")
	}
	return n, true
}

// parseExponent reads e+12. One that is far out of bounds is cut short.
func parseExponent(text string) (int64, bool) {
	if text == "" {
		return 0, true
	}
	if text[0] != 'e' && text[0] != 'E' {
		return 0, false
	}
	text = text[1:]
	negative := false
	if text != "" && (text[0] == '+' || text[0] == '-') {
		negative, text = text[0] == '-', text[1:]
	}
	if text == "" {
		return 0, false
	}
	var e int64
	for i := range len(text) {
		d := int64(text[i]) - '0'
		if d < 0 || d > 9 {
			return 0, false
		}
		if e < 1e15 {
			e = e*10 + d
		}
	}
	if negative {
		e = -e
	}
	return e, true
}

// Compare is -1, 0 or 1 as n is less than, equal to or greater than m.
func (n Number) Compare(m Number) int {
	switch {
	case n.hi != m.hi:
		return cmp.Compare(n.hi, m.hi)
	case n.lo != m.lo:
		return cmp.Compare(n.lo, m.lo)
	case n.hi&positive == 0:
		return strings.Compare(m.rest, n.rest)
	}
	return strings.Compare(n.rest, m.rest)
}

var seed = maphash.MakeSeed()

// Hash spreads numbers evenly, equal ones alike, and otherwise in each process.
func (n Number) Hash() uint64 {
	var b [16]byte
	binary.LittleEndian.PutUint64(b[:8], n.hi)
	binary.LittleEndian.PutUint64(b[8:], n.lo)
	h := maphash.Bytes(seed, b[:])
	if n.rest != "" {
		h = h*0x9E3779B97F4A7C15 ^ maphash.String(seed, n.rest)
	}
	return h
}

// String is n as JSON writes it: the plain digits, or one digit before the point and
// an exponent where those would be long.
func (n Number) String() string {
	if n == Zero {
		return "0"
	}
	hi, lo, sign := n.hi, n.lo, ""
	if hi&positive == 0 {
		hi, lo, sign = ^hi, ^lo, "-"
	}
	exponent := int(int64(hi&^positive>>30) - bias)
	digits := pad(hi&(1<<30-1), hiDigits)
	if lo != 0 || n.rest != "" {
		digits += pad(lo, loDigits)
	}
	digits = strings.TrimRight(digits+n.rest, "0")
	switch {
	case exponent >= 0 && exponent < 21:
		if len(digits) <= exponent+1 {
			return sign + digits + strings.Repeat("0", exponent+1-len(digits))
		}
		return sign + digits[:exponent+1] + "." + digits[exponent+1:]
	case exponent < 0 && exponent >= -6:
		return sign + "0." + strings.Repeat("0", -exponent-1) + digits
	}
	if len(digits) > 1 {
		digits = digits[:1] + "." + digits[1:]
	}
	return sign + digits + "e" + strconv.Itoa(exponent)
}

func pad(n uint64, width int) string {
	s := strconv.FormatUint(n, 10)
	return strings.Repeat("0", width-len(s)) + s
}

// Coarse is n in 32 bits: of two numbers the lesser never has the higher one. It is
// never 0 nor the highest there is, which can stand for no bound.
func (n Number) Coarse() uint32 {
	const (
		least, most  = -16, 47 // exponents told apart
		mantissaBits = 25
	)
	hi := n.hi
	if hi&positive == 0 {
		hi = ^hi
	}
	exponent := int64(hi&^positive>>30) - bias
	var c uint32
	switch {
	case exponent > most:
		c = 1<<31 - 2
	case exponent >= least:
		c = min(1<<31-2, uint32(exponent-least)<<mantissaBits|uint32(hi&(1<<30-1)>>(30-mantissaBits)))
	}
	if n.hi&positive == 0 {
		return ^(1<<31 | c)
	}
	return 1<<31 | c
}
