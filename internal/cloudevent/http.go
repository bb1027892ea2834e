package cloudevent

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"
)

// The media types of the two structured forms.
const (
	MediaJSON      = "application/cloudevents+json"
	MediaJSONBatch = "application/cloudevents-batch+json"
)

// A Mode is how events travel in an HTTP message.
type Mode uint8

const (
	BinaryMode     Mode = iota // attributes in headers, data in the body
	StructuredMode             // one event in the JSON format
	BatchMode                  // a batch in the JSON format
)

// ErrMedia is what ModeOf wraps: an event format, or a charset, that can't be read.
var ErrMedia = errors.New("not a format of CloudEvents that is understood here")

// ModeOf tells the mode by a message's Content-Type.
func ModeOf(contentType string) (Mode, error) {
	const prefix = "application/cloudevents"
	if len(contentType) < len(prefix) || !strings.EqualFold(contentType[:len(prefix)], prefix) {
		return BinaryMode, nil
	}
	media, charset, ok := parseMedia(contentType)
	switch {
	case !ok:
		return BinaryMode, fmt.Errorf("%w: the Content-Type is malformed", ErrMedia)
	case charset != "" && !strings.EqualFold(charset, "utf-8"):
		return BinaryMode, fmt.Errorf("%w: the charset must be utf-8", ErrMedia)
	case strings.EqualFold(media, MediaJSON):
		return StructuredMode, nil
	case strings.EqualFold(media, MediaJSONBatch):
		return BatchMode, nil
	}
	return BinaryMode, fmt.Errorf("%w: understood are %s, %s, and ce- headers with any other media type", ErrMedia, MediaJSON, MediaJSONBatch)
}

// ReadHTTP reads the event of a message in binary mode. The error is Faults; their
// places are header names, or "body". The event's data is body.
//
// An empty body is no data. A body without a Content-Type is JSON if it can be.
func ReadHTTP(h http.Header, body []byte) (Event, error) {
	var e Event
	var faults Faults
	version, n := false, 0
	for key, values := range h {
		if len(key) < 3 || !strings.EqualFold(key[:3], "ce-") {
			continue
		}
		name := strings.ToLower(key[3:])
		place := "ce-" + name
		if n++; n > MaxAttributes {
			return e, Faults{{"", -1, "there may be 64 ce- headers at most"}}
		}
		if len(values) != 1 {
			faults.add(place, -1, "it is there more than once")
			continue
		}
		text, ok := decodeHeader(values[0], name == "source" || name == "dataschema")
		if !ok {
			faults.add(place, -1, "what is percent-encoded in it is not UTF-8")
			continue
		}
		if name == "specversion" {
			if version = true; text != SpecVersion {
				faults.add(place, -1, versionFault)
			}
			continue
		}
		e.setHeader(name, text, &faults)
	}
	if !version && !slices.ContainsFunc(faults, func(f Fault) bool { return f.Place == "ce-specversion" }) {
		faults.add("ce-specversion", -1, "it is required, and must be \"1.0\"")
	}
	e.setContentType(h, &faults)
	e.setBody(body, &faults)
	slices.SortFunc(e.Extensions, func(a, b Extension) int { return strings.Compare(a.Name, b.Name) })
	e.checkHeaders(&faults)
	if len(faults) > 0 {
		slices.SortFunc(faults, func(a, b Fault) int { return strings.Compare(a.Place, b.Place) })
		return Event{}, faults
	}
	return e, nil
}

func (e *Event) setHeader(name, text string, faults *Faults) {
	switch name {
	case "datacontenttype":
		faults.add("ce-datacontenttype", -1, "it must not be there: Content-Type says it")
	case "id", "source", "type", "subject", "time", "dataschema":
		faults.check("ce-"+name, -1, e.setCore(name, text))
	default:
		if msg := nameFault(name); msg != "" {
			faults.add(quoteHeader(name), -1, msg)
			return
		}
		e.Extensions = append(e.Extensions, Extension{Name: name, Text: text})
	}
}

func quoteHeader(name string) string {
	const most = 40
	if len(name) > most {
		name = name[:most] + "…"
	}
	return "ce-" + name
}

func (e *Event) setContentType(h http.Header, faults *Faults) {
	switch values := h["Content-Type"]; len(values) {
	case 0:
	case 1:
		e.DataContentType = values[0]
	default:
		faults.add("Content-Type", -1, "it is there more than once")
	}
}

func (e *Event) setBody(body []byte, faults *Faults) {
	if len(body) == 0 {
		return
	}
	e.Data, e.Kind = body, kindOfBytes(body, e.DataContentType)
	if e.Kind != JSON {
		return
	}
	offset, msg := checkJSON(body)
	switch {
	case msg == "":
	case e.DataContentType == "":
		e.Kind = Binary
	default:
		faults.add("body", offset, msg)
	}
}

// checkHeaders checks the attributes, and names their faults by header, unless there
// is one about that header already.
func (e *Event) checkHeaders(faults *Faults) {
	var found Faults
	e.checkAttributes(&found)
	for _, f := range found {
		place := "ce-" + f.Place
		if f.Place == "datacontenttype" {
			place = "Content-Type"
		}
		if !slices.ContainsFunc(*faults, func(g Fault) bool { return g.Place == place }) {
			faults.add(place, -1, f.within())
		}
	}
}

// decodeHeader undoes a quoted string and then one round of percent-encoding. A
// percent sign that no two hexadecimal digits follow stands for itself.
//
// Many senders do not encode (the CloudEvents SDKs for Go and Java of 2026 among
// them). Where that shows in a URI, because what is decoded is none and what was sent
// is one, the text is taken as it was sent.
func decodeHeader(s string, isURI bool) (text string, ok bool) {
	if s != "" && s[0] == '"' {
		if unquoted, n := unquote(s); n == len(s) {
			s = unquoted
		}
	}
	if strings.IndexByte(s, '%') < 0 {
		return s, true
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) && isHex[s[i+1]] && isHex[s[i+2]] {
			out = append(out, hexValue(s[i+1])<<4|hexValue(s[i+2]))
			i += 2
			continue
		}
		out = append(out, s[i])
	}
	text = string(out)
	if !utf8.Valid(out) {
		return "", false
	}
	if isURI && rawURI(text, s) {
		return s, true
	}
	return text, true
}

// rawURI says whether raw is a URI-reference and decoded is none.
func rawURI(decoded, raw string) bool {
	if _, msg := uriFault(decoded, false); msg == "" {
		return false
	}
	_, msg := uriFault(raw, false)
	return msg == ""
}

// SetHeaders writes e's attributes to h as binary mode has them; its data is the
// body. e must be valid: see Validate.
func (e *Event) SetHeaders(h http.Header) {
	set := func(key, text string) {
		if text != "" {
			h[key] = []string{encodeHeader(text)}
		}
	}
	h["Ce-Specversion"] = []string{SpecVersion}
	set("Ce-Id", e.ID)
	set("Ce-Source", e.Source)
	set("Ce-Type", e.Type)
	set("Ce-Subject", e.Subject)
	set("Ce-Dataschema", e.DataSchema)
	if !e.Time.IsZero() {
		set("Ce-Time", FormatTime(e.Time))
	}
	for _, x := range e.Extensions {
		h[http.CanonicalHeaderKey("ce-"+x.Name)] = []string{encodeHeader(x.Text)}
	}
	switch {
	case e.DataContentType != "":
		h["Content-Type"] = []string{e.DataContentType}
	case e.Kind == JSON:
		h["Content-Type"] = []string{"application/json"} // which the JSON format leaves unsaid
	}
}

// encodeHeader percent-encodes s as the HTTP binding demands (section 3.1.3.2).
func encodeHeader(s string) string {
	const hex = "0123456789ABCDEF"
	n := 0
	for i := 0; i < len(s); i++ {
		if !isPlainHeader(s[i]) {
			n++
		}
	}
	if n == 0 {
		return s
	}
	out := make([]byte, 0, len(s)+2*n)
	for i := 0; i < len(s); i++ {
		if c := s[i]; isPlainHeader(c) {
			out = append(out, c)
		} else {
			out = append(out, '%', hex[c>>4], hex[c&15])
		}
	}
	return string(out)
}

func isPlainHeader(c byte) bool { return c > ' ' && c <= '~' && c != '"' && c != '%' }
