package lane

import (
	"time"
)

// State is what a row waits for.
type State uint8

const (
	Waiting  State = iota // for the rows of its key before it
	Retrying              // for its time
	Parked                // for an operator
)

// A Row is what the ledger keeps of an unfinished event of a held key.
type Row struct {
	Key      Key
	State    State
	Attempts int       // that failed
	First    time.Time // when the first attempt began; zero: there was none
	Next     time.Time // when the next one may; of a Retrying row
	Error    string    // of the last attempt
	Kept     bool      // the ledger has its event, since the log may have let it go
}

// Due is an entry of the list of held keys by time.
type Due struct {
	At  time.Time
	Key Key
}

// Record is a lane's place in the log, as the ledger keeps it.
type Record struct {
	N                    Position
	P                    []Position // unfinished below N, ascending
	Idle                 bool       // live with nothing in memory: N is at least where the dispatcher of this process has got to
	Rows, Retrying, Dead int
}

func (r Record) equal(o Record) bool {
	if r.Idle != o.Idle || r.Rows != o.Rows || r.Retrying != o.Retrying || r.Dead != o.Dead || !r.Idle && r.N != o.N || len(r.P) != len(o.P) {
		return false
	}
	for i := range r.P {
		if r.P[i] != o.P[i] {
			return false
		}
	}
	return true
}

// RowChange puts a row, or deletes it when Row is nil.
type RowChange struct {
	Key Key
	Row *Row
}

// DueChange replaces a key's due entry. A zero time is none.
type DueChange struct{ Old, New time.Time }

// A Delta is what a lane has to write down, all in one transaction.
type Delta struct {
	Number uint64
	Record Record
	Rows   map[Position]RowChange
	Due    map[Key]DueChange
	Dead   map[Position]any // a dead letter as the driver gave it; nil: delete it
	Kept   map[Position]any // a copy of an event; nil: delete it

	keys map[Key]*line // whose lines it touches
}

func newDelta(number uint64) *Delta {
	return &Delta{Number: number, Rows: map[Position]RowChange{}, Due: map[Key]DueChange{},
		Dead: map[Position]any{}, Kept: map[Position]any{}, keys: map[Key]*line{}}
}

func (d *Delta) empty() bool {
	return len(d.Rows) == 0 && len(d.Due) == 0 && len(d.Dead) == 0 && len(d.Kept) == 0
}

func (d *Delta) putRow(p Position, r Row)      { d.Rows[p] = RowChange{Key: r.Key, Row: &r} }
func (d *Delta) deleteRow(p Position, key Key) { d.Rows[p] = RowChange{Key: key} }

func (d *Delta) due(key Key, old, new time.Time) {
	if c, ok := d.Due[key]; ok {
		old = c.Old
	}
	d.Due[key] = DueChange{old, new}
}

// under merges a delta that was not stored beneath d, whose changes are the later
// ones.
func (d *Delta) under(e *Delta) {
	for p, c := range e.Rows {
		if _, ok := d.Rows[p]; !ok {
			d.Rows[p] = c
		}
	}
	for k, c := range e.Due {
		if later, ok := d.Due[k]; ok {
			d.Due[k] = DueChange{c.Old, later.New}
		} else {
			d.Due[k] = c
		}
	}
	for p, v := range e.Dead {
		if _, ok := d.Dead[p]; !ok {
			d.Dead[p] = v
		}
	}
	for p, v := range e.Kept {
		if _, ok := d.Kept[p]; !ok {
			d.Kept[p] = v
		}
	}
	for k, ln := range e.keys {
		d.keys[k] = ln
	}
}

// Seal takes what there is to write down, or nil. While a sealed delta's fate is
// open, nothing else is sealed.
func (l *Lane) Seal() *Delta {
	if l.sealed != nil || !l.touched {
		return nil
	}
	l.touched = false
	r := Record{N: l.boundary(), Rows: l.rows, Retrying: l.retrying, Dead: l.dead}
	r.Idle = l.live && l.window.n == 0 && len(l.arrived) == 0
	r.P = l.window.below(r.N)
	if l.open.empty() && len(l.open.keys) == 0 && r.equal(l.last) {
		return nil
	}
	l.sealed, l.open = l.open, newDelta(l.open.Number+1)
	l.sealed.Record = r
	return l.sealed
}

// Dirty says that there may be something to Seal.
func (l *Lane) Dirty() bool { return l.touched && l.sealed == nil }

// Committed says what became of the sealed delta: it is durable, or nothing of it was
// stored and it goes into the next one.
func (l *Lane) Committed(stored bool) {
	d := l.sealed
	l.sealed = nil
	if !stored {
		l.open.under(d)
		l.touched = true
		return
	}
	l.durable, l.last = d.Number, d.Record
	clear(l.known)
	l.dueFrom = Due{}
	for _, ln := range d.keys {
		switch {
		case !ln.held || ln.loaded || ln.busy != nil || ln.flights > 0:
		case ln.due.IsZero():
			l.lookAgain()
		default:
			l.dueBy(ln.due)
		}
		l.queueUp(ln)
		l.tidy(ln)
	}
}

// Unsaved says whether a change of an event at or below p is not durable yet.
func (l *Lane) Unsaved(p Position) bool {
	for _, d := range []*Delta{l.open, l.sealed} {
		if d == nil {
			continue
		}
		for q := range d.Rows {
			if q <= p {
				return true
			}
		}
		for q := range d.Dead {
			if q <= p {
				return true
			}
		}
	}
	return false
}

// Holds says whether the event at p is unfinished, as far as memory knows: not scanned
// yet, in the window, or with a change that is not durable yet. If not, it may still be
// a row of the ledger: then rows is true.
func (l *Lane) Holds(p Position) (holds, rows bool) {
	if l.scan() <= p && !(l.live && len(l.arrived) == 0) || l.window.has(p) {
		return true, false
	}
	for _, d := range []*Delta{l.open, l.sealed} {
		if d == nil {
			continue
		}
		_, row := d.Rows[p]
		_, dead := d.Dead[p]
		if row || dead {
			return true, false
		}
	}
	return false, l.rows > 0
}

func (d *Delta) hasRows() bool { return d != nil && len(d.Rows) > 0 }

// LeastUnsaved is the least position of a row that is not durable yet; 0: there is
// none.
func (l *Lane) LeastUnsaved() (least Position) {
	for _, d := range []*Delta{l.open, l.sealed} {
		if d == nil {
			continue
		}
		for p, c := range d.Rows {
			if c.Row != nil && (least == 0 || p < least) {
				least = p
			}
		}
	}
	return least
}
