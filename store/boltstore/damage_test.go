package boltstore

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"github.com/eventbridge-go/eventbridge/store"
)

// madeLog makes a closed log of 400 events in blocks of every kind, with runs and
// pairs, and returns its events.
func madeLog(t testing.TB) (path string, events []store.Entry) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "log")
	s := openTest(t, path, Options{sizes: smallSizes()})
	random := rand.New(rand.NewPCG(7, 7))
	for n := 0; n < 400; {
		b := &store.Batch{Now: time.Unix(1_700_000_000+int64(n), 0), Dedup: 24 * time.Hour,
			Pairs: []store.Pair{{Key: fmt.Append(nil, "key ", n), Value: fmt.Append(nil, n)}}}
		for range min(random.IntN(9)+1, 400-n) {
			n++
			text := strings.Repeat(string(rune('a'+n%26)), random.IntN(1500))
			b.Appends = append(b.Appends, &store.Append{Events: []store.NewEvent{newEvent("/s", fmt.Sprint(n), fmt.Sprint(n%5), text)}})
		}
		require.NoError(t, s.Commit(b))
	}
	var err error
	events, err = s.Read(nil, store.Range{Bytes: 1 << 30})
	require.NoError(t, err)
	require.Len(t, events, 400)
	require.NoError(t, s.Close())
	return path, events
}

func requireWhole(t *testing.T, path string) Report {
	t.Helper()
	report, err := Verify(path)
	require.NoError(t, err)
	require.Empty(t, report.Damage)
	return report
}

// flip changes one bit of the only place where text stands in the file.
func flip(t *testing.T, path string, text []byte, offset int) {
	t.Helper()
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	n := 0
	for at := bytes.Index(raw, text); at >= 0; n++ {
		raw[at+offset] ^= 4
		next := bytes.Index(raw[at+1:], text)
		if next < 0 {
			break
		}
		at += 1 + next
	}
	require.NoError(t, os.WriteFile(path, raw, 0o600))
}

func TestVerifyFindsAWholeFileWhole(t *testing.T) {
	path, _ := madeLog(t)
	report := requireWhole(t, path)
	require.Equal(t, 400, report.Events)
	require.Greater(t, report.Pairs, 40)
	require.Positive(t, report.Runs)

	s := openTest(t, path, Options{})
	_, err := Verify(path)
	require.ErrorIs(t, err, store.ErrLocked)
	require.ErrorIs(t, Salvage(path, nil), store.ErrLocked)
	require.NoError(t, s.Close())
}

func TestDamagedEventIsNamedAndReadingGoesOnBehindIt(t *testing.T) {
	path, events := madeLog(t)
	flip(t, path, events[199].Data, len(events[199].Data)-1)
	s := openTest(t, path, Options{sizes: smallSizes()})
	got, err := s.Read(nil, store.Range{From: 150, Bytes: 1 << 30})
	var bad *store.CorruptError
	require.ErrorAs(t, err, &bad)
	require.ErrorIs(t, err, store.ErrCorrupt)
	require.Equal(t, []store.Position{200, 201}, []store.Position{bad.From, bad.To})
	require.Equal(t, events[149:199], got)
	got, err = s.Read(nil, store.Range{From: bad.To, Bytes: 1 << 30})
	require.NoError(t, err)
	require.Equal(t, events[200:], got)
	got, err = s.Read(nil, store.Range{Newest: true, Bytes: 1 << 30})
	require.ErrorAs(t, err, &bad)
	require.Len(t, got, 200)
	got, err = s.Read(nil, store.Range{Newest: true, To: bad.From, Bytes: 1 << 30})
	require.NoError(t, err)
	require.Len(t, got, 199)

	at, err := s.Seek(events[250].Received)
	require.NoError(t, err)
	require.LessOrEqual(t, at, store.Position(251))

	same := &store.Append{Events: []store.NewEvent{newEvent("/s", "200", "0", "x")}}
	other := &store.Append{Events: []store.NewEvent{newEvent("/s", "new", "0", "x")}}
	require.NoError(t, s.Commit(&store.Batch{Now: time.Unix(1_700_001_000, 0), Dedup: 24 * time.Hour, Appends: []*store.Append{same, other}}))
	require.ErrorIs(t, same.Err, store.ErrCorrupt, "nobody can say whether it is the same event")
	require.NoError(t, other.Err)
	require.NoError(t, s.Close())

	report, err := Verify(path)
	require.NoError(t, err)
	require.Equal(t, 400, report.Events)
	require.Len(t, report.Damage, 1)
	require.Contains(t, report.Damage[0].Error(), "events 200 to 200, the block of event ")
}

func TestDamagedBlockIsNamedWhole(t *testing.T) {
	path, events := madeLog(t)
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	at := bytes.Index(raw, events[299].Data)
	head := bytes.LastIndex(raw[:at], []byte(blockMagic))
	k, err := parseBlock(raw[head:])
	require.NoError(t, err)
	flip(t, path, raw[head:head+headLen], 33)
	s := openTest(t, path, Options{sizes: smallSizes()})
	got, err := s.Read(nil, store.Range{Bytes: 1 << 30})
	var bad *store.CorruptError
	require.ErrorAs(t, err, &bad)
	require.Equal(t, []store.Position{k.first, k.last() + 1}, []store.Position{bad.From, bad.To})
	require.Len(t, got, int(k.first)-1)
	got, err = s.Read(nil, store.Range{From: bad.To, Bytes: 1 << 30})
	require.NoError(t, err)
	require.Len(t, got, 400-int(k.last()))
}

func TestDamagedPairIsNamed(t *testing.T) {
	path, _ := madeLog(t)
	s := openTest(t, path, Options{})
	require.NoError(t, s.Commit(&store.Batch{Now: time.Unix(1_700_001_000, 0), Pairs: []store.Pair{{Key: []byte("~"), Value: []byte("an unmistakable value")}}}))
	require.NoError(t, s.Close())
	flip(t, path, []byte("an unmistakable value"), 3)
	s = openTest(t, path, Options{})
	pairs, err := s.Scan(nil, nil, nil, 0)
	require.ErrorIs(t, err, store.ErrCorrupt)
	require.ErrorContains(t, err, `the ledger's key "~"`)
	require.Greater(t, len(pairs), 40, "what comes before it is returned")
	require.NoError(t, s.Close())
	report, err := Verify(path)
	require.NoError(t, err)
	require.Len(t, report.Damage, 1)
}

func TestBadFilesAreRefusedByName(t *testing.T) {
	good, _ := madeLog(t)
	raw, err := os.ReadFile(good)
	require.NoError(t, err)
	used := usedBytes(t, good)
	newer := otherFormat(t, good, formatVersion+1)
	change := func(at int) []byte { b := bytes.Clone(raw); b[at] ^= 1; return b }
	strange := filepath.Join(t.TempDir(), "bolt")
	db, err := bolt.Open(strange, 0o600, &bolt.Options{NoFreelistSync: true})
	require.NoError(t, err)
	require.NoError(t, db.Close())
	other, err := os.ReadFile(strange)
	require.NoError(t, err)
	for name, row := range map[string]struct {
		content []byte
		want    error
	}{
		"an empty file":             {nil, store.ErrForeign},
		"a text":                    {[]byte("hello"), store.ErrForeign},
		"a long text":               {bytes.Repeat([]byte("hello "), 9999), store.ErrForeign},
		"another bbolt file":        {other, store.ErrForeign},
		"a newer format":            {newer, store.ErrNewerFormat},
		"a file cut in half":        {raw[:used/2], store.ErrCorrupt},
		"a file without its tail":   {raw[:used-filePage], store.ErrCorrupt},
		"two meta pages alone":      {raw[:8192], store.ErrCorrupt},
		"a bit in the first meta":   {change(16 + 48), store.ErrCorrupt},
		"a bit in the second meta":  {change(4096 + 16 + 20), store.ErrCorrupt},
		"a bit in the meta's magic": {change(16), store.ErrCorrupt},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "log")
			require.NoError(t, os.WriteFile(path, row.content, 0o600))
			for _, readOnly := range []bool{false, true} {
				_, err := Open(path, Options{ReadOnly: readOnly})
				require.ErrorIs(t, err, row.want)
				require.ErrorContains(t, err, path)
			}
			after, err := os.ReadFile(path)
			require.NoError(t, err)
			require.True(t, bytes.Equal(row.content, after), "the file was changed")
		})
	}
}

// otherFormat returns a log of another format version.
func otherFormat(t *testing.T, path string, version byte) []byte {
	t.Helper()
	copied := filepath.Join(t.TempDir(), "copy")
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(copied, raw, 0o600))
	db, err := bolt.Open(copied, 0o600, &bolt.Options{NoFreelistSync: true})
	require.NoError(t, err)
	require.NoError(t, db.Update(func(tx *bolt.Tx) error {
		value := append(bytes.Clone(tx.Bucket(infoBucket).Get(formatKey)), "and more"...)
		value[4] = version
		return tx.Bucket(infoBucket).Put(formatKey, value)
	}))
	require.NoError(t, db.Close())
	raw, err = os.ReadFile(copied)
	require.NoError(t, err)
	return raw
}

func TestMissingFolderAndReadOnlyOpening(t *testing.T) {
	path := filepath.Join(t.TempDir(), "no", "log")
	_, err := Open(path, Options{})
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorContains(t, err, path)
	_, err = Open(filepath.Dir(filepath.Dir(path)), Options{})
	require.ErrorContains(t, err, filepath.Dir(filepath.Dir(path)))

	made, events := madeLog(t)
	before, err := os.ReadFile(made)
	require.NoError(t, err)
	a, b := openTest(t, made, Options{ReadOnly: true}), openTest(t, made, Options{ReadOnly: true})
	for _, s := range []*Store{a, b} {
		got, err := s.Read(nil, store.Range{Bytes: 1 << 30})
		require.NoError(t, err)
		require.Equal(t, events, got)
		require.ErrorContains(t, s.Commit(batchOf(1)), made)
		require.NoError(t, s.Close())
	}
	after, err := os.ReadFile(made)
	require.NoError(t, err)
	require.True(t, bytes.Equal(before, after))
	_, err = Open(filepath.Join(t.TempDir(), "none"), Options{ReadOnly: true})
	require.ErrorIs(t, err, os.ErrNotExist)
	info, err := os.Stat(made)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

// damages are ways to ruin a file.
var damages = []struct {
	name string
	do   func(raw []byte, at, what uint64) []byte
}{
	{"bit", func(raw []byte, at, what uint64) []byte { raw[at] ^= 1 << (what % 8); return raw }},
	{"byte", func(raw []byte, at, what uint64) []byte { raw[at] = byte(what); return raw }},
	{"sector", func(raw []byte, at, what uint64) []byte { clear(raw[at&^511:][:512]); return raw }},
	{"page", func(raw []byte, at, what uint64) []byte { clear(raw[at&^4095:][:4096]); return raw }},
	{"swap", func(raw []byte, at, what uint64) []byte {
		copy(raw[at&^4095:][:4096], raw[what%uint64(len(raw))&^4095:][:4096])
		return raw
	}},
	{"cut", func(raw []byte, at, what uint64) []byte { return raw[:at] }},
	{"head", func(raw []byte, at, what uint64) []byte { // the numbers of a page's beginning, where trees are made
		raw[at&^4095+what%256] ^= byte(what>>8) | 1
		return raw
	}},
}

// survives opens a damaged file and uses it: everything reads right or is reported, and
// nothing panics. It returns what became visible.
func survives(t *testing.T, path string, events []store.Entry) string {
	t.Helper()
	s, err := Open(path, Options{sizes: smallSizes()})
	if err != nil {
		if !errors.Is(err, store.ErrCorrupt) && !errors.Is(err, store.ErrForeign) && !errors.Is(err, store.ErrNewerFormat) {
			t.Fatalf("Open: %v", err)
		}
		return "refused"
	}
	defer s.Close()
	if head := s.State().Head; int(head) != len(events) {
		t.Fatalf("head = %d without a word", head)
	}
	outcome := "unnoticed"
	for at := store.Position(1); int(at) <= len(events); {
		got, err := s.Read(nil, store.Range{From: at, Bytes: 1 << 30})
		for _, e := range got {
			if w := events[at-1]; e.Position != at || !e.Received.Equal(w.Received) || e.Root != w.Root || e.Content != w.Content || !bytes.Equal(e.Data, w.Data) {
				t.Fatalf("event %d reads wrong", at)
			}
			at++
		}
		if int(at) > len(events) {
			break
		}
		var bad *store.CorruptError
		if !errors.As(err, &bad) {
			t.Fatalf("event %d is missing: %v", at, err)
		}
		outcome = "reported: " + err.Error()
		at = max(at+1, bad.To)
	}
	for _, err := range []error{second(s.Scan(nil, nil, nil, 0)), second(s.Stream(nil, "/s", "3", store.Range{})), second(s.Seek(events[100].Received)),
		s.Commit(batchOf(1000)), s.Commit(batchOf(1001))} {
		if err != nil && !errors.Is(err, store.ErrCorrupt) {
			t.Fatalf("%v", err)
		}
		if err != nil {
			outcome = "reported: " + err.Error()
		}
	}
	return outcome
}

func second[T any](_ T, err error) error { return err }

// TestRandomDamageIsReportedOrHarmless ruins a file at random, BOLTSTORE_DAMAGE times
// (140), and uses, verifies and salvages it.
func TestRandomDamageIsReportedOrHarmless(t *testing.T) {
	path, events := madeLog(t)
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	used := usedBytes(t, path)
	whole = whole[:used]
	trials, err := strconv.Atoi(os.Getenv("BOLTSTORE_DAMAGE"))
	if err != nil {
		trials = 140
	}
	random := rand.New(rand.NewPCG(3, uint64(trials)))
	counts := map[string]int{}
	for i := range trials {
		d := damages[i%len(damages)]
		at, what := random.Uint64N(used), random.Uint64()
		raw := d.do(bytes.Clone(whole), at, what)
		require.NoError(t, os.WriteFile(path, raw, 0o600))
		report, err := Verify(path)
		verified := "whole"
		if err != nil || len(report.Damage) > 0 {
			verified = "damaged"
		}
		last := store.Position(0)
		require.NoError(t, Salvage(path, func(e store.Entry) error {
			require.Greater(t, e.Position, last)
			last = e.Position
			require.Equal(t, events[e.Position-1].Data, e.Data)
			return nil
		}))
		outcome := survives(t, path, events)
		if t.Failed() {
			t.Fatalf("trial %d: %s at %d, %d", i, d.name, at, what)
		}
		if outcome != "unnoticed" && verified == "whole" {
			t.Fatalf("trial %d: %s at %d, %d: %s, but Verify sees nothing", i, d.name, at, what, outcome)
		}
		outcome, _, _ = strings.Cut(outcome, ":")
		counts[d.name+": "+outcome+", Verify: "+verified]++
	}
	t.Logf("%d trials: %v", trials, counts)
}

// usedBytes is where the pages of a file end.
func usedBytes(t testing.TB, path string) uint64 {
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	raw, err := openRaw(f)
	require.NoError(t, err)
	return raw.high * filePage
}

func TestSalvageNeedsNoTree(t *testing.T) {
	path, events := madeLog(t)
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	for at := 0; at+filePage <= len(raw); at += filePage {
		page := raw[at : at+filePage]
		if flags := native.Uint16(page[8:]); at < 2*filePage || flags == flagBranch && native.Uint64(page) == uint64(at/filePage) {
			clear(page)
		}
	}
	require.NoError(t, os.WriteFile(path, raw, 0o600))
	n := 0
	require.NoError(t, Salvage(path, func(e store.Entry) error {
		require.Equal(t, events[n], e)
		n++
		return nil
	}))
	require.Equal(t, len(events), n)
	stop := errors.New("enough")
	require.ErrorIs(t, Salvage(path, func(store.Entry) error { return stop }), stop)
}

// TestSalvageTakesNoBlockOutOfAnEvent puts a whole log into an event of another, and
// ruins the block around it.
func TestSalvageTakesNoBlockOutOfAnEvent(t *testing.T) {
	inner, _ := madeLog(t)
	forged, err := os.ReadFile(inner)
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "log")
	s := openTest(t, path, Options{})
	require.NoError(t, s.Commit(batchOf(1)))
	b := batchOf(2)
	b.Appends[0].Events[0] = newEvent("/s", "2", "subject", string(forged))
	require.NoError(t, s.Commit(b))
	require.NoError(t, s.Commit(batchOf(3)))
	require.NoError(t, s.Close())
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	at := bytes.Index(raw, []byte("\xebblk"))
	for k, err := parseBlock(raw[at:]); err != nil || k.first != 2; k, err = parseBlock(raw[at:]) {
		at += 4 + bytes.Index(raw[at+4:], []byte(blockMagic))
	}
	raw[at+20] ^= 1
	require.NoError(t, os.WriteFile(path, raw, 0o600))
	var got []store.Position
	require.NoError(t, Salvage(path, func(e store.Entry) error { got = append(got, e.Position); return nil }))
	require.Equal(t, []store.Position{1, 3}, got)
}

func FuzzParseBlock(f *testing.F) {
	events := []staged{{newEvent("/s", "1", "x", "one"), 7}, {newEvent("/s", "2", "x", "two"), 8}}
	f.Add(appendBlock(nil, 5, 6, events))
	f.Add(appendBlock(nil, 5, 6, events[:1]))
	f.Add([]byte(blockMagic))
	f.Fuzz(func(t *testing.T, b []byte) {
		k, err := parseBlock(b)
		if err != nil {
			return
		}
		for i := range k.count() {
			if e, err := k.entry(i); err == nil && (e.Position != k.first+store.Position(i) || e.Root == 0 || e.Root > e.Position) {
				t.Fatalf("%+v", e)
			}
		}
	})
}

func FuzzOpen(f *testing.F) {
	path, events := madeLog(f)
	whole, err := os.ReadFile(path)
	require.NoError(f, err)
	used := usedBytes(f, path)
	whole = whole[:used]
	for i := range damages {
		f.Add(uint64(i)*40_960+77, uint64(i)*7, i, uint64(99_999), uint64(3), i+1)
	}
	f.Fuzz(func(t *testing.T, at, what uint64, how int, at2, what2 uint64, how2 int) {
		raw := bytes.Clone(whole)
		pick := func(how int) int { return int(uint(how) % uint(len(damages))) }
		raw = damages[pick(how)].do(raw, at%used, what)
		if int(at2%used) < len(raw)-filePage && len(raw) >= 2*filePage {
			raw = damages[pick(how2)].do(raw, at2%used%uint64(len(raw)&^(filePage-1)), what2)
		}
		path := filepath.Join(t.TempDir(), "log")
		require.NoError(t, os.WriteFile(path, raw, 0o600))
		survives(t, path, events)
		Verify(path)
	})
}
