package cloudevent

import (
	"bytes"
	"encoding/base64"
	"strconv"
)

// decodeData makes e's data of the members data and data_base64.
func (r *jsonReader) decodeData(e *Event, m *members) {
	if raw := r.text[m.base64.from:m.base64.to]; m.base64.there && string(raw) != "null" {
		if m.data.there {
			r.fault("data_base64", m.base64.from, "there is data as well: only one of them may be there")
			return
		}
		r.decodeBase64(e, m.base64)
		return
	}
	if !m.data.there {
		return
	}
	e.Data = r.text[m.data.from:m.data.to:m.data.to]
	if e.Kind = JSON; IsJSON(e.DataContentType) {
		return
	}
	if e.Data[0] != '"' {
		r.fault("data", m.data.from, "it must be a string, because the datacontenttype is not JSON")
		return
	}
	text, at, msg := unescape(e.Data[1 : len(e.Data)-1])
	if msg != "" {
		r.fault("data", m.data.from+1+at, msg)
	}
	e.Data, e.Kind = []byte(text), Text
}

func (r *jsonReader) decodeBase64(e *Event, s span) {
	const want = "it must be a string of base64 (RFC 4648, section 4)"
	raw := r.text[s.from:s.to]
	if raw[0] != '"' {
		r.fault("data_base64", s.from, want)
		return
	}
	raw = raw[1 : len(raw)-1]
	if bytes.IndexByte(raw, '\\') >= 0 {
		text, _, msg := unescape(raw)
		if msg != "" {
			r.fault("data_base64", s.from, want)
			return
		}
		raw = []byte(text)
	}
	if bytes.ContainsAny(raw, "\r\n") {
		r.fault("data_base64", s.from, want)
		return
	}
	data := make([]byte, base64.StdEncoding.DecodedLen(len(raw)))
	n, err := base64.StdEncoding.Decode(data, raw)
	if err != nil {
		r.fault("data_base64", s.from, want)
		return
	}
	e.Data, e.Kind = data[:n], Binary
	if e.DataContentType == "" {
		return // of no type at all: none may be inferred
	}
	if e.Kind = kindOfBytes(e.Data, e.DataContentType); e.Kind == JSON {
		if offset, msg := checkJSON(e.Data); msg != "" {
			r.fault("data_base64", s.from, "the datacontenttype is JSON, and what is encoded is not, at its byte "+strconv.Itoa(offset)+": "+msg)
		}
	}
}
