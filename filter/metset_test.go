package filter

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMetNumbersAreNewOnceInAGeneration(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	var m metSet
	for gen := uint32(1); gen < 50; gen++ {
		seen := map[uint64]bool{}
		for range rng.IntN(400) {
			n := uint64(rng.IntN(300))
			if rng.IntN(3) == 0 {
				n |= 1 << 40
			}
			require.Equal(t, !seen[n], m.add(gen, n))
			seen[n] = true
		}
	}
}
