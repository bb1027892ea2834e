package filter

import (
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/eventbridge-go/eventbridge/internal/cloudevent"
	"github.com/eventbridge-go/eventbridge/internal/document"
)

// A Reason says why a filter does not select an event: the first field that fails, of
// the alternative that came nearest.
type Reason struct {
	Path string // data.total; data.items[1].sku where an element came nearest; empty for what is of no one field
	Want string // numeric > 100
	Got  string // 42, or absent
}

// String is the reason in one line: data.total: want numeric > 100, got 42.
func (r Reason) String() string {
	why := fmt.Sprintf("want %s, got %s", r.Want, r.Got)
	if r.Path == "" {
		return why
	}
	return r.Path + ": " + why
}

// Explain says whether f selects e, and if not, why.
func (f Filter) Explain(e event.Event) (bool, Reason) {
	d, err := document.FromSDK(e)
	if err != nil {
		return false, Reason{Want: "a CloudEvent", Got: err.Error()}
	}
	return f.ExplainDocument(d)
}

// ExplainDocument is Explain for the library itself.
func (f Filter) ExplainDocument(d *document.Document) (bool, Reason) {
	if f.n == nil {
		return true, Reason{}
	}
	p := f.n.compiled()
	v := look(d, p.data, p.paths)
	defer v.done()
	return v.nearest(p.rule)
}

// nearest says whether a clause holds, and if not, what is wrong with the one of which
// most does.
func (v *view) nearest(r rule) (bool, Reason) {
	if len(r) == 0 {
		return false, Reason{Want: "no event at all: the filter selects nothing", Got: "an event"}
	}
	var best Reason
	most := -1.0
	for _, cl := range r {
		share, why := v.explain(cl)
		if share == 1 {
			return true, Reason{}
		}
		if share > most {
			most, best = share, why
		}
	}
	return false, best
}

// explain returns which share of a clause holds, 1 for all of it, and the first part
// that does not.
func (v *view) explain(cl *clause) (share float64, why Reason) {
	held := 0
	for i := range cl.preds {
		p := &cl.preds[i]
		ok := p.matcher == nil && (v.first(p.path) == 0 || len(v.groups) > 1 && cl.scoped(int32(i))) || p.matcher != nil && v.some(p)
		if ok {
			held++
		} else if why.Path == "" {
			why = Reason{p.path.String(), p.want(), v.got(p.path)}
		}
	}
	total := float64(len(cl.preds) + 1)
	if held < len(cl.preds) {
		return float64(held) / total, why
	}
	for i := range cl.scopes {
		s := &cl.scopes[i]
		if ok, err := v.scope(cl, s); !ok {
			return float64(held) / total, v.apart(cl, s, err)
		}
	}
	for _, c := range cl.checks {
		if ok, err := c.holds(v); !ok {
			return float64(held) / total, v.unchecked(c, err)
		}
	}
	return 1, Reason{}
}

// unchecked explains a check that does not hold, or that ended in an error.
func (v *view) unchecked(c check, err error) Reason {
	why := Reason{Want: "the Go function to say yes", Got: "no"}
	switch c := c.(type) {
	case expressed:
		why = Reason{Want: c.String(), Got: "false"}
	case negation:
		why = v.excluded(c)
	case nested:
		_, why = v.nearest(c.of)
	}
	if err != nil {
		why.Got = "an error: " + err.Error()
	}
	return why
}

// excluded explains a negation: by the field, where what it excludes is about one.
func (v *view) excluded(c negation) Reason {
	for _, cl := range c.of {
		if ok, _ := v.all(cl, ^uint32(0)); ok && len(cl.preds) == 1 && cl.plain {
			p := &cl.preds[0]
			return Reason{p.path.String(), "not " + p.want(), v.got(p.path)}
		}
	}
	return Reason{Want: "not " + shortened(Filter{c.source}.String()), Got: "an event that this selects"}
}

// apart explains predicates that hold, each for itself, but in no one element. The
// nearest element is that in which most of them do.
func (v *view) apart(cl *clause, s *scope, err error) Reason {
	switch {
	case err != nil:
		return Reason{Path: "$or", Want: "one branch", Got: err.Error()}
	case len(s.choices) > 0:
		for _, c := range s.choices {
			if why, ok := v.branches(c); !ok {
				return why
			}
		}
		return Reason{Path: "$or", Want: "branches that hold in one element", Got: "no such element"}
	}
	words := (len(s.preds) + 63) / 64
	var nearest int32
	most := -1
	for g := int32(1); int(g) < len(v.groups); g++ {
		if v.epochs[g] != v.epoch {
			continue
		}
		count := 0
		for _, w := range v.held[int(g)*words : (int(g)+1)*words] {
			count += bits.OnesCount64(w)
		}
		if count > most {
			nearest, most = g, count
		}
	}
	for i, n := range s.preds {
		p := &cl.preds[n]
		if !p.path.below(v.groups[nearest].array) {
			continue
		}
		at := int(nearest)*words + i/64
		if p.matcher != nil && v.held[at]>>(i%64)&1 == 0 || p.matcher == nil && v.broken[at]>>(i%64)&1 == 1 {
			return Reason{v.elementPath(p.path, nearest), p.want(), v.gotIn(p.path, nearest)}
		}
	}
	return Reason{Path: v.groups[nearest].array.String(), Want: "all of it in one element", Got: "no such element"}
}

// branches explains a choice that was not multiplied out, by the branch of which most
// holds.
func (v *view) branches(c *compiledChoice) (best Reason, ok bool) {
	most := -1
	for i := range c.branches {
		held, why := 0, Reason{}
		b := &c.branches[i]
		for j := range b.preds {
			if p := &b.preds[j]; v.maybePredicate(p) {
				held++
			} else if why == (Reason{}) {
				why = Reason{p.path.String(), p.want(), v.got(p.path)}
			}
		}
		for _, inner := range b.choices {
			if because, ok := v.branches(inner); ok {
				held++
			} else if why == (Reason{}) {
				why = because
			}
		}
		if held == len(b.preds)+len(b.choices) {
			return Reason{}, true
		}
		if held > most {
			most, best = held, why
		}
	}
	return best, false
}

// elementPath is a path with the elements of the arrays on its way.
func (v *view) elementPath(p *path, g int32) string {
	at := map[*path]int32{}
	for ; g != 0; g = v.groups[g].parent {
		at[v.groups[g].array] = v.groups[g].index
	}
	var parts []string
	for q := p; q.parent != nil; q = q.parent {
		name := q.name
		if i, ok := at[q]; ok {
			name += "[" + strconv.Itoa(int(i)) + "]"
		}
		parts = append(parts, name)
	}
	slices.Reverse(parts)
	return "data." + strings.Join(parts, ".")
}

func (p *path) String() string {
	if !p.inData() {
		return p.attribute
	}
	name := ""
	for ; p.parent != nil; p = p.parent {
		name = "." + p.name + name
	}
	return "data" + name
}

// maxGot bounds how much of an event a reason shows.
const maxGot = 200

func shortened(s string) string {
	if len(s) <= maxGot {
		return s
	}
	return strings.ToValidUTF8(s[:maxGot], "") + "…"
}

func (v *view) got(p *path) string { return v.gotIn(p, -1) }

// gotIn shows what is at a path, in one element or (-1) anywhere.
func (v *view) gotIn(p *path, g int32) string {
	var values []int32
	for i := v.first(p); i != 0; i = v.values[i].next {
		if g < 0 || v.values[i].group == g {
			values = append(values, i)
		}
	}
	var b []byte
	for n, i := range slices.Backward(values) {
		if n < len(values)-1 {
			b = append(b, ", "...)
		}
		if b = v.values[i].appendJSON(b); len(b) > maxGot {
			return shortened(string(b))
		}
	}
	if len(b) > 0 {
		return string(b)
	}
	switch {
	case !p.inData():
	case v.doc.Event.Kind == cloudevent.NoData:
		return "absent: the event has no data"
	case v.doc.JSON() == nil:
		return "absent: the data is not JSON"
	case v.doc.Valid() == nil:
		return "absent: the data is not well-formed JSON"
	case v.holdsObject(p):
		return "an object, which is no value"
	}
	return "absent"
}

// holdsObject says whether there is an object right at a path.
func (v *view) holdsObject(p *path) bool {
	tree, _ := v.doc.Tree()
	var names []string
	for q := p; q.parent != nil; q = q.parent {
		names = append(names, q.name)
	}
	for _, name := range slices.Backward(names) {
		object, ok := tree.(map[string]any)
		if !ok {
			return false
		}
		tree = object[name]
	}
	_, ok := tree.(map[string]any)
	return ok
}

// want describes the alternatives in words.
func (p *predicate) want() string {
	if p.matcher == nil {
		return "absent"
	}
	var wants []string
	for i, c := range p.matcher.any {
		if i == 5 && len(p.matcher.any) > 6 {
			wants = append(wants, fmt.Sprintf("one of %d more", len(p.matcher.any)-i))
			break
		}
		wants = append(wants, describe(c))
	}
	return strings.Join(wants, " or ")
}

func describe(c condition) string {
	switch c := c.(type) {
	case textIs, numberIs, literalIs:
		return string(appendCondition(nil, c))
	case isThere:
		return "any value"
	case *numeric:
		if c.low.set && c.high.set && c.low.number == c.high.number {
			return "numeric = " + c.low.number.String()
		}
		var ends []string
		if c.low.set {
			ends = append(ends, c.low.symbol('>')+" "+c.low.number.String())
		}
		if c.high.set {
			ends = append(ends, c.high.symbol('<')+" "+c.high.number.String())
		}
		return "numeric " + strings.Join(ends, " and ")
	case isNot:
		return "numeric != " + numberIs(c).String()
	case allOf:
		var all []string
		for _, each := range c {
			all = append(all, describe(each))
		}
		return strings.Join(all, " and ")
	}
	return c.operator() + " " + string(c.appendArg(nil))
}

func (c numberIs) String() string { return string(c.appendArg(nil)) }
