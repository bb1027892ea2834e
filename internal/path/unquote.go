package path

import (
	"unicode/utf8"

	"github.com/eventbridge-go/eventbridge/internal/jsonstring"
)

// appendUnquoted appends what a JSON string stands for. As in encoding/json, each
// byte that is not UTF-8 and each surrogate without its partner becomes U+FFFD.
func appendUnquoted(dst, quoted []byte) []byte {
	raw := quoted[1 : len(quoted)-1]
	if !utf8.Valid(raw) {
		raw = []byte(string([]rune(string(raw))))
	}
	dst, _ = jsonstring.Append(dst, raw)
	return dst
}
