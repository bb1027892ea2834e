package inference

// kindOfNumber says whether a number is an integer, by its value: 1.0, 1e2 and 15e-1
// are read for what they are, without ever computing them.
func kindOfNumber(text []byte) kinds {
	plain := true
	for _, c := range text {
		if c == '.' || c|0x20 == 'e' {
			plain = false
			break
		}
	}
	if plain || isIntegral(text) {
		return isInteger
	}
	return isNumber
}

// isIntegral says whether a JSON number with a fraction or an exponent is integral:
// its last digit that is not zero must not stand behind the point, once the exponent
// has moved that.
func isIntegral(text []byte) bool {
	end := 0
	point, last := -1, -1 // in digits: where the point stands, the last that is not zero
	digits := 0
	for ; end < len(text) && text[end]|0x20 != 'e'; end++ {
		switch c := text[end]; {
		case c == '.':
			point = digits
		case isDigit(c):
			if c != '0' {
				last = digits
			}
			digits++
		}
	}
	if last < 0 {
		return true // zero
	}
	if point < 0 {
		point = digits
	}
	return last < point+exponent(text[end:], len(text))
}

// exponent reads "e-2", or nothing. It need not be exact beyond the number of digits
// that there are.
func exponent(text []byte, digits int) int {
	if len(text) == 0 {
		return 0
	}
	text = text[1:]
	negative := text[0] == '-'
	if text[0] == '-' || text[0] == '+' {
		text = text[1:]
	}
	e := 0
	for _, c := range text {
		if e = e*10 + int(c-'0'); e > digits {
			e = digits + 1
			break
		}
	}
	if negative {
		return -e
	}
	return e
}
