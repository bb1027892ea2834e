package containment_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventbridge-go/eventbridge/internal/containment"
)

// forks is a schema of n independent choices: 3^n cases.
func forks(n, from int) string {
	var parts []string
	for i := range n {
		parts = append(parts, fmt.Sprintf(`{"anyOf":[{"properties":{"p%d":{"minimum":%d}}},{"properties":{"q%d":{"maxLength":3}},"required":["p%d"]},{"maxProperties":%d}]}`, i, from+i, i, i, from+9))
	}
	return `{"type":"object","allOf":[` + strings.Join(parts, ",") + `]}`
}

// numbered is a list of n objects.
func numbered(n int) string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf(`{"a":[%d.0]}`, i))
	}
	return strings.Join(list, ",")
}

// wide is an object of n properties, each of which may be of n kinds.
func wide(n, from int) string {
	var names, kinds []string
	for i := range n {
		kinds = append(kinds, fmt.Sprintf(`{"properties":{"k":{"const":%d},"v":{"minLength":%d}},"required":["k"],"type":"object"}`, i, from))
		names = append(names, fmt.Sprintf(`"p%d":{"$ref":"#/definitions/k"}`, i))
	}
	return fmt.Sprintf(`{"properties":{%s},"definitions":{"k":{"oneOf":[%s]}}}`, strings.Join(names, ","), strings.Join(kinds, ","))
}

func TestHardPairsEndWithinTheBudget(t *testing.T) {
	for name, row := range map[string]struct{ a, b, want string }{
		"choices": {forks(14, 2), forks(14, 1), "?"},
		"same":    {forks(14, 2), forks(14, 2), "yes"},
		"list":    {`{"enum":[` + numbered(20_000) + `]}`, `{"enum":[` + numbered(20_001) + `]}`, "yes"},
		"kinds":   {wide(40, 2), wide(40, 1), "yes"},
	} {
		t.Run(name, func(t *testing.T) {
			a, ok := checked([]byte(row.a))
			require.True(t, ok)
			b, ok := checked([]byte(row.b))
			require.True(t, ok)
			began := time.Now()
			breaks := containment.Check(a, b, containment.Options{})
			t.Log(time.Since(began), verdict(breaks), len(breaks))
			require.Less(t, time.Since(began), 20*time.Second)
			require.Equal(t, row.want, verdict(breaks), "%v", texts(breaks))
			if row.want == "?" {
				require.Contains(t, texts(breaks), ": not proven: the schemas are too large to compare in full")
			}
		})
	}
}
