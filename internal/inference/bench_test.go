package inference

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// order is an order of so many lines: 3 are 700 bytes, 110 are 16 kB.
func order(lines int) []byte {
	items := make([]string, lines)
	for i := range items {
		items[i] = fmt.Sprintf(`{"sku":"SKU-%05d","name":"A thing \"%d\"","quantity":%d,"price":%d.50,"currency":"EUR","gift":%t,"discount":null}`,
			i, i, i%5+1, i+10, i%2 == 0)
	}
	return fmt.Appendf(nil, `{"id":"0b9f5c1e-6a3a-4d53-9d7c-0f6f5a1c2b3d","created":"2026-11-25T10:11:12Z","customer":{"id":4711,`+
		`"email":"ann@example.com","name":"Ann Example","address":{"street":"Main Street 1","city":"Köln","zip":"50667","country":"DE"}},`+
		`"total":1234.56,"paid":true,"channel":"web","items":[%s]}`, strings.Join(items, ","))
}

var sizes = []struct {
	name string
	data []byte
}{{"700B", order(3)}, {"16KB", order(133)}}

func BenchmarkAdd(b *testing.B) {
	for _, size := range sizes {
		run := func(name string, act func()) {
			b.Run(size.name+"/"+name, func(b *testing.B) {
				b.SetBytes(int64(len(size.data)))
				b.ReportAllocs()
				for b.Loop() {
					act()
				}
			})
		}
		m := add(b, size.data, order(1))
		run("known", func() { _ = m.Add(size.data) })
		run("new", func() { _ = new(Model).Add(size.data) })
		run("json.Valid", func() { json.Valid(size.data) })
		run("json.Unmarshal", func() {
			var v any
			_ = json.Unmarshal(size.data, &v)
		})
	}
}

func TestAddOfWhatIsKnownDoesNotAllocate(t *testing.T) {
	for _, size := range sizes {
		m := add(t, size.data)
		require.Zero(t, testing.AllocsPerRun(100, func() { _ = m.Add(size.data) }), size.name)
	}
	escaped := []byte(`{"\u0061":"2026\u002d11-25"}`)
	m := add(t, escaped)
	require.Zero(t, testing.AllocsPerRun(100, func() { _ = m.Add(escaped) }))
}
