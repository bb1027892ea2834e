package cloudevent

import (
	"net/netip"
	"net/url"
	"strings"
)

// uri keeps text exactly: where net/url would print it otherwise than it was
// written, the URL is made of its opaque part alone, which prints as it is.
func uri(text string) url.URL {
	if u, ok := plainURI(text); ok {
		return u
	}
	if u, err := url.Parse(text); err == nil && u.String() == text {
		return *u
	}
	return url.URL{Opaque: text}
}

// plainURI makes what url.Parse would of the commonest texts, for a tenth of the cost:
// a path from the root, or a scheme, a host and such a path, of letters that nothing
// escapes.
func plainURI(text string) (u url.URL, ok bool) {
	path := text
	if i := strings.Index(text, "://"); i > 0 {
		u.Scheme = text[:i]
		for _, c := range []byte(u.Scheme) {
			if c < 'a' || c > 'z' {
				return url.URL{}, false
			}
		}
		rest := text[i+len("://"):]
		if i = strings.IndexByte(rest, '/'); i <= 0 {
			return url.URL{}, false
		}
		u.Host, path = rest[:i], rest[i:]
		if !plain(u.Host, false) {
			return url.URL{}, false
		}
	}
	if len(path) < 2 || path[0] != '/' || path[1] == '/' || !plain(path, true) {
		return url.URL{}, false
	}
	u.Path = path
	return u, true
}

func plain(s string, slash bool) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '.', c == '_', c == '/' && slash:
		default:
			return false
		}
	}
	return true
}

func uriText(u url.URL) string {
	if u.Opaque != "" && u.Scheme == "" && u.RawQuery == "" && u.Fragment == "" && !u.ForceQuery {
		return u.Opaque
	}
	if u == (url.URL{Path: u.Path}) && isPlainPath(u.Path) {
		return u.Path
	}
	return u.String()
}

// isPlainPath says whether a path is written as it is, and alone: most sources are such
// paths, and nothing need be allocated for them.
func isPlainPath(path string) bool {
	if path == "" || path[0] != '/' || strings.HasPrefix(path, "//") {
		return false
	}
	for i := range len(path) {
		switch c := path[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case c == '/', c == '-', c == '_', c == '.', c == '~':
		default:
			return false
		}
	}
	return true
}

// uriFault says what keeps s from being a URI-reference (RFC 3986, section 4.1) or,
// when absolute, a URI with a scheme, and at which byte; "" for nothing. A fragment
// passes in both: schemas are named with one.
func uriFault(s string, absolute bool) (offset int, msg string) {
	at := until(s, 0, &isURIDelim)
	switch hasScheme := at < len(s) && s[at] == ':'; {
	case hasScheme && !isScheme(s[:at]):
		return 0, "what stands before its first colon is not a URI scheme"
	case absolute && !hasScheme:
		return 0, "it is not an absolute URI: it has no scheme such as https:"
	case hasScheme:
		at++
	default:
		at = 0
	}
	if strings.HasPrefix(s[at:], "//") {
		at += 2
		end := until(s, at, &isHostEnd)
		if i, msg := authorityFault(s[at:end]); msg != "" {
			return at + i, msg
		}
		at = end
	}
	return uriCharFault(s, at)
}

// until is the index of the first byte of s from i on that is in set, or len(s).
func until(s string, i int, set *[256]bool) int {
	for i < len(s) && !set[s[i]] {
		i++
	}
	return i
}

func uriCharFault(s string, at int) (offset int, msg string) {
	fragment := false
	for i := at; i < len(s); i++ {
		c := s[i]
		if isURIChar[c] {
			continue
		}
		switch {
		case c == '#' && !fragment:
			fragment = true
		case c == '%' && i+2 < len(s) && isHex[s[i+1]] && isHex[s[i+2]]:
			i += 2
		case c == '%':
			return i, "a percent sign that two hexadecimal digits do not follow may not stand in a URI"
		default:
			return i, "this character may not stand in a URI as it is (RFC 3986)"
		}
	}
	return -1, ""
}

// authorityFault looks at [user@]host[:port].
func authorityFault(s string) (offset int, msg string) {
	host := strings.LastIndexByte(s, '@') + 1
	if host > 0 {
		if i := strings.IndexByte(s[:host-1], '@'); i >= 0 {
			return i, "a URI's user part may hold no @"
		}
		if i, msg := uriCharFault(s[:host-1], 0); msg != "" {
			return i, msg
		}
	}
	port := len(s)
	if strings.HasPrefix(s[host:], "[") {
		end := strings.IndexByte(s[host:], ']')
		if end < 0 || !isIPLiteral(s[host+1:host+end]) {
			return host, "what stands in brackets is not an IP address"
		}
		port = host + end + 1
	} else {
		if i := strings.IndexByte(s[host:], ':'); i >= 0 {
			port = host + i
		}
		if i, msg := uriCharFault(s[host:port], 0); msg != "" {
			return host + i, msg
		}
	}
	if port < len(s) && (s[port] != ':' || strings.Trim(s[port+1:], "0123456789") != "") {
		return port, "what follows the host is not a port"
	}
	return -1, ""
}

func isIPLiteral(s string) bool {
	if s != "" && (s[0] == 'v' || s[0] == 'V') { // IPvFuture
		version, rest, ok := strings.Cut(s[1:], ".")
		return ok && version != "" && rest != "" && strings.Trim(version, "0123456789abcdefABCDEF") == "" &&
			!strings.ContainsAny(rest, "/?@%")
	}
	address, _, _ := strings.Cut(s, "%25") // a zone, RFC 6874
	ip, err := netip.ParseAddr(address)
	return err == nil && ip.Is6()
}

func isScheme(s string) bool {
	if s == "" || s[0]|0x20 < 'a' || s[0]|0x20 > 'z' {
		return false
	}
	for i := 1; i < len(s); i++ {
		if !isSchemeChar[s[i]] {
			return false
		}
	}
	return true
}

var (
	isSchemeChar = charset("+-.", true)
	isURIChar    = charset("-._~!$&'()*+,;=:@/?", true)
	isHex        = charset("0123456789abcdefABCDEF", false)
	isURIDelim   = charset(":/?#", false)
	isHostEnd    = charset("/?#", false)
)
