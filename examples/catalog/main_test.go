package main

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheShopHasAnEventCenter(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out, filepath.Join(t.TempDir(), "events.db")))
	for _, line := range []string{
		"required property `currency` added",
		"| `order.placed` | 2 |",
		"| `order.shipped` | 1 |",
		"A customer has ordered and paid.",
		"- rule `big-orders` selects some",
		"- rule `audit` selects every one",
	} {
		require.Contains(t, out.String(), line)
	}
}
