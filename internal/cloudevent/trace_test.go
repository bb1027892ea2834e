package cloudevent

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTraceContext(t *testing.T) {
	const good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	for text, want := range map[string]bool{
		good: true, "01" + good[2:]: true, "01" + good[2:] + "-more": true,
		"": false, good + "-more": false, "01" + good[2:] + "more": false, "ff" + good[2:]: false, strings.ToUpper(good): false, good[:54]: false,
		"00-00000000000000000000000000000000-b7ad6b7169203331-01": false, "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01": false,
		"00-0af7651916cd43dd8448eb211c80319g-b7ad6b7169203331-01": false, "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01": false,
		"01" + good[2:] + "-\x01": false,
	} {
		require.Equal(t, want, IsTraceparent(text), "%q", text)
	}
	for text, want := range map[string]bool{
		"a=1": true, "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE": true, "a=1, b@c=2,,": true,
		"": false, "a": false, "=1": false, "a=": false, "a=b=c": false, "a=\x01": false, "a=é": false, strings.Repeat("a=1,", 32) + "b=1": false,
		"a=" + strings.Repeat("x", 512): false,
	} {
		require.Equal(t, want, IsTracestate(text), "%q", text)
	}
}
