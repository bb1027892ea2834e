package filter

// Grams are short stretches of text, of two to four bytes, under which wildcards and
// contains are kept. A window runs over the value; a bitmap tells most windows that
// nothing is kept under them.
type grams struct {
	spots hashTrie[uint64, spot]
	sizes [maxGram + 1]int32 // how many there are of each size
	bits  *gramBits
	built int // how many grams the bits were last built for
}

const (
	minGram = 2
	maxGram = 4
)

type gramBits struct {
	edit  *edit
	shift uint // 64 - the number of bits' logarithm
	words []uint64
}

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

func (b *gramBits) has(hash uint64) bool {
	i := hash * 0xD6E8FEB86659FD93 >> b.shift
	return b.words[i/64]>>(i%64)&1 == 1
}

func (b *gramBits) set(hash uint64) {
	i := hash * 0xD6E8FEB86659FD93 >> b.shift
	b.words[i/64] |= 1 << (i % 64)
}

func (g *grams) slot(ed *edit, text string) *spot {
	gram := gramOf(text)
	hash := gramHash(gram)
	before := g.spots.size
	s := g.spots.slot(ed, hash, gram)
	if g.spots.size > before {
		g.sizes[len(text)]++
		if g.bits == nil || g.spots.size > 2*g.built {
			g.rebuild(ed)
		} else {
			g.own(ed)
			g.bits.set(hash)
		}
	}
	return s
}

func (g *grams) remove(ed *edit, text string) {
	gram := gramOf(text)
	g.spots.remove(ed, gramHash(gram), gram)
	g.sizes[len(text)]--
	if g.spots.size < g.built/4 {
		g.rebuild(ed)
	}
}

func (g *grams) own(ed *edit) {
	if g.bits.edit != ed {
		g.bits = &gramBits{edit: ed, shift: g.bits.shift, words: append([]uint64(nil), g.bits.words...)}
	}
}

// rebuild sizes the bitmap to some sixteen bits for each gram, 64 Ki at most.
func (g *grams) rebuild(ed *edit) {
	g.built = max(g.spots.size, 32)
	log := uint(9)
	for 1<<log < 32*g.built && log < 16 {
		log++
	}
	g.bits = &gramBits{edit: ed, shift: 64 - log, words: make([]uint64, 1<<log/64)}
	g.spots.all(func(gram uint64, _ *spot) bool {
		g.bits.set(gramHash(gram))
		return true
	})
}
