package filter

// A sieve is a bitmap of hashes: it tells of most keys that a trie lacks that it does,
// without a way down the trie. nil is the sieve of few keys, which lets all through.
type sieve struct {
	edit  *edit
	shift uint // 64 less the logarithm of the number of bits
	built int  // for how many keys
	more  int  // how many may come until it is built anew
	words []uint64
}

const (
	sieveFrom = 32      // keys, from where on a sieve pays
	sieveBits = 1 << 16 // at most: a change copies them
)

// lets says whether there may be a key of that hash.
func (s *sieve) lets(hash uint64) bool {
	if s == nil {
		return true
	}
	i := sieveHash(hash) >> s.shift
	return s.words[i/64]>>(i%64)&1 == 1
}

func sieveHash(hash uint64) uint64 { return hash * 0xD6E8FEB86659FD93 }

func (s *sieve) set(hash uint64) {
	i := sieveHash(hash) >> s.shift
	s.words[i/64] |= 1 << (i % 64)
}

// sieveOf is the sieve of a trie after a change: a key of that hash came, or one went.
func sieveOf[K comparable, V any](ed *edit, s *sieve, t *hashTrie[K, V], came bool, hash uint64) *sieve {
	switch {
	case t.size < sieveFrom:
		return nil
	case s == nil, came && s.more == 0, 4*t.size < s.built:
		return buildSieve(ed, t)
	case !came:
		return s // it lets one more through
	}
	if s.edit != ed {
		s = &sieve{ed, s.shift, s.built, s.more, append([]uint64(nil), s.words...)}
	}
	s.more--
	s.set(hash)
	return s
}

// buildSieve makes one of some sixteen to thirty-two bits for each key.
func buildSieve[K comparable, V any](ed *edit, t *hashTrie[K, V]) *sieve {
	bits, log := 1<<9, uint(9)
	for bits < 32*t.size && bits < sieveBits {
		bits, log = 2*bits, log+1
	}
	s := &sieve{edit: ed, shift: 64 - log, built: t.size, more: t.size, words: make([]uint64, bits/64)}
	t.root.hashes(s.set)
	return s
}
