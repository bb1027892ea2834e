package main

import (
	"bytes"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func TestQuickstartLosesNothing(t *testing.T) {
	var out output
	require.NoError(t, run(t.Context(), &out))
	said := out.b.String()
	for _, got := range []string{`{"light": "N-1", "colour": "red"}`, `{"light": "E-7", "colour": "green"}`, `{"light": "S-3", "colour": "amber"}`} {
		require.Equal(t, 2, strings.Count(said, "API got "+got), said)
	}
	require.Contains(t, said, "8 events in the log, 3 taken by the API\n")
	require.Contains(t, said, "8 events in the log: 6 taken by the API, 2 wanted by no rule, 0 dead letters\nnothing was lost\n")
}
