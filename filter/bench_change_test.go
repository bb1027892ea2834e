package filter_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eventbridge-go/eventbridge/filter"
	"github.com/eventbridge-go/eventbridge/internal/document"
)

// BenchmarkSetChange tells what changing a Set costs: bulk-s, to put all rules into an
// empty one; add and del, one among n, at the median and the 99th percentile; churn-x, how
// many times longer a match takes when one rule comes and goes every ten events.
func BenchmarkSetChange(b *testing.B) {
	for _, mix := range []string{"s", "a", "w", "b", "n", "c", "d", "e", "m"} {
		for _, n := range []int{1000, 100_000} {
			b.Run(fmt.Sprintf("%s/%d", mix, n), func(b *testing.B) {
				events, fs := marketEvents(n, 512), mixtureFilters(b, mix, n)
				runtime.GC()
				var set filter.Set[int]
				start := time.Now()
				for i, f := range fs {
					set.Put(i, f)
				}
				b.ReportMetric(time.Since(start).Seconds(), "bulk-s")
				adds, dels := changeCost(&set, fs)
				var dst []int
				match := func(i int) { dst, _ = set.MatchDocument(events[i%len(events)], dst[:0]) }
				runtime.LockOSThread()
				defer runtime.UnlockOSThread()
				timeOf(len(events), match)
				calm := timeOf(4*len(events), match)
				var changing time.Duration
				for i := range 4 * len(events) {
					if i%10 == 0 {
						set.Delete(i % n)
						set.Put(i%n, fs[i%n])
						continue
					}
					start := cpuTime()
					match(i)
					changing += cpuTime() - start
				}
				var clock time.Duration // what reading the clock costs
				for range 1000 {
					start := cpuTime()
					clock += cpuTime() - start
				}
				per := float64(changing)/float64(4*len(events)*9/10) - float64(clock)/1000
				b.ReportMetric(percentile(adds, 50), "add-us")
				b.ReportMetric(percentile(adds, 99), "add-p99-us")
				b.ReportMetric(percentile(dels, 50), "del-us")
				b.ReportMetric(percentile(dels, 99), "del-p99-us")
				b.ReportMetric(per/calm, "churn-x")
				runtime.KeepAlive(fs)
			})
		}
	}
}

// BenchmarkOneRule takes turns at matching by a Set of one rule and by its Filter: ratio
// is of the medians.
func BenchmarkOneRule(b *testing.B) {
	for _, mix := range []string{"s", "a", "w", "b", "n", "c", "d", "e", "m"} {
		b.Run(mix, func(b *testing.B) {
			events, f := marketEvents(1, 512), mixtureFilters(b, mix, 1)[0]
			var set filter.Set[int]
			set.Put(0, f)
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			var dst []int
			var bySet, byFilter []time.Duration
			for range 51 {
				bySet = append(bySet, time.Duration(1000*timeOf(4096, func(i int) { dst, _ = set.MatchDocument(events[i%512], dst[:0]) })))
				byFilter = append(byFilter, time.Duration(1000*timeOf(4096, func(i int) { f.MatchDocument(events[i%512]) })))
			}
			b.ReportMetric(percentile(bySet, 50), "ns-set")
			b.ReportMetric(percentile(bySet, 50)/percentile(byFilter, 50), "ratio")
		})
	}
}

// BenchmarkHoles times what broke the prototype (shared/matching.md, section 4).
func BenchmarkHoles(b *testing.B) {
	run := func(name string, set *filter.Set[int], e *document.Document) {
		b.Run(name, func(b *testing.B) {
			var dst []int
			for range b.N {
				dst, _ = set.MatchDocument(e, dst[:0])
			}
		})
	}
	run("1000 rules, 4000 objects", setOf(b, 1000, func(i int) string {
		return fmt.Sprintf(`{"data": {"items": {"sku": ["s%d"], "color": ["red"]}}}`, i)
	}), dataEvent(`{"items": `+repeated(4000, func(i int) string { return fmt.Sprintf(`{"sku": "s%d", "color": "blue"}`, i) })+"}"))
	var text strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&text, "%06x", i*1677)
	}
	run("10000 wildcards hit one text", setOf(b, 10_000, func(i int) string { return fmt.Sprintf(`{"data": {"s": [{"wildcard": "*%06x*!*"}]}}`, i*1677) }),
		dataEvent(`{"s": "`+text.String()+`"}`))
	run("10 $or of 2", setOf(b, 1, func(int) string {
		return `{"data": {` + strings.Join(slices.Collect(func(yield func(string) bool) {
			for i := range 10 {
				if !yield(fmt.Sprintf(`"o%d": {"$or": [{"a": [1]}, {"b": [1]}]}`, i)) {
					return
				}
			}
		}), ", ") + "}}"
	}), dataEvent(`{"o0": {"a": 1}, "o1": {"b": 1}}`))
}

// BenchmarkAbsentMember looks for a member that is not there; json-x is how many times
// json.Valid of the same data fits in.
func BenchmarkAbsentMember(b *testing.B) {
	set := setOf(b, 1, func(int) string { return `{"data": {"absent": [1]}}` })
	for _, size := range []int{1, 4, 24} {
		b.Run(fmt.Sprintf("%dKB", size), func(b *testing.B) {
			var members []string
			m := newMarket(100)
			for i := range size {
				members = append(members, fmt.Sprintf(`"part%d": %s`, i, m.event().Event.Data))
			}
			e := dataEvent("{" + strings.Join(members, ", ") + "}")
			e = document.Checked(e.Event)
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			var dst []int
			start := cpuTime()
			for range b.N {
				dst, _ = set.MatchDocument(e, dst[:0])
			}
			per := float64(cpuTime()-start) / float64(b.N)
			valid := timeOf(max(100, 4000/size), func(int) { json.Valid(e.Event.Data) })
			b.ReportMetric(per/valid, "json-x")
		})
	}
}

// changeCost takes rules out and puts them in again.
func changeCost(set *filter.Set[int], fs []filter.Filter) (adds, dels []time.Duration) {
	r := rand.New(rand.NewPCG(3, 4))
	for range min(len(fs), 1000) {
		i := r.IntN(len(fs))
		start := time.Now()
		set.Delete(i)
		mid := time.Now()
		set.Put(i, fs[i])
		dels, adds = append(dels, mid.Sub(start)), append(adds, time.Since(mid))
	}
	return adds, dels
}

func percentile(ds []time.Duration, p int) (us float64) {
	slices.Sort(ds)
	return float64(ds[(len(ds)-1)*p/100]) / 1000
}
