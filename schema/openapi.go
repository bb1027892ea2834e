package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/eventbridge-go/eventbridge/internal/jsonschema"
)

// MaxOpenAPI is how large an OpenAPI document may be, in bytes. A schema made of it is
// no larger than any other.
const MaxOpenAPI = 16 << 20

// AddOpenAPI adds components of an OpenAPI 3.0 or 3.1 document, in JSON, as versions of
// event types: types says which component (a name in components/schemas) is the data of
// which type. It adds all or none, as Add does with the same options.
//
// A version holds its component and those it refers to, so that a change elsewhere in
// the document makes no new version. Components of 3.0 are translated to draft-07:
// nullable, exclusiveMinimum and -Maximum, discriminator and references become what
// they mean; readOnly, writeOnly and annotations are left out. Components of 3.1 are
// 2020-12 or what jsonSchemaDialect says.
func (r *Registry) AddOpenAPI(doc []byte, types map[string]string, opts ...AddOption) error {
	api, err := readOpenAPI(doc)
	if err != nil {
		return fmt.Errorf("OpenAPI document: %w", err)
	}
	if len(types) == 0 {
		return errors.New("OpenAPI document: no component is named")
	}
	return r.write(func(c *change) error {
		var errs []error
		added := map[string]string{}
		for _, component := range slices.Sorted(maps.Keys(types)) {
			a := addition{key: key{eventType: types[component]}}
			for _, opt := range opts {
				opt(&a)
			}
			if other, twice := added[a.eventType]; twice {
				errs = append(errs, naming(a.key, fmt.Errorf("both component %q and %q", other, component)))
				continue
			}
			added[a.eventType] = component
			if a.text, err = api.schema(component); err == nil {
				_, err = c.add(a)
			}
			if err != nil {
				errs = append(errs, naming(a.key, fmt.Errorf("component %q: %w", component, placed(err, api))))
			}
		}
		return errors.Join(errs...)
	})
}

// An openAPI is what an OpenAPI document says about data.
type openAPI struct {
	translate func(*translation, map[string]any, string) map[string]any
	dialect   jsonschema.Dialect
	defs      string // where the dialect keeps definitions
	schemas   map[string]any
}

// componentsPrefix is how components refer to each other.
const componentsPrefix = "#/components/schemas/"

func readOpenAPI(doc []byte) (*openAPI, error) {
	if len(doc) > MaxOpenAPI {
		return nil, fmt.Errorf("too large: %d bytes, at most %d", len(doc), MaxOpenAPI)
	}
	var text struct {
		OpenAPI    string `json:"openapi"`
		Dialect    string `json:"jsonSchemaDialect"`
		Components struct {
			Schemas map[string]any `json:"schemas"`
		} `json:"components"`
	}
	dec := json.NewDecoder(bytes.NewReader(doc))
	dec.UseNumber()
	if err := dec.Decode(&text); err != nil {
		return nil, fmt.Errorf("not JSON, or not OpenAPI: %w", err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errors.New("not JSON: more than one value")
	}
	api := &openAPI{schemas: text.Components.Schemas}
	switch {
	case strings.HasPrefix(text.OpenAPI, "3.0."):
		api.dialect, api.defs, api.translate = jsonschema.Draft7, "definitions", (*translation).schema30
		return api, nil
	case strings.HasPrefix(text.OpenAPI, "3.1."):
		api.dialect, api.defs, api.translate = jsonschema.Draft2020, "$defs", (*translation).schema31
	default:
		return nil, fmt.Errorf("its version is %s; known are 3.0 and 3.1", quoted(text.OpenAPI))
	}
	if text.Dialect != "" && !strings.HasPrefix(text.Dialect, "https://spec.openapis.org/oas/3.1/dialect/") {
		known := false
		if api.dialect, known = jsonschema.DialectOf(text.Dialect); !known {
			return nil, fmt.Errorf("jsonSchemaDialect: unknown dialect %s", quoted(text.Dialect))
		}
	}
	if api.dialect < jsonschema.Draft2019 {
		api.defs = "definitions"
	}
	return api, nil
}

// schema is a document of a component and all that it refers to. The component stands
// among the others, since they may refer to it.
func (api *openAPI) schema(component string) ([]byte, error) {
	t := translation{api: api, reached: map[string]bool{}}
	t.reach(component)
	for _, name := range slices.Sorted(maps.Keys(api.schemas)) {
		if o, _ := api.schemas[name].(map[string]any); o["$id"] != nil {
			t.reach(name) // others may refer to its identifier
		}
	}
	definitions := map[string]any{}
	for len(t.queue) > 0 {
		name := t.queue[0]
		t.queue = t.queue[1:]
		at := jsonschema.Append("/components/schemas", name)
		c, ok := api.schemas[name]
		switch {
		case !ok:
			t.fault(at, "there is no such component")
		case !isComponentName(name):
			t.fault(at, "a component's name has letters, digits, dots, hyphens and underscores only")
		default:
			definitions[name] = t.schema(c, at)
		}
	}
	if len(t.faults) > 0 {
		return nil, t.faults
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(map[string]any{
		"$schema": api.dialect.String(),
		"allOf":   []any{map[string]any{"$ref": "#/" + api.defs + "/" + component}},
		api.defs:  definitions,
	})
	return b.Bytes(), err
}

// isComponentName says whether OpenAPI allows the name, which then is the same in a
// JSON Pointer and in a URI.
func isComponentName(name string) bool {
	other := func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune("._-", c)
	}
	return !strings.ContainsFunc(name, other)
}

// placed has faults point into the OpenAPI document.
func placed(err error, api *openAPI) error {
	var faults Faults
	if !errors.As(err, &faults) {
		return err
	}
	moved := slices.Clone(faults)
	for i, f := range moved {
		if rest, ok := strings.CutPrefix(f.Pointer, "/"+api.defs+"/"); ok && f.Document == "" {
			moved[i].Pointer = componentsPrefix[1:] + rest
		}
	}
	return moved
}

// A translation makes JSON Schema of a component.
type translation struct {
	api     *openAPI
	reached map[string]bool
	queue   []string // reached and not yet translated
	faults  Faults
}

func (t *translation) fault(pointer, format string, args ...any) {
	if len(t.faults) < maxViolations {
		t.faults = append(t.faults, Fault{Pointer: pointer, Msg: fmt.Sprintf(format, args...)})
	}
}

func (t *translation) reach(component string) {
	if !t.reached[component] {
		t.reached[component] = true
		t.queue = append(t.queue, component)
	}
}

// schema translates what stands where a schema is expected. What is no object is left
// to others to judge.
func (t *translation) schema(v any, pointer string) any {
	if o, ok := v.(map[string]any); ok {
		return t.api.translate(t, o, pointer)
	}
	return v
}

// ref is where a reference leads in the document that is made.
func (t *translation) ref(ref string) string {
	rest, ok := strings.CutPrefix(ref, componentsPrefix)
	if !ok {
		return ref
	}
	component, _, _ := strings.Cut(rest, "/")
	t.reach(component)
	return "#/" + t.api.defs + "/" + rest
}

// The keywords that hold schemas: one or a list of them, or an object of them. Only
// there are schemas looked for: a property may be called "nullable", an enum may hold
// an object that looks like a reference.
var (
	holdSchemas = map[string]bool{
		"items": true, "additionalItems": true, "prefixItems": true, "contains": true, "unevaluatedItems": true,
		"additionalProperties": true, "propertyNames": true, "unevaluatedProperties": true, "contentSchema": true,
		"allOf": true, "anyOf": true, "oneOf": true, "not": true, "if": true, "then": true, "else": true,
	}
	holdNamedSchemas = map[string]bool{
		"properties": true, "patternProperties": true, "dependentSchemas": true, "dependencies": true,
		"$defs": true, "definitions": true,
	}
)

// held translates the schemas that a keyword holds.
func (t *translation) held(keyword string, v any, pointer string) any {
	switch v := v.(type) {
	case []any:
		if !holdSchemas[keyword] {
			return v
		}
		list := make([]any, len(v))
		for i := range v {
			list[i] = t.schema(v[i], jsonschema.AppendIndex(pointer, i))
		}
		return list
	case map[string]any:
		if holdSchemas[keyword] {
			return t.schema(v, pointer)
		}
		if !holdNamedSchemas[keyword] {
			return v
		}
		named := make(map[string]any, len(v))
		for _, name := range slices.Sorted(maps.Keys(v)) {
			named[name] = t.schema(v[name], jsonschema.Append(pointer, name))
		}
		return named
	}
	return v
}

// schema31 is a schema of OpenAPI 3.1, which is JSON Schema: its references are led to
// where the components now are. One with an identifier refers to itself only.
func (t *translation) schema31(o map[string]any, pointer string) map[string]any {
	if _, identified := o["$id"]; identified {
		return o
	}
	out := make(map[string]any, len(o))
	for _, keyword := range slices.Sorted(maps.Keys(o)) {
		v := o[keyword]
		if ref, ok := v.(string); ok && (keyword == "$ref" || keyword == "$dynamicRef") {
			out[keyword] = t.ref(ref)
			continue
		}
		out[keyword] = t.held(keyword, v, jsonschema.Append(pointer, keyword))
	}
	return out
}
