package inference

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

// A writer of random samples. Its vocabulary and habits are what decides which of a
// model's bounds the samples run into.
type sampler struct {
	*rand.Rand
	words   int     // in the vocabulary
	members int     // of an object, at most
	depth   int     // of containers, at most
	nesting float64 // how often a value is a container
	steady  bool    // every object has the same first member
	twice   bool    // an object may have a member twice
	full    bool    // no array is empty
}

// samplers are one for each bound, and one that keeps within all of them.
func samplers(seed uint64) map[string]sampler {
	r := func(i uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, i)) }
	return map[string]sampler{
		"narrow":     {Rand: r(1), words: 6, members: 5, depth: 4, nesting: 0.3, twice: true},
		"names":      {Rand: r(2), words: 260, members: 40, depth: 2, nesting: 0.05},
		"containers": {Rand: r(3), words: 40, members: 10, depth: 3, nesting: 0.6, steady: true},
		"varying":    {Rand: r(4), words: 16, members: 6, depth: 3, nesting: 0.6},
		"large":      {Rand: r(5), words: 9, members: 7, depth: 6, nesting: 0.62},
		"deep":       {Rand: r(6), words: 2, members: 2, depth: 50, nesting: 0.9},
	}
}

func (s sampler) samples(n int) [][]byte {
	all := make([][]byte, n)
	for i := range all {
		var b strings.Builder
		s.value(&b, s.depth, s.IntN(12) > 0)
		all[i] = []byte(b.String())
	}
	return all
}

func (s sampler) value(b *strings.Builder, depth int, container bool) {
	switch {
	case !container || depth == 0:
		b.WriteString(s.scalar())
	case s.IntN(4) == 0:
		n := s.IntN(4)
		if s.full {
			n = max(n, 1)
		}
		s.list(b, '[', ']', n, func(int) {
			s.value(b, depth-1, s.Float64() < s.nesting)
		})
	default:
		known := map[string]bool{}
		s.list(b, '{', '}', s.IntN(s.members+1), func(i int) {
			name := s.name()
			if s.steady && i == 0 {
				name = "w0"
			}
			for known[name] && !s.twice {
				name = s.name()
			}
			known[name] = true
			b.WriteString(quote(name))
			b.WriteByte(':')
			s.value(b, depth-1, s.Float64() < s.nesting)
		})
	}
}

func (s sampler) list(b *strings.Builder, open, end byte, n int, element func(i int)) {
	b.WriteByte(open)
	for i := range n {
		if i > 0 {
			b.WriteString([]string{",", ", ", "\n,\t"}[s.IntN(3)])
		}
		element(i)
	}
	b.WriteByte(end)
}

func (s sampler) name() string {
	if s.IntN(40) == 0 {
		return []string{"2026-11-25", "1234", "a/b", "ann@example.org", "0123456789abcdef", "", `"\`, "ключ"}[s.IntN(8)]
	}
	return "w" + strconv.Itoa(s.IntN(s.words))
}

func (s sampler) scalar() string {
	switch s.IntN(12) {
	case 0:
		return "null"
	case 1:
		return "true"
	case 2:
		return []string{"0", "-1", "17", "1.0", "1e2", "2.50e1"}[s.IntN(6)]
	case 3:
		return []string{"0.5", "-1.25", "1e-3", "12.5e0"}[s.IntN(4)]
	case 4:
		return quote(fmt.Sprintf("20%02d-0%d-1%dT10:11:%02dZ", s.IntN(100), 1+s.IntN(9), s.IntN(10), s.IntN(60)))
	case 5:
		return quote(fmt.Sprintf("20%02d-0%d-1%d", s.IntN(100), 1+s.IntN(9), s.IntN(10)))
	case 6:
		return quote(fmt.Sprintf("%08x-0000-4000-8000-%012x", s.Uint32(), s.Uint32()))
	case 7:
		return quote(fmt.Sprintf("user%d@example.com", s.IntN(100)))
	case 8:
		return `"https:\/\/example.com/` + strconv.Itoa(s.IntN(100)) + `?q=%20"`
	default:
		return []string{`"text"`, `""`, `"é\u00e9\ud83d\ude00"`, `"\ud800"`, "\"\xff\""}[s.IntN(5)]
	}
}

func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}
