package filter_test

import (
	"encoding/json"
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventbridge-go/eventbridge/filter"
	"github.com/eventbridge-go/eventbridge/internal/cloudevent"
	"github.com/eventbridge-go/eventbridge/internal/document"
)

// A market makes the rules and events of the benchmarks: orders of many tenants, as
// shared/matching.md defines them, for n rules.
type market struct {
	dice
	n, tenants, customers, kinds int
}

func newMarket(n int) market {
	return market{newDice(7), n, max(20, n/32), max(100, n), max(1, int(math.Ceil(math.Sqrt(float64(n)/100))))}
}

var (
	nouns      = []string{"order", "invoice", "user", "payment", "shipment", "cart", "refund", "account"}
	verbs      = []string{"created", "paid", "updated", "deleted", "failed"}
	apps       = []string{"shop", "admin", "mobile", "billing", "sync"}
	statuses   = []string{"new", "paid", "packed", "shipped", "delivered", "returned", "cancelled", "failed"}
	currencies = []string{"EUR", "USD", "GBP", "JPY", "CHF"}
)

func (m market) typ() string {
	return fmt.Sprintf("com.acme.%s%d.%s", m.pick(nouns...), m.IntN(m.kinds), m.pick(verbs...))
}
func (m market) source() string {
	return fmt.Sprintf("/tenants/%d/apps/%s", m.IntN(m.tenants), m.pick(apps...))
}
func (m market) customer() string { return fmt.Sprintf("cust-%06d", m.IntN(m.customers)) }
func (m market) region() string   { return fmt.Sprintf("region-%02d", m.IntN(20)) }
func (m market) city() string {
	return fmt.Sprintf("%s-%s-%d", m.pick(nouns...), m.pick(verbs...), m.IntN(m.tenants))
}
func (m market) sku() string {
	return fmt.Sprintf("%c-%05d-%c", 'A'+rune(m.IntN(26)), m.IntN(20*m.tenants), 'A'+rune(m.IntN(26)))
}
func (m market) amount() string { return fmt.Sprintf("%.2f", m.Float64()*10000) }

func (m market) event() *document.Document {
	var items []string
	for range 1 + m.IntN(4) {
		items = append(items, fmt.Sprintf(`{"sku":%q,"qty":%d,"price":%s}`, m.sku(), 1+m.IntN(9), m.amount()))
	}
	data := fmt.Sprintf(`{"orderId":"ord-%09d","customerId":%q,"status":%q,"amount":%s,"currency":%q,"score":%d,"items":[%s],"notes":"`,
		m.IntN(1e9), m.customer(), m.pick(statuses...), m.amount(), m.pick(currencies...), m.IntN(1000), strings.Join(items, ","))
	tail := fmt.Sprintf(`","shipping":{"carrier":"dhl","region":%q,"city":%q,"zip":"%05d"}}`, m.region(), m.city(), m.IntN(1e5))
	for len(data)+len(tail) < 1024 {
		data += m.pick(`leave at the \"back\" door, `, "ring twice and wait, ", "fragile; ")
	}
	return document.Checked(cloudevent.Event{
		ID: fmt.Sprint(m.IntN(1e9)), Source: m.source(), Type: m.typ(), Subject: m.customer(),
		Data: []byte(data + tail), Kind: cloudevent.JSON,
	})
}

func (m market) list(low, high int, one func() string) string {
	items := make([]string, low+m.IntN(high-low+1))
	for i := range items {
		items[i] = fmt.Sprintf("%q", one())
	}
	return "[" + strings.Join(items, ",") + "]"
}

func (m market) status() string   { return m.pick(statuses...) }
func (m market) currency() string { return m.pick(currencies...) }

// mixtures are the nine kinds of rules, a function each.
var mixtures = map[string]func(m market) string{
	"s": func(m market) string { return fmt.Sprintf(`{"type":[%q],"source":[%q]}`, m.typ(), m.source()) },
	"a": func(m market) string {
		switch n := m.IntN(10); {
		case n < 5:
			return fmt.Sprintf(`{"type":[%q],"source":[%q]}`, m.typ(), m.source())
		case n < 8:
			return fmt.Sprintf(`{"type":%s,"source":%s}`, m.list(2, 4, m.typ), m.list(1, 4, m.source))
		case n < 9:
			return fmt.Sprintf(`{"source":[%q]}`, m.source())
		}
		return fmt.Sprintf(`{"type":[%q],"source":[%q],"data":{"status":[%q]}}`, m.typ(), m.source(), m.status())
	},
	"w": func(m market) string { return fmt.Sprintf(`{"data":{"customerId":[%q]}}`, m.customer()) },
	"b": func(m market) string {
		switch m.IntN(4) {
		case 0:
			return fmt.Sprintf(`{"data":{"customerId":[%q],"status":[%q]}}`, m.customer(), m.status())
		case 1:
			return fmt.Sprintf(`{"data":{"status":%s,"shipping":{"region":%s,"city":[%q]}}}`, m.list(2, 2, m.status), m.list(2, 2, m.region), m.city())
		case 2:
			return fmt.Sprintf(`{"data":{"items":{"sku":[%q]},"currency":[%q]}}`, m.sku(), m.currency())
		}
		return fmt.Sprintf(`{"type":[%q],"data":{"customerId":%s}}`, m.typ(), m.list(3, 3, m.customer))
	},
	"n": func(m market) string {
		return fmt.Sprintf(`{"type":[%q],"data":{"score":[%d]}}`, m.typ(), m.IntN(1000))
	},
	"c": func(m market) string {
		switch m.IntN(4) {
		case 0:
			return fmt.Sprintf(`{"source":[{"prefix":"/tenants/%d/"}],"data":{"shipping":{"city":[{"wildcard":"%s*-%d"}]}}}`, m.IntN(m.tenants), m.pick(nouns...), m.IntN(m.tenants))
		case 1:
			return fmt.Sprintf(`{"type":[{"wildcard":"*%s%d*%s"}],"data":{"customerId":[{"prefix":%q}]}}`, m.pick(nouns...), m.IntN(m.kinds), m.pick(verbs...), m.customer()[:9])
		case 2:
			return fmt.Sprintf(`{"data":{"items":{"sku":[{"wildcard":"*-%05d-*"}]},"status":[{"prefix":%q}]}}`, m.IntN(20*m.tenants), m.status()[:2])
		}
		return fmt.Sprintf(`{"data":{"shipping":{"city":[{"wildcard":"*%s-%d"}],"region":[{"wildcard":"*-%02d"}]}}}`, m.pick(verbs...), m.IntN(m.tenants), m.IntN(20))
	},
	"d": func(m market) string {
		switch m.IntN(3) {
		case 0:
			return fmt.Sprintf(`{"type":[%q],"data":{"amount":[{"numeric":[">",%s]}]}}`, m.typ(), m.amount())
		case 1:
			low := m.Float64() * 10000
			return fmt.Sprintf(`{"data":{"amount":[{"numeric":[">=",%.3f,"<",%.3f]}],"score":[{"numeric":[">",%d]}]}}`, low, low+200000/float64(m.n+1000), m.IntN(1000))
		}
		return fmt.Sprintf(`{"type":[%q],"data":{"shipping":{"region":[%q]},"score":[{"numeric":["<",%d]}]}}`, m.typ(), m.region(), m.IntN(1000))
	},
	"e": func(m market) string {
		switch m.IntN(4) {
		case 0:
			return fmt.Sprintf(`{"source":[{"anything-but":[%q]}],"type":[%q]}`, m.source(), m.typ())
		case 1:
			return fmt.Sprintf(`{"type":[%q],"data":{"status":[{"anything-but":%s}],"shipping":{"region":[%q]}}}`, m.typ(), m.list(3, 3, m.status), m.region())
		case 2:
			return fmt.Sprintf(`{"source":[%q],"data":{"coupon":[{"exists":false}]}}`, m.source())
		}
		return fmt.Sprintf(`{"source":[%q],"data":{"customerId":[{"exists":true}],"currency":[{"anything-but":[%q]}]}}`, m.source(), m.currency())
	},
}

func init() {
	mixtures["m"] = func(m market) string {
		return mixtures[m.pick("s", "a", "b", "n", "c", "e")](m)
	}
}

func mixtureFilters(tb testing.TB, mix string, n int) []filter.Filter {
	m := newMarket(n)
	fs := make([]filter.Filter, n)
	for i := range fs {
		p := mixtures[mix](m)
		f, err := filter.Pattern(p)
		require.NoError(tb, err, p)
		fs[i] = f
	}
	return fs
}

func marketEvents(n, count int) []*document.Document {
	m := newMarket(n)
	m.dice = newDice(99)
	events := make([]*document.Document, count)
	for i := range events {
		events[i] = m.event()
	}
	return events
}

// BenchmarkSetMatch matches 512 events of about 1 KB against N rules of nine kinds.
// Beside each figure stand, in the same run: cpu-ns, processor time only; json-x, how many times json.Valid of the
// same data fits into a match; direct-x, up to 1 000 rules, how many times longer it takes
// to evaluate each rule by itself; hits, rules met per event; B/rule, what a rule weighs
// in the set, pattern-B/rule, what its Filter does before; add-us and del-us, the median
// cost of one Put and Delete.
func BenchmarkSetMatch(b *testing.B) {
	for _, mix := range []string{"s", "a", "w", "b", "n", "c", "d", "e", "m"} {
		for _, n := range []int{1, 10, 100, 1000, 10_000, 100_000} {
			b.Run(fmt.Sprintf("%s/%d", mix, n), func(b *testing.B) { benchmarkMix(b, mix, n) })
		}
	}
}

// BenchmarkSetGrowth matches against 10 000, 20 000, … 100 000 rules, in turn and nine
// times over, so that what others do on the machine meets all alike. It reports the
// medians, and of the steps from one number to the next the steepest.
func BenchmarkSetGrowth(b *testing.B) {
	const step, steps, rounds = 10_000, 10, 9
	for _, mix := range []string{"s", "a", "w", "b", "n", "c", "d", "e", "m"} {
		b.Run(mix, func(b *testing.B) {
			var sets [steps]filter.Set[int]
			var events [steps][]*document.Document
			for k := range steps {
				n := (k + 1) * step
				events[k] = marketEvents(n, 512)
				for i, f := range mixtureFilters(b, mix, n) {
					sets[k].Put(i, f)
				}
			}
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			runtime.GC() // what building has left behind
			var dst []int
			var times [steps][]time.Duration
			for round := range 1 + rounds {
				for k := range steps {
					match := func(i int) { dst, _ = sets[k].MatchDocument(events[k][i%len(events[k])], dst[:0]) }
					timeOf(len(events[k]), match) // warm
					now := time.Duration(timeOf(10*len(events[k]), match))
					if round > 0 {
						times[k] = append(times[k], now)
					}
				}
			}
			before, steepest := 0.0, 0.0
			for k := range steps {
				now := 1000 * percentile(times[k], 50)
				b.ReportMetric(now, fmt.Sprintf("ns-%dk", (k+1)*step/1000))
				if before > 0 {
					steepest = max(steepest, now/before)
				}
				before = now
			}
			b.ReportMetric(steepest, "steepest")
		})
	}
}

func benchmarkMix(b *testing.B, mix string, n int) {
	events := marketEvents(n, 512)
	heap := func() uint64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	fs := mixtureFilters(b, mix, n)
	patterns := heap()
	var set filter.Set[int]
	for i, f := range fs {
		set.Put(i, f)
	}
	weight := heap() - patterns
	adds, dels := changeCost(&set, fs)
	var dst []int
	hits := 0
	for _, e := range events {
		dst, _ = set.MatchDocument(e, dst[:0])
		hits += len(dst)
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	b.ReportAllocs()
	b.ResetTimer()
	start := cpuTime()
	for i := range b.N {
		dst, _ = set.MatchDocument(events[i%len(events)], dst[:0])
	}
	perEvent := float64(cpuTime()-start) / float64(b.N)
	b.StopTimer()
	valid := timeOf(4000, func(i int) { json.Valid(events[i%len(events)].Event.Data) })
	if n <= 1000 {
		direct := timeOf(max(512, 200_000/n), func(i int) {
			for _, f := range fs {
				f.MatchDocument(events[i%len(events)])
			}
		})
		b.ReportMetric(direct/perEvent, "direct-x")
	}
	b.ReportMetric(perEvent, "cpu-ns")
	b.ReportMetric(perEvent/valid, "json-x")
	b.ReportMetric(float64(hits)/float64(len(events)), "hits")
	b.ReportMetric(float64(weight)/float64(n), "B/rule")
	b.ReportMetric(float64(patterns-before)/float64(n), "pattern-B/rule")
	b.ReportMetric(percentile(adds, 50), "add-us")
	b.ReportMetric(percentile(dels, 50), "del-us")
	runtime.KeepAlive(fs)
}

func timeOf(times int, fn func(int)) (ns float64) {
	start := cpuTime()
	for i := range times {
		fn(i)
	}
	return float64(cpuTime()-start) / float64(times)
}
