package memstore

import (
	"bytes"
	"slices"
	"sort"

	"github.com/eventbridge-go/eventbridge/store"
)

const leafLen = 128

// A ledger is a sorted list of sorted leaves. A put finds its leaf and its place in
// it by halving and moves at most a leaf; the list of leaves, one pointer for about
// a hundred pairs, is moved only when a leaf is split or goes.
type ledger struct {
	leaves []*leaf
	bytes  int64
}

type leaf struct{ pairs []store.Pair } // at least one, at most leafLen

// put takes a pair in, or, when its value is nil, out.
func (l *ledger) put(p store.Pair) {
	at := l.leaf(p.Key)
	if at < 0 {
		if p.Value != nil {
			l.leaves = []*leaf{{pairs: []store.Pair{own(p)}}}
			l.bytes += weight(p)
		}
		return
	}
	leaf := l.leaves[at]
	i, found := leaf.find(p.Key)
	if found {
		l.bytes -= weight(leaf.pairs[i])
	}
	switch {
	case p.Value == nil && !found:
		return
	case p.Value == nil:
		leaf.pairs = slices.Delete(leaf.pairs, i, i+1)
		if len(leaf.pairs) == 0 {
			l.leaves = slices.Delete(l.leaves, at, at+1)
		}
		return
	case found:
		leaf.pairs[i].Value = append([]byte{}, p.Value...)
	default:
		leaf.pairs = slices.Insert(leaf.pairs, i, own(p))
	}
	l.bytes += weight(p)
	if len(leaf.pairs) > leafLen {
		l.split(at)
	}
}

// split halves a leaf; one at the end, where keys often only grow, stays nearly full.
func (l *ledger) split(at int) {
	old := l.leaves[at]
	cut := leafLen / 2
	if at == len(l.leaves)-1 {
		cut = leafLen * 9 / 10
	}
	right := &leaf{pairs: append(make([]store.Pair, 0, leafLen+1), old.pairs[cut:]...)}
	clear(old.pairs[cut:])
	old.pairs = old.pairs[:cut]
	l.leaves = slices.Insert(l.leaves, at+1, right)
}

func (l *ledger) scan(dst []store.Pair, from, to []byte, limit int) []store.Pair {
	start := len(dst)
	at := l.leaf(from)
	if at < 0 {
		return dst
	}
	i, _ := l.leaves[at].find(from)
	for ; at < len(l.leaves); at, i = at+1, 0 {
		for ; i < len(l.leaves[at].pairs); i++ {
			p := l.leaves[at].pairs[i]
			if to != nil && bytes.Compare(p.Key, to) >= 0 || limit > 0 && len(dst)-start == limit {
				return dst
			}
			dst = append(dst, own(p))
		}
	}
	return dst
}

// leaf returns the number of the leaf key is in or belongs to; -1 when there is none.
func (l *ledger) leaf(key []byte) int {
	after := sort.Search(len(l.leaves), func(i int) bool { return bytes.Compare(l.leaves[i].pairs[0].Key, key) > 0 })
	if after == 0 && len(l.leaves) > 0 {
		return 0
	}
	return after - 1
}

func (l *leaf) find(key []byte) (int, bool) {
	return slices.BinarySearchFunc(l.pairs, key, func(p store.Pair, k []byte) int { return bytes.Compare(p.Key, k) })
}

// own copies a pair. An empty value stays one that is not nil.
func own(p store.Pair) store.Pair {
	both := make([]byte, 0, len(p.Key)+len(p.Value))
	both = append(append(both, p.Key...), p.Value...)
	k := len(p.Key)
	return store.Pair{Key: both[:k:k], Value: both[k:len(both):len(both)]}
}

func weight(p store.Pair) int64 { return int64(len(p.Key)+len(p.Value)) + 64 }
