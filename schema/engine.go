package schema

import (
	"fmt"
	"strconv"
	"sync"

	"github.com/eventbridge-go/eventbridge/internal/jsonschema"
)

// Engine says which engine serves draft-04, 06 and 07. The newer dialects, and older
// documents that refer to newer ones, are always served by Santhosh.
type Engine uint8

const (
	// GoJSONSchema is xeipuuv/gojsonschema, the default. It leaves to the other what is
	// compared as a whole and has numbers of more than 15 characters, large data, and a
	// schema with a const beyond float64.
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
	// exact is the engine for what gojsonschema would compare as float64, or take long
	// to refuse: nil where the engine is another.
	exact    func() (engine, error)
	root     *node
	steps    *steps
	compares comparing
}

// compile makes a validator of a document of the set. What could harm the process is
// refused before an engine sees it.
func compile(set *jsonschema.Set, doc *jsonschema.Document, e Engine) (*validator, error) {
	docs, err := set.Check(doc)
	if err != nil {
		return nil, err
	}
	if err := fitMetaschemas(docs); err != nil {
		return nil, err
	}
	for _, d := range docs {
		if d.Dialect > jsonschema.Draft7 {
			e = Santhosh
		}
	}
	g, root, err := newGraph(set, docs)
	if err != nil {
		return nil, err
	}
	v := &validator{root: root, steps: newSteps(root), compares: g.compares}
	modern := func() (engine, error) { return newModern(set, docs) }
	if e != Santhosh {
		v.engine, err = guarded(func() (engine, error) { return newDraft7(set, doc) })
		v.exact = sync.OnceValues(func() (engine, error) { return guarded(modern) })
	}
	if e == Santhosh || err != nil { // gojsonschema wants every const to be a float64
		v.engine, err = guarded(modern)
		v.exact = nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %s: %w", doc.URI, e, err)
	}
	return v, nil
}

// guarded calls into an engine and makes an error of its panic.
func guarded[T any](f func() (T, error)) (result T, err error) {
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
	if !affordable {
		f.add(Violation{"", "", "data that can be validated in " + strconv.Itoa(freeSteps) + " steps", "data that takes more"})
		return f.sorted()
	}
	refused, err := v.refusals(data, s, steps)
	if err == nil && len(refused) == 0 {
		return nil, 0
	}
	w := walk{findings: &f, left: max(maxSteps, steps)}
	w.apply(v.root, data, nil)
	f.addRefusals(refused, err, data)
	return f.sorted()
}

// slowSteps is from where on gojsonschema is not asked: it takes 20 µs for each no, also
// to an alternative that does not count, and cannot be stopped.
const slowSteps = 50_000

// refusals asks the engine that can tell, and in time.
func (v *validator) refusals(data any, s size, steps int) ([]refusal, error) {
	ask := func(e engine) ([]refusal, error) {
		return guarded(func() ([]refusal, error) { return e.refusals(data), nil })
	}
	long := v.compares.long || v.compares.any && s.long
	if v.exact == nil || !long && steps <= slowSteps {
		refused, err := ask(v.engine)
		if err == nil || v.exact == nil {
			return refused, err
		}
	}
	e, err := v.exact()
	if err != nil {
		return nil, err
	}
	return ask(e)
}
