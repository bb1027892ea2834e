package filter

// Grams are short stretches of text, of two to four bytes, under which wildcards and
// contains are kept. A window runs over the value; a sieve tells of most windows that
// nothing is kept under them.
type grams struct {
	spots hashTrie[uint64, spot]
	sieve *sieve
	sizes [maxGram + 1]int32 // how many there are of each size
}

const (
	minGram = 2
	maxGram = 4
)

func gramOf(s string) uint64 {
	g := uint64(len(s)) << 32
	for i := range len(s) {
		g |= uint64(s[i]) << (8 * (len(s) - 1 - i))
	}
	return g
}

func gramHash(g uint64) uint64 {
	g *= 0x9E3779B97F4A7C15
	return g ^ g>>32
}

func (g *grams) slot(ed *edit, text string) *spot {
	gram := gramOf(text)
	hash := gramHash(gram)
	before := g.spots.size
	s := g.spots.slot(ed, hash, gram)
	if g.spots.size > before {
		g.sizes[len(text)]++
		g.sieve = sieveOf(ed, g.sieve, &g.spots, true, hash)
	}
	return s
}

func (g *grams) remove(ed *edit, text string) {
	gram := gramOf(text)
	g.spots.remove(ed, gramHash(gram), gram)
	g.sizes[len(text)]--
	g.sieve = sieveOf(ed, g.sieve, &g.spots, false, 0)
}
