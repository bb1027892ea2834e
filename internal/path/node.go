package path

// A node is a place in a JSON value that some path goes through or ends at.
type node struct {
	slots    []int // of the values wanted from here
	names    []namedNode
	byName   map[string]*node // when there are many names
	elements []indexedNode
	byIndex  map[int]*node // when there are many elements
	fromEnd  bool          // some index is negative
}

type namedNode struct {
	name string
	node *node
}

type indexedNode struct {
	index int
	node  *node
}

// many is from how many children on a map is quicker than looking at each.
const many = 12

// add lays a path into the tree.
func (n *node) add(steps []step, slot int) {
	for _, st := range steps {
		n = n.child(st)
	}
	n.slots = append(n.slots, slot)
}

func (n *node) child(st step) *node {
	if !st.named {
		return n.addElement(st.index)
	}
	if child := n.member([]byte(st.name)); child != nil {
		return child
	}
	child := new(node)
	n.names = append(n.names, namedNode{st.name, child})
	switch {
	case len(n.names) > many:
		n.byName[st.name] = child
	case len(n.names) == many:
		n.byName = make(map[string]*node)
		for _, m := range n.names {
			n.byName[m.name] = m.node
		}
	}
	return child
}

func (n *node) addElement(index int) *node {
	if child := n.element(index); child != nil {
		return child
	}
	child := new(node)
	n.elements = append(n.elements, indexedNode{index, child})
	n.fromEnd = n.fromEnd || index < 0
	switch {
	case len(n.elements) > many:
		n.byIndex[index] = child
	case len(n.elements) == many:
		n.byIndex = make(map[int]*node)
		for _, e := range n.elements {
			n.byIndex[e.index] = e.node
		}
	}
	return child
}

func (n *node) member(name []byte) *node {
	if n.byName != nil {
		return n.byName[string(name)]
	}
	for i := range n.names {
		if n.names[i].name == string(name) {
			return n.names[i].node
		}
	}
	return nil
}

func (n *node) element(index int) *node {
	if n.byIndex != nil {
		return n.byIndex[index]
	}
	for _, e := range n.elements {
		if e.index == index {
			return e.node
		}
	}
	return nil
}

// forget clears what was found at n and below: a member of the same name has come.
func (n *node) forget(dst []Value) {
	for _, slot := range n.slots {
		dst[slot] = Value{}
	}
	for _, m := range n.names {
		m.node.forget(dst)
	}
	for _, e := range n.elements {
		e.node.forget(dst)
	}
}
