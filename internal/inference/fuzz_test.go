package inference

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzAdd compares the scanner, which is ours, with encoding/json.
func FuzzAdd(f *testing.F) {
	for _, s := range samplers(1) {
		s.depth = min(s.depth, 4)
		pair := s.samples(2)
		f.Add(pair[0], pair[1])
	}
	f.Add([]byte(`{"a":"2026-11-25","17":[1]}`), []byte(`{"a":"2026-11-2x","18":[0.5,]}`))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		m := &Model{}
		count := int64(0)
		for _, s := range [][]byte{first, second, first} {
			known := m.Clone().AddKnown(s)
			require.Equal(t, json.Valid(s), m.Add(s) == nil)
			if !json.Valid(s) {
				require.False(t, known)
				continue
			}
			count++
			require.Equal(t, count, m.Count())
		}
		if count == 0 {
			return
		}
		// The other way round it is the same, and it can be written down.
		other := &Model{}
		for _, s := range [][]byte{first, first, second} {
			_ = other.Add(s)
		}
		require.Equal(t, written(t, m), written(t, other))
		require.NoError(t, new(Model).UnmarshalBinary([]byte(written(t, m))))
		require.True(t, json.Valid(m.Schema()))
	})
}

// FuzzAddKnown scans anything at a model that knows everything, so that nothing but
// the syntax is in the way.
func FuzzAddKnown(f *testing.F) {
	everything := addText(f, `[]`, `[[],{},null,true,1.5,"x",{"a":{"17":"2026-11-25"},"b":[[[]]]},{"a":{}}]`, `{}`, `{"a":"x"}`,
		`null`, `true`, `0.5`, `"x"`)
	for _, text := range []string{`[1,-0,0.5e+10,"\u00e9\\",{"a":{"18":"2026-11-25"}}]`, "[1]]", "01", `{"a":"\ud800"}`, ` {} `} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if everything.AddKnown(text) && !json.Valid(text) {
			t.Fatalf("no JSON was taken for a sample: %q", text)
		}
	})
}

func FuzzUnmarshalBinary(f *testing.F) {
	for _, s := range samplers(1) {
		s.depth = min(s.depth, 4)
		model := []byte(written(f, add(f, s.samples(5)...)))
		f.Add(model, false)
		f.Add(model[:len(model)-4], true)
	}
	f.Add([]byte(written(f, &Model{})), false)
	f.Fuzz(func(t *testing.T, data []byte, signed bool) {
		if signed {
			data = sign(bytes.Clone(data))
		}
		m := addText(t, `{"a":1}`)
		before := written(t, m)
		if err := m.UnmarshalBinary(data); err != nil {
			require.ErrorIs(t, err, ErrDamaged)
			require.Equal(t, before, written(t, m))
			return
		}
		require.Equal(t, string(data), written(t, m))
		require.True(t, json.Valid(m.Schema()))
		m.Merge(addText(t, `{"a":1}`, `[{"b":"2026-11-25"}]`))
		require.NoError(t, new(Model).UnmarshalBinary([]byte(written(t, m))))
	})
}
