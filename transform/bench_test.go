package transform_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventbridge-go/eventbridge/internal/document"
	"github.com/eventbridge-go/eventbridge/transform"
)

// orderOf is an order of about size bytes, its total behind its lines.
func orderOf(size int) string {
	var b strings.Builder
	b.WriteString(`{"id":"o-17","customer":{"name":"Ada Lovelace","email":"ada@example.com","tags":["vip","früh"]},"lines":[`)
	for i := 0; b.Len() < size-160; i++ {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"sku":"A-%05d","name":"A \"fine\" thing, number %d","qty":%d,"price":%d.50,"gift":false,"note":null}`, i, i, i%7, i*3)
	}
	b.WriteString(`],"currency":"EUR","total":1250.00}`)
	return b.String()
}

// BenchmarkTransform is a transform of each kind, on data of 1 and 16 KB, beside the
// same data decoded and encoded with encoding/json. The way is the bus's, with a
// new document for each event.
func BenchmarkTransform(b *testing.B) {
	vars := transform.Vars{"id": "$.subject", "total": "$.data.total", "name": "$.data.customer.name"}
	kinds := []struct {
		name string
		t    transform.Transform
	}{
		{"whole", transform.Transform{}},
		{"template", transform.Must(transform.Template(`{"text": "order <id> of <name>", "total": <total>}`, vars))},
		{"text", transform.Must(transform.Text(`order <id> of <name>: <total>`, vars))},
		{"path", transform.Must(transform.Path("$.data.customer"))},
		{"query", transform.Must(transform.Path("$.data.lines[?@.price > 20].sku"))},
		{"expr", transform.Must(transform.Expr(`{"id": subject, "name": data.customer.name, "total": data.total}`))},
		{"constant", transform.Must(transform.Constant(map[string]int{"a": 1}))},
		{"set", transform.Must(transform.Set(map[string]transform.Value{"subject": transform.From("$.data.id"), "type": transform.Literal("x")}))},
		{"pipe", transform.Pipe(
			transform.Must(transform.Set(map[string]transform.Value{"total": transform.From("$.data.total")})),
			transform.Must(transform.Template(`{"n": <n>}`, transform.Vars{"n": "$.total"})))},
	}
	for _, size := range []int{1 << 10, 16 << 10} {
		data := []byte(orderOf(size))
		e := standard()
		e.Data = data
		require.InDelta(b, size, len(data), float64(size)/8)
		for _, k := range kinds {
			b.Run(fmt.Sprintf("kind=%s/bytes=%d", k.name, size), func(b *testing.B) {
				b.ReportAllocs()
				b.SetBytes(int64(len(data)))
				for b.Loop() {
					if _, err := k.t.ApplyDocument(document.Of(e), transform.Info{}); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
		b.Run(fmt.Sprintf("kind=decode+encode/bytes=%d", size), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				var v any
				if err := json.Unmarshal(data, &v); err != nil {
					b.Fatal(err)
				}
				if _, err := json.Marshal(v); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("kind=valid/bytes=%d", size), func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				json.Valid(data)
			}
		})
		b.Run(fmt.Sprintf("kind=apply template/bytes=%d", size), func(b *testing.B) {
			b.ReportAllocs()
			ce := e.SDK()
			for b.Loop() {
				if _, err := kinds[1].t.Apply(ce); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
