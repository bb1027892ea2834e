package schema_test

import (
	"bytes"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventbridge-go/eventbridge/schema"
)

// memory is a Keeper that can fail.
type memory struct {
	mu      sync.Mutex
	entries map[string][]byte
	written int // entries that Keep was given
	err     error
	keeping func() // called before it keeps
}

var _ schema.Keeper = (*memory)(nil)

func (m *memory) Kept() ([]schema.Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var entries []schema.Entry
	for _, k := range slices.Sorted(maps.Keys(m.entries)) {
		entries = append(entries, schema.Entry{Key: k, Value: bytes.Clone(m.entries[k])})
	}
	slices.Reverse(entries)
	return entries, m.err
}

func (m *memory) Keep(entries ...schema.Entry) error {
	if m.keeping != nil {
		m.keeping()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return m.err
	}
	m.written += len(entries)
	if m.entries == nil {
		m.entries = map[string][]byte{}
	}
	for _, e := range entries {
		m.entries[e.Key] = bytes.Clone(e.Value)
	}
	return nil
}

// fill adds something of every kind.
func fill(t *testing.T, r *schema.Registry) {
	t.Helper()
	require.NoError(t, r.AddDocument("https://shop.example/money.json", []byte(`{"type": "number", "title": "<&>"}`)))
	add(t, r, "order.placed", `{"properties": {"total": {"$ref": "https://shop.example/money.json"}}}`)
	add(t, r, "order.placed", "{ \"title\": \"as   written <&>\",\n\"required\": [\"id\"] }", unchecked)
	add(t, r, "order.placed", order, schema.ForSource("/shop/a%2Fb"), schema.AsVersion(12), schema.URI("https://shop.example/v#12"))
	require.NoError(t, r.DeclareType(schema.TypeDecl{Type: "order.paid", Description: "Money was received.", Owner: "billing", Schema: []byte(order), Example: []byte(`{ "total": 1.0 }`)}))
	require.NoError(t, r.DeclareSource(schema.SourceDecl{Source: "/shop", Description: "The shop."}))
}

func TestRegistryComesBackAsItWas(t *testing.T) {
	k := &memory{}
	var r schema.Registry
	require.NoError(t, r.KeepIn(k))
	fill(t, &r)
	before := k.written

	var back schema.Registry
	require.NoError(t, back.KeepIn(k))
	require.Equal(t, holdings(&r), holdings(&back))
	require.NoError(t, back.Validate(newEvent("order.paid", "/shop", `{"total": 1}`)))
	require.Error(t, back.Validate(newEvent("order.paid", "/shop", `{"total": "1"}`)))
	fill(t, &back)
	require.Equal(t, before, k.written, "a host that adds the same at each start writes nothing")
	require.Equal(t, holdings(&r), holdings(&back))
}

func TestDialectOfAVersionIsKeptWithIt(t *testing.T) {
	k := &memory{}
	const doc = `{"prefixItems": [{"type": "string"}]}`
	r := schema.Registry{Dialect: "https://json-schema.org/draft/2020-12/schema"}
	require.NoError(t, r.KeepIn(k))
	add(t, &r, "a", doc)
	var back schema.Registry
	require.NoError(t, back.KeepIn(k))
	require.Error(t, back.Validate(newEvent("a", "/", `[1]`)))
	require.Equal(t, r.Dialect, back.Versions("a", "")[0].Dialect)
}

func TestDocumentOfAnotherDialectIsAnotherVersion(t *testing.T) {
	k := &memory{}
	var r schema.Registry
	require.NoError(t, r.KeepIn(k))
	add(t, &r, "a", order)
	later := schema.Registry{Dialect: "https://json-schema.org/draft/2020-12/schema"}
	require.NoError(t, later.KeepIn(k))
	require.Equal(t, 2, add(t, &later, "a", order))
	require.Equal(t, later.Dialect, later.Versions("a", "")[1].Dialect)
}

func TestWhatWasAddedBeforeIsKeptToo(t *testing.T) {
	var r schema.Registry
	fill(t, &r)
	before := holdings(&r)
	k := &memory{}
	require.NoError(t, r.KeepIn(k))
	var back schema.Registry
	require.NoError(t, back.KeepIn(k))
	require.Equal(t, holdings(&r), holdings(&back))
	require.NotEmpty(t, before)

	// A second start whose code has one version that the first had not.
	var later schema.Registry
	require.Equal(t, 1, add(t, &later, "order.paid", `{"title": "new"}`, unchecked))
	require.NoError(t, later.KeepIn(k))
	versions := later.Versions("order.paid", "")
	require.Len(t, versions, 2)
	require.JSONEq(t, `{"title": "new"}`, string(versions[1].Doc), "it comes after what was kept")
	require.ErrorIs(t, later.KeepIn(k), schema.ErrKept)
	require.NoError(t, later.KeepIn(nil))
	require.NoError(t, later.KeepIn(k), "a bus that is opened again")
	require.Len(t, later.Versions("order.paid", ""), 2)
}

func TestWhatWasAddedBeforeIsCheckedAgainstWhatIsKept(t *testing.T) {
	k := &memory{}
	var r schema.Registry
	require.NoError(t, r.KeepIn(k))
	add(t, &r, "order.paid", order)
	kept := len(k.entries)

	var later schema.Registry
	add(t, &later, "another", order)
	add(t, &later, "order.paid", orderToo) // narrower than what is kept
	before := holdings(&later)
	require.ErrorContains(t, later.KeepIn(k), "order.paid")
	require.Equal(t, before, holdings(&later))
	require.Len(t, k.entries, kept)
	add(t, &later, "third", order)
	require.Len(t, k.entries, kept, "it was not taken up")
}

func TestKeeperFailureLeavesTheRegistryUnchanged(t *testing.T) {
	k := &memory{}
	var r schema.Registry
	require.NoError(t, r.KeepIn(k))
	fill(t, &r)
	before, kept := holdings(&r), len(k.entries)
	k.err = errors.New("disk on fire")
	_, err := r.Add("order.placed", []byte(orderToo), unchecked)
	require.ErrorIs(t, err, k.err)
	require.ErrorIs(t, r.AddDocument("https://shop.example/new.json", []byte(`{}`)), k.err)
	require.ErrorIs(t, r.DeclareType(schema.TypeDecl{Type: "x", Schema: []byte(`{}`)}), k.err)
	require.ErrorIs(t, r.DeclareSource(schema.SourceDecl{Source: "/x"}), k.err)
	require.Equal(t, before, holdings(&r))
	require.Len(t, k.entries, kept)
	k.err = nil
	require.Equal(t, 3, add(t, &r, "order.placed", orderToo, unchecked))

	failing := &memory{err: errors.New("disk on fire")}
	var fresh schema.Registry
	require.ErrorIs(t, fresh.KeepIn(failing), failing.err)
}

func TestChangeIsKeptBeforeItIsInForce(t *testing.T) {
	k := &memory{}
	var r schema.Registry
	require.NoError(t, r.KeepIn(k))
	add(t, &r, "a", order)
	seen := -1
	k.keeping = func() { // readers are not held up by a keeper that writes
		seen = len(r.Versions("a", ""))
		if err := r.Validate(newEvent("a", "/", `{"total": 1.5}`)); err != nil {
			t.Error(err)
		}
	}
	add(t, &r, "a", orderToo, unchecked)
	require.Equal(t, 1, seen)
	require.Len(t, r.Versions("a", ""), 2)
}

func TestDamageIsToldWithItsKey(t *testing.T) {
	k := &memory{}
	var r schema.Registry
	require.NoError(t, r.KeepIn(k))
	fill(t, &r)
	for key, value := range k.entries {
		for name, bad := range map[string]string{
			"empty":         ``,
			"cut":           string(value[:len(value)-1]),
			"of nothing":    `{}`,
			"other":         `[]`,
			"more":          string(value) + `{}`,
			"newer":         strings.Replace(string(value), "{", `{"new": 1, `, 1),
			"no document":   strings.Replace(string(value), `"doc":"`, `"doc":"x`, 1),
			"other type":    strings.Replace(string(value), `"type":"`, `"type":"x`, 1),
			"other URI":     strings.Replace(string(value), `"uri":"`, `"uri":" `, 1),
			"other dialect": strings.Replace(string(value), `draft-07`, `draft-99`, 1),
			"no example":    strings.Replace(string(value), `"example":"`, `"example":"}`, 1),
			"other source":  strings.Replace(string(value), `"source":"`, `"source":"x`, 1),
		} {
			if bad == string(value) {
				continue // no such part
			}
			t.Run(key+" "+name, func(t *testing.T) {
				damaged := &memory{entries: maps.Clone(k.entries)}
				damaged.entries[key] = []byte(bad)
				var back schema.Registry
				err := back.KeepIn(damaged)
				require.ErrorIs(t, err, schema.ErrDamaged)
				require.ErrorContains(t, err, key)
				require.Empty(t, back.Types())
			})
		}
	}
	strange := &memory{entries: map[string][]byte{"else": []byte(`{}`)}}
	require.NoError(t, r.KeepIn(nil))
	require.ErrorIs(t, r.KeepIn(strange), schema.ErrDamaged)
}
