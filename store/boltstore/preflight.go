package boltstore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"runtime/debug"

	"github.com/eventbridge-go/eventbridge/store"
)

// formatVersion is the newest format this package reads, and the one it writes.
const formatVersion = 1

// A preflight opens the file in bbolt's place: it takes the lock, then checks by plain
// reads what bbolt would panic on or change.
type preflight struct {
	path     string
	readOnly bool
	file     *os.File
	info     info
}

// open is bolt.Options.OpenFile. It never creates the file.
func (p *preflight) open(path string, flag int, mode os.FileMode) (*os.File, error) {
	f, err := os.OpenFile(path, flag&^os.O_CREATE, mode)
	if err != nil {
		return nil, err
	}
	if err := lock(f, !p.readOnly, lockWait); err != nil {
		f.Close()
		return nil, err
	}
	if p.info, err = check(f); err != nil {
		f.Close()
		return nil, err
	}
	p.file = f
	return f, nil
}

// close frees the lock of a file that bbolt panicked over.
func (p *preflight) close() {
	if p.file != nil {
		p.file.Close()
	}
}

// An info is what the file says of itself.
type info struct {
	id   [16]byte
	head store.Position
}

// check reads the file's own description, and everything on the way to it.
func check(f *os.File) (info, error) {
	raw, err := openRaw(f)
	if err != nil {
		return info{}, err
	}
	buckets, err := raw.buckets()
	if err != nil {
		return info{}, err
	}
	in, err := parseInfo(buckets[string(infoBucket)])
	if err != nil {
		return info{}, err
	}
	if err := raw.checkFreelist(); err != nil {
		return info{}, err
	}
	for _, name := range [][]byte{logBucket, runBucket, ledgerBucket} {
		b, ok := buckets[string(name)]
		if !ok {
			return info{}, damage(0, 0, fmt.Sprintf("the bucket %q", name), errors.New("it is missing"))
		}
		if b.root == 0 {
			continue
		}
		if err := raw.branches(b.root); err != nil {
			return info{}, damage(0, 0, fmt.Sprintf("the bucket %q", name), err)
		}
	}
	return in, nil
}

// buckets returns the file's top buckets. A bbolt file of somebody else is foreign.
func (f *rawFile) buckets() (map[string]rawBucket, error) {
	p, err := f.page(f.root)
	if err != nil {
		return nil, damage(0, 0, "the root page", err)
	}
	all, err := p.elements()
	if err != nil {
		return nil, damage(0, 0, "the root page", err)
	}
	buckets := map[string]rawBucket{}
	for _, e := range all {
		if !e.bucket {
			continue
		}
		b, err := parseBucket(e.value)
		if err != nil && isOurs(e.key) {
			return nil, damage(0, 0, fmt.Sprintf("the bucket %q", e.key), err)
		}
		buckets[string(e.key)] = b
	}
	if _, ok := buckets[string(infoBucket)]; !ok {
		return nil, fmt.Errorf("%w but another bbolt file", store.ErrForeign)
	}
	return buckets, nil
}

func isOurs(name []byte) bool {
	n := string(name)
	return n == string(infoBucket) || n == string(logBucket) || n == string(runBucket) || n == string(ledgerBucket)
}

func parseInfo(b rawBucket) (info, error) {
	values := map[string][]byte{}
	for _, e := range b.inline {
		values[string(e.key)] = e.value
	}
	format, ok := values[string(formatKey)]
	if !ok || len(format) < 8 || string(format[:4]) != infoMagic {
		return info{}, fmt.Errorf("%w but another bbolt file", store.ErrForeign)
	}
	if v := binary.LittleEndian.Uint32(format[4:]); v > formatVersion {
		return info{}, fmt.Errorf("%w: its format is %d, and this one reads up to %d", store.ErrNewerFormat, v, formatVersion)
	}
	in := info{}
	if len(format) != 28 || !summed(format) {
		return info{}, damage(0, 0, "the file's description", errors.New("its checksum is wrong"))
	}
	copy(in.id[:], format[8:])
	head := values[string(headKey)]
	if len(head) != 12 || !summed(head) {
		return info{}, damage(0, 0, "the newest position", errors.New("its checksum is wrong"))
	}
	in.head = store.Position(binary.LittleEndian.Uint64(head))
	return in, nil
}

const infoMagic = "evlg"

// formatValue and headValue are the values of the bucket info; both end in a checksum.
func formatValue(id [16]byte) []byte {
	b := append([]byte(infoMagic), 0, 0, 0, 0)
	binary.LittleEndian.PutUint32(b[4:], formatVersion)
	return withSum(append(b, id[:]...))
}

func headValue(head store.Position) []byte {
	return withSum(binary.LittleEndian.AppendUint64(nil, uint64(head)))
}

func withSum(b []byte) []byte {
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

func summed(b []byte) bool {
	n := len(b) - 4
	return binary.LittleEndian.Uint32(b[n:]) == crc32.Checksum(b[:n], castagnoli)
}

// guard runs what uses bbolt or its mapping. A panic, and a fault where the file was
// cut off or its disk fails, becomes an error.
func guard(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = damage(0, 0, "a page of the file", fmt.Errorf("%v", r))
		}
	}()
	return f()
}
