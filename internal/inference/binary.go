package inference

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
	"unicode/utf8"
)

const version = 1

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// ErrDamaged is what is wrong with bytes that no MarshalBinary wrote.
var ErrDamaged = errors.New("inference: not a model, or damaged")

// MarshalBinary writes the model down: a version, the count, the nodes, and a
// checksum. Models that have seen the same give the same bytes. It has no error.
func (m *Model) MarshalBinary() ([]byte, error) {
	b := []byte{version}
	b = binary.AppendUvarint(b, uint64(m.Count()))
	b = binary.AppendUvarint(b, uint64(m.lost))
	if m.root != nil {
		b = m.root.append(b, 0, m.limit())
	}
	return sign(b), nil
}

// sign appends the checksum.
func sign(b []byte) []byte {
	return binary.BigEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

// UnmarshalBinary makes the model what MarshalBinary wrote. On an error, which is or
// wraps [ErrDamaged], the model is as it was. The data is not kept.
func (m *Model) UnmarshalBinary(data []byte) error {
	if len(data) < 4 || crc32.Checksum(data[:len(data)-4], castagnoli) != binary.BigEndian.Uint32(data[len(data)-4:]) {
		return ErrDamaged
	}
	r := reader{data: data[:len(data)-4]}
	if v := r.byte(); v != version {
		return fmt.Errorf("%w: version %d", ErrDamaged, v)
	}
	read := &Model{}
	count := r.uvarint(1<<63 - 1)
	read.count.Store(int64(count))
	read.lost = int(r.uvarint(maxDepth))
	if count > 0 {
		read.root = r.node(0, read.limit())
	}
	if r.bad || len(r.data) > 0 || read.root != nil && read.root.weight() > maxWeight {
		return ErrDamaged
	}
	// Every model has one written form.
	if again, _ := read.MarshalBinary(); !bytes.Equal(again, data) {
		return ErrDamaged
	}
	m.root, m.lost = read.root, read.lost
	m.count.Store(int64(count))
	return nil
}

// What an object's first byte says.
const (
	flagWide = 1 << iota
	flagEmpty
	flagOthers
)

func (n *node) append(b []byte, depth, limit int) []byte {
	b = append(b, byte(n.kinds))
	if n.kinds&isString != 0 {
		b = append(b, byte(n.dropped))
	}
	if depth >= limit {
		return b
	}
	if n.kinds&isArray != 0 {
		if n.items == nil {
			b = append(b, 0)
		} else {
			b = n.items.append(append(b, 1), depth+1, limit)
		}
	}
	if n.kinds&isObject != 0 {
		b = n.object.append(b, depth, limit)
	}
	return b
}

func (o *object) append(b []byte, depth, limit int) []byte {
	var flags byte
	if o.wide {
		flags |= flagWide
	}
	if o.empty {
		flags |= flagEmpty
	}
	if o.others != nil {
		flags |= flagOthers
	}
	b = append(b, flags)
	if o.others != nil {
		b = o.others.append(b, depth+1, limit)
	}
	if o.wide {
		return b
	}
	b = binary.AppendUvarint(b, uint64(len(o.fields)))
	byName := slices.SortedFunc(slices.Values(o.fields), func(f, g field) int { return strings.Compare(f.name, g.name) })
	for _, f := range byName {
		length := uint64(len(f.name)) << 1
		if f.common {
			length |= 1
		}
		b = binary.AppendUvarint(b, length)
		b = append(b, f.name...)
		b = f.node.append(b, depth+1, limit)
	}
	return b
}

// A reader takes bytes from the front of data. What is not there is zero, and bad.
type reader struct {
	data []byte
	bad  bool
}

func (r *reader) byte() byte {
	if len(r.data) == 0 {
		r.bad = true
		return 0
	}
	b := r.data[0]
	r.data = r.data[1:]
	return b
}

func (r *reader) uvarint(most uint64) uint64 {
	v, n := binary.Uvarint(r.data)
	if n <= 0 || v > most {
		r.data, r.bad = nil, true
		return 0
	}
	r.data = r.data[n:]
	return v
}

func (r *reader) node(depth, limit int) *node {
	n := &node{kinds: kinds(r.byte())}
	r.bad = r.bad || n.kinds == 0 || n.kinds&^allKinds != 0 || n.kinds&isNumber == isFraction
	if n.kinds&isString != 0 {
		n.dropped = formats(r.byte())
		r.bad = r.bad || n.dropped&^allFormats != 0
	}
	if depth >= limit || r.bad {
		return n
	}
	if n.kinds&isArray != 0 && r.byte() != 0 {
		n.items = r.node(depth+1, limit)
	}
	if n.kinds&isObject != 0 && !r.bad {
		n.object = r.object(depth, limit)
	}
	return n
}

func (r *reader) object(depth, limit int) *object {
	flags := r.byte()
	o := &object{wide: flags&flagWide != 0, empty: flags&flagEmpty != 0}
	if flags&flagOthers != 0 {
		o.others = r.node(depth+1, limit)
	}
	if o.wide {
		r.bad = r.bad || o.empty || o.others == nil
		return o
	}
	fields := r.uvarint(maxFields)
	for range fields {
		length := r.uvarint(maxName<<1 | 1)
		size := int(length >> 1)
		if r.bad || size > len(r.data) {
			r.bad = true
			return o
		}
		name := string(r.data[:size])
		r.data = r.data[size:]
		if isIdentifier([]byte(name)) || !utf8.ValidString(name) ||
			len(o.fields) > 0 && o.fields[len(o.fields)-1].name >= name {
			r.bad = true
			return o
		}
		o.fields = append(o.fields, newField(name, r.node(depth+1, limit), length&1 == 1))
	}
	o.settle()
	r.bad = r.bad || o.wide || o.isBlank() && !o.empty
	return o
}
