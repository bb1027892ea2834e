package boltstore

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/eventbridge-go/eventbridge/store"
)

// A Report is what Verify found.
type Report struct {
	Events, Pairs, Runs int                   // that are whole
	Damage              []*store.CorruptError // none: the file is whole
}

// Verify reads all of a file and checks it: the tree and the freelist, each block and
// event, that positions follow each other up to the newest, that the sealed index says
// what the log says, each pair of the ledger. It needs no more of the file to be whole
// than that it is one, changes nothing, and takes about 100 bytes of memory for each
// event of the largest run. The error is about opening: a log that is open gives
// store.ErrLocked.
func Verify(path string) (Report, error) {
	f, err := openPlain(path)
	if err != nil {
		return Report{}, err
	}
	defer f.Close()
	v := &verifier{}
	raw, err := openRaw(f)
	if err == nil {
		v.walker = walker{rawFile: raw, seen: map[uint64]bool{}}
		err = v.whole(f)
	}
	var bad *store.CorruptError
	if errors.As(err, &bad) {
		v.report.Damage = append(v.report.Damage, bad)
	} else if err != nil {
		return Report{}, named(path, err)
	}
	return v.report, nil
}

// openPlain opens a file for reading and takes its lock.
func openPlain(path string) (*os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if err := lock(f, false, lockWait); err != nil {
		f.Close()
		return nil, named(path, err)
	}
	return f, nil
}

type verifier struct {
	walker
	report Report
	info   info
	next   store.Position // expected
	runs   []*run
	pieces map[string]rawBucket
	since  store.Position // the events in idents and streams begin here
	idents []pair
	stream []pair
	hasher hasher
}

func (v *verifier) found(from, to store.Position, place string, err error) {
	v.report.Damage = append(v.report.Damage, damage(from, to, place, err))
}

// in makes damage of the tree part of a place.
func (v *verifier) in(place string) {
	v.bad = func(err error) { v.found(0, 0, place, err) }
}

func (v *verifier) whole(f *os.File) error {
	buckets, err := v.buckets()
	if err != nil {
		return err
	}
	if v.info, err = parseInfo(buckets[string(infoBucket)]); err != nil {
		return err
	}
	if err := v.checkFreelist(); err != nil {
		return err
	}
	v.in("the tree's root")
	v.walkPage(v.root, nil, nil, func(element) {})
	v.in("the index")
	v.readRuns(buckets[string(runBucket)])
	v.next, v.since = 1, 1
	v.in("the tree of the log")
	v.walk(buckets[string(logBucket)], v.segment)
	v.missing(v.info.head + 1)
	v.in("the tree of the ledger")
	v.walk(buckets[string(ledgerBucket)], v.pair)
	v.free()
	return nil
}

func (v *verifier) segment(e element) {
	b, err := parseBucket(e.value)
	if err != nil || !e.bucket || len(e.key) != 8 {
		v.bad(fmt.Errorf("the segment of event %d is none", keyPosition(e.key)))
		return
	}
	began := false
	v.walk(b, func(block element) {
		if !began && string(block.key) != string(e.key) {
			v.bad(fmt.Errorf("the segment of event %d begins with event %d", keyPosition(e.key), keyPosition(block.key)))
		}
		began = true
		v.block(block)
	})
}

// block checks a block, and that it follows the one before.
func (v *verifier) block(e element) {
	first := keyPosition(e.key)
	value := e.value
	if e.bucket {
		value = nil
		if b, err := parseBucket(e.value); err == nil {
			v.walk(b, func(own element) {
				if string(own.key) == string(blockKey) {
					value = own.value
				}
			})
		}
	}
	k, err := parseBlock(value)
	if err == nil && (k.first != first || k.log != uint64le(v.info.id[:])) {
		err = errors.New("another block is in its place")
	}
	if err != nil {
		v.found(first, first+1, blockPlace(first), err)
		return
	}
	v.missing(first)
	if first < v.next {
		v.found(first, k.last()+1, blockPlace(first), errors.New("an earlier block has its events"))
		return
	}
	for i := range k.count() {
		v.event(&k, i)
	}
	v.next = k.last() + 1
}

// missing notes the positions before one that no block had.
func (v *verifier) missing(until store.Position) {
	if v.next < until {
		v.found(v.next, until, "the log", errors.New("no block holds them"))
		for v.next < until {
			v.index(0, 0)
		}
	}
	if until == v.info.head+1 && v.next > until {
		v.found(until, v.next, "the log", errors.New("they are newer than the newest position"))
	}
}

func (v *verifier) event(k *block, i int) {
	at := k.first + store.Position(i)
	e, err := k.entry(i)
	var source, id, subject string
	if err == nil {
		source, id, subject, err = store.Identity(e.Data)
	}
	if err != nil {
		v.found(at, at+1, blockPlace(k.first), err)
		v.index(0, 0)
		return
	}
	v.report.Events++
	v.index(v.hasher.ident(source, id), v.hasher.stream(source, subject))
}

// index gathers what the run of the next position should say, and compares at its end.
func (v *verifier) index(ident, stream uint64) {
	if len(v.runs) > 0 {
		n := uint32(v.next - v.since)
		if ident != 0 {
			v.idents = append(v.idents, pair{ident, n})
		}
		if stream != 0 {
			v.stream = append(v.stream, pair{stream, n})
		}
	}
	if v.next++; len(v.runs) > 0 && v.next == v.runs[0].end() {
		v.compare(v.runs[0])
		v.runs, v.since, v.idents, v.stream = v.runs[1:], v.next, v.idents[:0], v.stream[:0]
	}
}

// compare checks a run against the log. Events that are damaged now were whole when it
// was sealed, so it may know more, never less.
func (v *verifier) compare(r *run) {
	damaged := r.count - len(v.idents)
	for part, want := range map[byte][]pair{partIdents: v.idents, partStreams: v.stream} {
		n := r.idents
		if part == partStreams {
			n = r.streams
		}
		slices.SortFunc(want, comparePairs)
		got := v.piecesOf(r, part)
		table := appendTable(nil, want)
		if damaged == 0 && (n != len(want) || !bytes.Equal(got, table)) {
			v.found(0, 0, runPlace(r), errors.New("it does not say what the log says"))
			return
		}
	}
	if damaged == 0 && !bytes.Equal(v.piecesOf(r, partFilter), appendFilter(nil, makeFilter(v.idents))) {
		v.found(0, 0, runPlace(r), errors.New("its filter does not say what the log says"))
		return
	}
	v.report.Runs++
}

// readRuns reads the heads of the runs, and where their parts are.
func (v *verifier) readRuns(b rawBucket) {
	v.pieces = map[string]rawBucket{}
	next := store.Position(1)
	v.walk(b, func(e element) {
		if e.bucket {
			piece, err := parseBucket(e.value)
			if err != nil {
				v.bad(err)
			}
			v.pieces[string(e.key)] = piece
			return
		}
		r, err := parseRunHead(e.key, e.value)
		if err == nil && r.first != next {
			err = fmt.Errorf("it does not begin at event %d", next)
		}
		if err != nil {
			v.bad(fmt.Errorf("a run: %w", err))
			return
		}
		v.runs, next = append(v.runs, r), r.end()
	})
	used := map[string]bool{}
	for _, r := range v.runs {
		for _, key := range r.keys() {
			used[string(key)] = true
		}
	}
	for key, piece := range v.pieces {
		if !used[key] { // of a run that was never ended
			v.walk(piece, func(element) {})
		}
	}
}

func (v *verifier) piecesOf(r *run, part byte) (all []byte) {
	v.in(runPlace(r))
	defer v.in("the tree of the log")
	for i := 0; ; i++ {
		piece, ok := v.pieces[string(r.key(part, i))]
		if !ok {
			return all
		}
		v.walk(piece, func(e element) {
			if string(e.key) == string(blockKey) {
				all = append(all, e.value...)
			}
		})
	}
}

func (v *verifier) pair(e element) {
	if _, err := parsePair(e.key, e.value); err != nil || e.bucket {
		v.found(0, 0, fmt.Sprintf("the ledger's key %q", e.key), errors.New("its checksum is wrong"))
		return
	}
	v.report.Pairs++
}

// free checks that each page is either used or free.
func (v *verifier) free() {
	p, err := v.page(v.freelist)
	if err != nil {
		return // checkFreelist has read it
	}
	for i := range uint64(len(p.data) / v.pageSize) {
		v.seen[v.freelist+i] = true
	}
	ids, _ := p.freeIDs(v.high)
	for _, id := range ids {
		if v.seen[id] {
			v.found(0, 0, "the freelist", fmt.Errorf("page %d is in use", id))
		}
		v.seen[id] = true
	}
	lost := 0
	for id := uint64(2); id < v.high; id++ {
		if !v.seen[id] {
			lost++
		}
	}
	if lost > 0 && len(v.report.Damage) == 0 {
		v.found(0, 0, "the freelist", fmt.Errorf("%d pages are neither used nor free", lost))
	}
}
