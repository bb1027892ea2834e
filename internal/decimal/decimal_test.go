package decimal_test

import (
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventbridge-go/eventbridge/internal/decimal"
)

func TestNumbersAreEqualByValue(t *testing.T) {
	for _, same := range [][]string{
		{"300", "300.0", "3.0e2", "3E+2", "30000e-2", "0.003e5"},
		{"0", "-0", "0.0", "0e5", "0e99999999999999999999", "-0.000"},
		{"-1.5", "-15e-1", "-1.50"},
		{"12345678901234567890123456789012345.5", "123456789012345678901234567890123455e-1", "12345678901234567890123456789012345.500"},
		{"1e1000000", "10e999999"},
	} {
		want, ok := decimal.Parse(same[0])
		require.True(t, ok)
		for _, text := range same {
			n, ok := decimal.Parse(text)
			require.True(t, ok, text)
			require.True(t, n == want, "%s and %s", text, same[0])
		}
	}
}

func TestNumbersBeyondTheBoundAreRefused(t *testing.T) {
	for _, text := range []string{"1e1000000001", "1e-1000000001", "1e99999999999999999999999", "", "-", "e5", "1e", "1x", "1e+", "abc", "."} {
		_, ok := decimal.Parse(text)
		require.False(t, ok, text)
	}
}

func TestComparisonAgreesWithBig(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var nums []string
	for range 600 {
		nums = append(nums, randomNumber(rng))
	}
	for _, a := range nums {
		x, ok := decimal.Parse(a)
		require.True(t, ok, a)
		printed, ok := decimal.Parse(x.String())
		require.True(t, ok && printed == x, "%s printed as %s", a, x.String())
		for _, b := range nums {
			y, _ := decimal.Parse(b)
			p, _ := new(big.Rat).SetString(a)
			q, _ := new(big.Rat).SetString(b)
			require.Equal(t, p.Cmp(q), x.Compare(y), "%s and %s", a, b)
			require.Equal(t, p.Cmp(q) == 0, x == y, "%s and %s", a, b)
			require.True(t, x.Coarse() == y.Coarse() || x.Coarse() < y.Coarse() == (p.Cmp(q) < 0), "%s and %s, coarsely", a, b)
		}
	}
}

func TestCoarseLeavesRoomForNoBound(t *testing.T) {
	last := uint32(0)
	for _, text := range []string{"-9.99999999e1000000000", "-1e48", "-9.99999999e47", "-1", "-1e-16", "0", "1e-1000000000", "1e-16", "0.5", "1", "2", "9.99999999e47", "1e48", "9e999999999"} {
		n, ok := decimal.Parse(text)
		require.True(t, ok)
		require.True(t, 0 < n.Coarse() && n.Coarse() < math.MaxUint32 && last <= n.Coarse(), text)
		last = n.Coarse()
	}
}

func randomNumber(rng *rand.Rand) string {
	var b strings.Builder
	if rng.IntN(2) == 0 {
		b.WriteByte('-')
	}
	digits := func(n int) {
		for range n {
			b.WriteByte("00123459"[rng.IntN(8)])
		}
	}
	if rng.IntN(3) == 0 {
		b.WriteByte('0')
	} else {
		b.WriteByte("123"[rng.IntN(3)])
		digits(rng.IntN(1 + rng.IntN(40)))
	}
	if rng.IntN(2) == 0 {
		b.WriteByte('.')
		digits(1 + rng.IntN(1+rng.IntN(40)))
	}
	if rng.IntN(3) == 0 {
		b.WriteString([]string{"e", "E+", "e-"}[rng.IntN(3)])
		b.WriteByte("0123"[rng.IntN(4)])
	}
	return b.String()
}
