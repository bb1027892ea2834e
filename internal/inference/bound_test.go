package inference

import (
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestModelIsBoundedOnHostileSamples(t *testing.T) {
	distinct := func(from, n int) string {
		var b strings.Builder
		for i := from; i < from+n; i++ {
			if i > from {
				b.WriteByte(',')
			}
			b.WriteString(`"k` + words(i) + `":{"a":[1,"x",null,{"b":true}],"` + words(i+1) + `":0}`)
		}
		return "{" + b.String() + "}"
	}
	tests := map[string][]string{
		"distinct keys at once": {distinct(0, 30_000), distinct(30_000, 70_000)},
		"deep arrays":           {strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000)},
		"deep objects":          {strings.Repeat(`{"a":`, 9_999) + "1" + strings.Repeat("}", 9_999)},
		"long names":            {strings.ReplaceAll(distinct(0, 180), "k", strings.Repeat("k", 120))},
		"types of elements":     {"[" + strings.Repeat(`1,"x",null,true,0.5,[1],{"a":[{}]},`, 10_000) + "0]"},
		"names of names":        {nested(12, 3), nested(8, 4), nested(3, 9)},
	}
	var growing []string
	for i := range 1_000 {
		growing = append(growing, distinct(i*100, 100))
	}
	tests["distinct keys in turn"] = growing
	for name, samples := range tests {
		t.Run(name, func(t *testing.T) {
			m := addText(t, samples...)
			require.LessOrEqual(t, m.root.weight(), maxWeight)
			require.Less(t, len(written(t, m)), maxWeight*(maxName+4))
			require.Less(t, len(m.Schema()), 4<<20)
			for _, s := range samples {
				require.True(t, m.AddKnown([]byte(s)))
			}
		})
	}
}

// words spells a number in letters.
func words(i int) string {
	var b []byte
	for ; i > 0; i /= 16 {
		b = append(b, byte('g'+i%16))
	}
	return string(b)
}

// nested is an object of width members at each of depth levels.
func nested(width, depth int) string {
	if depth == 0 {
		return `""`
	}
	inner := nested(width, depth-1)
	var b strings.Builder
	for i := range width {
		b.WriteString(`,"n` + words(i) + `":` + inner)
	}
	return "{" + b.String()[1:] + "}"
}

func TestShrinkGivesUpTheDeepestLevelForGood(t *testing.T) {
	samples := samplers(1)["deep"].samples(10)
	m := add(t, samples...)
	require.Zero(t, m.lost)
	before, schemas := m.Size(), 0
	for m.Shrink() {
		require.LessOrEqual(t, m.Size(), before)
		before = m.Size()
		schemas++
		requireAccepts(t, m.Schema(), samples)
		for _, s := range samples {
			require.NoError(t, m.Add(s))
		}
		require.Equal(t, before, m.Size(), "what was given up came back")
		require.NoError(t, new(Model).UnmarshalBinary([]byte(written(t, m))))
	}
	require.Equal(t, maxDepth, schemas)
	require.Equal(t, nodeSize, m.Size())
}

// The bound of memory is worth what the estimate is.
func TestSizeIsNotLessThanWhatIsTaken(t *testing.T) {
	for name := range samplers(0) {
		var models [100]*Model
		m := add(t, samplers(1)[name].samples(20)...)
		before := allocated()
		for i := range models {
			models[i] = m.Clone()
		}
		taken := float64(allocated()-before) / float64(len(models))
		t.Logf("%s: %.0f bytes, estimate %d", name, taken, m.Size())
		require.Less(t, taken, 1.3*float64(m.Size())+300, name)
		runtime.KeepAlive(models)
	}
}

func allocated() int64 {
	runtime.GC()
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return int64(s.HeapAlloc)
}
