package lane

import (
	"slices"
	"time"
)

// Kind is what a driver is to do.
type Kind uint8

const (
	Nothing   Kind = iota // until At, if that is not zero, or until something happens
	Start                 // deliver Event, then Done
	Lookup                // which of Keys have rows? then Answer
	ReadDue               // due entries from From on, at most Limit; then DueRead
	ReadPages             // the first rows of Keys; then PagesRead
	Scan                  // the log from the frontier on: Offer, Advance, then Scanned
)

// Action is what the lane wants done. One read (Lookup, ReadDue, ReadPages, Scan) is
// under way at a time; starts go on beside it.
type Action struct {
	Kind  Kind
	Event Item // Start
	Row   Row  // Start: what earlier attempts left; zero for the first
	Keys  []Key
	From  Due
	Limit int
	At    time.Time

	// Stamp goes back with the answer of a read: a commit meanwhile makes it void, and
	// the lane asks again.
	Stamp uint64

	of *Lane
}

// Of says whether l asked for the action.
func (a Action) Of(l *Lane) bool { return a.of == l }

// MaxLookup is how many keys one Lookup asks for, MaxLoad how many pages are in
// memory beside those being delivered.
const (
	MaxLookup = 64
	MaxLoad   = 16
	dueBatch  = 256
)

// Next says what to do now. It is called again after everything that happened, and
// until it says Nothing.
func (l *Lane) Next(now time.Time) Action {
	l.classify(now)
	l.spillSlow(now)
	if a, ok := l.start(now); ok {
		return a
	}
	if a, ok := l.read(now); ok {
		return a
	}
	return Action{At: l.timer(now)}
}

// More says whether Next may have another action right away: if not, it need not be
// asked before something happens.
func (l *Lane) More() bool {
	if !l.paused && len(l.inFlight) < l.cfg.Concurrency && len(l.fresh)+len(l.retry) > 0 {
		return true
	}
	return !l.reading && (!l.live || len(l.arrived) > 0 || !l.noDue || len(l.loading) > 0) || l.crowded()
}

// classify files what has arrived, in log order: into the window, or as a row behind
// the rows of its key. It stops at a key of which only the ledger knows.
func (l *Lane) classify(now time.Time) {
	for len(l.arrived) > 0 && !l.full() && !l.breaker.waiting(now) {
		it := l.arrived[0]
		ln := l.lines[it.Key]
		held := ln != nil && ln.held
		if ln == nil && l.rows > 0 && it.Key&Alone == 0 {
			answer, ok := l.known[it.Key]
			if !ok {
				return
			}
			held = answer
			if !held || !l.tight {
				delete(l.known, it.Key)
			}
		}
		if held && l.tight {
			return // the log itself is the queue
		}
		l.arrived[0] = Item{}
		l.arrived = l.arrived[1:]
		if ln == nil {
			ln = l.line(it.Key)
			ln.held = held
		}
		if !held {
			l.admit(ln, it)
			continue
		}
		l.putRow(&event{Item: it}, Row{Key: it.Key})
		ln.put, ln.more = l.open.Number, true
		l.open.keys[it.Key] = ln
	}
	if len(l.arrived) == 0 {
		l.arrived = nil
	}
}

// full says that nothing more is to be classified for now.
func (l *Lane) full() bool {
	return l.window.n >= l.cfg.Window || l.window.bytes >= l.cfg.WindowBytes || l.congested()
}

// congested says that too much waits to be written down, or is.
func (l *Lane) congested() bool {
	return len(l.open.Rows) >= l.cfg.MaxDelta || l.rows >= l.cfg.MaxRows
}

// crowded says that the window is more than half full, too full to scan on.
func (l *Lane) crowded() bool {
	return l.window.n > l.cfg.Window/2 || l.window.bytes > l.cfg.WindowBytes/2
}

// spillSlow frees a crowded window of the key that has held it up for too long.
func (l *Lane) spillSlow(now time.Time) {
	for l.crowded() {
		ln := l.slow()
		if ln == nil || now.Before(ln.busy.started.Add(l.cfg.Slow)) {
			return
		}
		l.spill(ln, now)
		l.setDue(ln, now)
		l.touched = true
	}
}

// slow returns the line of the oldest event when that is under way.
func (l *Lane) slow() *line {
	e := l.window.first()
	if e == nil {
		return nil
	}
	if ln := l.lines[e.Key]; ln.busy == e {
		return ln
	}
	return nil
}

// start takes the next event to deliver: first attempts and retries in turn.
func (l *Lane) start(now time.Time) (Action, bool) {
	if l.paused || len(l.inFlight) >= l.cfg.Concurrency || l.breaker.waiting(now) {
		return Action{}, false
	}
	l.retryTurn = !l.retryTurn
	lists := [2]*[]*line{&l.fresh, &l.retry}
	if l.retryTurn {
		lists[0], lists[1] = lists[1], lists[0]
	}
	for _, list := range lists {
		for len(*list) > 0 {
			ln := (*list)[0]
			(*list)[0] = nil
			*list = (*list)[1:]
			if !ln.ready || !l.startable(ln) {
				ln.ready = false
				continue
			}
			ln.ready = false
			e := ln.queue[0]
			ln.busy, e.started = e, now
			l.inFlight[e.Position] = ln
			l.reached = max(l.reached, e.Position+1)
			l.touched = true
			l.breaker.started(now)
			a := Action{Kind: Start, Event: e.Item}
			if e.row != nil {
				a.Row = *e.row
			}
			return a, true
		}
	}
	return Action{}, false
}

// read takes the next thing to read.
func (l *Lane) read(now time.Time) (Action, bool) {
	if l.reading {
		return Action{}, false
	}
	a := Action{Stamp: l.durable, of: l}
	waiting := l.breaker.waiting(now)
	switch {
	case l.lookups(&a, now):
	case l.paused || waiting || len(l.open.Rows) >= l.cfg.MaxDelta:
	case l.pages(&a):
	case !l.noDue && !l.nextDue.After(now) && l.loaded < l.cfg.Concurrency+MaxLoad:
		a.Kind, a.From, a.Limit = ReadDue, l.dueFrom, dueBatch
	}
	if a.Kind == Nothing && !waiting && !l.live && len(l.arrived) == 0 && !l.crowded() && !l.congested() {
		a.Kind = Scan
	}
	l.reading = a.Kind != Nothing
	return a, l.reading
}

// lookups asks for the keys at which classifying stopped.
func (l *Lane) lookups(a *Action, now time.Time) bool {
	if len(l.arrived) == 0 || l.full() || l.breaker.waiting(now) {
		return false
	}
	for _, it := range l.arrived {
		_, known := l.known[it.Key]
		if known || it.Key&Alone != 0 || l.lines[it.Key] != nil || slices.Contains(a.Keys, it.Key) {
			continue
		}
		if a.Keys = append(a.Keys, it.Key); len(a.Keys) == MaxLookup {
			break
		}
	}
	if len(a.Keys) == 0 {
		return false
	}
	a.Kind = Lookup
	return true
}

// pages asks for the rows of keys that are due and not being changed.
func (l *Lane) pages(a *Action) bool {
	rest := l.loading[:0]
	for _, ln := range l.loading {
		switch {
		case !ln.loaded || ln.busy != nil || len(ln.queue) > 0: // no longer
		case l.pending(ln.changed) || len(a.Keys) == MaxLoad:
			rest = append(rest, ln)
		default:
			a.Keys = append(a.Keys, ln.key)
		}
	}
	clear(l.loading[len(rest):])
	l.loading = rest
	if len(a.Keys) == 0 {
		return false
	}
	a.Kind, a.Limit = ReadPages, l.cfg.Page
	return true
}

// timer says when Next may have something to do though nothing happened.
func (l *Lane) timer(now time.Time) time.Time {
	var at time.Time
	soonest := func(t time.Time) {
		if t.After(now) && (at.IsZero() || t.Before(at)) {
			at = t
		}
	}
	if l.breaker.open {
		soonest(l.breaker.until)
	}
	if !l.noDue && !l.paused {
		soonest(l.nextDue)
	}
	if l.crowded() {
		if ln := l.slow(); ln != nil {
			soonest(ln.busy.started.Add(l.cfg.Slow))
		}
	}
	return at
}
