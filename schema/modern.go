package schema

import (
	"errors"
	"maps"
	"strings"

	santhosh "github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/eventbridge-go/eventbridge/internal/jsonschema"
)

// modern is a schema compiled by santhosh-tekuri/jsonschema, which serves every
// dialect.
type modern struct{ schema *santhosh.Schema }

// newModern gives the engine the documents and nothing else.
func newModern(set *jsonschema.Set, docs []*jsonschema.Document) (engine, error) {
	known := &knownDocuments{set: set, from: docs[0], reached: map[*jsonschema.Document]bool{}}
	for _, d := range docs {
		known.reached[d] = true
	}
	c := santhosh.NewCompiler()
	c.UseLoader(known)
	for _, f := range overridden() {
		c.RegisterFormat(f)
	}
	compiled, err := c.Compile(docs[0].URI)
	if err != nil {
		return nil, err
	}
	return &modern{compiled}, nil
}

// knownDocuments is all that the engine can load.
type knownDocuments struct {
	set     *jsonschema.Set
	from    *jsonschema.Document
	reached map[*jsonschema.Document]bool
}

// Load returns the document, or the part of one, that a URI identifies.
func (k *knownDocuments) Load(uri string) (any, error) {
	if k.set == nil {
		return nil, errors.New("nothing is fetched")
	}
	base, _, _ := strings.Cut(uri, "#")
	l, err := k.set.Resolve(jsonschema.Location{Doc: k.from, Base: base}, "#")
	if err != nil {
		return nil, err
	}
	if l.Doc == nil || !k.reached[l.Doc] {
		return nil, errors.New("nothing is fetched")
	}
	o := l.Object()
	if o == nil || o["$schema"] != nil {
		return l.Schema, nil
	}
	o = maps.Clone(o)
	o["$schema"] = l.Doc.Dialect.String()
	return o, nil
}

func (e *modern) refusals(data any) []refusal {
	err := e.schema.Validate(data)
	if err == nil {
		return nil
	}
	var verr *santhosh.ValidationError
	if !errors.As(err, &verr) {
		return []refusal{{keyword: err.Error()}}
	}
	var refused []refusal
	leaves(verr, &refused)
	return refused
}

// leaves are the errors that no other caused.
func leaves(err *santhosh.ValidationError, into *[]refusal) {
	for _, cause := range err.Causes {
		leaves(cause, into)
	}
	if len(err.Causes) > 0 || len(*into) == maxViolations {
		return
	}
	pointer := ""
	for _, token := range err.InstanceLocation {
		pointer = jsonschema.Append(pointer, token)
	}
	*into = append(*into, refusal{pointer, keywordBehind(err)})
}

func keywordBehind(err *santhosh.ValidationError) string {
	if _, ok := err.ErrorKind.(*kind.FalseSchema); ok {
		_, fragment, _ := strings.Cut(err.SchemaURL, "#")
		return fragment[strings.LastIndexByte(fragment, '/')+1:]
	}
	path := err.ErrorKind.KeywordPath()
	switch {
	case len(path) == 0:
		return ""
	case path[0] == "dependency":
		return "dependencies"
	}
	return path[0]
}
