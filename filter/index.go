package filter

import (
	"hash/maphash"
	"net/netip"
	"slices"

	"github.com/eventbridge-go/eventbridge/internal/decimal"
)

// An index tells candidates apart by one path: each is kept at the places of its
// predicate on that path. It is immutable once published, as all below it is.
type index struct {
	edit *edit
	path *path
	age  uint64 // of two indexes of a node the elder has the lower one
	size int    // how many candidates there are, counted at each place

	texts   hashTrie[string, spot]
	numbers hashTrie[decimal.Number, spot]
	ranges  rangeTree
	rare    *rareParts
}

// rareParts are those that most indexes do without.
type rareParts struct {
	edit     *edit
	words    [3]spot
	presence spot
	folds    hashTrie[string, spot]
	affixes  [4]affixes // by kind, from byPrefix on
	blocks   hashTrie[netip.Prefix, spot]
	masks    lengths // of the blocks
	grams    grams
}

// affixes are prefixes or suffixes, looked up by each length there is.
type affixes struct {
	spots   hashTrie[string, spot]
	sieve   *sieve
	lengths lengths
}

func (a *affixes) slot(ed *edit, text string) *spot {
	before, hash := a.spots.size, textHash(text)
	s := a.spots.slot(ed, hash, text)
	if a.spots.size > before {
		a.lengths = a.lengths.add(int32(len(text)), 1)
		a.sieve = sieveOf(ed, a.sieve, &a.spots, true, hash)
	}
	return s
}

func (a *affixes) remove(ed *edit, text string) {
	a.spots.remove(ed, textHash(text), text)
	a.lengths = a.lengths.add(int32(len(text)), -1)
	a.sieve = sieveOf(ed, a.sieve, &a.spots, false, 0)
}

// get looks an affix up.
func (a *affixes) get(text string) *spot {
	hash := textHash(text)
	if !a.sieve.lets(hash) {
		return nil
	}
	return a.spots.get(hash, text)
}

// lengths counts how many keys there are of each length, ascending.
type lengths []struct{ length, count int32 }

func (l lengths) add(length, n int32) lengths {
	i := 0
	for i < len(l) && l[i].length < length {
		i++
	}
	l = slices.Clone(l)
	if i == len(l) || l[i].length != length {
		l = slices.Insert(l, i, struct{ length, count int32 }{length, 0})
	}
	if l[i].count += n; l[i].count == 0 {
		l = slices.Delete(l, i, i+1)
	}
	return l
}

// A spot is what is kept at one place: nothing, a candidate, or a node.
type spot struct {
	candidate
	node *treeNode
}

func (s *spot) empty() bool { return s.clause == nil && s.node == nil }

// A candidate is a clause on its way down the tree.
type candidate struct {
	clause *clause
	left   uint32 // the predicates by which it was not kept yet; see listed
	number int32  // the clause's
	peek
}

// listed marks a candidate that was kept at several places: it is not spread again.
const listed = 1 << 31

// maskedPreds is how many predicates of a clause can be told apart by a mask.
const maskedPreds = 31

var textSeed = maphash.MakeSeed()

func textHash(s string) uint64 { return maphash.String(textSeed, s) }

func (x *index) own(ed *edit) *index {
	if x.edit == ed {
		return x
	}
	c := *x
	c.edit = ed
	return &c
}

func (x *index) ownRare(ed *edit) *rareParts {
	switch {
	case x.rare == nil:
		x.rare = &rareParts{edit: ed}
	case x.rare.edit != ed:
		c := *x.rare
		c.edit = ed
		x.rare = &c
	}
	return x.rare
}

// slot returns where what is kept at a place is written. The index is of this edit.
func (x *index) slot(ed *edit, p *place) *spot {
	switch p.kind {
	case byText:
		return x.texts.slot(ed, textHash(p.text), p.text)
	case byNumber:
		return x.numbers.slot(ed, p.number.Hash(), p.number)
	case byRange:
		return x.ranges.slot(ed, p.stretch)
	}
	r := x.ownRare(ed)
	switch p.kind {
	case byWord:
		return &r.words[p.word]
	case byFold:
		return r.folds.slot(ed, textHash(p.text), p.text)
	case byPrefix, bySuffix, byFoldPrefix, byFoldSuffix:
		return r.affixes[p.kind-byPrefix].slot(ed, p.text)
	case byBlock:
		before := r.blocks.size
		s := r.blocks.slot(ed, blockHash(p.block), p.block)
		if r.blocks.size > before {
			r.masks = r.masks.add(maskOf(p.block), 1)
		}
		return s
	case byGram:
		return r.grams.slot(ed, p.text)
	}
	return &r.presence
}

// clear removes a place whose spot is empty.
func (x *index) clear(ed *edit, p *place) {
	switch p.kind {
	case byText:
		x.texts.remove(ed, textHash(p.text), p.text)
		return
	case byNumber:
		x.numbers.remove(ed, p.number.Hash(), p.number)
		return
	case byRange:
		x.ranges.remove(ed, p.stretch)
		return
	}
	r := x.ownRare(ed)
	switch p.kind {
	case byFold:
		r.folds.remove(ed, textHash(p.text), p.text)
	case byPrefix, bySuffix, byFoldPrefix, byFoldSuffix:
		r.affixes[p.kind-byPrefix].remove(ed, p.text)
	case byBlock:
		r.blocks.remove(ed, blockHash(p.block), p.block)
		r.masks = r.masks.add(maskOf(p.block), -1)
	case byGram:
		r.grams.remove(ed, p.text)
	}
}

// maskOf is the length of a block's mask, told apart by the family of addresses.
func maskOf(b netip.Prefix) int32 {
	if b.Addr().Is4() {
		return int32(b.Bits())
	}
	return int32(b.Bits()) + 1000
}

func blockHash(b netip.Prefix) uint64 {
	a := b.Addr().As16()
	return maphash.Bytes(textSeed, a[:]) + uint64(b.Bits())
}
