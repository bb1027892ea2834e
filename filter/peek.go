package filter

import (
	"math/bits"

	"github.com/eventbridge-go/eventbridge/internal/decimal"
)

// A peek is what a candidate knows by heart of one of its predicates. Most events are
// told by it, without a way to the clause, which lies elsewhere in memory.
type peek struct {
	path  int32
	a, b  uint32
	kind  peekKind
	pred  uint8 // the predicate's number in the clause
	flags peekFlags
	ends  uint8 // of peekEnds: how many characters a and b have, 16 times the first
}

// A peekKind is what is known; the lower, the more it tells.
type peekKind uint8

const (
	peekNothing  peekKind = iota
	peekText              // a, half the hash of the only text
	peekWord              // a, true, false or null
	peekTexts             // a and b, a bit for each text: 64 bits by hash
	peekRange             // between a and b, coarsely
	peekAbsent            // there is no value
	peekEnds              // a, the first characters; b, the last ones
	peekNotTexts          // a and b as for peekTexts: none of these
	peekExists            // there is a value
)

type peekFlags uint8

const (
	peekAlone   peekFlags = 1 << iota // when it says yes, the clause holds
	peekSeveral                       // the rule has other clauses, too
	peekData                          // the path is in the data
)

// A verdict is what is known of a condition at some point.
type verdict uint8

const (
	perhaps verdict = iota
	no
	yes
)

// ready is the candidate with its peek, to be kept where it is. Attributes are peeked at
// first: they may save the scan of the data.
func (c candidate) ready() candidate {
	cl := c.clause
	left := (c.left | cl.unsure) &^ listed
	c.number, c.peek = cl.number, peek{}
	attributes := uint32(1)<<min(cl.data, maskedPreds) - 1
	if left&attributes != 0 {
		c.peek = cl.bestPeek(left & attributes)
	} else {
		c.peek = cl.bestPeek(left)
	}
	if cl.several {
		c.flags |= peekSeveral
	}
	if cl.plain && (left == 0 || bits.OnesCount32(left) == 1 && c.kind != peekNothing) {
		c.flags |= peekAlone
	}
	return c
}

// bestPeek is that of the predicate that tells the most.
func (cl *clause) bestPeek(among uint32) (best peek) {
	for i := range min(len(cl.preds), maskedPreds) {
		p := &cl.preds[i]
		if among>>i&1 == 0 || p.matcher == nil && p.path.inData() && !cl.plain {
			continue // with arrays, an absence is to be seen together with others
		}
		k := p.peek()
		if k.kind == peekNothing || best.kind != peekNothing && best.kind <= k.kind {
			continue
		}
		k.pred = uint8(i)
		if p.path.inData() {
			k.flags = peekData
		}
		best = k
	}
	return best
}

// peek is what can be known of a predicate in few bytes.
func (p *predicate) peek() peek {
	k := peek{path: p.path.id}
	if p.matcher == nil {
		k.kind = peekAbsent
		return k
	}
	any := p.matcher.any
	if filter, ok := textsFilter(any); ok {
		k.kind, k.a, k.b = peekTexts, uint32(filter), uint32(filter>>32)
		if len(any) == 1 {
			k.kind, k.a, k.b = peekText, uint32(textHash(string(any[0].(textIs)))), 0
		}
		return k
	}
	if len(any) != 1 {
		return k
	}
	switch c := any[0].(type) {
	case literalIs:
		k.kind, k.a = peekWord, uint32(c)
	case numberIs:
		coarse := decimal.Number(c).Coarse()
		k.kind, k.a, k.b = peekRange, coarse, coarse
	case *numeric:
		k.kind, k.a, k.b = peekRange, c.low.coarseLow(), c.high.coarseHigh()
	case isThere:
		k.kind = peekExists
	case butNot:
		if filter, ok := textsFilter(c.list.any); ok {
			k.kind, k.a, k.b = peekNotTexts, uint32(filter), uint32(filter>>32)
		}
	case hasPrefix:
		k.setEnds(string(c), "")
	case hasSuffix:
		k.setEnds("", string(c))
	case wildcard:
		k.setEnds(c.pieces[0], c.pieces[len(c.pieces)-1])
	}
	return k
}

// manyPeeked is from where on too many bits would be set.
const manyPeeked = 16

// textsFilter has a bit for each text, if there is nothing else.
func textsFilter(any []condition) (filter uint64, ok bool) {
	if len(any) > manyPeeked {
		return 0, false
	}
	for _, c := range any {
		text, ok := c.(textIs)
		if !ok {
			return 0, false
		}
		filter |= 1 << (textHash(string(text)) >> 58)
	}
	return filter, true
}

func (k *peek) setEnds(first, last string) {
	m, n := min(len(first), 4), min(len(last), 4)
	if m+n > 0 {
		k.kind, k.a, k.b, k.ends = peekEnds, fourBytes(first[:m]), fourBytes(last[len(last)-n:]), uint8(m<<4|n)
	}
}

// fourBytes packs at most four bytes.
func fourBytes(s string) (packed uint32) {
	for i := range len(s) {
		packed = packed<<8 | uint32(s[i])
	}
	return packed
}

// fewValues is how many values of a path are peeked at. Where there are more, hints
// do better.
const fewValues = 4

// peek says what the event's values at the path of a candidate's peek make of it.
func (v *view) peek(c *candidate) verdict {
	s := &v.slots[c.path]
	i := s.first
	if s.gen != v.gen {
		i = 0
		if c.flags&peekData == 0 || v.scans == 0 {
			i = v.first(c.clause.preds[c.pred].path)
		}
	}
	switch {
	case c.kind == peekAbsent && i == 0, c.kind == peekExists && i != 0:
		return yes
	case c.kind == peekAbsent || i == 0:
		return no
	}
	all := no
	for n := 0; i != 0; i = v.values[i].next {
		if n++; n > fewValues {
			return perhaps
		}
		switch c.of(&v.values[i]) {
		case yes:
			return yes
		case perhaps:
			all = perhaps
		}
	}
	return all
}

// of says what one value makes of the predicate.
func (k *peek) of(v *value) verdict {
	switch k.kind {
	case peekText:
		return maybe(v.kind == isString && uint32(v.hash()) == k.a)
	case peekTexts:
		return maybe(v.kind == isString && k.has(v.hash()))
	case peekNotTexts:
		if v.kind != isString || !k.has(v.hash()) {
			return yes
		}
		return perhaps
	case peekEnds:
		if v.kind != isString {
			return no
		}
		m, n := int(k.ends>>4), int(k.ends&15)
		return maybe(len(v.text) >= max(m, n) && fourBytes(v.text[:m]) == k.a && fourBytes(v.text[len(v.text)-n:]) == k.b)
	case peekRange:
		coarse, ok := v.coarse()
		switch {
		case !ok || coarse < k.a || coarse > k.b:
			return no
		case coarse > k.a && coarse < k.b:
			return yes
		}
		return perhaps
	case peekWord:
		if v.kind == valueKind(k.a) {
			return yes
		}
		return no
	}
	return perhaps
}

func maybe(ok bool) verdict {
	if ok {
		return perhaps
	}
	return no
}

// has says whether a text of that hash may be among the texts.
func (k *peek) has(hash uint64) bool {
	return (uint64(k.b)<<32|uint64(k.a))>>(hash>>58)&1 == 1
}
