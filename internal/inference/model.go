// Package inference finds the schema that samples have in common.
//
// A [Model] is what was seen: which types each value had, which names an object
// had, which of them always. It holds no numbers and no values, and it only ever
// grows: a sample either fits what is known, which is found out in one pass over its
// bytes, or widens it. So models may be merged in any order, any number of times,
// with the same result.
//
// A model is bounded, and the bounds keep to the same rule: what is given up depends
// on the set of the samples, never on their order.
//
//   - A name that is an identifier rather than a word (digits, a UUID, a date, a long
//     hex number, an e-mail address, a path, more than 128 bytes) is no property. The
//     values under such names are described together.
//   - An object with more names than an object has (see [object.tooWide]) is a map.
//     From then on only what its values have in common is kept.
//   - A model that is too large all the same is cut at a depth: the deepest of at
//     most 32 at which its weight is within 16384. Weight is the number of nodes,
//     except that a map weighs what it may have weighed before it was known to be
//     one, so that weight grows with the samples. What lies deeper is anything.
package inference

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
)

const (
	maxDepth  = 32     // the root is at 0
	maxWeight = 16_384 // in nodes
)

// A Model is what samples have in common. The zero Model has seen none. Its methods
// are not to be called concurrently, except as [Model.AddKnown] says.
type Model struct {
	count atomic.Int64
	root  *node // nil: no samples
	lost  int   // levels of depth given up, so that the zero Model is ready
}

// Count returns how many samples were added, those of merged models included.
func (m *Model) Count() int64 { return m.count.Load() }

func (m *Model) limit() int { return maxDepth - m.lost }

// Add adds a sample, one JSON value. Of duplicate members the last one counts. What
// is no JSON, or is nested more than 10,000 deep, is an error and changes nothing.
// The data is not kept. Add does not allocate when the sample brings nothing new.
func (m *Model) Add(data []byte) error {
	if m.AddKnown(data) {
		return nil
	}
	var checked json.RawMessage
	if err := json.Unmarshal(data, &checked); err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			return fmt.Errorf("sample: byte %d: %w", syntax.Offset, err)
		}
		return fmt.Errorf("sample: %w", err)
	}
	b := builder{dec: json.NewDecoder(bytes.NewReader(data)), limit: m.limit()}
	b.dec.UseNumber()
	sample, err := b.value(0)
	if err != nil {
		return fmt.Errorf("sample: %w", err)
	}
	m.root = merge(m.root, sample)
	m.fit()
	m.count.Add(1)
	return nil
}

// AddKnown adds a sample that brings nothing new, which is a matter of counting it.
// It says no, and has done nothing, when the sample may bring something new or is no
// JSON. It may be called concurrently with itself, Count, Schema and MarshalBinary.
func (m *Model) AddKnown(data []byte) bool {
	if m.root == nil {
		return false
	}
	s := scanner{text: data, limit: m.limit()}
	if !s.document(m.root) {
		return false
	}
	m.count.Add(1)
	return true
}

// Merge adds what other has seen. Other stays as it is. To merge models is to have
// added the samples of both to one, in any order.
func (m *Model) Merge(other *Model) {
	if other.root == nil {
		return
	}
	m.lost = max(m.lost, other.lost)
	theirs := other.root.clone()
	theirs.cut(0, m.limit())
	if m.root != nil {
		m.root.cut(0, m.limit())
	}
	m.root = merge(m.root, theirs)
	m.fit()
	m.count.Add(other.count.Load())
}

// Clone returns a copy that shares nothing with the model.
func (m *Model) Clone() *Model {
	c := &Model{lost: m.lost}
	c.count.Store(m.count.Load())
	if m.root != nil {
		c.root = m.root.clone()
	}
	return c
}

// Size estimates how much memory the model takes, in bytes.
func (m *Model) Size() int {
	if m.root == nil {
		return 0
	}
	return m.root.size()
}

// Shrink gives up the deepest level, for good, to make room: what lies there is
// anything. It reports false when nothing but the types of the samples is left.
func (m *Model) Shrink() bool {
	if m.root == nil || m.limit() == 0 {
		return false
	}
	m.lost++
	m.root.cut(0, m.limit())
	return true
}

// fit gives up levels of depth until the weight is within the bound.
func (m *Model) fit() {
	for m.root.weight() > maxWeight {
		m.lost++
		m.root.cut(0, m.limit())
	}
}
