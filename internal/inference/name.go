package inference

// maxName is how long a property's name is at most, in bytes.
const maxName = 128

// minHexName is the length from which on hexadecimal digits are an identifier.
const minHexName = 16

// isIdentifier says whether a member's name is data rather than a word: the key of a
// map. It looks at nothing but the name, so it says the same of it everywhere.
func isIdentifier(name []byte) bool {
	if len(name) == 0 {
		return false
	}
	if len(name) > maxName {
		return true
	}
	digits, slashes, hex, at := 0, 0, 0, 0
	for i, c := range name {
		switch {
		case isDigit(c):
			digits++
			hex++
		case isHexDigit(c), c == '-':
			hex++
		case c == '/':
			slashes++
		case c == '@' && i > 0:
			at++
		}
	}
	switch {
	case slashes > 0, digits == len(name), digits == len(name)-1 && name[0] == '-':
		return true
	case hex == len(name) && digits > 0 && len(name) >= minHexName:
		return true
	case at == 1 && email(name):
		return true
	case digits >= 8 && len(name) >= 10 && date(name[:10]):
		return true
	}
	return false
}
