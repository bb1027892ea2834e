package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestReplayTouchesNoLiveTarget(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out))
	require.Equal(t, `live: 3 mails
  replayed order A: 10
  replayed order B: 20
  replayed order A: 30
replay: 3 events, total 60; still 3 mails
`, out.String())
}
