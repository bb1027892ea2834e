package schema

import (
	"fmt"
	"strconv"

	"github.com/eventbridge-go/eventbridge/internal/jsonschema"
)

// Engine says which engine serves draft-04, 06 and 07. The newer dialects, and older
// documents that refer to newer ones, are always served by Santhosh.
type Engine uint8

const (
	// GoJSONSchema is xeipuuv/gojsonschema, the default.
	GoJSONSchema Engine = iota
	// Santhosh is santhosh-tekuri/jsonschema.
	Santhosh
)

// String is the name of the engine's module.
func (e Engine) String() string {
	if e == Santhosh {
		return "santhosh-tekuri/jsonschema"
	}
	return "xeipuuv/gojsonschema"
}

// An engine is one compiled schema. It is safe for concurrent use and does not write
// to data.
type engine interface {
	// refusals says what the engine finds wrong; none is a yes.
	refusals(data any) []refusal
}

// A refusal is where an engine says no, and by which keyword.
type refusal struct{ pointer, keyword string }

// A validator is a schema that is ready to be applied.
type validator struct {
	engine engine
	root   *node
	steps  *steps
	slowNo bool // the engine takes long to say no
}

// compile makes a validator of a document of the set. What could harm the process is
// refused before an engine sees it.
func compile(set *jsonschema.Set, doc *jsonschema.Document, e Engine) (*validator, error) {
	docs, err := set.Check(doc)
	if err != nil {
		return nil, err
	}
	for _, d := range docs {
		if d.Dialect > jsonschema.Draft7 {
			e = Santhosh
		}
	}
	v := &validator{slowNo: e == GoJSONSchema}
	g := graph{set: set, nodes: map[schemaPlace]*node{}}
	if v.root, err = g.build(doc); err != nil {
		return nil, err
	}
	v.steps = newSteps(v.root)
	err = guarded(func() error {
		if e == Santhosh {
			v.engine, err = newModern(set, docs)
		} else {
			v.engine, err = newDraft7(set, doc)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %s: %w", doc.URI, e, err)
	}
	return v, nil
}

// guarded calls into an engine and makes an error of its panic.
func guarded(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the engine panicked: %v", p)
		}
	}()
	return f()
}

// validate says what is wrong with data: at most maxViolations, by pointer, and how
// many there are beyond. Data is map[string]any, []any, string, json.Number, bool or
// nil all the way down. It is not written to.
func (v *validator) validate(data any) (violations []Violation, more int) {
	var f findings
	var s size
	if !s.measure(data, 0) {
		f.unfit(data, "", 0)
		return f.sorted()
	}
	steps, affordable := v.steps.count(data, s)
	w := walk{findings: &f, left: max(maxSteps, steps)}
	if affordable && v.slowNo && steps > slowSteps {
		w.apply(v.root, data, "")
		if !f.none() {
			return f.sorted()
		}
		affordable = w.failures <= slowFailures+2*s.values
		w.left = maxSteps
	}
	if !affordable {
		f.add(Violation{"", "", "data that can be validated in " + strconv.Itoa(freeSteps) + " steps", "data that takes more"})
		return f.sorted()
	}
	var refused []refusal
	err := guarded(func() error {
		refused = v.engine.refusals(data)
		return nil
	})
	if err == nil && len(refused) == 0 {
		return nil, 0
	}
	w.apply(v.root, data, "")
	f.addRefusals(refused, err, data)
	return f.sorted()
}

// An engine that takes twenty times as long to say no is not asked about large data in
// which the walk finds something, nor where too many alternatives fail.
const (
	slowSteps    = 20_000
	slowFailures = 100_000
)
