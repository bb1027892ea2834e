package ledger

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/eventbridge-go/eventbridge/internal/lane"
)

// A Rule is what is remembered of a rule by name.
type Rule struct {
	ID, Queue uint64 // rid and qid
	Order     string // what its order key was made from, in words that two equal orders share
	Paused    bool
}

// Place is a lane's record with the life it belongs to: of a live lane with nothing
// unfinished, N is at least where the dispatcher of that Epoch has got to.
type Place struct {
	lane.Record
	Epoch uint64 // 0: N is N
}

// A Letter is a dead letter.
type Letter struct {
	Key         lane.Key
	Parked      bool
	Reason      string
	Error       string
	Attempts    int
	First, Last time.Time
	Received    time.Time
	Root        Position
	Data        []byte // the event as the log has it; empty: it can't be read
}

// An Event is a copy of an event of the log.
type Event struct {
	Received time.Time
	Root     Position
	Data     []byte
}

// A Tally counts the events of one type and source.
type Tally struct {
	Type, Source string
	Events       uint64
	First, Last  time.Time // when received
	At           Position  // of the last
}

// An Entry is one of the schema registry.
type Entry struct {
	Key   string
	Value []byte
}

// Every value begins with its form's number, so that a later form can be told apart.
const form = 1

// Number writes a single number, a clock for example.
func Number(n uint64) []byte { return binary.AppendUvarint([]byte{form}, n) }

// ParseNumber reads one.
func ParseNumber(v []byte) (uint64, error) {
	r := read(v)
	n := r.uint()
	return n, r.end("number")
}

// Clock writes a time.
func Clock(t time.Time) []byte { return Number(nanos(t)) }

// ParseClock reads one.
func ParseClock(v []byte) (time.Time, error) {
	n, err := ParseNumber(v)
	return instant(n), err
}

// Append writes t.
func (t Tally) Append(v []byte) []byte {
	v = appendText(appendText(append(v, form), t.Type), t.Source)
	for _, n := range []uint64{t.Events, nanos(t.First), nanos(t.Last), uint64(t.At)} {
		v = binary.AppendUvarint(v, n)
	}
	return v
}

// ParseTally reads a Tally.
func ParseTally(v []byte) (Tally, error) {
	r := read(v)
	t := Tally{Type: r.text(), Source: r.text(), Events: r.uint()}
	t.First, t.Last, t.At = instant(r.uint()), instant(r.uint()), Position(r.uint())
	return t, r.end("tally")
}

// Append writes e.
func (e Entry) Append(v []byte) []byte {
	return append(appendText(append(v, form), e.Key), e.Value...)
}

// ParseEntry reads an Entry.
func ParseEntry(v []byte) (Entry, error) {
	r := read(v)
	e := Entry{Key: r.text()}
	e.Value, r.rest = r.rest, nil
	return e, r.end("entry")
}

// Append writes r.
func (r Rule) Append(v []byte) []byte {
	v = append(v, form, flag(r.Paused, 1))
	v = binary.AppendUvarint(v, r.ID)
	v = binary.AppendUvarint(v, r.Queue)
	return appendText(v, r.Order)
}

// ParseRule reads a Rule.
func ParseRule(v []byte) (Rule, error) {
	r := read(v)
	flags := r.byte()
	rule := Rule{Paused: flags&1 != 0, ID: r.uint(), Queue: r.uint(), Order: r.text()}
	return rule, r.end("rule")
}

// Append writes p. The unfinished positions are differences to their neighbours.
func (p Place) Append(v []byte) []byte {
	v = append(v, form)
	for _, n := range []uint64{p.Epoch, uint64(p.N), uint64(p.Rows), uint64(p.Retrying), uint64(p.Dead), uint64(len(p.P))} {
		v = binary.AppendUvarint(v, n)
	}
	last := Position(0)
	for _, q := range p.P {
		v = binary.AppendUvarint(v, uint64(q-last))
		last = q
	}
	return v
}

// ParseLane reads a Place.
func ParseLane(v []byte) (Place, error) {
	r := read(v)
	p := Place{Epoch: r.uint()}
	p.N, p.Rows, p.Retrying, p.Dead = Position(r.uint()), int(r.uint()), int(r.uint()), int(r.uint())
	p.Idle = p.Epoch != 0
	last := Position(0)
	for n := r.uint(); n > 0 && !r.bad; n-- {
		last += Position(r.uint())
		p.P = append(p.P, last)
	}
	return p, r.end("lane")
}

// AppendRow writes a row. Its key is in the ledger's.
func AppendRow(v []byte, row lane.Row) []byte {
	v = append(v, form, byte(row.State)|flag(row.Kept, 0x80))
	v = binary.AppendUvarint(v, uint64(row.Attempts))
	v = binary.AppendUvarint(v, nanos(row.First))
	v = binary.AppendUvarint(v, nanos(row.Next))
	return appendText(v, row.Error)
}

// ParseRow reads a row of a key.
func ParseRow(key lane.Key, v []byte) (lane.Row, error) {
	r := read(v)
	flags := r.byte()
	row := lane.Row{Key: key, State: lane.State(flags &^ 0x80), Kept: flags&0x80 != 0, Attempts: int(r.uint()),
		First: instant(r.uint()), Next: instant(r.uint()), Error: r.text()}
	r.bad = r.bad || row.State > lane.Parked
	return row, r.end("row")
}

// ParseRowKey reads the order key of a row.
func ParseRowKey(v []byte) (lane.Key, error) {
	if len(v) != 8 {
		return 0, fmt.Errorf("%w: the order key of a row", ErrDamaged)
	}
	return lane.Key(binary.BigEndian.Uint64(v)), nil
}

// Append writes l.
func (l Letter) Append(v []byte) []byte {
	v = append(v, form, flag(l.Parked, 1))
	v = binary.BigEndian.AppendUint64(v, uint64(l.Key))
	v = binary.AppendUvarint(v, uint64(l.Attempts))
	for _, t := range []time.Time{l.First, l.Last, l.Received} {
		v = binary.AppendUvarint(v, nanos(t))
	}
	v = binary.AppendUvarint(v, uint64(l.Root))
	v = appendText(appendText(v, l.Reason), l.Error)
	return append(v, l.Data...)
}

// ParseLetter reads a Letter. Its Data is a part of v.
func ParseLetter(v []byte) (Letter, error) {
	r := read(v)
	l := Letter{Parked: r.byte()&1 != 0, Key: lane.Key(r.fixed()), Attempts: int(r.uint()), First: instant(r.uint()),
		Last: instant(r.uint()), Received: instant(r.uint()), Root: Position(r.uint()), Reason: r.text(), Error: r.text()}
	l.Data, r.rest = r.rest, nil
	return l, r.end("dead letter")
}

// Append writes e.
func (e Event) Append(v []byte) []byte {
	v = append(v, form)
	v = binary.AppendUvarint(v, nanos(e.Received))
	v = binary.AppendUvarint(v, uint64(e.Root))
	return append(v, e.Data...)
}

// ParseEvent reads an Event. Its Data is a part of v.
func ParseEvent(v []byte) (Event, error) {
	r := read(v)
	e := Event{Received: instant(r.uint()), Root: Position(r.uint())}
	e.Data, r.rest = r.rest, nil
	return e, r.end("kept event")
}

func flag(set bool, bit byte) byte {
	if set {
		return bit
	}
	return 0
}

func appendText(v []byte, s string) []byte {
	return append(binary.AppendUvarint(v, uint64(len(s))), s...)
}

// A reader takes a value apart; past its end it is bad and yields zeros.
type reader struct {
	rest []byte
	bad  bool
}

func read(v []byte) *reader {
	r := &reader{rest: v}
	r.bad = r.byte() != form
	return r
}

func (r *reader) byte() byte {
	if len(r.rest) == 0 {
		r.bad = true
		return 0
	}
	b := r.rest[0]
	r.rest = r.rest[1:]
	return b
}

func (r *reader) uint() uint64 {
	n, w := binary.Uvarint(r.rest)
	if w <= 0 {
		r.bad, r.rest = true, nil
		return 0
	}
	r.rest = r.rest[w:]
	return n
}

func (r *reader) fixed() uint64 {
	if len(r.rest) < 8 {
		r.bad, r.rest = true, nil
		return 0
	}
	n := binary.BigEndian.Uint64(r.rest)
	r.rest = r.rest[8:]
	return n
}

func (r *reader) text() string {
	n := r.uint()
	if n > uint64(len(r.rest)) {
		r.bad, r.rest = true, nil
		return ""
	}
	s := string(r.rest[:n])
	r.rest = r.rest[n:]
	return s
}

func (r *reader) end(what string) error {
	if r.bad || len(r.rest) > 0 {
		return fmt.Errorf("%w: a %s", ErrDamaged, what)
	}
	return nil
}
