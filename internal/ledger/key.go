// Package ledger is how the bus's own state is written into a store's ledger: the
// layout of the keys and the form of the values. Everything here is a pure function;
// what it reads may be damaged and gives an error then, never a panic.
//
//	s c                  the clock
//	s m epoch            where the dispatcher of that life of the bus has got to
//	s r                  the next rule id
//	s n                  up to where events are counted
//	n name               a rule: its ids, and what is remembered of it
//	l rid                a lane's place: N, P, counts
//	q qid pos            a row's order key
//	f qid key pos        a row
//	d qid time key       a held key, by when it is due
//	x rid pos            a dead letter
//	k rid pos            an event kept for a row, since the log may let it go
//	t id                 how many events there are of one type and source
//	e kind hash          an entry of the schema registry, by the hash of its key
//
// Numbers in keys are big endian, so that they sort. rid is a rule's id for good; qid
// names the generation of its rows, which changes when the order key does.
package ledger

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/eventbridge-go/eventbridge/internal/lane"
	"github.com/eventbridge-go/eventbridge/store"
)

// Position is a place in the log.
type Position = store.Position

// ErrDamaged is wrapped by every error of this package.
var ErrDamaged = errors.New("damaged entry in the ledger")

// ClockKey holds the clock, NextIDKey the next rule id.
var (
	ClockKey  = []byte("sc")
	HealthKey = []byte("sh") // written to see whether that is possible
	NextIDKey = []byte("sr")
	CountKey  = []byte("sn")
)

func key(space byte, ids ...uint64) []byte {
	k := make([]byte, 1, 1+8*len(ids))
	k[0] = space
	for _, id := range ids {
		k = binary.BigEndian.AppendUint64(k, id)
	}
	return k
}

// after returns the end of a range: the first key after all that begin with prefix.
func after(prefix []byte) []byte {
	end := append([]byte(nil), prefix...)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i]++; end[i] != 0 {
			return end[:i+1]
		}
	}
	return nil
}

// EpochKey is the place of a life's dispatcher; Epochs is the range of all.
func EpochKey(epoch uint64) []byte { return append([]byte("sm"), key(0, epoch)[1:]...) }
func Epochs() (from, to []byte)    { return []byte("sm"), after([]byte("sm")) }

// ParseEpoch reads an EpochKey.
func ParseEpoch(k []byte) (uint64, error) {
	if len(k) != 10 {
		return 0, fmt.Errorf("%w: epoch key %x", ErrDamaged, k)
	}
	return binary.BigEndian.Uint64(k[2:]), nil
}

// RuleKey is what is remembered of a name; Rules is the range of all.
func RuleKey(name string) []byte           { return append([]byte("n"), name...) }
func Rules() (from, to []byte)             { return []byte("n"), after([]byte("n")) }
func LaneKey(rid uint64) []byte            { return key('l', rid) }
func RowKey(qid uint64, p Position) []byte { return key('q', qid, uint64(p)) }

// Rows is the range of a generation's rows by position, from p on.
func Rows(qid uint64, p Position) (from, to []byte) {
	return key('q', qid, uint64(p)), after(key('q', qid))
}

// QueueKey is a row in the queue of its order key.
func QueueKey(qid uint64, k lane.Key, p Position) []byte { return key('f', qid, uint64(k), uint64(p)) }

// Queue is the range of an order key's rows.
func Queue(qid uint64, k lane.Key) (from, to []byte) {
	p := key('f', qid, uint64(k))
	return p, after(p)
}

// Queues is the range of all of a generation's rows.
func Queues(qid uint64) (from, to []byte) {
	p := key('f', qid)
	return p, after(p)
}

// DueKey is a held key's entry; entries order by time.
func DueKey(qid uint64, d lane.Due) []byte { return key('d', qid, nanos(d.At), uint64(d.Key)) }

// Dues is the range of a generation's entries behind from; all of them for the zero
// one.
func Dues(qid uint64, from lane.Due) ([]byte, []byte) {
	end := after(key('d', qid))
	if from == (lane.Due{}) {
		return key('d', qid), end
	}
	return append(DueKey(qid, from), 0), end
}

// ParseDue reads a DueKey.
func ParseDue(k []byte) (lane.Due, error) {
	if len(k) != 25 {
		return lane.Due{}, fmt.Errorf("%w: due key %x", ErrDamaged, k)
	}
	return lane.Due{At: instant(binary.BigEndian.Uint64(k[9:])), Key: lane.Key(binary.BigEndian.Uint64(k[17:]))}, nil
}

// LetterKey is a dead letter, KeptKey an event kept for a row.
func LetterKey(rid uint64, p Position) []byte { return key('x', rid, uint64(p)) }
func KeptKey(rid uint64, p Position) []byte   { return key('k', rid, uint64(p)) }

// Letters is the range of a rule's dead letters from p on.
func Letters(rid uint64, p Position) (from, to []byte) {
	return key('x', rid, uint64(p)), after(key('x', rid))
}

// TallyKey is the count of one type and source; Tallies is the range of all.
func TallyKey(id uint64) []byte  { return key('t', id) }
func Tallies() (from, to []byte) { return key('t'), after(key('t')) }

// Kinds of entries.
const (
	Registered byte = 'r' // what the registry was given
	Discovered byte = 'd' // what it has found out
)

// EntryKey is an entry of the registry; Entries is the range of all of a kind. What its
// key is stands in the value, since it may be longer than a key of the ledger.
func EntryKey(kind byte, name string) []byte {
	hash := sha256.Sum256([]byte(name))
	return append([]byte{'e', kind}, hash[:]...)
}
func Entries(kind byte) (from, to []byte) {
	p := []byte{'e', kind}
	return p, after(p)
}

// Spaces are the ones whose keys begin with an id of a rule or of a generation of its
// rows.
var (
	RuleSpaces  = []byte("lxk")
	QueueSpaces = []byte("qfd")
)

// Space is the range of an id's keys in a space; of all ids from it on, IDsFrom.
func Space(space byte, id uint64) (from, to []byte)   { return key(space, id), after(key(space, id)) }
func IDsFrom(space byte, id uint64) (from, to []byte) { return key(space, id), after(key(space)) }

// ParseID reads the id that a key of one of the Spaces begins with.
func ParseID(k []byte) (uint64, error) {
	if len(k) < 9 {
		return 0, fmt.Errorf("%w: key %x", ErrDamaged, k)
	}
	return binary.BigEndian.Uint64(k[1:]), nil
}

// Kept is the range of the events kept for a rule's rows.
func Kept(rid uint64) (from, to []byte) {
	p := key('k', rid)
	return p, after(p)
}

// AllLetters is the range of every rule's.
func AllLetters() (from, to []byte) { return key('x'), after(key('x')) }

// ParsePlace reads a key that ends with an id and a position: of a row, a dead letter
// or a kept event.
func ParsePlace(k []byte) (id uint64, p Position, err error) {
	if len(k) != 17 {
		return 0, 0, fmt.Errorf("%w: key %x", ErrDamaged, k)
	}
	return binary.BigEndian.Uint64(k[1:]), Position(binary.BigEndian.Uint64(k[9:])), nil
}

// ParseQueue reads a QueueKey.
func ParseQueue(k []byte) (lane.Key, Position, error) {
	if len(k) != 25 {
		return 0, 0, fmt.Errorf("%w: row key %x", ErrDamaged, k)
	}
	return lane.Key(binary.BigEndian.Uint64(k[9:])), Position(binary.BigEndian.Uint64(k[17:])), nil
}

// nanos writes a time so that it sorts; the zero time first.
func nanos(t time.Time) uint64 {
	if t.IsZero() {
		return 0
	}
	return uint64(t.UnixNano()) ^ 1<<63
}

func instant(n uint64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, int64(n^1<<63)).UTC()
}
