package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	santhosh "github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	"github.com/xeipuuv/gojsonschema"
)

// orderSchema is of the size and kind that people write.
const orderSchema = `{
	"$schema": "http://json-schema.org/draft-07/schema#",
	"type": "object",
	"required": ["id", "number", "status", "currency", "total", "customer", "items", "createdAt"],
	"properties": {
		"id": {"type": "string", "format": "uuid"},
		"number": {"type": "string", "pattern": "^ORD-[0-9]{6}$"},
		"status": {"enum": ["placed", "paid", "shipped", "delivered", "cancelled"]},
		"currency": {"type": "string", "minLength": 3, "maxLength": 3},
		"total": {"$ref": "#/definitions/amount"},
		"tax": {"$ref": "#/definitions/amount"},
		"shipping": {"$ref": "#/definitions/amount"},
		"discount": {"type": "number", "minimum": 0, "maximum": 100},
		"paid": {"type": "boolean"},
		"createdAt": {"type": "string", "format": "date-time"},
		"updatedAt": {"type": ["string", "null"], "format": "date-time"},
		"channel": {"type": "string"},
		"note": {"type": ["string", "null"], "maxLength": 500},
		"tags": {"type": "array", "items": {"type": "string"}, "uniqueItems": true},
		"version": {"type": "integer", "minimum": 1},
		"customer": {
			"type": "object",
			"required": ["id", "email"],
			"properties": {"id": {"type": "string"}, "email": {"type": "string", "format": "email"}, "name": {"type": "string"}}
		},
		"shippingAddress": {"$ref": "#/definitions/address"},
		"billingAddress": {"$ref": "#/definitions/address"},
		"items": {"type": "array", "minItems": 1, "items": {"$ref": "#/definitions/item"}}
	},
	"definitions": {
		"amount": {"type": "number", "minimum": 0},
		"address": {
			"type": "object",
			"required": ["street", "city", "country"],
			"properties": {"street": {"type": "string"}, "city": {"type": "string"}, "zip": {"type": "string"}, "country": {"type": "string", "pattern": "^[A-Z]{2}$"}}
		},
		"item": {
			"type": "object",
			"required": ["sku", "quantity", "price"],
			"properties": {
				"sku": {"type": "string", "pattern": "^[A-Z0-9-]+$"},
				"name": {"type": "string"},
				"quantity": {"type": "integer", "minimum": 1},
				"price": {"$ref": "#/definitions/amount"}
			}
		}
	}
}`

// order is an order with that many items.
func order(items int) []byte {
	var b bytes.Buffer
	b.WriteString(`{"id":"8c6a3b9e-0e0f-4a52-9b1f-2f1a5f8f0c11","number":"ORD-004711","status":"paid","currency":"EUR","total":129.9,"tax":20.74,
"shipping":4.9,"discount":5,"paid":true,"createdAt":"2026-11-25T10:00:00Z","updatedAt":null,"channel":"web","note":null,"tags":["new","gift"],"version":3,
"customer":{"id":"c-17","email":"ada@example.com","name":"Ada"},"shippingAddress":{"street":"Main Street 1","city":"Berlin","zip":"10115","country":"DE"},"items":[`)
	for i := range items {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"sku":"SKU-%05d","name":"Item number %d","quantity":%d,"price":%d.99}`, i, i, i%9+1, i%50)
	}
	b.WriteString(`]}`)
	return b.Bytes()
}

// BenchmarkValidate takes an order from bytes to a verdict with a validator and with
// the bare engine, by turns; ratio is the first median by the second.
func BenchmarkValidate(b *testing.B) {
	bare := map[Engine]func(b *testing.B) func([]byte) bool{GoJSONSchema: bareGoJSONSchema, Santhosh: bareSanthosh}
	for _, items := range []int{3, 220} {
		text := order(items)
		for _, e := range bothEngines {
			v, alone := compiled(b, orderSchema, e), bare[e](b)
			b.Run(fmt.Sprintf("%s/%dB", e, len(text)), func(b *testing.B) {
				b.ReportAllocs()
				var ours, theirs []time.Duration
				for b.Loop() {
					start := time.Now()
					list, _ := v.validate(decoded(b, text))
					middle := time.Now()
					yes := alone(text)
					theirs = append(theirs, time.Since(middle))
					ours = append(ours, middle.Sub(start))
					if len(list) > 0 || !yes {
						b.Fatal(list)
					}
				}
				us, them := median(ours), median(theirs)
				b.ReportMetric(float64(us.Nanoseconds()), "ours-ns")
				b.ReportMetric(float64(them.Nanoseconds()), "bare-ns")
				b.ReportMetric(float64(us)/float64(them), "ratio")
			})
		}
	}
}

// BenchmarkValidateDecoded is the validator alone: what is left when the data has
// been decoded for filters already.
func BenchmarkValidateDecoded(b *testing.B) {
	for _, items := range []int{3, 220} {
		text := order(items)
		data := decoded(b, text)
		for _, e := range bothEngines {
			v := compiled(b, orderSchema, e)
			b.Run(fmt.Sprintf("%s/%dB", e, len(text)), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if list, _ := v.validate(data); len(list) > 0 {
						b.Fatal(list)
					}
				}
			})
		}
	}
}

// BenchmarkRefuse is an order of which every item is wrong.
func BenchmarkRefuse(b *testing.B) {
	text := bytes.ReplaceAll(order(220), []byte(`"quantity":`), []byte(`"quantity":-`))
	data := decoded(b, text)
	for _, e := range bothEngines {
		v := compiled(b, orderSchema, e)
		b.Run(e.String(), func(b *testing.B) {
			for b.Loop() {
				if list, _ := v.validate(data); len(list) != 100 {
					b.Fatal(list)
				}
			}
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	for _, e := range bothEngines {
		b.Run(e.String(), func(b *testing.B) {
			for b.Loop() {
				compiled(b, orderSchema, e)
			}
		})
	}
}

func median(times []time.Duration) time.Duration {
	slices.Sort(times)
	return times[len(times)/2]
}

func decoded(b *testing.B, text []byte) any {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		b.Fatal(err)
	}
	return v
}

func bareGoJSONSchema(b *testing.B) func([]byte) bool {
	s, err := gojsonschema.NewSchema(gojsonschema.NewStringLoader(orderSchema))
	require.NoError(b, err)
	return func(text []byte) bool {
		result, err := s.Validate(gojsonschema.NewBytesLoader(text))
		return err == nil && result.Valid()
	}
}

func bareSanthosh(b *testing.B) func([]byte) bool {
	doc, err := santhosh.UnmarshalJSON(bytes.NewReader([]byte(orderSchema)))
	require.NoError(b, err)
	c := santhosh.NewCompiler()
	require.NoError(b, c.AddResource(testURI, doc))
	s := c.MustCompile(testURI)
	return func(text []byte) bool {
		data, err := santhosh.UnmarshalJSON(bytes.NewReader(text))
		return err == nil && s.Validate(data) == nil
	}
}
