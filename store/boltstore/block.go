package boltstore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"time"

	"github.com/eventbridge-go/eventbridge/store"
)

// A block is what one Commit put into the log, or a part of it that passed blockLen.
// It says by itself what it is, so that a scan of the raw file finds it without the
// tree around it. Numbers are little endian.
//
//	 0  magic      EB 'b' 'l' 'k'
//	 4  version    1, and three bytes 0
//	 8  length     u32, of the whole block
//	12  count      u32, of its events
//	16  log        u64, the first bytes of the log's id: a block inside an event is not ours
//	24  first      u64, the position of its first event
//	32  time       i64, when its events were received, in Unix nanoseconds
//	40  checksum   CRC-32C of the header up to here and the table
//	44  table      per event: end of its frame after the table, u32; CRC-32C of the frame, u32
//	    frames     per event: how far below it its root is, uvarint; content, u64; data
//
// One damaged page costs the events whose frames it holds, not the block, unless it
// is the header's.
const (
	blockMagic   = "\xebblk"
	blockVersion = 1
	headLen      = 44
	rowLen       = 8
	blockLen     = 128 << 10 // a block ends after the frame that passes it
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// A staged event is one that Decide let in and no block holds yet.
type staged struct {
	store.NewEvent
	position store.Position
}

// appendBlock appends the block of events, which follow each other.
func appendBlock(dst []byte, log uint64, now int64, events []staged) []byte {
	start := len(dst)
	table := start + headLen
	frames := table + rowLen*len(events)
	dst = append(dst, make([]byte, frames-start)...)
	for i, e := range events {
		at := len(dst)
		root := uint64(0)
		if e.Root != 0 && e.Root < e.position {
			root = uint64(e.position - e.Root)
		}
		dst = binary.AppendUvarint(dst, root)
		dst = binary.LittleEndian.AppendUint64(dst, e.Content)
		dst = append(dst, e.Data...)
		row := dst[table+rowLen*i:]
		binary.LittleEndian.PutUint32(row, uint32(len(dst)-frames))
		binary.LittleEndian.PutUint32(row[4:], crc32.Checksum(dst[at:], castagnoli))
	}
	head := dst[start:]
	copy(head, blockMagic)
	head[4] = blockVersion
	binary.LittleEndian.PutUint32(head[8:], uint32(len(head)))
	binary.LittleEndian.PutUint32(head[12:], uint32(len(events)))
	binary.LittleEndian.PutUint64(head[16:], log)
	binary.LittleEndian.PutUint64(head[24:], uint64(events[0].position))
	binary.LittleEndian.PutUint64(head[32:], uint64(now))
	binary.LittleEndian.PutUint32(head[40:], headSum(head, len(events)))
	return dst
}

func headSum(block []byte, count int) uint32 {
	sum := crc32.Checksum(block[:40], castagnoli)
	return crc32.Update(sum, castagnoli, block[headLen:headLen+rowLen*count])
}

// frameLen is the most that an event takes in a block, its row included.
func frameLen(e *store.NewEvent) int { return rowLen + binary.MaxVarintLen64 + 8 + len(e.Data) }

// A block read back. Its header and table are known to be right, its frames are not.
type block struct {
	log    uint64
	first  store.Position
	time   int64
	table  []byte
	frames []byte
}

var (
	errNoBlock   = errors.New("no block is there")
	errBlockSum  = errors.New("the checksum of a block's header is wrong")
	errBlockForm = errors.New("a block's header contradicts itself")
	errFrameSum  = errors.New("the checksum of an event is wrong")
)

// parseBlock reads the block at the beginning of b. It keeps b.
func parseBlock(b []byte) (block, error) {
	if len(b) < headLen || string(b[:4]) != blockMagic {
		return block{}, errNoBlock
	}
	length, count := binary.LittleEndian.Uint32(b[8:]), binary.LittleEndian.Uint32(b[12:])
	if b[4] != blockVersion || count == 0 || uint64(length) > uint64(len(b)) || headLen+uint64(count)*rowLen > uint64(length) {
		return block{}, errBlockForm
	}
	if headSum(b, int(count)) != binary.LittleEndian.Uint32(b[40:]) {
		return block{}, errBlockSum
	}
	frames := headLen + int(count)*rowLen
	k := block{
		log:    binary.LittleEndian.Uint64(b[16:]),
		first:  store.Position(binary.LittleEndian.Uint64(b[24:])),
		time:   int64(binary.LittleEndian.Uint64(b[32:])),
		table:  b[headLen:frames],
		frames: b[frames:length],
	}
	if k.first == 0 || k.end(k.count()-1) != len(k.frames) {
		return block{}, errBlockForm
	}
	for i := range k.count() {
		if k.start(i) > k.end(i) {
			return block{}, errBlockForm
		}
	}
	return k, nil
}

func (k *block) count() int           { return len(k.table) / rowLen }
func (k *block) last() store.Position { return k.first + store.Position(k.count()) - 1 }
func (k *block) bytes() int           { return headLen + len(k.table) + len(k.frames) }
func (k *block) end(i int) int        { return int(binary.LittleEndian.Uint32(k.table[rowLen*i:])) }
func (k *block) start(i int) int {
	if i == 0 {
		return 0
	}
	return k.end(i - 1)
}

// entry reads event i of a block; its Data is a part of the block.
func (k *block) entry(i int) (store.Entry, error) {
	frame := k.frames[k.start(i):k.end(i):k.end(i)]
	if crc32.Checksum(frame, castagnoli) != binary.LittleEndian.Uint32(k.table[rowLen*i+4:]) {
		return store.Entry{}, errFrameSum
	}
	root, n := binary.Uvarint(frame)
	position := k.first + store.Position(i)
	if n <= 0 || len(frame) < n+8 || root >= uint64(position) {
		return store.Entry{}, errFrameSum
	}
	return store.Entry{
		Position: position,
		Received: time.Unix(0, k.time).UTC(),
		Root:     position - store.Position(root),
		Content:  binary.LittleEndian.Uint64(frame[n:]),
		Data:     frame[n+8:],
	}, nil
}

// damage makes the error for positions from ≤ p < to.
func damage(from, to store.Position, place string, err error) *store.CorruptError {
	return &store.CorruptError{From: from, To: to, Place: place, Err: err}
}

func blockPlace(first store.Position) string { return fmt.Sprintf("the block of event %d", first) }
