package filter

// A vector is an array that never changes: setting an element gives a new one that
// shares all but the way there. Elements never set are zero. The zero vector is empty.
type vector[V any] struct {
	root   *vectorNode[V]
	height uint // of the root above the leaves
}

// A vectorNode has 64 children, or 64 elements.
type vectorNode[V any] struct {
	edit     *edit
	kids     []*vectorNode[V]
	elements []V
}

const (
	vectorBits = 6
	vectorMask = 1<<vectorBits - 1
)

// at returns element i, which must have been set.
func (t *vector[V]) at(i int32) V {
	n := t.root
	for h := t.height; h > 0; h-- {
		n = n.kids[uint32(i)>>(vectorBits*h)&vectorMask]
	}
	return n.elements[i&vectorMask]
}

func (t *vector[V]) set(ed *edit, i int32, val V) {
	for uint32(i)>>vectorBits>>(vectorBits*t.height) > 0 {
		if t.root != nil {
			kids := make([]*vectorNode[V], vectorMask+1)
			kids[0] = t.root
			t.root = &vectorNode[V]{edit: ed, kids: kids}
		}
		t.height++
	}
	at := &t.root
	for h := t.height; h > 0; h-- {
		n := ownVector(ed, at)
		if n.kids == nil {
			n.kids = make([]*vectorNode[V], vectorMask+1)
		}
		at = &n.kids[uint32(i)>>(vectorBits*h)&vectorMask]
	}
	n := ownVector(ed, at)
	if n.elements == nil {
		n.elements = make([]V, vectorMask+1)
	}
	n.elements[i&vectorMask] = val
}

// ownVector makes *at a node of this edit.
func ownVector[V any](ed *edit, at **vectorNode[V]) *vectorNode[V] {
	n := *at
	switch {
	case n == nil:
		n = &vectorNode[V]{edit: ed}
	case n.edit != ed:
		n = &vectorNode[V]{ed, append([]*vectorNode[V](nil), n.kids...), append([]V(nil), n.elements...)}
	}
	*at = n
	return n
}
