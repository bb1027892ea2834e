package filter

import (
	"hash/maphash"
	"slices"
)

// A path is an attribute, or a place in the data, that some filter of a Set asks
// for. Its number is small and its own as long as it is used.
type path struct {
	id        int32
	attribute string // its name; empty for a place in the data
	name      string // the last segment
	parent    *path  // of a place in the data; nil for the data itself
	depth     int32
	refs      int // filters and longer paths that use it. The writer's alone
}

func (p *path) inData() bool { return p.attribute == "" }

// below says whether p lies somewhere under q.
func (p *path) below(q *path) bool {
	for p.depth > q.depth {
		if p = p.parent; p == q {
			return true
		}
	}
	return false
}

// A branch is a node of the trie of data paths, by which the data is scanned. It is
// immutable once published.
type branch struct {
	edit *edit
	path *path
	few  []*branch // children, while they are few
	many hashTrie[string, *branch]
}

const fewBranches = 12

var branchSeed = maphash.MakeSeed()

func (b *branch) leaf() bool { return len(b.few) == 0 && b.many.size == 0 }

func (b *branch) find(name string) *branch {
	for _, kid := range b.few {
		if kid.path.name == name {
			return kid
		}
	}
	if b.many.size > 0 {
		if kid := b.many.get(maphash.String(branchSeed, name), name); kid != nil {
			return *kid
		}
	}
	return nil
}

// A pathTable hands out paths. It belongs to the writer; readers see the trie of
// the snapshot they have.
type pathTable struct {
	attributes map[string]*path
	root       *branch
	free       []int32
	next       int32 // the least number never used
}

func newPathTable() *pathTable {
	t := &pathTable{attributes: map[string]*path{}}
	t.root = &branch{path: &path{id: t.number()}}
	return t
}

func (t *pathTable) number() int32 {
	if n := len(t.free); n > 0 {
		id := t.free[n-1]
		t.free = t.free[:n-1]
		return id
	}
	t.next++
	return t.next - 1
}

// attribute returns the path of an attribute and counts one more use.
func (t *pathTable) attribute(name string) *path {
	p := t.attributes[name]
	if p == nil {
		p = &path{id: t.number(), attribute: name}
		t.attributes[name] = p
	}
	p.refs++
	return p
}

// data returns the path of a place in the data and counts one more use.
func (t *pathTable) data(ed *edit, segments []string) *path {
	at := &t.root
	for _, name := range segments {
		b := t.own(ed, at)
		at = b.kid(ed, name)
		if *at == nil {
			p := &path{id: t.number(), name: name, parent: b.path, depth: b.path.depth + 1}
			b.path.refs++
			*at = &branch{edit: ed, path: p}
		}
	}
	(*at).path.refs++
	return (*at).path
}

func (t *pathTable) own(ed *edit, at **branch) *branch {
	b := *at
	if b.edit != ed {
		b = &branch{edit: ed, path: b.path, few: slices.Clone(b.few), many: b.many}
		*at = b
	}
	return b
}

// kid returns where b keeps the child of that name, which may be nil and is then to
// be set.
func (b *branch) kid(ed *edit, name string) **branch {
	for i, kid := range b.few {
		if kid.path.name == name {
			return &b.few[i]
		}
	}
	if b.many.size == 0 && len(b.few) < fewBranches {
		b.few = append(b.few, nil)
		return &b.few[len(b.few)-1]
	}
	for _, kid := range b.few {
		*b.many.slot(ed, maphash.String(branchSeed, kid.path.name), kid.path.name) = kid
	}
	b.few = nil
	return b.many.slot(ed, maphash.String(branchSeed, name), name)
}

// release counts one use less. A path without any is gone.
func (t *pathTable) release(ed *edit, p *path) {
	p.refs--
	if p.refs > 0 || p == t.root.path {
		return
	}
	t.free = append(t.free, p.id)
	if !p.inData() {
		delete(t.attributes, p.attribute)
		return
	}
	var names []string
	for q := p.parent; q.parent != nil; q = q.parent {
		names = append(names, q.name)
	}
	b := t.own(ed, &t.root)
	for _, name := range slices.Backward(names) {
		b = t.own(ed, b.kid(ed, name))
	}
	b.drop(ed, p.name)
	t.release(ed, p.parent)
}

func (b *branch) drop(ed *edit, name string) {
	if b.many.size > 0 {
		b.many.remove(ed, maphash.String(branchSeed, name), name)
		return
	}
	b.few = slices.DeleteFunc(b.few, func(kid *branch) bool { return kid.path.name == name })
}
