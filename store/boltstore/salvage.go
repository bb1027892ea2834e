package boltstore

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"io"
	"os"
	"slices"

	"github.com/eventbridge-go/eventbridge/store"
)

// Salvage calls f with every event that can still be read from a file, in the order of
// positions, each once. It needs no tree, no meta page, not even the beginning of the
// file: blocks are found by what they say of themselves. Positions missing between two
// calls are lost. Events of a batch whose outcome was unknown may be among the newest.
//
// An error of f ends it and is returned. The ledger can't be salvaged.
func Salvage(path string, f func(store.Entry) error) error {
	file, err := openPlain(path)
	if err != nil {
		return err
	}
	defer file.Close()
	found, err := findBlocks(file)
	if err != nil {
		return err
	}
	return emit(file, ofOneLog(file, found), f)
}

// A find is a block of the file.
type find struct {
	at, length  int64
	first, last store.Position
	time        int64
	log         uint64
}

// findBlocks looks through all of a file, a window at a time.
func findBlocks(f *os.File) ([]find, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	var found []find
	buf := make([]byte, 4<<20)
	for at := int64(0); at < info.Size(); {
		n, err := f.ReadAt(buf, at)
		if err != nil && err != io.EOF { // a bad sector: look at what there is, go on behind it
			clear(buf[n:])
			n = len(buf)
		}
		next := 0 // in the window
		for {
			i := bytes.Index(buf[next:n], []byte(blockMagic))
			if i < 0 {
				next = max(next, n-len(blockMagic)+1)
				break
			}
			next += i
			k, err := parseBlock(buf[next:n])
			if err != nil && n == len(buf) { // it may reach beyond the window
				var ok bool
				if k, ok = blockAt(f, at+int64(next), info.Size()); ok {
					err = nil
				}
			}
			if err != nil {
				next++
				continue
			}
			found = append(found, find{at: at + int64(next), length: int64(k.bytes()), first: k.first, last: k.last(), time: k.time, log: k.log})
			if next += k.bytes(); next >= n {
				break
			}
		}
		at += int64(max(next, 1))
	}
	return found, nil
}

// blockAt reads the block at an offset, if one is there.
func blockAt(f *os.File, at, size int64) (block, bool) {
	head := make([]byte, headLen)
	if _, err := f.ReadAt(head, at); err != nil {
		return block{}, false
	}
	length := int64(binary.LittleEndian.Uint32(head[8:]))
	if head[4] != blockVersion || length < headLen || length > size-at {
		return block{}, false
	}
	whole := make([]byte, length)
	if _, err := f.ReadAt(whole, at); err != nil {
		return block{}, false
	}
	k, err := parseBlock(whole)
	return k, err == nil
}

// ofOneLog drops the blocks that events hold: of a log that is not the file's. Where
// the file does not say which it is, it is the one with the most events.
func ofOneLog(f *os.File, found []find) []find {
	events := map[uint64]store.Position{}
	for _, b := range found {
		events[b.log] += b.last - b.first + 1
	}
	var id uint64
	for log, n := range events {
		if n > events[id] {
			id = log
		}
	}
	if in, err := check(f); err == nil {
		id = uint64le(in.id[:])
	}
	return slices.DeleteFunc(found, func(b find) bool { return b.log != id })
}

// emit goes through the positions. Of several copies of an event the newest block's
// counts: an older one may be of a batch that failed.
func emit(file *os.File, found []find, f func(store.Entry) error) error {
	slices.SortFunc(found, func(a, b find) int {
		return cmp.Or(cmp.Compare(a.first, b.first), cmp.Compare(b.time, a.time), cmp.Compare(b.at, a.at))
	})
	open := map[int64]block{} // those that reach the position
	for next := store.Position(1); len(found) > 0; next++ {
		next = max(next, found[0].first)
		best := store.Entry{}
		for i := 0; i < len(found) && found[i].first <= next; i++ {
			k, ok := open[found[i].at]
			if !ok {
				if k, ok = blockAt(file, found[i].at, found[i].at+found[i].length); !ok {
					continue
				}
				open[found[i].at] = k
			}
			if next > k.last() {
				continue
			}
			if e, err := k.entry(int(next - k.first)); err == nil && (best.Position == 0 || e.Received.After(best.Received)) {
				best = e
			}
		}
		if best.Position != 0 {
			if err := f(best); err != nil {
				return err
			}
		}
		for len(found) > 0 && found[0].last <= next {
			delete(open, found[0].at)
			found = found[1:]
		}
	}
	return nil
}
