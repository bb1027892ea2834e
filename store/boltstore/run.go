package boltstore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math/bits"
	"sort"

	"github.com/eventbridge-go/eventbridge/store"
	bolt "go.etcd.io/bbolt"
)

// A run is a sealed part of the index, in the bucket "run" under keys of
//
//	first position, u64 · tier, u8 · part, u8 · number, u16      (big endian)
//
// Part 0 is its head. Part 1 (identities) and part 2 (streams) are tables: pairs of
// hash, u64, and event, u32, counted from first, in order, in pages of 4096 bytes that
// begin with their CRC-32C, tablePages pages to a value. Part 3 is the filter: it says
// of an identity that it is surely not in the run, at 10 bits an event. The head is
// written last: a run without one is not there.
//
// 25 bytes of file for an event, and 1.25 of memory for those within the dedup window.
type run struct {
	first    store.Position
	count    int // of the events it covers
	tier     byte
	from, to int64 // times of its events
	idents   int   // pairs
	streams  int   // pairs
	filter   filter
}

const (
	partHead    = 0
	partIdents  = 1
	partStreams = 2
	partFilter  = 3

	pairLen     = 12
	pagePairs   = (filePage - 4) / pairLen
	tablePages  = 192
	filterPiece = tablePages * filePage
	runHeadLen  = 48
)

func (r *run) end() store.Position { return r.first + store.Position(r.count) }

func (r *run) key(part byte, number int) []byte {
	return append(positionKey(r.first), r.tier, part, byte(number>>8), byte(number))
}

// keys lists everything a run has in its bucket, the head first.
func (r *run) keys() [][]byte {
	all := [][]byte{r.key(partHead, 0)}
	for part, pages := range map[byte]int{partIdents: pagesOf(r.idents), partStreams: pagesOf(r.streams), partFilter: filterPages(r.idents)} {
		for i := 0; i*tablePages < pages; i++ {
			all = append(all, r.key(part, i))
		}
	}
	return all
}

func pagesOf(pairs int) int { return (pairs + pagePairs - 1) / pagePairs }

func (r *run) headValue() []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(r.first))
	b = binary.LittleEndian.AppendUint64(b, uint64(r.from))
	b = binary.LittleEndian.AppendUint64(b, uint64(r.to))
	for _, n := range []int{r.count, r.idents, r.streams, int(r.tier), 0} {
		b = binary.LittleEndian.AppendUint32(b, uint32(n))
	}
	return withSum(b)
}

func parseRunHead(key, b []byte) (*run, error) {
	if len(b) != runHeadLen || !summed(b) {
		return nil, errors.New("its checksum is wrong")
	}
	n := func(i int) int { return int(binary.LittleEndian.Uint32(b[24+4*i:])) }
	r := &run{first: store.Position(uint64le(b)), from: int64(uint64le(b[8:])), to: int64(uint64le(b[16:])),
		count: n(0), idents: n(1), streams: n(2), tier: byte(n(3))}
	if r.first != keyPosition(key[:8]) || r.tier != key[8] || r.count == 0 || r.idents > r.count || r.streams > r.count {
		return nil, errors.New("it contradicts itself")
	}
	return r, nil
}

// A pair is a row of a table.
type pair struct {
	hash  uint64
	event uint32
}

// appendTable writes pairs as pages.
func appendTable(dst []byte, pairs []pair) []byte {
	for len(pairs) > 0 {
		n := min(len(pairs), pagePairs)
		at := len(dst)
		dst = append(dst, make([]byte, filePage)...)
		page := dst[at:]
		for i, p := range pairs[:n] {
			binary.LittleEndian.PutUint64(page[4+pairLen*i:], p.hash)
			binary.LittleEndian.PutUint32(page[12+pairLen*i:], p.event)
		}
		binary.LittleEndian.PutUint32(page, crc32.Checksum(page[4:], castagnoli))
		pairs = pairs[n:]
	}
	return dst
}

// A runReader reads tables in one transaction.
type runReader struct {
	bucket *bolt.Bucket
	key    string
	value  []byte
}

func newRunReader(tx *bolt.Tx) *runReader { return &runReader{bucket: tx.Bucket(runBucket)} }

// piece returns one value of a part.
func (t *runReader) piece(r *run, part byte, number int) ([]byte, error) {
	key := r.key(part, number)
	if string(key) == t.key {
		return t.value, nil
	}
	own := t.bucket.Bucket(key)
	if own == nil {
		return nil, damage(0, 0, runPlace(r), errors.New("a part of it is missing"))
	}
	t.key, t.value = string(key), own.Get(blockKey)
	return t.value, nil
}

func runPlace(r *run) string {
	return fmt.Sprintf("the index of events %d to %d", r.first, r.end()-1)
}

// page returns the pairs of one page of a table of n pairs.
func (t *runReader) page(r *run, part byte, n, number int) (tablePage, error) {
	value, err := t.piece(r, part, number/tablePages)
	if err != nil {
		return nil, err
	}
	at := number % tablePages * filePage
	if at+filePage > len(value) {
		return nil, damage(0, 0, runPlace(r), errors.New("a part of it is too short"))
	}
	page := value[at : at+filePage]
	if crc32.Checksum(page[4:], castagnoli) != uint32le(page) {
		return nil, damage(0, 0, runPlace(r), errors.New("its checksum is wrong"))
	}
	return tablePage(page[4 : 4+pairLen*min(pagePairs, n-number*pagePairs)]), nil
}

type tablePage []byte

func (p tablePage) len() int { return len(p) / pairLen }
func (p tablePage) pair(i int) pair {
	return pair{uint64le(p[pairLen*i:]), uint32le(p[pairLen*i+8:])}
}

// search returns the number of the first pair with a hash of at least the one given.
// Hashes are evenly spread, so its page is guessed, nearly always within a few.
func (t *runReader) search(r *run, part byte, n int, hash uint64) (int, error) {
	low, high := 0, pagesOf(n)
	guess, _ := bits.Mul64(hash, uint64(high))
	for tries, mid := 0, int(guess); low < high; tries++ {
		page, err := t.page(r, part, n, mid)
		if err != nil {
			return 0, err
		}
		switch last := page.len() - 1; {
		case page.pair(last).hash < hash:
			low = mid + 1
			mid = low
		case page.pair(0).hash >= hash && mid > low:
			high = mid
			mid = high - 1
		default:
			return mid*pagePairs + sort.Search(page.len(), func(i int) bool { return page.pair(i).hash >= hash }), nil
		}
		if tries > 4 {
			mid = low + (high-low)/2
		}
	}
	return min(low*pagePairs, n), nil
}

// events appends the events a table has for a hash, oldest first.
func (t *runReader) events(dst []store.Position, r *run, part byte, n int, hash uint64) ([]store.Position, error) {
	at, err := t.search(r, part, n, hash)
	for ; err == nil && at < n; at++ {
		page, err := t.page(r, part, n, at/pagePairs)
		if err != nil {
			return dst, err
		}
		p := page.pair(at % pagePairs)
		if p.hash != hash {
			break
		}
		dst = append(dst, r.first+store.Position(p.event))
	}
	return dst, err
}

// number says how many events a table has for a hash.
func (t *runReader) number(r *run, part byte, n int, hash uint64) (int, error) {
	from, err := t.search(r, part, n, hash)
	if err != nil || hash == ^uint64(0) {
		return n - from, err
	}
	to, err := t.search(r, part, n, hash+1)
	return to - from, err
}

// table reads a whole table.
func (t *runReader) table(dst []pair, r *run, part byte, n int) ([]pair, error) {
	for i := range pagesOf(n) {
		page, err := t.page(r, part, n, i)
		if err != nil {
			return dst, err
		}
		for j := range page.len() {
			dst = append(dst, page.pair(j))
		}
	}
	return dst, nil
}

// loadFilter reads a run's filter.
func (t *runReader) loadFilter(r *run) error {
	want := filterPages(r.idents)
	f := make(filter, 0, want*(filePage-4))
	for i := range want {
		value, err := t.piece(r, partFilter, i/tablePages)
		if err != nil {
			return err
		}
		at := i % tablePages * filePage
		if at+filePage > len(value) || crc32.Checksum(value[at+4:at+filePage], castagnoli) != uint32le(value[at:]) {
			return damage(0, 0, runPlace(r), errors.New("the checksum of its filter is wrong"))
		}
		f = append(f, value[at+4:at+filePage]...)
	}
	r.filter = f
	return nil
}
