package lane

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"
)

// The world around a lane, in miniature: a log of keyed events, a ledger that changes
// only by whole commits, and what has happened to every event. The lane under test is
// real; everything it is held against here is written the plain way.
type world struct {
	t    *testing.T
	rng  *rand.Rand
	now  time.Time
	cfg  Config
	park bool

	log  []Key          // log[p-1] is the key of event p
	sel  map[uint8]bool // which tags the rule selects now
	tags []uint8        // of each event
	lane *Lane
	d    Position // the dispatcher has offered everything up to here

	disk    ledger
	sealing *Delta
	sealedD Position // the dispatcher, when it was sealed
	reads   []pendingRead

	acked     map[Position]bool
	discarded map[Position]bool
	selected  map[Position]bool // when it was scanned last
	redriven  map[Position]bool // and not finished since
	exempt    map[Position]bool // in flight when an earlier event of its key was redriven
	history   []string
}

type ledger struct {
	rec  Record
	idle Position // M[e]: where the dispatcher stood at the last commit
	rows map[Position]Row
	due  map[Due]bool
	dead map[Position]bool
	kept map[Position]bool
}

type pendingRead struct {
	a     Action
	taken ledger // the ledger as the read saw it
}

func newLedger() ledger {
	return ledger{rec: Record{N: 1}, rows: map[Position]Row{}, due: map[Due]bool{}, dead: map[Position]bool{}, kept: map[Position]bool{}}
}

func (g ledger) clone() ledger {
	return ledger{g.rec, g.idle, maps.Clone(g.rows), maps.Clone(g.due), maps.Clone(g.dead), maps.Clone(g.kept)}
}

func (g *ledger) apply(d *Delta, dispatched Position) {
	g.rec, g.idle = d.Record, dispatched
	for p, c := range d.Rows {
		if c.Row == nil {
			delete(g.rows, p)
		} else {
			g.rows[p] = *c.Row
		}
	}
	for k, c := range d.Due {
		delete(g.due, Due{c.Old, k})
		if !c.New.IsZero() {
			g.due[Due{c.New, k}] = true
		}
	}
	set(g.dead, d.Dead)
	set(g.kept, d.Kept)
}

func set(m map[Position]bool, changes map[Position]any) {
	for p, v := range changes {
		if v == nil {
			delete(m, p)
		} else {
			m[p] = true
		}
	}
}

func (g ledger) page(key Key, limit int) Page {
	var ps []Position
	for p, r := range g.rows {
		if r.Key == key {
			ps = append(ps, p)
		}
	}
	slices.Sort(ps)
	pg := Page{Key: key, Filled: len(ps) >= limit}
	for _, p := range ps[:min(limit, len(ps))] {
		pg.Items = append(pg.Items, Item{Position: p, Key: key, Size: 1})
		pg.Rows = append(pg.Rows, g.rows[p])
	}
	return pg
}

func (g ledger) dues(from Due, limit int) (ds []Due, last bool) {
	less := func(a, b Due) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Key, b.Key)) }
	for d := range g.due {
		if from == (Due{}) || less(d, from) > 0 {
			ds = append(ds, d)
		}
	}
	slices.SortFunc(ds, less)
	if len(ds) > limit {
		return ds[:limit], false
	}
	return ds, true
}

func (w *world) note(format string, args ...any) {
	w.history = append(w.history, fmt.Sprintf(format, args...))
}

func (w *world) failf(format string, args ...any) {
	w.t.Helper()
	for _, h := range w.history[max(0, len(w.history)-200):] {
		w.t.Log(h)
	}
	w.t.Fatalf(format, args...)
}

func newWorld(t *testing.T, seed uint64) *world {
	rng := rand.New(rand.NewPCG(seed, 1))
	w := &world{t: t, rng: rng, now: time.Unix(1_700_000_000, 0), disk: newLedger(),
		sel: map[uint8]bool{0: true, 1: rng.IntN(2) == 0}, acked: map[Position]bool{}, discarded: map[Position]bool{},
		selected: map[Position]bool{}, redriven: map[Position]bool{}, exempt: map[Position]bool{},
		cfg: Config{Concurrency: 1 + rng.IntN(3), Window: 4 + rng.IntN(6), Page: 1 + rng.IntN(3),
			MaxDelta: 6 + rng.IntN(10), Breaker: Breaker{Off: rng.IntN(2) == 0, Failures: 2, Cooldown: time.Second}}}
	w.park = rng.IntN(4) == 0
	w.recover(nil)
	return w
}

// recover opens a lane on what the ledger has, as after a crash or a restart.
func (w *world) recover(inFlight map[Position]Row) {
	rec := Recovered{N: w.disk.rec.N, Rows: len(w.disk.rows), Retrying: w.disk.rec.Retrying, Dead: len(w.disk.dead), InFlight: inFlight}
	if w.disk.rec.Idle {
		rec.N = max(rec.N, w.disk.idle+1)
	}
	for _, p := range w.disk.rec.P {
		rec.P = append(rec.P, Item{Position: p, Key: w.log[p-1], Size: 1})
	}
	if w.disk.rec.Rows != len(w.disk.rows) || w.disk.rec.Dead != len(w.disk.dead) {
		w.failf("counted %d rows, %d dead; there are %d, %d", w.disk.rec.Rows, w.disk.rec.Dead, len(w.disk.rows), len(w.disk.dead))
	}
	w.lane, w.sealing, w.reads = New(w.cfg, rec), nil, nil
	for p := rec.N; p <= Position(len(w.log)); p++ {
		delete(w.selected, p) // to be scanned again
	}
	w.d = Position(len(w.log))
	w.exempt = map[Position]bool{}
}

func (w *world) selects(p Position) bool { return w.sel[w.tags[p-1]] }

func (w *world) item(p Position) Item { return Item{Position: p, Key: w.log[p-1], Size: 1} }

// drive does what the lane asks until it asks for nothing, or for a random while.
func (w *world) drive(steps int) {
	for range steps {
		a := w.lane.Next(w.now)
		switch a.Kind {
		case Nothing:
			return
		case Start:
			w.started(a.Event.Position)
		default:
			w.note("read %v stamp %d", a.Kind, a.Stamp)
			w.reads = append(w.reads, pendingRead{a, w.disk.clone()})
		}
	}
}

// started checks order: every earlier event of the key, selected when it was scanned,
// is acknowledged, or dead for good.
func (w *world) started(p Position) {
	w.note("start %d", p)
	key := w.log[p-1]
	if w.acked[p] {
		w.failf("event %d started again after it was acknowledged", p)
	}
	if key&Alone != 0 {
		return
	}
	for q := Position(1); q < p; q++ {
		if w.log[q-1] != key || !w.selected[q] || w.acked[q] || w.discarded[q] {
			continue
		}
		if w.disk.dead[q] && w.disk.rows[q].State != Parked && !w.redriven[q] {
			continue
		}
		w.failf("event %d of key %x started before %d", p, key, q)
	}
}

func (w *world) answer() {
	if len(w.reads) == 0 {
		return
	}
	r := w.reads[0]
	w.reads = nil
	w.note("answer %v stamp %d", r.a.Kind, r.a.Stamp)
	switch r.a.Kind {
	case Lookup:
		held := make([]bool, len(r.a.Keys))
		for i, k := range r.a.Keys {
			held[i] = len(r.taken.page(k, 1).Items) > 0
		}
		w.lane.Answer(r.a.Stamp, r.a.Keys, held)
	case ReadDue:
		ds, last := r.taken.dues(r.a.From, 1+w.rng.IntN(3))
		w.lane.DueRead(r.a.Stamp, ds, last, w.now)
	case ReadPages:
		var pages []Page
		for _, k := range r.a.Keys {
			pages = append(pages, r.taken.page(k, r.a.Limit))
		}
		w.lane.PagesRead(r.a.Stamp, pages, w.now)
	case Scan:
		for p := w.lane.Frontier(); p <= w.d && w.lane.Room() > 0; p++ {
			w.offer(p)
		}
		if w.lane.Frontier() == w.d+1 {
			w.lane.SetLive(true)
		}
		w.lane.Scanned()
	}
}

func (w *world) offer(p Position) {
	if w.selects(p) {
		w.selected[p] = true
		w.lane.Offer(w.item(p))
	} else {
		delete(w.selected, p)
		w.lane.Advance(p + 1)
	}
}

func (w *world) publish() {
	key := Key(1 + w.rng.IntN(3))
	p := Position(len(w.log) + 1)
	if w.rng.IntN(5) == 0 {
		key = Alone | Key(p)
	}
	w.log, w.tags = append(w.log, key), append(w.tags, uint8(w.rng.IntN(2)))
	w.note("publish %d key %x tag %d", p, key, w.tags[p-1])
	if w.lane.Live() && w.lane.Room() > 0 {
		w.offer(p)
	} else {
		w.lane.Advance(w.lane.Frontier())
		if w.lane.Live() && w.selects(p) {
			w.lane.Advance(p)
			w.lane.SetLive(false)
		}
	}
	w.d = p
}

func (w *world) seal() {
	if w.sealing != nil {
		return
	}
	if w.lane.Live() {
		w.lane.Advance(w.d + 1)
	}
	if w.sealing, w.sealedD = w.lane.Seal(), w.d; w.sealing != nil {
		w.note("seal %d: N=%d P=%v idle=%v rows=%v due=%v dead=%v", w.sealing.Number, w.sealing.Record.N, w.sealing.Record.P, w.sealing.Record.Idle, len(w.sealing.Rows), w.sealing.Due, w.sealing.Dead)
		w.check()
	}
}

// check holds what would be durable against the partition.
func (w *world) check() {
	g := w.disk.clone()
	g.apply(w.sealing, w.sealedD)
	n := g.rec.N
	if g.rec.Idle {
		n = max(n, w.sealedD+1)
	}
	inP := map[Position]bool{}
	for _, p := range g.rec.P {
		inP[p] = true
	}
	for p := Position(1); p <= Position(len(w.log)); p++ {
		_, row := g.rows[p]
		places := 0
		for _, in := range []bool{inP[p], row, g.dead[p] && !(row && g.rows[p].State == Parked)} {
			if in {
				places++
			}
		}
		switch {
		case places > 1:
			w.failf("event %d is in %d places: P %v, row %v, dead %v", p, places, inP[p], row, g.dead[p])
		case p >= n && places > 0:
			w.failf("event %d is recorded beyond the boundary %d", p, n)
		case p < n && w.selected[p] && places == 0 && !w.acked[p] && !w.discarded[p]:
			w.failf("event %d, below the boundary %d, is nowhere", p, n)
		case p < n && places == 1 && w.redriven[p] == false && w.acked[p] && row && w.lane.inFlight[p] == nil:
			w.failf("event %d is acknowledged and still a row", p)
		}
	}
	heads := map[Key]Position{}
	for p, r := range g.rows {
		if h, ok := heads[r.Key]; !ok || p < h {
			heads[r.Key] = p
		}
	}
	dues := map[Key]bool{}
	for d := range g.due {
		dues[d.Key] = true
	}
	for k, h := range heads {
		if !dues[k] && g.rows[h].State != Parked {
			w.failf("key %x has rows from %d on and no due entry", k, h)
		}
	}
}

func (w *world) commit(stored bool) {
	if w.sealing == nil {
		return
	}
	w.note("commit %d stored %v", w.sealing.Number, stored)
	if stored {
		w.disk.apply(w.sealing, w.sealedD)
	}
	w.sealing = nil
	w.lane.Committed(stored)
}

func (w *world) finish() {
	flying := w.lane.InFlight()
	if len(flying) == 0 {
		return
	}
	p := flying[w.rng.IntN(len(flying))]
	o := Outcome{Counts: true}
	switch w.rng.IntN(10) {
	case 0, 1, 2:
		delay := time.Duration(w.rng.IntN(3)) * 300 * time.Millisecond
		o.Result, o.Row = Retry, Row{Attempts: 1, Next: w.now.Add(delay)}
	case 3:
		o.Result, o.Letter, o.Counts = Dead, "letter", false
		o.Park = w.park && w.log[p-1]&Alone == 0
	case 4:
		o.Result = Cancelled
	}
	w.done(p, o)
}

func (w *world) done(p Position, o Outcome) {
	w.note("done %d %v", p, o.Result)
	switch o.Result {
	case Acknowledged, Dead:
		delete(w.redriven, p)
		w.acked[p] = o.Result == Acknowledged
	}
	w.lane.Done(p, o, w.now)
}

// letters are the dead letters an operator sees: those of the ledger, settled.
func (w *world) operate() {
	if !w.lane.Settled() || len(w.disk.dead) == 0 {
		return
	}
	ps := slices.Sorted(maps.Keys(w.disk.dead))
	p := ps[w.rng.IntN(len(ps))]
	parked := w.disk.rows[p].State == Parked
	key := w.log[p-1]
	if w.rng.IntN(2) == 0 {
		w.note("discard %d parked %v", p, parked)
		w.discarded[p] = true
		w.lane.Discard(p, key, parked, w.now)
		return
	}
	w.note("redrive %d parked %v", p, parked)
	w.redriven[p] = true
	w.lane.Redrive(p, key, "copy", parked, w.now)
}

func (w *world) crash() {
	if w.sealing != nil && w.rng.IntN(2) == 0 {
		w.disk.apply(w.sealing, w.sealedD)
	}
	w.note("crash: N=%d P=%v rows=%v dead=%v", w.disk.rec.N, w.disk.rec.P, slices.Sorted(maps.Keys(w.disk.rows)), slices.Sorted(maps.Keys(w.disk.dead)))
	// What the ledger does not know has not happened.
	for p := range w.redriven {
		if _, row := w.disk.rows[p]; !row {
			delete(w.redriven, p)
		}
	}
	for p := range w.discarded {
		if w.disk.dead[p] {
			delete(w.discarded, p)
		}
	}
	n := w.disk.rec.N
	if w.disk.rec.Idle {
		n = max(n, w.disk.idle+1)
	}
	for p := range w.acked {
		_, row := w.disk.rows[p]
		if p >= n || row || slices.Contains(w.disk.rec.P, p) || w.disk.dead[p] {
			delete(w.acked, p)
		}
	}
	w.recover(nil)
}

func (w *world) edit() {
	w.note("edit at %d", w.lane.scan())
	w.lane.Rescan()
	for p := w.lane.Frontier(); p <= Position(len(w.log)); p++ {
		delete(w.selected, p)
	}
	w.sel[1] = !w.sel[1]
}

func (w *world) step() {
	w.now = w.now.Add(time.Duration(w.rng.IntN(100)) * time.Millisecond)
	switch n := w.rng.IntN(100); {
	case n < 25:
		w.publish()
	case n < 45:
		w.finish()
	case n < 60:
		w.answer()
	case n < 75:
		w.seal()
	case n < 87:
		w.commit(w.rng.IntN(5) > 0)
	case n < 90:
		w.now = w.now.Add(2 * time.Second)
	case n < 93:
		w.operate()
	case n < 95:
		w.crash()
	case n < 96:
		w.edit()
	case n < 97:
		w.lane.SetPaused(w.rng.IntN(2) == 0)
	}
	w.drive(w.rng.IntN(4))
}

// drain stops every fault: everything selected ends.
func (w *world) drain() {
	w.lane.SetPaused(false)
	for range 20000 {
		w.now = w.now.Add(50 * time.Millisecond)
		w.drive(100)
		for _, p := range w.lane.InFlight() {
			w.done(p, Outcome{})
		}
		w.answer()
		w.seal()
		w.commit(true)
		if w.settled() {
			w.seal()
			w.commit(true)
			return
		}
	}
	w.failf("it never drains: %+v, rows %v, due %v, live %v frontier %d of %d", w.lane.Counts(), w.disk.rows, w.disk.due, w.lane.Live(), w.lane.Frontier(), w.d)
}

func (w *world) settled() bool {
	if !w.lane.Live() || w.lane.window.n > 0 || len(w.lane.arrived) > 0 || len(w.lane.inFlight) > 0 || !w.lane.Settled() {
		return false
	}
	parked := map[Key]bool{}
	for _, r := range w.disk.rows {
		parked[r.Key] = parked[r.Key] || r.State == Parked
	}
	for _, r := range w.disk.rows {
		if !parked[r.Key] {
			return false
		}
	}
	return true
}

// TestLaneKeepsItsInvariants runs random histories: failures, deaths, slow ones,
// failed commits, crashes after every kind of step, edits, redrives and discards. Each
// sealed state is held against the partition and each start against the order, and in
// the end, with the faults gone, everything drains. LANE_RUNS sets how many histories.
func TestLaneKeepsItsInvariants(t *testing.T) {
	runs, steps := 2000, 400
	if n, err := strconv.Atoi(os.Getenv("LANE_RUNS")); err == nil {
		runs = n
	}
	if testing.Short() {
		runs = 200
	}
	for seed := range runs {
		w := newWorld(t, uint64(seed))
		w.note("seed %d cfg %+v", seed, w.cfg)
		for range steps {
			w.step()
		}
		w.drain()
		for p := Position(1); p <= Position(len(w.log)); p++ {
			_, row := w.disk.rows[p]
			if w.selected[p] && !w.acked[p] && !w.disk.dead[p] && !w.discarded[p] && !row {
				w.failf("seed %d: event %d was lost", seed, p)
			}
		}
		if max := w.cfg.Window + w.cfg.MaxDelta + w.cfg.Concurrency*(w.cfg.Page+2) + MaxLoad*w.cfg.Page; len(w.lane.lines) > max {
			w.failf("seed %d: %d lines in memory", seed, len(w.lane.lines))
		}
	}
}
