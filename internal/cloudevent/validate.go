package cloudevent

import (
	"encoding/base64"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// MaxDepth is how deep arrays and objects may nest in an event's JSON data.
const MaxDepth = 512

// Validate says what keeps e from being a CloudEvent 1.0 that can be written in
// every form: nil, or Faults, all of them at once.
//
// JSON data must be one JSON value in UTF-8, nested no deeper than MaxDepth.
// Duplicate members, lone surrogate escapes and numbers of any size pass.
func (e *Event) Validate() error {
	var faults Faults
	e.checkAttributes(&faults)
	e.checkData(&faults)
	return faults.err()
}

// ValidateAttributes is Validate without a look at the data.
func (e *Event) ValidateAttributes() error {
	var faults Faults
	e.checkAttributes(&faults)
	return faults.err()
}

func (e *Event) checkAttributes(faults *Faults) {
	faults.checkRequired("id", e.ID)
	faults.checkRequired("source", e.Source)
	faults.checkRequired("type", e.Type)
	faults.checkText("id", e.ID)
	faults.checkText("type", e.Type)
	faults.checkText("subject", e.Subject)
	if offset, msg := uriFault(e.Source, false); msg != "" {
		faults.add("source", offset, msg)
	}
	if e.DataSchema != "" {
		if offset, msg := uriFault(e.DataSchema, true); msg != "" {
			faults.add("dataschema", offset, msg)
		}
	}
	switch e.DataContentType {
	case "", "application/json":
	default:
		if _, _, ok := parseMedia(e.DataContentType); !ok {
			faults.add("datacontenttype", -1, "it is not a media type such as \"text/plain; charset=utf-8\" (RFC 2046)")
		}
	}
	if !e.Time.IsZero() {
		faults.check("time", -1, timeFault(e.Time))
	}
	for i := range e.Extensions {
		e.checkExtension(i, faults)
	}
}

func (e *Event) checkExtension(i int, faults *Faults) {
	x := &e.Extensions[i]
	if msg := nameFault(x.Name); msg != "" {
		faults.add(quoteName(x.Name), -1, msg)
		return
	}
	if i > 0 && e.Extensions[i-1].Name >= x.Name {
		faults.add(x.Name, -1, "it is there twice, or the extensions are not in order")
	}
	switch x.Type {
	case String:
		faults.checkText(x.Name, x.Text)
	case URI, URIRef:
		offset, msg := uriFault(x.Text, x.Type == URI)
		faults.check(x.Name, offset, msg)
	default:
		faults.check(x.Name, -1, x.fault())
	}
}

// fault says what keeps x's text from being of its type; "" for nothing.
func (x *Extension) fault() string {
	switch x.Type {
	case Boolean:
		if x.Text != "true" && x.Text != "false" {
			return "a Boolean is true or false"
		}
	case Integer:
		if !isInteger(x.Text) {
			return "an Integer is a whole number from -2147483648 to 2147483647"
		}
	case Bytes:
		if _, err := decodeBase64(x.Text); err != nil {
			return "it is not base64 (RFC 4648, section 4)"
		}
	case Timestamp:
		if _, err := ParseTime(x.Text); err != nil {
			return err.Error()
		}
	default:
		return fmt.Sprintf("its type %d is none of CloudEvents", x.Type)
	}
	return ""
}

// isInteger says whether s is a signed 32-bit integer in its canonical form.
func isInteger(s string) bool {
	digits := strings.TrimPrefix(s, "-")
	if digits == "" || len(digits) > 10 || digits[0] == '0' && s != "0" {
		return false
	}
	_, err := strconv.ParseInt(s, 10, 32)
	return err == nil && s[0] != '+'
}

func (e *Event) checkData(faults *Faults) {
	isJSON := IsJSON(e.DataContentType)
	switch e.Kind {
	case NoData:
		if len(e.Data) > 0 {
			faults.add("data", -1, "there is data of no kind")
		}
	case JSON:
		if !isJSON {
			faults.add("data", -1, "it is JSON, and the datacontenttype is not")
		}
		offset, msg := checkJSON(e.Data)
		faults.check("data", offset, msg)
	case Text:
		if isJSON {
			faults.add("data", -1, "it is text, and the datacontenttype is JSON")
		}
		if !utf8.Valid(e.Data) {
			faults.add("data", invalidUTF8(e.Data), "the text is not UTF-8")
		}
	case Binary:
		if isJSON && e.DataContentType != "" {
			faults.add("data", -1, "it is binary, and the datacontenttype is JSON")
		}
	default:
		faults.add("data", -1, fmt.Sprintf("its kind %d is unknown", e.Kind))
	}
}

func (fs *Faults) checkRequired(place, s string) {
	if s == "" {
		fs.add(place, -1, "it is required and must not be empty")
	}
}

// checkText adds a fault for a character that no attribute may hold: a control
// character, a noncharacter, or bytes that are not UTF-8.
func (fs *Faults) checkText(place, s string) {
	if i := skipPrintable(s); i < len(s) {
		offset, msg := textFault(s, i)
		fs.check(place, offset, msg)
	}
}

// skipPrintable is how many printable ASCII characters s begins with; up to seven less
// when another follows them.
func skipPrintable(s string) int {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	i := 0
	for ; i+8 <= len(s); i += 8 {
		w := uint64(s[i]) | uint64(s[i+1])<<8 | uint64(s[i+2])<<16 | uint64(s[i+3])<<24 |
			uint64(s[i+4])<<32 | uint64(s[i+5])<<40 | uint64(s[i+6])<<48 | uint64(s[i+7])<<56
		if below, above := w-ones*0x20, w+ones; (w|below|above)&tops != 0 {
			return i
		}
	}
	for ; i < len(s); i++ {
		if s[i]-0x20 > 0x7e-0x20 {
			return i
		}
	}
	return i
}

func textFault(s string, from int) (offset int, msg string) {
	for i := from; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			return i, "it is not UTF-8"
		case r < 0x20 || r >= 0x7f && r <= 0x9f:
			return i, fmt.Sprintf("the control character U+%04X may not stand in an attribute", r)
		case r >= 0xfdd0 && r <= 0xfdef || r&0xfffe == 0xfffe:
			return i, fmt.Sprintf("the noncharacter U+%04X may not stand in an attribute", r)
		}
		i += size
	}
	return -1, ""
}

// nameFault says what keeps name from being an extension attribute's; "" for nothing.
func nameFault(name string) string {
	if name == "" {
		return "an attribute's name must not be empty"
	}
	for i := 0; i < len(name); i++ {
		if c := name[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return "an attribute's name is of a-z and 0-9 only"
		}
	}
	switch name {
	case "data", "id", "source", "type", "specversion", "subject", "time", "datacontenttype", "dataschema":
		return "no extension may have this name"
	}
	return ""
}

// quoteName makes a wrong attribute name fit for an error.
func quoteName(name string) string {
	const most = 40
	if len(name) > most {
		name = name[:most] + "…"
	}
	return strconv.QuoteToASCII(name)
}

// timeFault says what keeps FormatTime(t) from being RFC 3339; "" for nothing.
func timeFault(t time.Time) string {
	if sec := t.Unix(); sec >= minTime && sec <= maxTime {
		return "" // in every zone
	}
	if year := canonicalZone(t).Year(); year < 0 || year > math.MaxInt16 || year > 9999 {
		return "its year does not have four digits (RFC 3339)"
	}
	return ""
}

// A day after the year 0 began, and a day before 9999 ends.
const (
	minTime = -62167219200 + 86400
	maxTime = 253402300799 - 86400
)

// canonicalZone is t in a zone whose offset RFC 3339 can say.
func canonicalZone(t time.Time) time.Time {
	if _, offset := t.Zone(); offset%60 != 0 || offset <= -86400 || offset >= 86400 {
		return t.UTC()
	}
	return t
}

// FormatTime writes t as RFC 3339, with no digit it does not need: at the offset t
// has, or in UTC where that is not of whole minutes.
func FormatTime(t time.Time) string { return canonicalZone(t).Format(time.RFC3339Nano) }

// ParseTime reads an RFC 3339 timestamp. A leap second is the instant after it.
func ParseTime(text string) (time.Time, error) {
	text = strings.ToUpper(text)
	// package time takes an hour of one digit, a comma, and a zone of 24 hours.
	const shape = "2006-01-02T15:04:05"
	if len(text) <= len(shape) || text[13] != ':' || text[19] == ',' {
		return time.Time{}, errTime
	}
	if n := len(text); text[n-1] != 'Z' && (text[n-3] != ':' || text[n-5:n-3] > "23" || text[n-2:] > "59") {
		return time.Time{}, errTime
	}
	leap := text[17:19] == "60"
	if leap {
		text = text[:17] + "59" + text[19:]
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}, errTime
	}
	if leap {
		if u := t.UTC(); u.Hour() != 23 || u.Minute() != 59 {
			return time.Time{}, errTime
		}
		t = t.Add(time.Second)
	}
	return t, nil
}

var errTime = Fault{Offset: -1, Msg: "it is not a timestamp such as 2006-01-02T15:04:05.999Z (RFC 3339)"}

// decodeBase64 is stricter than encoding/base64 alone, which skips line ends.
func decodeBase64(s string) ([]byte, error) {
	if i := strings.IndexAny(s, "\r\n"); i >= 0 {
		return nil, base64.CorruptInputError(i)
	}
	return base64.StdEncoding.DecodeString(s)
}

func invalidUTF8(b []byte) int {
	for i := 0; i < len(b); {
		r, size := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}
