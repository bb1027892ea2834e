package schema

import (
	"errors"
	"strconv"
	"strings"

	"github.com/xeipuuv/gojsonschema"

	"github.com/eventbridge-go/eventbridge/internal/jsonschema"
)

// draft7 is a schema compiled by gojsonschema, which serves draft-04, 06 and 07.
type draft7 struct{ schema *gojsonschema.Schema }

// bundles are where the rewritten documents are found, one per dialect.
const bundles = "http://bundle.invalid/"

// newDraft7 gives the engine one document per dialect, written anew: nothing but
// keywords of the dialect, every reference resolved, no identifiers. So there is
// nothing in them that it could fetch, or take for something else than we do.
func newDraft7(set *jsonschema.Set, doc *jsonschema.Document) (engine, error) {
	b := bundler{set: set, names: map[schemaPlace]string{}, bundles: map[jsonschema.Dialect]map[string]any{}}
	root, _ := doc.At("")
	entry := b.name(root)
	for len(b.queue) > 0 && b.err == nil {
		l := b.queue[0]
		b.queue = b.queue[1:]
		b.bundles[l.Doc.Dialect][b.names[schemaPlace{l.Doc, l.Pointer}]] = b.write(l)
	}
	if b.err != nil {
		return nil, b.err
	}
	formats() // are known to the engine from here on
	sl := gojsonschema.NewSchemaLoader()
	sl.Draft = drafts[doc.Dialect]
	for dialect, schemas := range b.bundles {
		root := map[string]any{"$schema": metaschema(dialect), "schemas": schemas}
		if err := sl.AddSchema(bundle(dialect), loader{tree: root}); err != nil {
			return nil, err
		}
	}
	compiled, err := sl.Compile(loader{JSONLoader: gojsonschema.NewReferenceLoader(entry)})
	if err != nil {
		return nil, err
	}
	return &draft7{compiled}, nil
}

var drafts = map[jsonschema.Dialect]gojsonschema.Draft{
	jsonschema.Draft4: gojsonschema.Draft4,
	jsonschema.Draft6: gojsonschema.Draft6,
	jsonschema.Draft7: gojsonschema.Draft7,
}

func metaschema(d jsonschema.Dialect) string { return strings.TrimSuffix(d.String(), "#") }
func bundle(d jsonschema.Dialect) string     { return bundles + strconv.Itoa(int(d)) }

// A loader hands over a tree. What the engine asks for beyond is the metaschemas it
// carries, or an error: nothing is fetched.
type loader struct {
	gojsonschema.JSONLoader
	tree any
}

func (l loader) LoadJSON() (any, error)                        { return l.tree, nil }
func (l loader) LoaderFactory() gojsonschema.JSONLoaderFactory { return noFetching{} }

type noFetching struct{}

func (noFetching) New(source string) gojsonschema.JSONLoader {
	uri, _, _ := strings.Cut(source, "#")
	for d := range drafts {
		if uri == metaschema(d) {
			return gojsonschema.NewReferenceLoader(source)
		}
	}
	return refusing{gojsonschema.NewReferenceLoader(source)}
}

type refusing struct{ gojsonschema.JSONLoader }

func (refusing) LoadJSON() (any, error) { return nil, errors.New("nothing is fetched") }

func (r refusing) LoaderFactory() gojsonschema.JSONLoaderFactory { return noFetching{} }

func (e *draft7) refusals(data any) []refusal {
	// A tree of json.Number is read as it is, whatever its loader.
	result, err := e.schema.Validate(gojsonschema.NewRawLoader(data))
	if err != nil {
		return []refusal{{keyword: err.Error()}}
	}
	if result.Valid() {
		return nil
	}
	var refused []refusal
	for _, r := range result.Errors() {
		if len(refused) == maxViolations {
			break
		}
		refused = append(refused, refusal{pointerOf(r.Context()), keywordOf(r.Type())})
	}
	return refused
}

// pointerOf makes a JSON Pointer of the engine's own path.
func pointerOf(c *gojsonschema.JsonContext) string {
	const delimiter = "\x00"
	pointer := ""
	for _, token := range strings.Split(c.String(delimiter), delimiter)[1:] {
		pointer = jsonschema.Append(pointer, token)
	}
	return pointer
}

// keywordOf is the keyword behind the engine's name for an error.
func keywordOf(errorType string) string {
	if keyword, ok := draft7Keywords[errorType]; ok {
		return keyword
	}
	return errorType
}

var draft7Keywords = map[string]string{
	"invalid_type":                    "type",
	"number_any_of":                   "anyOf",
	"number_one_of":                   "oneOf",
	"number_all_of":                   "allOf",
	"number_not":                      "not",
	"missing_dependency":              "dependencies",
	"array_no_additional_items":       "additionalItems",
	"array_min_items":                 "minItems",
	"array_max_items":                 "maxItems",
	"unique":                          "uniqueItems",
	"array_min_properties":            "minProperties",
	"array_max_properties":            "maxProperties",
	"additional_property_not_allowed": "additionalProperties",
	"invalid_property_pattern":        "patternProperties",
	"invalid_property_name":           "propertyNames",
	"string_gte":                      "minLength",
	"string_lte":                      "maxLength",
	"multiple_of":                     "multipleOf",
	"number_gte":                      "minimum",
	"number_gt":                       "exclusiveMinimum",
	"number_lte":                      "maximum",
	"number_lt":                       "exclusiveMaximum",
	"condition_then":                  "then",
	"condition_else":                  "else",
}
