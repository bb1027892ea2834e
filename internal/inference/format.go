package inference

// formats is a set of formats of strings. A string has one only when every validator
// says so: the tests here are narrower than the standards where validators differ.
type formats uint8

const (
	isDateTime formats = 1 << iota
	isDate
	isUUID
	isEmail
	isURI

	allFormats = isURI<<1 - 1
)

// In the order of preference, though no string has two.
var formatNames = [...]struct {
	format formats
	name   string
}{
	{isDateTime, "date-time"},
	{isDate, "date"},
	{isUUID, "uuid"},
	{isEmail, "email"},
	{isURI, "uri"},
}

// maxFormatted is how long a string with a format is at most, in bytes.
const maxFormatted = 2048

// formatsOf returns the formats that a string has.
func formatsOf(s []byte) formats {
	var all formats
	for f := isDateTime; f <= isURI; f <<= 1 {
		if f.holds(s) {
			all |= f
		}
	}
	return all
}

// hasAll says whether a string has all of the formats.
func hasAll(want formats, s []byte) bool {
	for f := isDateTime; f <= isURI; f <<= 1 {
		if want&f != 0 && !f.holds(s) {
			return false
		}
	}
	return true
}

// holds says whether a string has the one format. It calls by name, so that s may
// stay on its caller's stack.
func (f formats) holds(s []byte) bool {
	if len(s) > maxFormatted {
		return false
	}
	switch f {
	case isDateTime:
		return dateTime(s)
	case isDate:
		return date(s)
	case isUUID:
		return uuid(s)
	case isEmail:
		return email(s)
	default:
		return uri(s)
	}
}

// dateTime is RFC 3339 with capital letters, without leap seconds.
func dateTime(s []byte) bool {
	if len(s) < len("2006-01-02T15:04:05Z") || s[10] != 'T' || s[13] != ':' || s[16] != ':' ||
		!date(s[:10]) || number(s[11:13], 23) < 0 || number(s[14:16], 59) < 0 || number(s[17:19], 59) < 0 {
		return false
	}
	s = s[19:]
	if s[0] == '.' {
		end := 1
		for end < len(s) && isDigit(s[end]) {
			end++
		}
		if end == 1 || end > 10 {
			return false
		}
		s = s[end:]
	}
	if len(s) == 1 {
		return s[0] == 'Z'
	}
	return len(s) == len("+01:00") && (s[0] == '+' || s[0] == '-') && s[3] == ':' &&
		number(s[1:3], 23) >= 0 && number(s[4:6], 59) >= 0
}

func date(s []byte) bool {
	if len(s) != len("2006-01-02") || s[4] != '-' || s[7] != '-' {
		return false
	}
	year, month, day := number(s[:4], 9999), number(s[5:7], 12), number(s[8:10], 31)
	if year < 0 || month < 1 || day < 1 {
		return false
	}
	switch month {
	case 4, 6, 9, 11:
		return day <= 30
	case 2:
		leap := year%4 == 0 && (year%100 != 0 || year%400 == 0)
		return day <= 28 || leap && day == 29
	}
	return true
}

// number reads digits; it is -1 when there is something else, or more than most.
func number(s []byte, most int) int {
	n := 0
	for _, c := range s {
		if !isDigit(c) {
			return -1
		}
		n = n*10 + int(c-'0')
	}
	if n > most {
		return -1
	}
	return n
}

// uuid is one in small letters: validators differ about capitals.
func uuid(s []byte) bool {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return false
	}
	return isHex(s[:8]) && isHex(s[9:13]) && isHex(s[14:18]) && isHex(s[19:23]) && isHex(s[24:])
}

// isHex says whether s is made of digits and the small letters a to f.
func isHex(s []byte) bool {
	for _, c := range s {
		if !isDigit(c) && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// email is an address in plain letters, at a domain of at least two labels.
func email(s []byte) bool {
	at := 0
	for at < len(s) && s[at] != '@' {
		c := s[at]
		if c == '.' && (at == 0 || s[at-1] == '.') || !isAlnum(c) && c != '.' && c != '_' && c != '%' && c != '+' && c != '-' {
			return false
		}
		at++
	}
	if at == 0 || at > 64 || at == len(s) || len(s) > 254 || s[at-1] == '.' {
		return false
	}
	labels, letters, from := 0, true, at+1
	for i := from; i <= len(s); i++ {
		if i < len(s) && s[i] != '.' {
			if !isAlnum(s[i]) && s[i] != '-' {
				return false
			}
			letters = letters && isLetter(s[i])
			continue
		}
		if i == from || i-from > 63 || s[from] == '-' || s[i-1] == '-' || i == len(s) && (!letters || i-from < 2) {
			return false
		}
		labels++
		letters, from = true, i+1
	}
	return labels >= 2
}

// uri is a URI with an authority, or a URN: "label:value" is not meant to be one.
func uri(s []byte) bool {
	if len(s) == 0 || !isLetter(s[0]) {
		return false
	}
	i := 0
	for i < len(s) && (isAlnum(s[i]) || s[i] == '+' || s[i] == '-' || s[i] == '.') {
		i++
	}
	if i == len(s) || s[i] != ':' {
		return false
	}
	if string(s[:i]) == "urn" {
		return len(s) > i+2 && isAlnum(s[i+1]) && isURIText(s[i+2:])
	}
	s = s[i+1:]
	if len(s) < 3 || s[0] != '/' || s[1] != '/' {
		return false
	}
	end := 2
	for end < len(s) && s[end] != '/' && s[end] != '?' && s[end] != '#' {
		end++
	}
	return isAuthority(s[2:end]) && isURIText(s[end:])
}

// isAuthority says whether s is a host name, with or without user and port.
func isAuthority(s []byte) bool {
	host := 0
	for i, c := range s {
		if c == '@' {
			if host > 0 {
				return false
			}
			host = i + 1
		}
	}
	port := len(s)
	for i, c := range s {
		switch {
		case isAlnum(c), c == '.', c == '-', c == '_', i < host:
			if i < host && !isAlnum(c) && c != '.' && c != '-' && c != '_' && c != ':' && c != '@' {
				return false
			}
		case c == ':' && port == len(s):
			port = i
		default:
			return false
		}
		if i > port && !isDigit(c) {
			return false
		}
	}
	return true
}

// isURIText says whether s is made of what may stand in a path, query or fragment.
func isURIText(s []byte) bool {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c <= ' ', c >= 0x7f:
			return false
		case c == '"', c == '<', c == '>', c == '\\', c == '^', c == '`', c == '{', c == '|', c == '}', c == '[', c == ']':
			return false
		case c == '%':
			if i+2 >= len(s) || !isHexDigit(s[i+1]) || !isHexDigit(s[i+2]) {
				return false
			}
		}
	}
	return true
}

func isDigit(c byte) bool  { return c-'0' < 10 }
func isLetter(c byte) bool { return c|0x20-'a' < 26 }
func isAlnum(c byte) bool  { return isDigit(c) || isLetter(c) }

func isHexDigit(c byte) bool { return isDigit(c) || c|0x20-'a' < 6 }
