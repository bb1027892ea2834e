package schema

import (
	"slices"
	"strings"

	"github.com/eventbridge-go/eventbridge/internal/jsonschema"
)

// A graph builds the nodes of everything that a document reaches.
type graph struct {
	set      *jsonschema.Set
	docs     []*jsonschema.Document // the first is the one that is compiled
	nodes    map[schemaPlace]*node
	dynamics []dynamic
	compares comparing
	err      error
}

// A dynamic is a reference that means one of several schemas, by the way to it.
type dynamic struct {
	from            *node
	keyword, anchor string
}

// comparing is whether schemas compare values as a whole, and by long numbers.
type comparing struct{ any, long bool }

// newGraph builds the nodes of documents that refer to each other, of which the first
// is the one to validate by.
func newGraph(set *jsonschema.Set, docs []*jsonschema.Document) (*graph, *node, error) {
	g := &graph{set: set, docs: docs, nodes: map[schemaPlace]*node{}}
	entry, _ := docs[0].At("")
	root := g.node(entry)
	for len(g.dynamics) > 0 { // a candidate may have another in it
		d := g.dynamics[0]
		g.dynamics = g.dynamics[1:]
		g.candidates(d)
	}
	return g, root, g.err
}

// node is that of a place, made once.
func (g *graph) node(l jsonschema.Location) *node {
	at := schemaPlace{l.Doc, l.Pointer}
	if l.Doc == nil {
		at.pointer = l.Base + "#" + l.Pointer
	}
	if n, ok := g.nodes[at]; ok {
		return n
	}
	n := &node{id: len(g.nodes), maxContains: -1, minContains: 1}
	g.nodes[at] = n
	if l.Doc == nil {
		n.opaque = true
		return n
	}
	if allowed, ok := l.Schema.(bool); ok {
		n.never = !allowed
		return n
	}
	o := l.Object()
	for _, keyword := range []string{"$ref", "$dynamicRef", "$recursiveRef"} {
		if ref, ok := o[keyword].(string); ok && refersIn(keyword, l.Doc.Dialect) {
			to, err := g.set.Resolve(l, ref)
			if err != nil {
				g.err = err
				return n
			}
			n.refs = append(n.refs, g.node(g.meaning(n, keyword, ref, to)))
		}
	}
	if o["$ref"] != nil && l.Doc.Dialect <= jsonschema.Draft7 {
		n.alone = true
		return n
	}
	n.read(o, l.Doc.Dialect)
	g.compare(n)
	for _, c := range l.Children() {
		n.hold(c, o, g.node(c.Location))
	}
	return n
}

// compare notes what a schema compares.
func (g *graph) compare(n *node) {
	if n.enum == nil && !n.hasConst && !n.unique {
		return
	}
	g.compares.any = true
	var s size
	s.measure([]any{n.enum, n.constant}, 0)
	g.compares.long = g.compares.long || s.long
}

// meaning is what a reference means. Of a dynamic one that is the outermost schema on
// the way with the same anchor: when the document that is compiled has it, there. Else
// the violations are told by the nearest, and the steps counted by all of them.
func (g *graph) meaning(n *node, keyword, ref string, to jsonschema.Location) jsonschema.Location {
	anchor, _ := to.Object()["$dynamicAnchor"].(string)
	switch {
	case keyword == "$recursiveRef" && to.Object()["$recursiveAnchor"] == true:
		if entry, _ := g.docs[0].At(""); isAnchor(entry, keyword, "") {
			return entry
		}
		g.dynamics = append(g.dynamics, dynamic{n, keyword, ""})
	case keyword == "$dynamicRef" && anchor != "" && strings.HasSuffix(ref, "#"+anchor):
		entry, err := g.set.Resolve(jsonschema.Location{Doc: g.docs[0], Base: g.docs[0].Base}, "#"+anchor)
		if err == nil && isAnchor(entry, keyword, anchor) {
			return entry
		}
		g.dynamics = append(g.dynamics, dynamic{n, keyword, anchor})
	}
	return to
}

// candidates adds all that a dynamic reference may mean.
func (g *graph) candidates(d dynamic) {
	for _, doc := range g.docs {
		for l := range doc.Schemas() {
			if !isAnchor(l, d.keyword, d.anchor) {
				continue
			}
			if n := g.node(l); !slices.Contains(d.from.refs, n) {
				d.from.mayRefer = append(d.from.mayRefer, n)
			}
		}
	}
}

func isAnchor(l jsonschema.Location, keyword, anchor string) bool {
	if keyword == "$recursiveRef" {
		return l.Object()["$recursiveAnchor"] == true
	}
	return l.Object()["$dynamicAnchor"] == anchor
}

func refersIn(keyword string, d jsonschema.Dialect) bool {
	switch keyword {
	case "$dynamicRef":
		return d >= jsonschema.Draft2020
	case "$recursiveRef":
		return d == jsonschema.Draft2019
	}
	return true
}
