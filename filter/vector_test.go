package filter

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestVectorKeepsOldVersions(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	type version struct {
		vector[int]
		want map[int32]int
	}
	now := version{want: map[int32]int{}}
	var all []version
	for n := range 300 {
		ed := new(edit)
		want := map[int32]int{}
		for i, val := range now.want {
			want[i] = val
		}
		for range rng.IntN(4) {
			i := rng.Int32N([]int32{10, 64, 65, 5000, 300_000, 20_000_000}[rng.IntN(6)])
			now.set(ed, i, n)
			want[i] = n
		}
		now.want = want
		all = append(all, now)
	}
	for _, v := range all {
		for i, val := range v.want {
			require.Equal(t, val, v.at(i), "element %d", i)
		}
	}
}
