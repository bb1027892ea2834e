package filter

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSieveLetsAllKeysThroughAndStaysSelective(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	var trie hashTrie[uint64, int]
	var s *sieve
	keys := map[uint64]bool{}
	for n := range 60_000 {
		ed, key := new(edit), rng.Uint64()%4000
		if size := 200 + n%20_000/10; len(keys) > size || keys[key] {
			for key = range keys { // any
				break
			}
			delete(keys, key)
			trie.remove(ed, gramHash(key), key)
			s = sieveOf(ed, s, &trie, false, 0)
		} else {
			keys[key] = true
			trie.slot(ed, gramHash(key), key)
			s = sieveOf(ed, s, &trie, true, gramHash(key))
		}
		if n%5000 > 0 {
			continue
		}
		for key := range keys {
			require.True(t, s.lets(gramHash(key)))
		}
		through := 0
		for key := range uint64(4000) {
			if s.lets(gramHash(key+1<<20)) && len(keys) >= sieveFrom {
				through++
			}
		}
		require.Less(t, through, 1000, "of 4000 that are not there; %d keys", len(keys))
	}
}
