package cloudevent

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// The log record: a version byte, the length of the head, the head, and the data
// as it was given. The head is
//
//	kind of data · id · source · subject · type · datacontenttype · dataschema ·
//	time · number of extensions · (name · type · text)…
//
// where a text is its length (uvarint) and its bytes, and a time is 0, or 1 and
// seconds (varint), nanoseconds (uvarint) and offset from UTC in seconds (varint).

const recordVersion = 1

// ErrRecord is wrapped by every error of ParseRecord.
var ErrRecord = errors.New("not a log record")

// AppendRecord appends e's log record to dst.
func AppendRecord(dst []byte, e *Event) []byte {
	dst = append(dst, recordVersion)
	dst = binary.AppendUvarint(dst, uint64(headLen(e)))
	dst = append(dst, byte(e.Kind))
	for _, s := range [...]string{e.ID, e.Source, e.Subject, e.Type, e.DataContentType, e.DataSchema} {
		dst = appendText(dst, s)
	}
	if e.Time.IsZero() {
		dst = append(dst, 0)
	} else {
		_, offset := e.Time.Zone()
		dst = append(dst, 1)
		dst = binary.AppendVarint(dst, e.Time.Unix())
		dst = binary.AppendUvarint(dst, uint64(e.Time.Nanosecond()))
		dst = binary.AppendVarint(dst, int64(offset))
	}
	dst = binary.AppendUvarint(dst, uint64(len(e.Extensions)))
	for _, x := range e.Extensions {
		dst = appendText(dst, x.Name)
		dst = append(dst, byte(x.Type))
		dst = appendText(dst, x.Text)
	}
	return append(dst, e.Data...)
}

// RecordLen is the length of e's log record.
func RecordLen(e *Event) int {
	head := headLen(e)
	return 1 + uvarintLen(uint64(head)) + head + len(e.Data)
}

func headLen(e *Event) int {
	n := 1 + textLen(e.ID) + textLen(e.Source) + textLen(e.Subject) + textLen(e.Type) +
		textLen(e.DataContentType) + textLen(e.DataSchema) + 1
	if !e.Time.IsZero() {
		_, offset := e.Time.Zone()
		n += varintLen(e.Time.Unix()) + uvarintLen(uint64(e.Time.Nanosecond())) + varintLen(int64(offset))
	}
	n += uvarintLen(uint64(len(e.Extensions)))
	for _, x := range e.Extensions {
		n += textLen(x.Name) + 1 + textLen(x.Text)
	}
	return n
}

// ParseRecord reads a log record. The event's data is a part of record; its texts
// are copies.
func ParseRecord(record []byte) (Event, error) {
	r, data, err := head(record)
	if err != nil {
		return Event{}, err
	}
	e := Event{Kind: DataKind(r.byte()), ID: r.text(), Source: r.text(), Subject: r.text(), Type: r.text(),
		DataContentType: r.text(), DataSchema: r.text()}
	if r.byte() == 1 {
		sec, nano, offset := r.varint(), r.uvarint(), r.varint()
		e.Time = time.Unix(sec, int64(nano)).In(zone(int(offset)))
	}
	// An extension takes three bytes at least, so a wrong number can't ask for more
	// memory than the record has.
	if n := r.uvarint(); n > uint64(len(r.rest)/3) {
		r.bad = true
	} else if n > 0 {
		e.Extensions = make([]Extension, n)
		for i := range e.Extensions {
			e.Extensions[i] = Extension{Name: r.text(), Type: Type(r.byte()), Text: r.text()}
		}
	}
	if r.bad || r.rest != "" || e.Kind > Binary || e.Kind == NoData && len(data) > 0 {
		return Event{}, fmt.Errorf("%w: its head is not well formed", ErrRecord)
	}
	if e.Kind != NoData {
		e.Data = data
	}
	return e, nil
}

// Identity reads of a log record only what names the event and its entity.
func Identity(record []byte) (source, id, subject string, err error) {
	r, _, err := head(record)
	if err != nil {
		return "", "", "", err
	}
	r.byte()
	id, source, subject = r.text(), r.text(), r.text()
	if r.bad {
		return "", "", "", fmt.Errorf("%w: its head is not well formed", ErrRecord)
	}
	return source, id, subject, nil
}

func head(record []byte) (r reader, data []byte, err error) {
	if len(record) == 0 || record[0] != recordVersion {
		return r, nil, fmt.Errorf("%w: unknown version", ErrRecord)
	}
	n, w := binary.Uvarint(record[1:])
	if w <= 0 || n > uint64(len(record)-1-w) {
		return r, nil, fmt.Errorf("%w: its head is cut off", ErrRecord)
	}
	body := record[1+w:]
	return reader{rest: string(body[:n])}, body[n:len(body):len(body)], nil
}

// A reader takes a record's head apart. Reading past the end sets bad and yields
// zero values.
type reader struct {
	rest string
	bad  bool
}

func (r *reader) byte() byte {
	if r.rest == "" {
		r.bad = true
		return 0
	}
	b := r.rest[0]
	r.rest = r.rest[1:]
	return b
}

func (r *reader) uvarint() (v uint64) {
	for shift := 0; shift < 64; shift += 7 {
		b := r.byte()
		v |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return v
		}
	}
	r.bad = true
	return 0
}

func (r *reader) varint() int64 {
	u := r.uvarint()
	return int64(u>>1) ^ -int64(u&1)
}

func (r *reader) text() string {
	n := r.uvarint()
	if n > uint64(len(r.rest)) {
		r.bad, r.rest = true, ""
		return ""
	}
	s := r.rest[:n]
	r.rest = r.rest[n:]
	return s
}

func zone(offset int) *time.Location {
	if offset == 0 {
		return time.UTC
	}
	return time.FixedZone("", offset)
}

func appendText(dst []byte, s string) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(s)))
	return append(dst, s...)
}

func textLen(s string) int { return uvarintLen(uint64(len(s))) + len(s) }

func uvarintLen(v uint64) int {
	n := 1
	for ; v >= 0x80; v >>= 7 {
		n++
	}
	return n
}

func varintLen(v int64) int { return uvarintLen(uint64(v)<<1 ^ uint64(v>>63)) }
