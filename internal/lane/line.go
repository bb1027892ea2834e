package lane

import "time"

// An event is an unfinished event in memory.
type event struct {
	Item
	row     *Row      // what the ledger has of it; nil: it is in the window
	started time.Time // when its attempt began; zero: none is under way
	gone    bool      // it has left the window
}

// A line is one order key's events, as far as they are in memory.
type line struct {
	key     Key
	queue   []*event  // in order; what is in the window of this key, or the loaded page of its rows
	busy    *event    // under way: the head of the queue, or an event that was spilled meanwhile
	flights int       // attempts under way that this lane did not start
	held    bool      // the key has rows
	loaded  bool      // it holds a page of them, or waits for one
	more    bool      // there may be rows behind the page
	ready   bool      // it is in a list of lines to start
	due     time.Time // of its due entry, as far as known

	// Numbers of deltas; pending until that delta is durable.
	changed uint64 // the last change of its rows, but for rows put behind them
	put     uint64 // the last row put behind them
	gate    uint64 // nothing of the line starts before
}

func (l *Lane) pending(delta uint64) bool { return delta > l.durable }

// line returns the line of a key, making one.
func (l *Lane) line(key Key) *line {
	ln := l.lines[key]
	if ln == nil {
		ln = &line{key: key}
		l.lines[key] = ln
	}
	return ln
}

// tidy lets go of a line that says nothing the ledger does not.
func (l *Lane) tidy(ln *line) {
	if len(ln.queue) == 0 && ln.busy == nil && ln.flights == 0 && !ln.loaded &&
		!l.pending(ln.changed) && !l.pending(ln.put) && !l.pending(ln.gate) {
		delete(l.lines, ln.key)
	}
}

// startable says that an event of the line may be started as far as the line goes.
func (l *Lane) startable(ln *line) bool {
	return ln.busy == nil && ln.flights == 0 && len(ln.queue) > 0 && !l.pending(ln.gate)
}

// queueUp puts a line that has something to start into its list.
func (l *Lane) queueUp(ln *line) {
	if ln.ready || !l.startable(ln) {
		return
	}
	ln.ready = true
	if ln.held {
		l.retry = append(l.retry, ln)
	} else {
		l.fresh = append(l.fresh, ln)
	}
}

// admit takes an event into the window.
func (l *Lane) admit(ln *line, it Item) {
	e := &event{Item: it}
	l.window.push(e)
	l.touched = true
	ln.queue = append(ln.queue, e)
	l.queueUp(ln)
}

// spill turns what the line has in the window into rows: what is under way becomes a
// row that is due now and goes on, the rest waits behind it.
func (l *Lane) spill(ln *line, now time.Time) {
	for _, e := range ln.queue {
		if e.row != nil {
			continue
		}
		l.window.remove(e)
		row := Row{Key: ln.key}
		if e == ln.busy {
			row.State, row.Next = Retrying, now
		}
		l.putRow(e, row)
	}
	ln.queue, ln.held, ln.ready = nil, true, false
	l.change(ln)
}

// unload forgets the page of a line.
func (l *Lane) unload(ln *line) {
	if ln.loaded {
		ln.loaded, ln.more = false, false
		l.loaded--
	}
	ln.queue, ln.ready = nil, false
}

// pageDone goes on after the last event of a page: the key is free when no row can be
// left, otherwise the next page is read once the changes are durable.
func (l *Lane) pageDone(ln *line) {
	switch {
	case !ln.loaded || len(ln.queue) > 0:
	case ln.more:
		l.loading = append(l.loading, ln)
	default:
		l.free(ln)
	}
}

// free ends the hold on a key without rows.
func (l *Lane) free(ln *line) {
	l.unload(ln)
	l.setDue(ln, time.Time{})
	ln.held = false
}

// change notes that the rows of a line changed otherwise than by a row put behind.
func (l *Lane) change(ln *line) {
	l.touched = true
	ln.changed = l.open.Number
	l.open.keys[ln.key] = ln
}

// setDue says when the key's first row is to be looked at; zero: never.
func (l *Lane) setDue(ln *line, at time.Time) {
	if ln.due.Equal(at) && !at.IsZero() {
		return
	}
	if !ln.due.IsZero() || !at.IsZero() {
		l.open.due(ln.key, ln.due, at)
		l.change(ln)
	}
	ln.due = at
	l.dueBy(at)
}

// dueBy notes that a key is due at a time; zero: never.
func (l *Lane) dueBy(at time.Time) {
	if !at.IsZero() && (l.noDue || at.Before(l.nextDue)) {
		l.nextDue, l.noDue = at, false
	}
}

// lookAgain reads the due entries from the start: one is there whose time is unknown.
func (l *Lane) lookAgain() { l.nextDue, l.noDue = time.Time{}, false }

func (l *Lane) putRow(e *event, row Row) {
	if e.row == nil {
		l.rows++
	} else if e.row.State == Retrying {
		l.retrying--
	}
	if row.State == Retrying {
		l.retrying++
	}
	e.row = &row
	l.open.putRow(e.Position, row)
	l.reached, l.touched = max(l.reached, e.Position+1), true
}

func (l *Lane) deleteRow(e *event, ln *line) {
	l.rows--
	if e.row.State == Retrying {
		l.retrying--
	}
	l.open.deleteRow(e.Position, ln.key)
	if e.row.Kept {
		l.open.Kept[e.Position] = nil
	}
	l.change(ln)
}
