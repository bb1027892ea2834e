package storetest

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/eventbridge-go/eventbridge/store"
)

// pair makes a Pair; a value of "-" deletes.
func pair(key, value string) store.Pair {
	if value == "-" {
		return store.Pair{Key: []byte(key)}
	}
	return store.Pair{Key: []byte(key), Value: []byte(value)}
}

func (l *log) ledger(pairs ...store.Pair) {
	l.t.Helper()
	l.commitBatch(&store.Batch{Now: l.now, Pairs: pairs})
}

func (l *log) holds(got []store.Pair, want ...store.Pair) {
	l.t.Helper()
	ok := slices.EqualFunc(got, want, func(a, b store.Pair) bool {
		return bytes.Equal(a.Key, b.Key) && bytes.Equal(a.Value, b.Value) && a.Value != nil
	})
	if !ok {
		l.t.Fatalf("pairs = %q, want %q", got, want)
	}
}

var ledgers = []promise{
	{"pairs are put, replaced and deleted, and come back in the order of bytes", func(t *testing.T, l *log) {
		l.ledger(pair("b", "1"), pair("a\xff", "2"), pair("a", "3"), pair("\x00", "4"), pair("a\x00", "5"))
		l.holds(l.scan("", "", 0), pair("\x00", "4"), pair("a", "3"), pair("a\x00", "5"), pair("a\xff", "2"), pair("b", "1"))
		l.ledger(pair("a", "6"), pair("b", "-"), pair("none", "-"))
		l.holds(l.scan("", "", 0), pair("\x00", "4"), pair("a", "6"), pair("a\x00", "5"), pair("a\xff", "2"))
	}},
	{"an empty value is a value", func(t *testing.T, l *log) {
		l.ledger(pair("a", ""), pair("b", "1"))
		l.ledger(pair("b", ""))
		l.holds(l.scan("", "", 0), pair("a", ""), pair("b", ""))
	}},
	{"Scan keeps to its bounds and its limit", func(t *testing.T, l *log) {
		l.ledger(pair("a", "1"), pair("b", "2"), pair("c", "3"), pair("d", "4"))
		l.holds(l.scan("b", "d", 0), pair("b", "2"), pair("c", "3"))
		l.holds(l.scan("aa", "", 2), pair("b", "2"), pair("c", "3"))
		l.holds(l.scan("b", "b", 0))
		l.holds(l.scan("c", "b", 0))
		l.holds(l.scan("e", "", 0))
		got, err := l.s.Scan(nil, []byte("a"), []byte{}, 0)
		if err != nil {
			t.Fatal(err)
		}
		l.holds(got)
	}},
	{"a key has 1 to MaxKey bytes, and a batch with another stores nothing", func(t *testing.T, l *log) {
		l.ledger(pair(strings.Repeat("k", store.MaxKey), "1"))
		for _, key := range []string{"", strings.Repeat("k", store.MaxKey+1)} {
			err := l.s.Commit(&store.Batch{Now: l.now, Dedup: window, Appends: []*store.Append{put(event("/s", "1", "", ""))},
				Pairs: []store.Pair{pair("a", "1"), pair(key, "1")}})
			if err == nil {
				t.Fatalf("a key of %d bytes was taken", len(key))
			}
		}
		l.holds(l.scan("", "", 0), pair(strings.Repeat("k", store.MaxKey), "1"))
		l.commit(put(event("/s", "1", "", "")))
	}},
	{"pairs and events of a batch go together, and keys and values stay the caller's", func(t *testing.T, l *log) {
		key, value := []byte("key"), []byte("value")
		l.commitBatch(&store.Batch{Now: l.now, Dedup: window, Appends: []*store.Append{put(events("a", 2)...)}, Pairs: []store.Pair{{Key: key, Value: value}}})
		copy(key, "xxx")
		copy(value, "xxxxx")
		got := l.scan("", "", 0)
		l.holds(got, pair("key", "value"))
		got[0].Key[0], got[0].Value[0] = '?', '?'
		_ = append(got[0].Key, "beyond"...)
		l.holds(l.scan("", "", 0), pair("key", "value"))
	}},
	{"Scan appends to what is there", func(t *testing.T, l *log) {
		l.ledger(pair("a", "1"))
		got, err := l.s.Scan([]store.Pair{pair("x", "y")}, nil, nil, 1)
		if err != nil {
			t.Fatal(err)
		}
		l.holds(got, pair("x", "y"), pair("a", "1"))
	}},
	{"thousands of random puts and deletes leave what a map would hold", func(t *testing.T, l *log) {
		random := rand.New(rand.NewPCG(1, 2))
		model := map[string]string{}
		for range 30 {
			batch := map[string]string{}
			for range 300 {
				key := fmt.Sprint("k", random.IntN(2000))
				batch[key] = fmt.Sprint(random.IntN(1000))
				if random.IntN(3) == 0 {
					batch[key] = "-"
				}
			}
			var pairs []store.Pair
			for key, value := range batch {
				pairs = append(pairs, pair(key, value))
				if model[key] = value; value == "-" {
					delete(model, key)
				}
			}
			l.ledger(pairs...)
		}
		var want []store.Pair
		for key, value := range model {
			want = append(want, pair(key, value))
		}
		slices.SortFunc(want, func(a, b store.Pair) int { return bytes.Compare(a.Key, b.Key) })
		l.holds(l.scan("", "", 0), want...)
		l.holds(l.scan(string(want[100].Key), string(want[300].Key), 0), want[100:300]...)
		for i := range want {
			want[i].Value = nil
		}
		l.ledger(want...)
		l.holds(l.scan("", "", 0))
	}},
}
