package cloudevent

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestCheckJSONNamesTheByte(t *testing.T) {
	tests := []struct {
		text   string
		offset int
		msg    string // a part of it
	}{
		{``, 0, "too early"},
		{`  `, 2, "too early"},
		{`{`, 1, "too early"},
		{`[1`, 2, "too early"},
		{`[1,`, 3, "too early"},
		{`{"a":`, 5, "too early"},
		{`{"a" 1}`, 5, "colon"},
		{`{"a":1,}`, 7, "name"},
		{`{a:1}`, 1, "name"},
		{`{"a":1 "b":2}`, 7, "comma or }"},
		{`[1 2]`, 3, "comma or ]"},
		{`[,1]`, 1, "no JSON value"},
		{`[}`, 1, "comma or ]"},
		{`{]`, 1, "comma or }"},
		{`{,}`, 1, "name"},
		{`{"a":1]`, 6, "comma or }"},
		{`[1]]`, 3, "follows"},
		{`1 2`, 2, "follows"},
		{`01`, 0, "begin with 0"},
		{`-01`, 1, "begin with 0"},
		{`-`, 1, "digit"},
		{`1.`, 2, "digit"},
		{`1e+`, 3, "digit"},
		{`.5`, 0, "no JSON value"},
		{`+1`, 0, "no JSON value"},
		{`NaN`, 0, "no JSON value"},
		{`tru`, 0, "true"},
		{`nul`, 0, "null"},
		{`"abc`, 4, "no end"},
		{"\"a\nb\"", 2, "control character"},
		{"\"12345678\x1f\"", 9, "control character"},
		{`"\x"`, 1, "escape"},
		{`"\u12g4"`, 1, "escape"},
		{`"\`, 1, "escape"},
		{"\"12345678\xff\"", 9, "UTF-8"},
		{"\"\xed\xa0\x80\"", 1, "UTF-8"},
		{"\"\xc0\xaf\"", 1, "UTF-8"},
		{"\xef\xbb\xbf1", 0, "no JSON value"},
		{strings.Repeat("[", MaxDepth+1) + strings.Repeat("]", MaxDepth+1), MaxDepth, "too deep"},
		{strings.Repeat(`{"a":`, MaxDepth+1), MaxDepth * 5, "too deep"},
	}
	for _, tt := range tests {
		offset, msg := checkJSON([]byte(tt.text))
		require.Contains(t, msg, tt.msg, "%.40q", tt.text)
		require.Equal(t, tt.offset, offset, "%.40q: %s", tt.text, msg)
	}
}

func TestCheckJSONLetsPass(t *testing.T) {
	for _, text := range []string{
		`null`, ` true `, `false`, `0`, `-0`, `-0.5e-10`, `1E+9`, `""`, `[]`, `{}`, "\t[ ]\r\n", `{ "" : [ { } , [ ] ] }`,
		`"\ud800"`, `{"a":1,"a":2}`, `1e99999999`, strings.Repeat("9", 10000), `"\"\\\/\b\f\n\r\t\u00e9"`,
		"\"\u00e9\u4e16\U0001f600\ufffe\x7f\"",
		strings.Repeat("[", MaxDepth) + strings.Repeat("]", MaxDepth),
		strings.Repeat(`[{"a":`, MaxDepth/2) + "1" + strings.Repeat(`}]`, MaxDepth/2),
	} {
		_, msg := checkJSON([]byte(text))
		require.Empty(t, msg, "%.40q", text)
	}
}

// depth counts brackets outside strings.
func depth(text []byte) (deepest int) {
	level, inString := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '[' || c == '{':
			level++
			deepest = max(deepest, level)
		case c == ']' || c == '}':
			level--
		}
	}
	return deepest
}

func FuzzCheckJSON(f *testing.F) {
	for _, seed := range []string{`{"a":[1,2.5e3,"x\u0041",null,true]}`, `[[],{}]`, "\"\xff\"", `{"a":1,}`, `[1 2]`, `"0123456789abcdef\"`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		offset, msg := checkJSON(text)
		want := json.Valid(text) && utf8.Valid(text) && depth(text) <= MaxDepth
		if got := msg == ""; got != want {
			t.Fatalf("checkJSON(%q) = %d, %q; encoding/json finds it valid: %v", text, offset, msg, want)
		}
		if msg != "" && (offset < 0 || offset > len(text)) {
			t.Fatalf("checkJSON(%q): the fault is at %d", text, offset)
		}
	})
}

func payload(tb testing.TB) []byte {
	b, err := os.ReadFile("testdata/push.json")
	require.NoError(tb, err)
	return b
}

func BenchmarkCheckJSON(b *testing.B) {
	text := payload(b)
	b.Run("checkJSON", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			if _, msg := checkJSON(text); msg != "" {
				b.Fatal(msg)
			}
		}
	})
	b.Run("json.Valid", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			json.Valid(text)
		}
	})
}
