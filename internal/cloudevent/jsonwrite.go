package cloudevent

import (
	"encoding/base64"
	"errors"
	"time"
)

// ErrTooMany is what ReadJSONBatch says of a batch that is longer than its limit.
var ErrTooMany = errors.New("the batch has too many events")

// AppendJSON appends e in the JSON format to dst. Its data goes in as it is when it
// is JSON. e must be valid: see Validate.
func AppendJSON(dst []byte, e *Event) []byte {
	dst = append(dst, `{"specversion":"1.0"`...)
	dst = appendMember(dst, "id", e.ID)
	dst = appendMember(dst, "source", e.Source)
	dst = appendMember(dst, "type", e.Type)
	if e.Subject != "" {
		dst = appendMember(dst, "subject", e.Subject)
	}
	if !e.Time.IsZero() {
		dst = append(dst, `,"time":"`...)
		dst = canonicalZone(e.Time).AppendFormat(dst, time.RFC3339Nano)
		dst = append(dst, '"')
	}
	if e.DataContentType != "" {
		dst = appendMember(dst, "datacontenttype", e.DataContentType)
	}
	if e.DataSchema != "" {
		dst = appendMember(dst, "dataschema", e.DataSchema)
	}
	for i := range e.Extensions {
		x := &e.Extensions[i]
		if x.Type != Boolean && x.Type != Integer {
			dst = appendMember(dst, x.Name, x.Text)
			continue
		}
		dst = append(dst, ',', '"')
		dst = append(dst, x.Name...)
		dst = append(dst, '"', ':')
		dst = append(dst, x.Text...)
	}
	switch e.Kind {
	case JSON:
		dst = append(dst, `,"data":`...)
		dst = append(dst, e.Data...)
	case Text:
		dst = append(dst, `,"data":"`...)
		dst = append(appendEscaped(dst, e.Data), '"')
	case Binary:
		dst = append(dst, `,"data_base64":"`...)
		dst = append(base64.StdEncoding.AppendEncode(dst, e.Data), '"')
	}
	return append(dst, '}')
}

// AppendJSONBatch appends a batch in the JSON format to dst.
func AppendJSONBatch(dst []byte, events []Event) []byte {
	dst = append(dst, '[')
	for i := range events {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = AppendJSON(dst, &events[i])
	}
	return append(dst, ']')
}

func appendMember(dst []byte, name, text string) []byte {
	dst = append(dst, ',', '"')
	dst = append(dst, name...)
	dst = append(dst, '"', ':', '"')
	return append(appendEscaped(dst, text), '"')
}
