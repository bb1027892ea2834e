package cloudevent

import "strings"

// IsTraceparent says whether s is a traceparent of W3C Trace Context, version 00 or a
// later one.
func IsTraceparent(s string) bool {
	const shape = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	if len(s) < len(shape) || len(s) > 512 || s[2] != '-' || s[35] != '-' || s[52] != '-' {
		return false
	}
	version, trace, parent, flags := s[:2], s[3:35], s[36:52], s[53:55]
	for _, part := range [...]string{version, trace, parent, flags} {
		if strings.Trim(part, "0123456789abcdef") != "" {
			return false
		}
	}
	if version == "ff" || strings.Trim(trace, "0") == "" || strings.Trim(parent, "0") == "" {
		return false
	}
	return len(s) == len(shape) || version != "00" && s[len(shape)] == '-' && skipPrintable(s) == len(s)
}

// IsTracestate says whether s may be a tracestate: key=value members, 32 at most, in
// 512 characters.
func IsTracestate(s string) bool {
	if s == "" || len(s) > 512 || skipPrintable(strings.ReplaceAll(s, "\t", " ")) < len(s) || strings.Count(s, ",") >= 32 {
		return false
	}
	for member := range strings.SplitSeq(s, ",") {
		key, value, ok := strings.Cut(strings.Trim(member, " \t"), "=")
		if member = strings.Trim(member, " \t"); member == "" {
			continue
		}
		if !ok || key == "" || value == "" || strings.ContainsAny(key, " \t") || strings.ContainsAny(value, "=\t") {
			return false
		}
	}
	return true
}
