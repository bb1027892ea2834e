// Package lane is one rule's deliveries as a pure state machine: which event may
// start, what an outcome changes, what must be written down, what must be read. It
// does no I/O, starts no goroutine and looks at no clock; its driver asks Next what
// to do, does it, and tells the lane how it went.
//
// # Where an event is
//
// Of the events a rule selects, each one below the boundary N is in exactly one
// place: it is finished, it is in the window (and listed in P, so that a restart
// finds it), or it is a row of the ledger. Events at or above N have never been
// started, and a restart scans them again.
//
// An order key is either wholly in the window or wholly rows. It turns into rows
// when an attempt fails (the event waits for its next one, and what is behind it
// waits with it), when it holds the window up for too long, and when a dead letter of
// it is redriven. While it has rows it is held: later events of it become rows too,
// without a body. When its time has come a page of its rows is loaded and delivered
// from memory; when the last row is gone the key is free again.
//
// # What is known without reading
//
// A key whose rows are being changed, that is, whose changes are not durable yet,
// stays in memory. So whatever is in memory is exact, and for whatever is not, the
// ledger is.
package lane

import (
	"slices"
	"time"

	"github.com/eventbridge-go/eventbridge/store"
)

// Position is a place in the log.
type Position = store.Position

// A Key is the hash of an order key. Two order keys that share a hash are kept in one
// order; that is all a collision does.
type Key uint64

// Alone marks the key of an event that nothing holds back: the bit, and its position.
const Alone Key = 1 << 63

// Config is how a lane behaves. The zero value of a field is its default.
type Config struct {
	Concurrency int           // deliveries at once; 0: 1
	Breaker     Breaker       // zero: on
	Window      int           // most unfinished events in memory; 0: 1024
	WindowBytes int           // 0: 4 MiB
	Page        int           // rows of one key loaded at once; 0: 256
	MaxDelta    int           // changes not yet durable, past which nothing is scanned or loaded; 0: 8192
	MaxRows     int           // rows past which nothing is scanned; 0: 4 million
	Slow        time.Duration // how long one key may hold up a full window; 0: 1s
}

func (c Config) withDefaults() Config {
	def := func(p *int, v int) {
		if *p <= 0 {
			*p = v
		}
	}
	def(&c.Concurrency, 1)
	def(&c.Window, 1024)
	def(&c.WindowBytes, 4<<20)
	def(&c.Page, 256)
	def(&c.MaxDelta, 8192)
	def(&c.MaxRows, 4<<20)
	if c.Slow <= 0 {
		c.Slow = time.Second
	}
	c.Breaker = c.Breaker.withDefaults()
	return c
}

// Item is an event the rule has selected.
type Item struct {
	Position Position
	Key      Key
	Size     int // bytes it takes in memory
	Body     any // carried along, not looked at
}

// Recovered is what the ledger has of a lane when it begins.
type Recovered struct {
	N        Position         // where scanning goes on
	P        []Item           // unfinished events below N, ascending
	Rows     int              // how many rows there are
	Retrying int              // of them, how many wait for their own time
	Dead     int              // how many dead letters
	InFlight map[Position]Row // rows whose attempt is under way still, from before a change of the order key
}

// A Lane is the state of one rule's deliveries. It is not safe for concurrent use.
type Lane struct {
	cfg    Config
	paused bool
	tight  bool

	frontier Position // everything below it was offered or refused
	live     bool     // the dispatcher offers; otherwise the lane scans for itself
	arrived  []Item   // offered, not classified yet
	known    map[Key]bool
	window   window
	lines    map[Key]*line
	inFlight map[Position]*line
	landing  map[Position]*event // of the attempts that this lane did not start
	n        Position            // the boundary, as far as it was computed
	reached  Position            // 1 + the highest position started or recorded

	fresh, retry []*line // lines with an event to start, in turn
	retryTurn    bool
	breaker      breaker

	rows, retrying, dead int
	loading              []*line   // want their page read
	loaded               int       // lines that hold a page, or wait for one
	nextDue              time.Time // no held key that is not in memory is due before it; zero: look
	noDue                bool      // there is none at all
	dueFrom              Due       // where the pass through the due entries goes on
	reading              bool

	open    *Delta
	sealed  *Delta
	durable uint64 // number of the last durable delta
	last    Record // as it is durable
	touched bool   // something may have to be written down
}

// New begins a lane where rec says. Every lane begins behind: it scans for itself
// until it has caught up with the dispatcher.
func New(cfg Config, rec Recovered) *Lane {
	l := &Lane{
		cfg: cfg.withDefaults(), frontier: rec.N, n: rec.N, reached: rec.N,
		lines: map[Key]*line{}, inFlight: map[Position]*line{}, landing: map[Position]*event{}, known: map[Key]bool{},
		rows: rec.Rows, retrying: rec.Retrying, dead: rec.Dead, noDue: rec.Rows == 0, durable: 0,
	}
	l.open = newDelta(1)
	l.breaker.Breaker = l.cfg.Breaker
	for _, it := range rec.P {
		l.last.P = append(l.last.P, it.Position)
		l.admit(l.line(it.Key), it)
	}
	for p, row := range rec.InFlight {
		ln := l.line(row.Key)
		ln.held, ln.flights = true, ln.flights+1
		l.inFlight[p] = ln
		l.landing[p] = &event{Item: Item{Position: p, Key: row.Key}, row: &row}
	}
	l.last.N, l.last.Rows, l.last.Retrying, l.last.Dead = rec.N, rec.Rows, rec.Retrying, rec.Dead
	return l
}

// Room says how many more events the lane takes before its window is full.
func (l *Lane) Room() int {
	if l.window.bytes >= l.cfg.WindowBytes {
		return 0
	}
	return l.cfg.Window - l.window.n - len(l.arrived)
}

// Offer takes an event the rule has selected, in log order, and moves the frontier
// behind it. The caller has seen that there is Room.
func (l *Lane) Offer(it Item) {
	l.arrived = append(l.arrived, it)
	l.frontier, l.touched = it.Position+1, true
}

// Advance moves the frontier to p: everything below it was offered or refused.
func (l *Lane) Advance(p Position) {
	if p > l.frontier {
		l.frontier = p
		l.touched = l.touched || !l.live
	}
}

// Frontier is the position the lane is to be offered next.
func (l *Lane) Frontier() Position { return l.frontier }

// Live says whether the dispatcher offers; SetLive changes it.
func (l *Lane) Live() bool        { return l.live }
func (l *Lane) SetLive(live bool) { l.live, l.touched = live, true }

// SetPaused stops the lane from starting and loading; it scans on until its window is
// full.
func (l *Lane) SetPaused(paused bool) { l.paused = paused }

// SetTight says that the store has no room: what is held stays in the log then, and is
// not written down as rows, until its key is free.
func (l *Lane) SetTight(tight bool) { l.tight = tight }

// Reconfigure changes how the lane behaves from now on. An open breaker closes: the
// target may be another one.
func (l *Lane) Reconfigure(cfg Config) {
	l.cfg = cfg.withDefaults()
	l.breaker = breaker{Breaker: l.cfg.Breaker}
}

// Rescan puts the boundary where the lane has classified to, and forgets what was
// offered beyond: for an edit of the rule, which applies to all that it has not
// reached. The lane is behind then.
func (l *Lane) Rescan() {
	l.frontier = l.scan()
	l.arrived, l.live = nil, false
	clear(l.known)
	l.reached, l.touched = max(l.reached, l.frontier), true
}

// scan is the position of the first event that is not classified.
func (l *Lane) scan() Position {
	if len(l.arrived) > 0 {
		return l.arrived[0].Position
	}
	return l.frontier
}

// boundary is N: nothing at or above it was ever started or recorded.
func (l *Lane) boundary() Position {
	least := l.scan()
	if e := l.window.first(); e != nil {
		least = e.Position
	}
	l.n = max(l.n, l.reached, least)
	return l.n
}

// Idle says that the lane owes nothing that it knows of: no event is in memory, none
// is a row.
func (l *Lane) Idle() bool {
	return l.window.n == 0 && len(l.arrived) == 0 && l.rows == 0 && len(l.inFlight) == 0
}

// Owes says whether an event at or below p is unfinished in memory or not scanned
// yet. If not, one may still be among the rows: then rows is true, and the caller
// compares p with the first of them, once nothing up to p is Unsaved.
func (l *Lane) Owes(p Position) (owes, rows bool) {
	if l.scan() <= p && !(l.live && len(l.arrived) == 0) {
		return true, false
	}
	if e := l.window.first(); e != nil && e.Position <= p {
		return true, false
	}
	return false, l.rows > 0
}

// Settled says that every change of the lane is durable: the ledger's rows are the
// lane's.
func (l *Lane) Settled() bool { return l.open.empty() && l.sealed == nil }

// Counts is what a status shows.
type Counts struct {
	Window, InFlight, Rows, Retrying, Dead int
	Open                                   bool // the breaker
	Least                                  Position
}

// NeedsNothing says that the lane keeps up and that neither it nor a row of it needs an
// event that it was offered. It is quick: most lanes of many are like that.
func (l *Lane) NeedsNothing() bool {
	return l.live && l.window.n == 0 && len(l.arrived) == 0 && l.rows == 0 && !l.open.hasRows() && !l.sealed.hasRows()
}

// Counts says how the lane stands.
func (l *Lane) Counts() Counts {
	c := Counts{Window: l.window.n + len(l.arrived), InFlight: len(l.inFlight), Rows: l.rows, Retrying: l.retrying, Dead: l.dead,
		Open: l.breaker.open, Least: l.scan()}
	if e := l.window.first(); e != nil {
		c.Least = e.Position
	}
	return c
}

// InFlight lists the positions of the attempts under way, ascending.
func (l *Lane) InFlight() []Position {
	ps := make([]Position, 0, len(l.inFlight))
	for p := range l.inFlight {
		ps = append(ps, p)
	}
	slices.Sort(ps)
	return ps
}
