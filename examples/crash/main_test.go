package main

import (
	"bytes"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// The example starts itself again: here that is this test's program.
func TestMain(m *testing.M) {
	if os.Getenv(life) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestAKilledProcessLosesNothing(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out))
	require.Contains(t, out.String(), "10 events published\n")
	require.Contains(t, out.String(), "  step 4\nthe process was killed; it starts again\n")
	require.Contains(t, out.String(), "  step 10\nnothing was lost, and order held\n")
}
