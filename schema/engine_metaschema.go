package schema

import (
	"errors"
	"fmt"
	"sync"

	santhosh "github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/eventbridge-go/eventbridge/internal/jsonschema"
)

// fitMetaschemas says where documents do not fit the metaschema of their dialect. One
// engine looks at that by itself and the other does not; so we do, for both.
func fitMetaschemas(docs []*jsonschema.Document) error {
	var errs []error
	for _, d := range docs {
		refused, err := guarded(func() ([]refusal, error) {
			e := modern{metaschemas()[d.Dialect]}
			return e.refusals(d.Root), nil
		})
		errs = append(errs, err)
		for _, r := range refused {
			errs = append(errs, jsonschema.Fault{Document: d.URI, Pointer: r.pointer, Msg: fmt.Sprintf("it does not fit %q of its dialect's metaschema", r.keyword)})
		}
	}
	return errors.Join(errs...)
}

// metaschemas are compiled when the first document is.
var metaschemas = sync.OnceValue(func() map[jsonschema.Dialect]*santhosh.Schema {
	compiled := map[jsonschema.Dialect]*santhosh.Schema{}
	for d := jsonschema.Draft4; d <= jsonschema.Draft2020; d++ {
		c := santhosh.NewCompiler()
		c.UseLoader(&knownDocuments{})
		compiled[d] = c.MustCompile(metaschema(d))
	}
	return compiled
})
