package cloudevent

import (
	"mime"
	"strings"
	"unicode/utf8"
)

// IsJSON says whether data of that datacontenttype is JSON: application/json,
// text/json, any */*+json, or no type at all (CloudEvents JSON format 1.0.2,
// section 3.1).
func IsJSON(contentType string) bool {
	switch contentType {
	case "", "application/json":
		return true
	}
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return false
	}
	return strings.HasSuffix(media, "/json") || strings.HasSuffix(media, "+json")
}

func textOrBinary(data []byte) DataKind {
	if utf8.Valid(data) {
		return Text
	}
	return Binary
}
