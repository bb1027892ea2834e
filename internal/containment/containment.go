// Package containment decides whether every document that one JSON Schema accepts,
// the writer's, is accepted by another, the reader's: yes, no and why, or not proven.
//
// It never says yes where a counter-example exists. It may say "not proven" where the
// answer is yes: two regular expressions are compared by their text only. A no is that of
// a rule, such as "required"; it is wrong only where the writer's schema has a part
// that nothing satisfies and that this package does not see through.
//
// # How
//
// The writer is a conjunction of schemas: a schema, what it refers to, its allOf.
// Nothing is merged; a bound is the tightest of all members, a property is what all
// members say of it. The reader is taken keyword by keyword, and each must follow from
// the writer. Where it does not, the writer is split by its alternatives (anyOf, oneOf,
// if) and each case is asked by itself.
//
// A pair that is asked for again while it is being decided is assumed to be accepted:
// a document is finite, and the question has gone down one level of it meanwhile.
package containment

import (
	"slices"
	"strconv"
	"strings"

	"github.com/eventbridge-go/eventbridge/internal/jsonschema"
)

// DefaultBudget is how many steps a question may take.
const DefaultBudget = 200_000

// Options say how schemas are read.
type Options struct {
	// Set resolves references. Nil resolves those within a document.
	Set *jsonschema.Set
	// Strict takes both schemas by the letter. Otherwise the writer writes only what he
	// declares: once an object has properties or patternProperties, others are written
	// only if they are required or if additionalProperties or unevaluatedProperties is
	// there and is not false. And the reader ignores an additionalProperties or
	// unevaluatedProperties that is false in what must hold; what decides (not, if, how
	// many of oneOf hold) he reads by the letter.
	Strict bool
	// DefaultsFill lets a reader fill in a required property from its "default", so
	// that a writer may lack it.
	DefaultsFill bool
	// Budget is how many steps may be taken; beyond it nothing is proven. Default
	// DefaultBudget.
	Budget int
}

// A Break is one reason why not.
type Break struct {
	// Rule is its short name.
	Rule string
	// Writer and Reader are JSON Pointers into the writer's and the reader's document,
	// or the URI of another document with a JSON Pointer after "#".
	Writer, Reader string
	// Unproven: nothing shows that some document is refused, and nothing that none is.
	Unproven bool

	row  string // of the table of sentences
	args [3]string
}

// Check says why not every document that the writer accepts is accepted by the
// reader: all reasons, in a fixed order. None means that every one is.
func Check(writer, reader jsonschema.Location, opts Options) []Break {
	if opts.Set == nil {
		opts.Set = &jsonschema.Set{}
	}
	if opts.Budget <= 0 {
		opts.Budget = DefaultBudget
	}
	c := &checker{Options: opts, nodes: map[place]*node{}, answers: map[string]*answer{}, emptiness: map[string]bool{}, sameness: map[[2]int]bool{}}
	c.writer, c.reader = writer.Doc, reader.Doc
	c.itself = writer.Doc == reader.Doc && writer.Pointer == reader.Pointer
	w := c.expand([]member{{n: c.node(writer)}}, allKinds, nil, nil)
	breaks := dedupe(c.accepts(w, c.node(reader)))
	all := len(breaks)
	breaks = slices.DeleteFunc(breaks, func(b Break) bool { return b.Rule == "budget" })
	if c.exhausted() && all > 0 || len(breaks) < all {
		breaks = append(breaks, Break{Rule: "budget", row: "budget", Unproven: true})
	}
	return breaks
}

// Unproven says whether none of the breaks is more than a lack of proof.
func Unproven(breaks []Break) bool {
	for _, b := range breaks {
		if !b.Unproven {
			return false
		}
	}
	return true
}

// A checker answers one question.
type checker struct {
	Options
	writer    *jsonschema.Document
	reader    *jsonschema.Document
	itself    bool // a schema is compared to itself
	nodes     map[place]*node
	made      int // nodes, to number them
	steps     int
	depth     int // how many levels down the document the question is
	nesting   int // of calls
	answers   map[string]*answer
	order     []string // of the answers, oldest first
	emptiness map[string]bool
	sameness  map[[2]int]bool
}

type place struct {
	doc     *jsonschema.Document
	pointer string
}

// An answer to whether a reader's node accepts a writer.
type answer struct {
	done   bool
	depth  int // at which it was asked
	breaks []Break
}

func (c *checker) step() { c.steps++ }

// maxNesting bounds the stack. Schemas within its limits do not come near, but for
// pairs that unroll each other.
const maxNesting = 1_000

func (c *checker) exhausted() bool { return c.steps > c.Budget }

// accepts says why the reader does not accept all that the writer does.
func (c *checker) accepts(w *conj, r *node) []Break {
	c.step()
	if c.exhausted() || c.nesting > maxNesting {
		return []Break{c.breakAt("budget", w, r, "", true)}
	}
	if w.never || w.kinds == 0 || c.always(r) || c.isMember(w, r) {
		return nil
	}
	key := w.key() + ">" + strconv.Itoa(r.id)
	if a, asked := c.answers[key]; asked {
		switch {
		case a.done:
			return a.breaks
		case a.depth == c.depth:
			return []Break{c.breakAt("cycle", w, r, "", true)}
		}
		return nil
	}
	a := &answer{depth: c.depth}
	c.answers[key] = a
	mark := len(c.order)
	c.order = append(c.order, key)
	c.nesting++
	a.breaks = c.decide(w, r)
	c.nesting--
	a.done = true
	if len(a.breaks) > 0 {
		c.forget(mark)
	}
	return a.breaks
}

// forget drops each yes that was found while what turned out to be a no was assumed
// to be a yes.
func (c *checker) forget(mark int) {
	kept := c.order[:mark+1]
	for _, key := range c.order[mark+1:] {
		if a := c.answers[key]; a != nil && len(a.breaks) == 0 {
			delete(c.answers, key)
			continue
		}
		kept = append(kept, key)
	}
	c.order = kept
}

func (c *checker) decide(w *conj, r *node) []Break {
	if values, ok := c.finite(w); ok {
		return c.values(w, values, r)
	}
	breaks := c.rules(w, r)
	if len(breaks) == 0 || c.empty(w) {
		return nil
	}
	if c.doubtful(w) {
		breaks = unproven(breaks)
	}
	if cases := c.cases(w); cases != nil {
		return c.each(cases, r)
	}
	return c.byKind(w, r, breaks)
}

// doubtful says whether the writer may be narrower than is seen here, so that what he
// is thought to write is no counter-example.
func (c *checker) doubtful(w *conj) bool {
	return w.doubtful || c.any(w, func(v *view) bool { return len(v.opaque) > 0 || v.not != nil && !c.view(v.not).hasEnum })
}

// each asks about all cases.
func (c *checker) each(cases []*conj, r *node) []Break {
	var found []Break
	for _, one := range cases {
		breaks := c.accepts(one, r)
		if one.doubtful {
			breaks = unproven(breaks)
		}
		found = append(found, breaks...)
	}
	return dedupe(found)
}

// byKind asks again by kinds of values where there are several and the whole left
// something open.
func (c *checker) byKind(w *conj, r *node, breaks []Break) []Break {
	if !slices.ContainsFunc(breaks, func(b Break) bool { return b.Unproven }) {
		return breaks
	}
	var cases []*conj
	for _, mask := range []kinds{null | boolean, number, text, array, object} {
		if w.kinds&mask != 0 && w.kinds&mask != w.kinds {
			cases = append(cases, c.of(w, mask))
		}
	}
	if cases == nil {
		return breaks
	}
	found := c.each(cases, r)
	if len(found) == 0 || Unproven(breaks) && !Unproven(found) {
		return found
	}
	return breaks
}

// always says whether a node accepts everything.
func (c *checker) always(r *node) bool {
	v := c.view(r)
	return v.isTrue || !v.never && len(v.keywords) == 0
}

// isMember says whether the reader's node is one of those that hold for the writer.
func (c *checker) isMember(w *conj, r *node) bool {
	for _, m := range w.members {
		if c.same(m.n, r) {
			return true
		}
	}
	return false
}

// dedupe keeps the first of equal breaks, as proven if one of them is.
func dedupe(breaks []Break) []Break {
	seen := make(map[Break]int, len(breaks))
	var kept []Break
	for _, b := range breaks {
		key := b
		key.Unproven = true
		if i, again := seen[key]; again {
			kept[i].Unproven = kept[i].Unproven && b.Unproven
			continue
		}
		seen[key] = len(kept)
		kept = append(kept, b)
	}
	return kept
}

// breakAt is a break of a rule between a writer and a keyword of a reader's node.
func (c *checker) breakAt(row string, w *conj, r *node, keyword string, unproven bool, args ...string) Break {
	rule, _, _ := strings.Cut(row, "/")
	if rule == "lower" || rule == "upper" || rule == "opaque" {
		rule = keyword
	}
	b := Break{Rule: rule, row: row, Writer: w.place(c.writer), Reader: r.loc.Pointer, Unproven: unproven}
	if r.loc.Doc != c.reader {
		b.Reader = r.loc.String()
	}
	if keyword != "" {
		b.Reader += "/" + strings.TrimPrefix(keyword, "/")
	}
	copy(b.args[:], args)
	return b
}
