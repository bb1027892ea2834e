package filter

// A hashTrie is a map that never changes: setting and deleting give a new one that
// shares all but the way to the change. The zero hashTrie is empty.
type hashTrie[K comparable, V any] struct {
	root *hashNode[K, V]
	size int
}

// A hashNode has sixteen children, or a page of a few entries. It is one cache line:
// the tags tell which entry is worth a look.
type hashNode[K comparable, V any] struct {
	edit    *edit
	kids    *[16]*hashNode[K, V]
	entries []hashEntry[K, V]
	tags    [pageSize]uint8 // of the first entries
}

type hashEntry[K comparable, V any] struct {
	hash uint64
	key  K
	val  V
}

// An edit is one change of a Set. What it made itself it may write to until the
// change is published.
type edit struct{ _ byte }

// pageSize is how many entries a page holds, but for one whose hashes are all equal.
const pageSize = 24

func tagOf(hash uint64) uint8 { return uint8(hash >> 56) }

// get returns the value of a key, to be read only, or nil.
func (t *hashTrie[K, V]) get(hash uint64, key K) *V {
	n := t.root
	if n == nil {
		return nil
	}
	for h := hash; n.kids != nil; h >>= 4 {
		if n = n.kids[h&15]; n == nil {
			return nil
		}
	}
	return n.find(hash, key)
}

func (n *hashNode[K, V]) find(hash uint64, key K) *V {
	tag := tagOf(hash)
	for i := range n.entries {
		if i < pageSize && n.tags[i] != tag {
			continue
		}
		if e := &n.entries[i]; e.hash == hash && e.key == key {
			return &e.val
		}
	}
	return nil
}

// hashes calls fn with the hash of each entry.
func (n *hashNode[K, V]) hashes(fn func(uint64)) {
	if n.kids != nil {
		for _, kid := range n.kids {
			if kid != nil {
				kid.hashes(fn)
			}
		}
	}
	for i := range n.entries {
		fn(n.entries[i].hash)
	}
}

// slot returns where the value of a key is written, which is made if need be.
func (t *hashTrie[K, V]) slot(ed *edit, hash uint64, key K) *V {
	val, added := insert(ed, &t.root, hash, 0, key)
	if added {
		t.size++
	}
	return val
}

func insert[K comparable, V any](ed *edit, at **hashNode[K, V], hash uint64, shift uint, key K) (*V, bool) {
	n := own(ed, at)
	for n.kids != nil {
		at = &n.kids[hash>>shift&15]
		shift += 4
		n = own(ed, at)
	}
	if val := n.find(hash, key); val != nil {
		return val, false
	}
	if len(n.entries) < pageSize || shift >= 64 {
		return n.add(hash, key), true
	}
	entries := n.entries
	n.entries, n.kids = nil, new([16]*hashNode[K, V])
	for _, e := range entries {
		val, _ := insert(ed, &n.kids[e.hash>>shift&15], e.hash, shift+4, e.key)
		*val = e.val
	}
	return insert(ed, &n.kids[hash>>shift&15], hash, shift+4, key)
}

// add puts a new entry on a page.
func (n *hashNode[K, V]) add(hash uint64, key K) *V {
	last := len(n.entries)
	if last < pageSize {
		n.tags[last] = tagOf(hash)
	}
	n.entries = append(n.entries, hashEntry[K, V]{hash: hash, key: key})
	return &n.entries[last].val
}

// own makes *at a node of this edit.
func own[K comparable, V any](ed *edit, at **hashNode[K, V]) *hashNode[K, V] {
	n := *at
	switch {
	case n == nil:
		n = &hashNode[K, V]{edit: ed}
	case n.edit == ed:
		return n
	default:
		c := &hashNode[K, V]{edit: ed, tags: n.tags}
		if n.kids != nil {
			kids := *n.kids
			c.kids = &kids
		}
		if len(n.entries) > 0 {
			c.entries = make([]hashEntry[K, V], len(n.entries), len(n.entries)+1)
			copy(c.entries, n.entries)
		}
		n = c
	}
	*at = n
	return n
}

// remove takes a key out.
func (t *hashTrie[K, V]) remove(ed *edit, hash uint64, key K) {
	if t.get(hash, key) == nil {
		return
	}
	t.size--
	t.root = remove(ed, t.root, hash, 0, key)
}

func remove[K comparable, V any](ed *edit, n *hashNode[K, V], hash uint64, shift uint, key K) *hashNode[K, V] {
	n = own(ed, &n)
	if n.kids != nil {
		i := hash >> shift & 15
		n.kids[i] = remove(ed, n.kids[i], hash, shift+4, key)
		return n.shrunk()
	}
	for i := range n.entries {
		if e := &n.entries[i]; e.hash == hash && e.key == key {
			last := len(n.entries) - 1
			n.entries[i] = n.entries[last]
			n.entries[last] = hashEntry[K, V]{}
			n.entries = n.entries[:last]
			if i < pageSize && i < last {
				n.tags[i] = tagOf(n.entries[i].hash)
			}
			break
		}
	}
	if len(n.entries) == 0 {
		return nil
	}
	return n
}

// shrunk is a node whose children fit on half a page as that page, and one without
// any as nil.
func (n *hashNode[K, V]) shrunk() *hashNode[K, V] {
	total := 0
	for _, kid := range n.kids {
		if kid != nil {
			if kid.kids != nil {
				return n
			}
			total += len(kid.entries)
		}
	}
	if total > pageSize/2 {
		return n
	}
	if total == 0 {
		return nil
	}
	page := &hashNode[K, V]{edit: n.edit, entries: make([]hashEntry[K, V], 0, total)}
	for _, kid := range n.kids {
		if kid != nil {
			for i := range kid.entries {
				*page.add(kid.entries[i].hash, kid.entries[i].key) = kid.entries[i].val
			}
		}
	}
	return page
}
