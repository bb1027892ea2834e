package lane

import "time"

// Answer says which of the keys of a Lookup have rows.
func (l *Lane) Answer(stamp uint64, keys []Key, held []bool) {
	l.reading = false
	if stamp != l.durable {
		return
	}
	for i, key := range keys {
		l.known[key] = held[i]
	}
}

// Scanned ends a Scan.
func (l *Lane) Scanned() { l.reading = false }

// Failed ends a read that did not succeed; it will be asked for again.
func (l *Lane) Failed(a Action) {
	l.reading = false
	for _, key := range a.Keys {
		if ln := l.lines[key]; a.Kind == ReadPages && ln != nil && ln.loaded {
			l.loading = append(l.loading, ln)
		}
	}
}

// DueRead takes due entries, in order of time; last says that there are no more.
func (l *Lane) DueRead(stamp uint64, entries []Due, last bool, now time.Time) {
	l.reading = false
	if stamp != l.durable {
		l.dueFrom = Due{}
		return
	}
	for _, d := range entries {
		if d.At.After(now) {
			l.nextDue, l.dueFrom = d.At, Due{}
			return
		}
		if l.loaded >= l.cfg.Concurrency+MaxLoad {
			l.nextDue, l.dueFrom = now, Due{}
			return
		}
		l.dueFrom = d
		ln := l.lines[d.Key]
		if ln == nil {
			ln = l.line(d.Key)
			ln.held = true
		}
		// What is in memory is being delivered or changed. When that is over, it is
		// looked at again.
		if !ln.held || ln.loaded || ln.busy != nil || ln.flights > 0 || l.pending(ln.changed) {
			continue
		}
		ln.due, ln.loaded = d.At, true
		l.loaded++
		l.loading = append(l.loading, ln)
	}
	if last {
		l.noDue, l.dueFrom = true, Due{}
	}
}

// Page is the first rows of a key.
type Page struct {
	Key    Key
	Items  []Item // ascending
	Rows   []Row
	Filled bool // there may be more
}

// PagesRead takes the rows of keys. A page whose key changed meanwhile is read again.
func (l *Lane) PagesRead(stamp uint64, pages []Page, now time.Time) {
	l.reading = false
	for _, p := range pages {
		ln := l.lines[p.Key]
		if ln == nil || !ln.loaded || len(ln.queue) > 0 || ln.busy != nil {
			continue
		}
		if stamp != l.durable || l.pending(ln.changed) {
			l.loading = append(l.loading, ln)
			continue
		}
		l.install(ln, p, now)
	}
}

func (l *Lane) install(ln *line, p Page, now time.Time) {
	ln.more = p.Filled || l.pending(ln.put)
	if len(p.Items) == 0 {
		if !l.pending(ln.put) {
			l.free(ln)
			l.touched = true
			l.tidy(ln)
			return
		}
		ln.changed = ln.put // rows put behind are all there is: wait until they can be read
		l.loading = append(l.loading, ln)
		return
	}
	for i, it := range p.Items {
		row := p.Rows[i]
		ln.queue = append(ln.queue, &event{Item: it, row: &row})
	}
	if !l.turn(ln, now) { // its due entry was one too many: a redrive may leave such behind
		l.touched = true
		l.tidy(ln)
		return
	}
	l.queueUp(ln)
}
