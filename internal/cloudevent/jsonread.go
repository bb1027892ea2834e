package cloudevent

import (
	"slices"
	"strconv"
	"strings"
)

// MaxAttributes is how many members an event in the JSON format may have, and how
// many ce- headers an HTTP message.
const MaxAttributes = 64

// maxFaults is how many faults a batch is read for.
const maxFaults = 100

// ReadJSON reads an event in the JSON format (CloudEvents 1.0.2). The error is
// Faults; their places are JSON Pointers. JSON data is a part of text; all else is
// copied.
func ReadJSON(text []byte) (Event, error) {
	r := jsonReader{text: text}
	e, ok := r.event()
	if ok {
		r.end()
	}
	if err := r.faults.err(); err != nil {
		return Event{}, err
	}
	return e, nil
}

// ReadJSONBatch reads a batch in the JSON format, of at most limit events when limit
// is not 0. The error is Faults, of all the batch's events, or ErrTooMany.
func ReadJSONBatch(text []byte, limit int) ([]Event, error) {
	r := jsonReader{text: text}
	var events []Event
	for r.next('[', ']', "a batch is a JSON array", len(events)) {
		if limit > 0 && len(events) == limit {
			return nil, ErrTooMany
		}
		r.pointer = "/" + strconv.Itoa(len(events))
		e, ok := r.event()
		if !ok {
			break
		}
		if len(r.faults) > maxFaults {
			return nil, r.faults
		}
		events = append(events, e)
		r.pointer = ""
	}
	if !r.failed {
		r.end()
	}
	if err := r.faults.err(); err != nil {
		return nil, err
	}
	return events, nil
}

// A jsonReader reads the envelope of events. A fault in the grammar ends the
// reading; others are collected.
type jsonReader struct {
	text    []byte
	at      int
	pointer string // of the event in the text
	faults  Faults
	failed  bool // in the grammar
}

// event reads the JSON object at r.at; false when the reading can't go on.
func (r *jsonReader) event() (Event, bool) {
	var e Event
	var m members
	from := len(r.faults)
	n := 0
	for r.next('{', '}', "an event is a JSON object", n) {
		if n++; n > MaxAttributes {
			r.fail(r.pointer, r.at, "an event may have 64 members at most")
			break
		}
		start := r.at
		name, ok := r.name()
		if !ok {
			break
		}
		r.at = skipSpace(r.text, r.at)
		switch name {
		case "data":
			m.take(r, &m.data, name, start)
		case "data_base64":
			m.take(r, &m.base64, name, start)
		default:
			r.attribute(&e, &m, name, start)
		}
		if r.failed {
			break
		}
	}
	if r.failed {
		return e, false
	}
	r.finish(&e, &m, from)
	return e, true
}

// members is what is known of an event's members while they are read.
type members struct {
	seen         uint16 // a bit for each core attribute
	version      bool
	data, base64 span
	unset        []string // extensions that are null
}

type span struct {
	from, to int
	there    bool
}

// take notes where the data is.
func (m *members) take(r *jsonReader, s *span, name string, start int) {
	if s.there {
		r.fault(name, start, "it is there twice")
	}
	s.there, s.from = true, r.at
	r.skip(name)
	s.to = r.at
}

// attribute reads the value of an attribute whose name began at start.
func (r *jsonReader) attribute(e *Event, m *members, name string, start int) {
	i := slices.Index(core[:], name)
	if i < 0 {
		r.extension(e, m, name, start)
		return
	}
	if m.seen&(1<<i) != 0 {
		r.fault(name, start, "it is there twice")
	}
	m.seen |= 1 << i
	at := r.at
	x, ok := r.value(name)
	switch {
	case !ok:
		return
	case x.Type == unset:
	case x.Type != String:
		r.fault(name, at, "it must be a string")
	case name == "specversion":
		m.version = true
		if x.Text != SpecVersion {
			r.fault(name, at, versionFault)
		}
	default:
		r.set(e, name, at, x.Text)
	}
}

const versionFault = `it must be "1.0": no other version of CloudEvents is spoken here`

// core has the attributes that CloudEvents itself defines.
var core = [...]string{"specversion", "id", "source", "type", "subject", "time", "datacontenttype", "dataschema"}

// set gives a core attribute its value.
func (r *jsonReader) set(e *Event, name string, at int, text string) {
	if msg := e.setCore(name, text); msg != "" {
		r.fault(name, at, msg)
	}
}

// setCore sets an attribute other than specversion, and says what is wrong with it
// that Validate won't see.
func (e *Event) setCore(name, text string) (msg string) {
	switch name {
	case "id":
		e.ID = text
	case "source":
		e.Source = text
	case "type":
		e.Type = text
	case "subject":
		e.Subject = text
	case "datacontenttype":
		e.DataContentType = text
	case "dataschema":
		e.DataSchema = text
	case "time":
		t, err := ParseTime(text)
		if err != nil {
			return errTime.Msg
		}
		e.Time = t
		return ""
	}
	if text == "" && name != "id" && name != "source" && name != "type" {
		return "it must not be empty"
	}
	return ""
}

func (r *jsonReader) extension(e *Event, m *members, name string, start int) {
	if msg := nameFault(name); msg != "" {
		r.fault(name, start, msg)
		r.skip(name)
		return
	}
	x, ok := r.value(name)
	switch {
	case !ok:
	case slices.Contains(m.unset, name) || slices.ContainsFunc(e.Extensions, func(x Extension) bool { return x.Name == name }):
		r.fault(name, start, "it is there twice")
	case x.Type == unset:
		m.unset = append(m.unset, name)
	default:
		x.Name = name
		e.Extensions = append(e.Extensions, x)
	}
}

// unset is the Type of a null.
const unset Type = 255

// value reads an attribute's value; false when it is none, which is a fault.
func (r *jsonReader) value(name string) (x Extension, ok bool) {
	if r.at == len(r.text) {
		r.fail(r.member(name), r.at, "the JSON ends too early")
		return x, false
	}
	at := r.at
	if r.text[at] == '"' {
		x.Text, ok = r.string(name)
		return x, ok
	}
	if r.skip(name); r.failed {
		return x, false
	}
	raw := string(r.text[at:r.at])
	switch {
	case raw == "null":
		return Extension{Type: unset}, true
	case raw == "true" || raw == "false":
		return Extension{Type: Boolean, Text: raw}, true
	case raw == "-0":
		return Extension{Type: Integer, Text: "0"}, true
	case isInteger(raw):
		return Extension{Type: Integer, Text: raw}, true
	case raw[0] == '{' || raw[0] == '[':
		r.fault(name, at, "an attribute can't be an array or an object")
	default:
		r.fault(name, at, "a number must be a whole number from -2147483648 to 2147483647, written without a fraction or an exponent")
	}
	return x, false
}

// finish decodes the data and checks the event, whose faults so far begin at from.
func (r *jsonReader) finish(e *Event, m *members, from int) {
	slices.SortFunc(e.Extensions, func(a, b Extension) int { return strings.Compare(a.Name, b.Name) })
	r.decodeData(e, m)
	var faults Faults
	if !m.version {
		faults.add("specversion", -1, "it is required, and must be \"1.0\"")
	}
	e.checkAttributes(&faults)
	for _, f := range faults {
		place := r.member(f.Place)
		said := slices.ContainsFunc(r.faults[from:], func(g Fault) bool { return g.Place == place })
		if !said {
			r.faults.add(place, -1, f.within())
		}
	}
}

// within is f's message with the place inside the attribute.
func (f Fault) within() string {
	if f.Offset < 0 {
		return f.Msg
	}
	return "at its byte " + strconv.Itoa(f.Offset) + ": " + f.Msg
}

// next goes to the next element of an array or member of an object, of which n have
// been read; false at its end or at a fault.
func (r *jsonReader) next(open, close byte, what string, n int) bool {
	r.at = skipSpace(r.text, r.at)
	if n == 0 {
		if r.at == len(r.text) || r.text[r.at] != open {
			r.fail(r.pointer, r.at, what)
			return false
		}
		r.at = skipSpace(r.text, r.at+1)
	}
	switch {
	case r.at == len(r.text):
		r.fail(r.pointer, r.at, "the JSON ends too early")
	case r.text[r.at] == close:
		r.at++
	case n == 0:
		return true
	case r.text[r.at] == ',':
		r.at = skipSpace(r.text, r.at+1)
		return true
	default:
		r.fail(r.pointer, r.at, "a comma or "+string(rune(close))+" must stand here")
	}
	return false
}

// end sees that nothing follows.
func (r *jsonReader) end() {
	if r.at = skipSpace(r.text, r.at); r.at < len(r.text) {
		r.fail("", r.at, "something follows the JSON value")
	}
}

// name reads a member's name and colon.
func (r *jsonReader) name() (string, bool) {
	start := r.at
	end, msg := scanName(r.text, start)
	if msg != "" {
		r.fail(r.pointer, end, msg)
		return "", false
	}
	r.at = end
	// The name ends at the last quote before the colon.
	for end--; r.text[end] != '"'; end-- {
	}
	raw := r.text[start+1 : end]
	for _, name := range core {
		if string(raw) == name {
			return name, true
		}
	}
	name, at, msg := unescape(raw)
	if msg != "" {
		r.fail(r.pointer, start+1+at, msg)
	}
	return name, msg == ""
}

// string reads the string at r.at, an attribute's value.
func (r *jsonReader) string(name string) (string, bool) {
	start := r.at
	if r.skip(name); r.failed {
		return "", false
	}
	text, at, msg := unescape(r.text[start+1 : r.at-1])
	if msg != "" {
		r.fault(name, start+1+at, msg)
	}
	return text, msg == ""
}

// skip goes past the value at r.at.
func (r *jsonReader) skip(name string) {
	end, msg := scanValue(r.text, r.at)
	r.at = end
	if msg != "" {
		r.fail(r.member(name), end, msg)
	}
}

func (r *jsonReader) fault(name string, offset int, msg string) {
	r.faults.add(r.member(name), offset, msg)
}

// fail notes a fault after which nothing can be read.
func (r *jsonReader) fail(pointer string, offset int, msg string) {
	r.failed = true
	r.faults.add(pointer, offset, msg)
}

// member is the JSON Pointer of the event's member of that name.
func (r *jsonReader) member(name string) string {
	const most = 40
	if len(name) > most {
		name = name[:most] + "…"
	}
	if strings.ContainsAny(name, "~/") {
		name = strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
	}
	if quoted := strconv.QuoteToASCII(name); len(quoted) != len(name)+2 {
		name = quoted
	}
	return r.pointer + "/" + name
}
