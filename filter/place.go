package filter

import (
	"net/netip"

	"github.com/eventbridge-go/eventbridge/internal/decimal"
)

// A place is where an index keeps a condition, so that the values that may satisfy
// it lead there.
type place struct {
	kind placeKind
	sure bool // the values that lead there satisfy the condition: no second look

	text    string
	number  decimal.Number
	word    valueKind
	stretch *numeric
	block   netip.Prefix
	pieces  []string // of a wildcard: the chosen one of them becomes a prefix, suffix or gram
}

// A placeKind is one part of an index.
type placeKind uint8

const (
	byText placeKind = iota
	byNumber
	byWord
	byFold
	byPrefix
	bySuffix
	byFoldPrefix
	byFoldSuffix
	byBlock
	byGram
	byRange
	byPresence
)

// worth is how well a part of an index tells candidates apart, at best.
var worth = [...]float64{
	byText:       1,
	byNumber:     1,
	byWord:       1,
	byFold:       1,
	byPrefix:     .95,
	bySuffix:     .95,
	byFoldPrefix: .95,
	byFoldSuffix: .95,
	byBlock:      .9,
	byGram:       .8,
	byRange:      .8,
	byPresence:   .3,
}

func (c textIs) place() place     { return place{kind: byText, sure: true, text: string(c)} }
func (c numberIs) place() place   { return place{kind: byNumber, sure: true, number: decimal.Number(c)} }
func (c literalIs) place() place  { return place{kind: byWord, sure: true, word: valueKind(c)} }
func (c hasPrefix) place() place  { return place{kind: byPrefix, sure: true, text: string(c)} }
func (c hasSuffix) place() place  { return place{kind: bySuffix, sure: true, text: string(c)} }
func (c foldIs) place() place     { return place{kind: byFold, sure: true, text: c.folded} }
func (c foldPrefix) place() place { return place{kind: byFoldPrefix, sure: true, text: c.folded} }
func (c foldSuffix) place() place { return place{kind: byFoldSuffix, sure: true, text: c.folded} }
func (c inBlock) place() place {
	return place{kind: byBlock, sure: true, block: netip.Prefix(c)}
}
func (isThere) place() place   { return place{kind: byPresence, sure: true} }
func (isNot) place() place     { return place{kind: byPresence} }
func (butNot) place() place    { return place{kind: byPresence} }
func (oneOf) place() place     { return place{kind: byPresence} }
func (iregexp) place() place   { return place{kind: byPresence} }
func (c hasText) place() place { return piecesPlace([]string{"", string(c), ""}) }

func (c *numeric) place() place {
	if c.low.set && c.high.set && c.low.number == c.high.number {
		return place{kind: byNumber, sure: true, number: c.low.number}
	}
	return place{kind: byRange, sure: true, stretch: c}
}

func (w wildcard) place() place {
	switch {
	case len(w.pieces) == 1:
		return place{kind: byText, sure: true, text: w.pieces[0]}
	case len(w.pieces) == 2 && w.pieces[1] == "":
		return place{kind: byPrefix, sure: true, text: w.pieces[0]}
	case len(w.pieces) == 2 && w.pieces[0] == "":
		return place{kind: bySuffix, sure: true, text: w.pieces[1]}
	}
	return piecesPlace(w.pieces)
}

// piecesPlace is the place of a wildcard with several pieces, yet to be chosen.
func piecesPlace(pieces []string) place {
	last := len(pieces) - 1
	if pieces[0] != "" || pieces[last] != "" {
		return place{kind: byGram, pieces: pieces}
	}
	for _, piece := range pieces {
		if len(piece) >= 2 {
			return place{kind: byGram, pieces: pieces}
		}
	}
	return place{kind: byPresence}
}

// place is the best of those of the parts: one is enough to find the whole.
func (c allOf) place() place {
	best := place{kind: byPresence}
	for _, each := range c {
		if p := each.place(); p.kind < best.kind {
			best = p
		}
	}
	best.sure = false
	return best
}

// A habit counts how many filters keep a wildcard at one place, so that the next is
// put where it is less crowded.
type habit struct {
	path int32
	kind placeKind
	text string
}

// choose is the habit of a wildcard: the least crowded place among its anchored
// ends and the grams of its pieces, longer ones being better.
func (p place) choose(at *path, crowd map[habit]int) habit {
	best, least := habit{kind: byPresence}, 0.0
	try := func(kind placeKind, text string) {
		h := habit{at.id, kind, text}
		n := float64(min(len(text), 12))
		if cost := float64(crowd[h]+1) / (n * n); best.kind == byPresence || cost < least {
			best, least = h, cost
		}
	}
	last := len(p.pieces) - 1
	if p.pieces[0] != "" {
		try(byPrefix, p.pieces[0])
	}
	if p.pieces[last] != "" {
		try(bySuffix, p.pieces[last])
	}
	tried := 0
	for _, piece := range p.pieces {
		size := min(len(piece), maxGram)
		if size < minGram {
			continue
		}
		for i := 0; i+size <= len(piece) && tried < 32; i++ {
			try(byGram, piece[i:i+size])
			tried++
		}
	}
	return best
}
