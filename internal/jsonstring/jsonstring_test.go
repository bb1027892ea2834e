package jsonstring_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventbridge-go/eventbridge/internal/jsonstring"
)

func TestAppendAgreesWithEncodingJSON(t *testing.T) {
	pieces := []string{``, `a`, `é`, `\n`, `\\`, `\"`, `\/`, `\u0041`, `\u00e9`, `\ud83d\ude00`, `\uD83D`, `\uDE00`, `\ud83d\u0041`, `\\u0041`}
	for _, a := range pieces {
		for _, b := range pieces {
			for _, c := range pieces {
				raw := a + b + c
				var want string
				require.NoError(t, json.Unmarshal([]byte(`"`+raw+`"`), &want))
				got, half := jsonstring.Append([]byte("x"), raw)
				require.Equal(t, "x"+want, string(got), raw)
				require.Equal(t, strings.Contains(want, "\uFFFD"), half >= 0, raw)
				bytes, same := jsonstring.Append(nil, []byte(raw))
				require.Equal(t, want, string(bytes))
				require.Equal(t, half, same)
			}
		}
	}
}

func TestHalfIsWhereItStands(t *testing.T) {
	_, half := jsonstring.Append(nil, `é\n\ud83d\ude00\ud83dx\ud83d`)
	require.Equal(t, len(`é\n\ud83d\ude00`), half)
}

func TestHex4(t *testing.T) {
	r, ok := jsonstring.Hex4("00eFx")
	require.True(t, ok)
	require.Equal(t, 'ï', r)
	for _, s := range []string{"", "00e", "00g0", "+000"} {
		_, ok := jsonstring.Hex4(s)
		require.False(t, ok, s)
	}
}
