package boltstore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"

	"github.com/eventbridge-go/eventbridge/store"
)

// The parts of bbolt's file format that are read here without bbolt: it panics on
// damaged pages, and a mapping faults where the file is cut off. Pages are written in
// the machine's byte order.
const (
	pageHead   = 16 // id u64, flags u16, count u16, overflow u32
	elementLen = 16
	metaLen    = 64
	boltMagic  = 0xED0CDAED

	flagBranch   = 0x01
	flagLeaf     = 0x02
	flagMeta     = 0x04
	flagFreelist = 0x10

	noFreelist = ^uint64(0)
)

var native = binary.NativeEndian

// A boltMeta is one of the file's two meta pages.
type boltMeta struct {
	pageSize int
	root     uint64 // page
	freelist uint64 // page
	high     uint64 // the first page never used
	txid     uint64
}

// parseMeta reads a meta page; magic says whether it looks like one at all.
func parseMeta(page []byte) (m boltMeta, magic bool, err error) {
	b := page[pageHead : pageHead+metaLen]
	if native.Uint32(b) != boltMagic {
		return m, false, errors.New("it has no magic number")
	}
	sum := fnv.New64a()
	sum.Write(b[:56])
	if sum.Sum64() != native.Uint64(b[56:]) {
		return m, true, errors.New("its checksum is wrong")
	}
	m = boltMeta{pageSize: int(native.Uint32(b[8:])), root: native.Uint64(b[16:]),
		freelist: native.Uint64(b[32:]), high: native.Uint64(b[40:]), txid: native.Uint64(b[48:])}
	switch {
	case native.Uint32(b[4:]) != 2:
		return m, true, fmt.Errorf("its bbolt version is %d", native.Uint32(b[4:]))
	case m.pageSize < 1024 || m.pageSize > 1<<24 || m.pageSize&(m.pageSize-1) != 0:
		return m, true, fmt.Errorf("its page size is %d", m.pageSize)
	}
	return m, true, nil
}

// A rawFile reads a bbolt file page by page.
type rawFile struct {
	r    io.ReaderAt
	size int64
	boltMeta
}

// openRaw reads the meta pages of a file and checks what can be checked in constant
// time: both meta pages and the file's length.
func openRaw(f *os.File) (*rawFile, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%w: it is no regular file", store.ErrForeign)
	}
	raw := &rawFile{r: f, size: info.Size()}
	if raw.boltMeta, err = raw.metas(); err != nil {
		return nil, err
	}
	if need := int64(raw.high) * int64(raw.pageSize); raw.high < 4 || raw.high > 1<<48/uint64(raw.pageSize) || raw.size < need {
		return nil, damage(0, 0, "the file's end", fmt.Errorf("it has %d bytes, and its pages need %d", raw.size, need))
	}
	return raw, nil
}

// checkFreelist looks at what bbolt reads first.
func (f *rawFile) checkFreelist() error {
	err := errors.New("there is none")
	if f.freelist != noFreelist {
		var free page
		if free, err = f.page(f.freelist); err == nil {
			_, err = free.freeIDs(f.high)
		}
	}
	if err != nil {
		return damage(0, 0, "the freelist", err)
	}
	return nil
}

// metas reads both meta pages and returns the newer. One that is damaged is an error:
// nobody can tell whether it was the newer, whose events would be lost in silence.
func (f *rawFile) metas() (boltMeta, error) {
	first := make([]byte, 4096)
	if n, err := f.r.ReadAt(first, 0); err != nil && err != io.EOF {
		return boltMeta{}, err
	} else if n < len(first) {
		return boltMeta{}, fmt.Errorf("%w: it has %d bytes", store.ErrForeign, f.size)
	}
	a, magic, errA := parseMeta(first)
	size := a.pageSize
	if errA != nil {
		size = os.Getpagesize()
	}
	second := make([]byte, pageHead+metaLen)
	if _, err := f.r.ReadAt(second, int64(size)); err != nil {
		return boltMeta{}, damage(0, 0, "meta page 1", err)
	}
	b, magicB, errB := parseMeta(second)
	switch {
	case !magic && !magicB:
		return boltMeta{}, store.ErrForeign
	case errA != nil:
		return boltMeta{}, damage(0, 0, "meta page 0", errA)
	case errB != nil:
		return boltMeta{}, damage(0, 0, "meta page 1", errB)
	case a.pageSize != b.pageSize || a.txid%2 != 0 || b.txid%2 != 1 || a.txid+1 != b.txid && b.txid+1 != a.txid:
		return boltMeta{}, damage(0, 0, "the meta pages", errors.New("they contradict each other"))
	}
	if a.txid > b.txid {
		return a, nil
	}
	return b, nil
}

// A page is one page with its overflow.
type page struct {
	id    uint64
	flags uint16
	count int
	data  []byte // header included
}

func (f *rawFile) page(id uint64) (page, error) {
	var head [pageHead]byte
	if id < 2 || id >= f.high {
		return page{}, fmt.Errorf("there is no page %d", id)
	}
	if _, err := f.r.ReadAt(head[:], int64(id)*int64(f.pageSize)); err != nil {
		return page{}, fmt.Errorf("page %d: %w", id, err)
	}
	overflow := uint64(native.Uint32(head[12:]))
	if got := native.Uint64(head[:]); got != id || id+overflow >= f.high {
		return page{}, fmt.Errorf("page %d is not itself", id)
	}
	p := page{id: id, flags: native.Uint16(head[8:]), count: int(native.Uint16(head[10:])), data: make([]byte, int(1+overflow)*f.pageSize)}
	if _, err := f.r.ReadAt(p.data, int64(id)*int64(f.pageSize)); err != nil {
		return page{}, fmt.Errorf("page %d: %w", id, err)
	}
	return p, nil
}

// freeIDs reads a freelist page.
func (p page) freeIDs(high uint64) ([]uint64, error) {
	count, at := p.count, pageHead
	if p.flags != flagFreelist {
		return nil, fmt.Errorf("page %d is none", p.id)
	}
	if count == 0xffff {
		count, at = int(native.Uint64(p.data[at:])), at+8
	}
	if count < 0 || count > (len(p.data)-at)/8 {
		return nil, fmt.Errorf("page %d can't list %d pages", p.id, count)
	}
	ids := make([]uint64, count)
	for i := range ids {
		ids[i] = native.Uint64(p.data[at+8*i:])
		if ids[i] < 2 || ids[i] >= high || i > 0 && ids[i] <= ids[i-1] {
			return nil, fmt.Errorf("page %d lists page %d", p.id, ids[i])
		}
	}
	return ids, nil
}

// An element is a key of a page with what belongs to it.
type element struct {
	key    []byte
	value  []byte // leaf
	bucket bool   // leaf: the value is a bucket's
	child  uint64 // branch
}

// elements takes a leaf or branch page apart. All of it lies within the page, and the
// keys are in order, or there is an error.
func (p page) elements() ([]element, error) { return parseElements(p.data, p.flags, p.count) }

func parseElements(data []byte, flags uint16, count int) ([]element, error) {
	if flags != flagLeaf && flags != flagBranch {
		return nil, fmt.Errorf("it is no tree page but has flags %#x", flags)
	}
	if count > (len(data)-pageHead)/elementLen || flags == flagBranch && count == 0 {
		return nil, fmt.Errorf("it can't hold %d elements", count)
	}
	all := make([]element, count)
	for i := range all {
		at := pageHead + elementLen*i
		b := data[at:]
		var pos, klen, vlen uint64
		if flags == flagLeaf {
			pos, klen, vlen = uint64(native.Uint32(b[4:])), uint64(native.Uint32(b[8:])), uint64(native.Uint32(b[12:]))
			all[i].bucket = native.Uint32(b)&1 != 0
			if native.Uint32(b)&^1 != 0 {
				return nil, fmt.Errorf("element %d has unknown flags", i)
			}
		} else {
			pos, klen, all[i].child = uint64(native.Uint32(b)), uint64(native.Uint32(b[4:])), native.Uint64(b[8:])
		}
		if klen == 0 || pos < elementLen || pos+klen+vlen > uint64(len(b)) {
			return nil, fmt.Errorf("element %d lies outside its page", i)
		}
		all[i].key, all[i].value = b[pos:pos+klen:pos+klen], b[pos+klen:pos+klen+vlen]
		if i > 0 && string(all[i-1].key) >= string(all[i].key) {
			return nil, fmt.Errorf("element %d is out of order", i)
		}
	}
	return all, nil
}

// A rawBucket is a bucket's root: a page, or, when that is 0, the elements inside its
// value.
type rawBucket struct {
	root   uint64
	inline []element
}

func parseBucket(value []byte) (rawBucket, error) {
	if len(value) < 16 {
		return rawBucket{}, errors.New("a bucket has no header")
	}
	b := rawBucket{root: native.Uint64(value)}
	if b.root != 0 {
		return b, nil
	}
	if len(value) < 16+pageHead {
		return b, errors.New("a bucket has no page")
	}
	body := value[16:]
	var err error
	b.inline, err = parseElements(body, native.Uint16(body[8:]), int(native.Uint16(body[10:])))
	return b, err
}

// A walker goes through trees page by page. What is damaged it tells to bad, and goes
// on beside it.
type walker struct {
	*rawFile
	seen map[uint64]bool // pages
	bad  func(error)
}

// walk calls leaf for each element of a bucket, in order.
func (w *walker) walk(b rawBucket, leaf func(element)) {
	if b.root != 0 {
		w.walkPage(b.root, nil, nil, leaf)
		return
	}
	for _, e := range b.inline {
		leaf(e)
	}
}

// walkPage goes through a page whose keys lie in from ≤ key < to, where those are not
// nil: otherwise bbolt, which searches, would not find what is there.
func (w *walker) walkPage(id uint64, from, to []byte, leaf func(element)) {
	p, err := w.page(id)
	if err != nil {
		w.bad(err)
		return
	}
	for i := range uint64(len(p.data) / w.pageSize) {
		if w.seen[id+i] {
			w.bad(fmt.Errorf("page %d is used twice", id+i))
			return
		}
		w.seen[id+i] = true
	}
	elements, err := p.elements()
	if err != nil {
		w.bad(fmt.Errorf("page %d: %w", id, err))
		return
	}
	if n := len(elements); n > 0 && (from != nil && string(elements[0].key) < string(from) || to != nil && string(elements[n-1].key) >= string(to)) {
		w.bad(fmt.Errorf("page %d has keys that belong into others", id))
	}
	for i, e := range elements {
		if p.flags != flagBranch {
			leaf(e)
			continue
		}
		low, high := from, to
		if i > 0 {
			low = e.key
		}
		if i+1 < len(elements) {
			high = elements[i+1].key
		}
		w.walkPage(e.child, low, high, leaf)
	}
}

// branches checks the branch pages of a tree, all of whose leaves are at one depth. A
// tree that passes ends: bbolt would follow a cycle until the process dies.
func (f *rawFile) branches(root uint64) error {
	depth := 0
	for id := root; ; depth++ {
		p, err := f.page(id)
		if err != nil {
			return err
		}
		elements, err := p.elements()
		if err != nil {
			return fmt.Errorf("page %d: %w", id, err)
		}
		if p.flags == flagLeaf {
			break
		}
		if depth > 20 {
			return fmt.Errorf("page %d is part of a cycle", id)
		}
		id = elements[0].child
	}
	return f.branchPage(root, depth, map[uint64]bool{})
}

func (f *rawFile) branchPage(id uint64, depth int, seen map[uint64]bool) error {
	if id < 2 || id >= f.high || seen[id] {
		return fmt.Errorf("page %d is used twice or is none", id)
	}
	seen[id] = true
	if depth == 0 {
		return nil
	}
	p, err := f.page(id)
	if err != nil {
		return err
	}
	elements, err := p.elements()
	if err == nil && p.flags != flagBranch {
		err = errors.New("it is no branch")
	}
	if err != nil {
		return fmt.Errorf("page %d: %w", id, err)
	}
	for _, e := range elements {
		if err := f.branchPage(e.child, depth-1, seen); err != nil {
			return err
		}
	}
	return nil
}
