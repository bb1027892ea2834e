package lane

import "time"

// Result is how an attempt ended.
type Result uint8

const (
	Acknowledged Result = iota
	Retry               // the event waits for Outcome.At
	Dead                // no attempt will follow
	Cancelled           // it does not count: the event is where it was
)

// Outcome is a Result with what there is to write down.
type Outcome struct {
	Result
	Row    Row  // Retry, and Dead with Park: Attempts, First, Next, Error
	Letter any  // Dead: the dead letter, for the ledger
	Park   bool // Dead: the event holds its key back until redriven or discarded
	Counts bool // for the breaker: a failure that says the target may be down
}

// Done says how the attempt at p ended.
func (l *Lane) Done(p Position, o Outcome, now time.Time) {
	ln := l.inFlight[p]
	delete(l.inFlight, p)
	l.touched = true
	if ln.flights > 0 && ln.busy == nil {
		l.landed(ln, p, o)
		return
	}
	e := ln.busy
	ln.busy, e.started = nil, time.Time{}
	switch o.Result {
	case Acknowledged:
		l.breaker.succeeded()
		l.leave(ln, e, now)
	case Retry:
		if o.Counts {
			l.breaker.failed(ln.key, len(l.lines) == 1, now)
		}
		l.hold(ln, e, o.Row, Retrying)
	case Dead:
		if o.Counts {
			l.breaker.failed(ln.key, len(l.lines) == 1, now)
		}
		if !o.Counts {
			l.breaker.undecided(now)
		}
		l.bury(ln, e, o, now)
	case Cancelled:
		l.breaker.undecided(now)
		if e.row != nil && (len(ln.queue) == 0 || ln.queue[0] != e) {
			l.lookAgain()
		}
	}
	l.queueUp(ln)
	l.tidy(ln)
}

// landed ends an attempt that was under way when the lane was made.
func (l *Lane) landed(ln *line, p Position, o Outcome) {
	ln.flights--
	e := l.landing[p]
	delete(l.landing, p)
	o.Row.Key, o.Row.Kept = ln.key, e.row.Kept
	switch {
	case o.Result == Acknowledged:
		l.deleteRow(e, ln)
	case o.Result == Retry:
		o.Row.State = Retrying
		l.putRow(e, o.Row)
		l.change(ln)
	case o.Result == Dead && o.Park:
		l.letter(p, o.Letter)
		o.Row.State = Parked
		l.putRow(e, o.Row)
		l.change(ln)
	case o.Result == Dead:
		l.letter(p, o.Letter)
		l.deleteRow(e, ln)
	}
	l.lookAgain()
	l.tidy(ln)
}

// leave takes a finished event out of where it is.
func (l *Lane) leave(ln *line, e *event, now time.Time) {
	if len(ln.queue) > 0 && ln.queue[0] == e {
		ln.queue[0] = nil
		ln.queue = ln.queue[1:]
	}
	if e.row == nil {
		l.window.remove(e)
		return
	}
	l.deleteRow(e, ln)
	l.turn(ln, now)
	l.pageDone(ln)
}

// turn looks at the next row of a page: it may be parked, or its time may not have
// come, where a dead letter before it was redriven.
func (l *Lane) turn(ln *line, now time.Time) (ready bool) {
	if !ln.loaded || len(ln.queue) == 0 {
		return true
	}
	head := ln.queue[0].row
	switch {
	case head.State == Parked:
		l.unload(ln)
		l.setDue(ln, time.Time{})
	case head.State == Retrying && head.Next.After(now):
		l.unload(ln)
		l.setDue(ln, head.Next)
	default:
		return true
	}
	return false
}

// hold makes a row of an event that is to be tried again, or is parked, and of all
// that its key has in the window.
func (l *Lane) hold(ln *line, e *event, row Row, s State) {
	row.Key, row.State = ln.key, s
	if e.row == nil {
		l.window.remove(e)
		ln.queue = ln.queue[1:]
		l.spill(ln, time.Time{})
	} else {
		row.Kept = e.row.Kept
		l.unload(ln)
	}
	l.putRow(e, row)
	ln.held = true
	l.change(ln)
	at := row.Next
	if s == Parked {
		at = time.Time{}
	}
	l.setDue(ln, at)
}

// bury makes a dead letter. What is behind it starts only when that is durable, or a
// crash would bring the dead event back after it.
func (l *Lane) bury(ln *line, e *event, o Outcome, now time.Time) {
	l.letter(e.Position, o.Letter)
	if o.Park {
		l.hold(ln, e, o.Row, Parked)
	} else {
		l.leave(ln, e, now)
	}
	ln.gate = l.open.Number
	l.open.keys[ln.key] = ln
}

func (l *Lane) letter(p Position, letter any) {
	l.dead++
	l.open.Dead[p] = letter
	l.reached = max(l.reached, p+1)
}

// Redrive puts a dead letter back in line, before everything of its key that is not
// under way. kept is a copy of its event; the log may have let it go. The caller has
// seen, since the last change of the lane, that the letter exists.
func (l *Lane) Redrive(p Position, key Key, kept any, parked bool, now time.Time) {
	ln := l.line(key)
	l.dead--
	l.open.Dead[p], l.open.Kept[p] = nil, kept
	if ln.held {
		l.unload(ln)
	} else {
		l.spill(ln, now)
	}
	e := &event{Item: Item{Position: p, Key: key}}
	if parked {
		e.row = &Row{State: Parked}
	}
	l.putRow(e, Row{Key: key, State: Retrying, Next: now, Kept: true})
	ln.held, l.touched = true, true
	l.change(ln)
	l.setDue(ln, now)
}

// Discard drops a dead letter. If it was parked, what it held back goes on when that
// is durable.
func (l *Lane) Discard(p Position, key Key, parked bool, now time.Time) {
	l.dead--
	l.open.Dead[p] = nil
	l.touched = true
	if !parked {
		return
	}
	l.open.Kept[p] = nil
	ln := l.line(key)
	ln.held = true
	l.unload(ln)
	l.deleteRow(&event{Item: Item{Position: p, Key: key}, row: &Row{State: Parked}}, ln)
	l.setDue(ln, now)
}

// SpillAll turns everything unfinished into rows, what is under way included, and
// forgets what was offered and not classified: before a change of the order key.
func (l *Lane) SpillAll(now time.Time) {
	l.Rescan()
	for _, ln := range l.lines {
		switch {
		case ln.loaded:
			l.unload(ln)
		case !ln.held && len(ln.queue) > 0:
			l.spill(ln, now)
			l.setDue(ln, now)
		}
	}
}
