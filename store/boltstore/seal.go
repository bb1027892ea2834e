package boltstore

import (
	"cmp"
	"slices"

	"github.com/eventbridge-go/eventbridge/store"
	bolt "go.etcd.io/bbolt"
)

const mergeRuns = 8 // so many neighbours of a tier become one of the next

// A draft is a run that is being written: a piece or two with each Commit, the head
// and the end of those it replaces with the last.
type draft struct {
	run      *run
	pieces   []piece
	replaces []*run
}

type piece struct {
	key, value []byte
}

// A seal is what one commit does about runs.
type seal struct {
	written int  // pieces
	ended   bool // with the head
}

// work is the background work of an index: one draft at a time is made or written.
type work struct {
	made  chan made // capacity 1; nil: nothing is being made
	draft *draft    // being written
	stale [][]byte  // keys of runs that were never ended
	fault error     // why runs are no longer merged
}

type made struct {
	*draft
	err error
}

// sealNext starts what there is to do after a commit: to seal a full tail, or to merge
// runs.
func (c *commit) sealNext(id int64) {
	x := &c.index
	x.stale = nil
	if c.seal.written > 0 {
		x.draft.pieces = x.draft.pieces[c.seal.written:]
	}
	if c.seal.ended {
		x.install(id)
	}
	if x.full() && x.sealing == nil {
		x.mu.Lock()
		x.sealing, x.tail = x.tail, newRecent(x.tail.end())
		x.mu.Unlock()
		c.part = x.tail.first
	}
	if x.made != nil || x.draft != nil {
		return
	}
	if old := x.sealing; old != nil {
		c.make(func() (*draft, error) { return sealRecent(old), nil })
	} else if group := mergeable(x.runs, x.mergeEvents); group != nil && x.fault == nil {
		c.make(func() (*draft, error) { return c.Store.merge(group) })
	}
}

// make makes a draft in the background. Close waits for it.
func (s *Store) make(f func() (*draft, error)) {
	done := make(chan made, 1)
	s.index.made = done
	s.jobs.Go(func() {
		d, err := f()
		done <- made{d, err}
	})
}

// install puts the run just written in the place of what it covers.
func (x *index) install(id int64) {
	d := x.draft
	x.mu.Lock()
	defer x.mu.Unlock()
	runs := make([]*run, 0, len(x.runs)+1)
	for _, r := range x.runs {
		if r.end() <= d.run.first {
			runs = append(runs, r)
		}
	}
	runs = append(runs, d.run)
	for _, r := range x.runs {
		if r.first >= d.run.end() {
			runs = append(runs, r)
		}
	}
	x.runs, x.since, x.draft = runs, id, nil
	if x.sealing != nil && x.sealing.first == d.run.first {
		x.sealing = nil
	}
}

// putRuns writes a step of the draft; all of it when the tail is full again and can't
// wait.
func (c *commit) putRuns() error {
	x := &c.index
	hurry := x.sealing != nil && x.full()
	if x.draft == nil && x.made != nil {
		x.receive(hurry)
	}
	bucket := c.tx.Bucket(runBucket)
	for _, key := range x.stale {
		if err := deleteKey(bucket, key); err != nil {
			return err
		}
	}
	d := x.draft
	if d == nil {
		return nil
	}
	for size := 0; c.seal.written < len(d.pieces) && (hurry || size < x.runStep); c.seal.written++ {
		p := d.pieces[c.seal.written]
		size += len(p.value)
		own, err := bucket.CreateBucketIfNotExists(p.key)
		if err == nil {
			err = own.Put(blockKey, p.value)
		}
		if err != nil {
			return err
		}
	}
	if c.seal.written < len(d.pieces) {
		return nil
	}
	for _, r := range d.replaces {
		for _, key := range r.keys() {
			if err := deleteKey(bucket, key); err != nil {
				return err
			}
		}
	}
	c.seal.ended = true
	return bucket.Put(d.run.key(partHead, 0), d.run.headValue())
}

// receive takes a draft that is made. A merge that failed, over damage, is the last:
// the runs stay as they are.
func (x *index) receive(wait bool) {
	var m made
	if wait {
		m = <-x.made
	} else {
		select {
		case m = <-x.made:
		default:
			return
		}
	}
	x.made, x.draft = nil, m.draft
	if m.err != nil {
		x.fault = m.err
	}
}

func deleteKey(bucket *bolt.Bucket, key []byte) error {
	if bucket.Bucket(key) != nil {
		return bucket.DeleteBucket(key)
	}
	return bucket.Delete(key)
}

// sealRecent makes the run of events in memory.
func sealRecent(r *recent) *draft {
	return newDraft(&run{first: r.first, count: r.len(), from: r.from, to: r.to}, r.idents.sorted(), r.streams.sorted())
}

func (l *lookup) sorted() []pair {
	pairs := make([]pair, 0, len(l.hashes))
	for i, hash := range l.hashes {
		if hash != 0 {
			pairs = append(pairs, pair{hash, uint32(i)})
		}
	}
	slices.SortFunc(pairs, comparePairs)
	return pairs
}

func comparePairs(a, b pair) int {
	return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.event, b.event))
}

func newDraft(r *run, idents, streams []pair) *draft {
	r.idents, r.streams = len(idents), len(streams)
	r.filter = makeFilter(idents)
	d := &draft{run: r}
	d.add(partIdents, appendTable(nil, idents))
	d.add(partStreams, appendTable(nil, streams))
	d.add(partFilter, appendFilter(nil, r.filter))
	return d
}

func (d *draft) add(part byte, b []byte) {
	for i := 0; len(b) > 0; i++ {
		n := min(len(b), tablePages*filePage)
		d.pieces = append(d.pieces, piece{d.run.key(part, i), b[:n:n]})
		b = b[n:]
	}
}

// mergeable picks the first group of neighbours that shall become one: eight of a
// tier, or fewer where the next would make it too large.
func mergeable(runs []*run, most int) []*run {
	for i := 0; i < len(runs); {
		group, events := runs[i:i+1], runs[i].count
		for j := i + 1; j < len(runs) && runs[j].tier == runs[i].tier && len(group) < mergeRuns; j++ {
			if events += runs[j].count; events > most {
				if len(group) > 1 {
					return group
				}
				break
			}
			group = runs[i : j+1]
		}
		if len(group) == mergeRuns {
			return group
		}
		i += len(group)
	}
	return nil
}

// merge makes one run of neighbours.
func (s *Store) merge(group []*run) (*draft, error) {
	last := group[len(group)-1]
	r := &run{first: group[0].first, count: int(last.end() - group[0].first), tier: last.tier + 1, from: group[0].from, to: last.to}
	var idents, streams []pair
	for _, old := range group {
		var a, b []pair
		err := s.view(false, func(tx *bolt.Tx) (err error) {
			t := newRunReader(tx)
			if a, err = t.table(nil, old, partIdents, old.idents); err == nil {
				b, err = t.table(nil, old, partStreams, old.streams)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
		idents = mergePairs(idents, a, uint32(old.first-r.first))
		streams = mergePairs(streams, b, uint32(old.first-r.first))
	}
	d := newDraft(r, idents, streams)
	d.replaces = group
	return d, nil
}

// mergePairs merges two sorted lists; the events of b are later ones, numbered from
// offset.
func mergePairs(a, b []pair, offset uint32) []pair {
	all := make([]pair, 0, len(a)+len(b))
	for len(b) > 0 {
		for len(a) > 0 && a[0].hash <= b[0].hash {
			all, a = append(all, a[0]), a[1:]
		}
		all, b = append(all, pair{b[0].hash, b[0].event + offset}), b[1:]
	}
	return append(all, a...)
}

// loadRuns reads the heads of the runs. They follow each other from the first event
// on; where one is missing or damaged, the rest is made anew from the log.
func (s *Store) loadRuns(tx *bolt.Tx) error {
	x := &s.index
	next := store.Position(1)
	var keep [][]byte
	c := tx.Bucket(runBucket).Cursor()
	for key, value := c.First(); key != nil; key, value = c.Next() {
		if len(key) != 12 || key[9] != partHead || value == nil {
			continue
		}
		r, err := parseRunHead(key, value)
		if err != nil || r.first != next || r.end() > s.head()+1 {
			continue
		}
		x.runs = append(x.runs, r)
		keep = append(keep, r.keys()...)
		next = r.end()
	}
	kept := map[string]bool{}
	for _, key := range keep {
		kept[string(key)] = true
	}
	for key, _ := c.First(); key != nil; key, _ = c.Next() {
		if !kept[string(key)] {
			x.stale = append(x.stale, slices.Clone(key))
		}
	}
	x.tail = newRecent(next)
	return nil
}
