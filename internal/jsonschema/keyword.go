package jsonschema

// The form of a keyword that holds subschemas.
type form uint8

const (
	one       form = iota // a schema
	many                  // an array of schemas
	oneOrMany             // either
	named                 // an object of schemas
	dependent             // an object of schemas, or of arrays of names
)

// A keyword that holds subschemas.
type keyword struct {
	form        form
	from, until Dialect
	// inPlace: what it holds is applied to the same value, not to a part of it.
	inPlace bool
	// boolean: where schemas are objects only, it may be a boolean all the same.
	boolean bool
}

var keywords = map[string]keyword{
	"allOf":                 {form: many, inPlace: true},
	"anyOf":                 {form: many, inPlace: true},
	"oneOf":                 {form: many, inPlace: true},
	"not":                   {form: one, inPlace: true},
	"if":                    {form: one, inPlace: true, from: Draft7},
	"then":                  {form: one, inPlace: true, from: Draft7},
	"else":                  {form: one, inPlace: true, from: Draft7},
	"dependencies":          {form: dependent, inPlace: true, until: Draft7},
	"dependentSchemas":      {form: named, inPlace: true, from: Draft2019},
	"properties":            {form: named},
	"patternProperties":     {form: named},
	"additionalProperties":  {form: one, boolean: true},
	"propertyNames":         {form: one, from: Draft6},
	"items":                 {form: oneOrMany},
	"prefixItems":           {form: many, from: Draft2020},
	"additionalItems":       {form: one, boolean: true, until: Draft2019},
	"contains":              {form: one, from: Draft6},
	"unevaluatedItems":      {form: one, from: Draft2019},
	"unevaluatedProperties": {form: one, from: Draft2019},
	"contentSchema":         {form: one, from: Draft2019},
	"definitions":           {form: named},
	"$defs":                 {form: named, from: Draft2019},
}

// holds says whether, and how, a keyword holds subschemas in a dialect.
func holds(name string, d Dialect) (keyword, bool) {
	k, ok := keywords[name]
	if !ok || d < k.from || k.until != 0 && d > k.until {
		return keyword{}, false
	}
	if name == "items" && d >= Draft2020 {
		k.form = one
	}
	return k, true
}

// idKeyword is where a dialect keeps a schema's identifier.
func (d Dialect) idKeyword() string {
	if d == Draft4 {
		return "id"
	}
	return "$id"
}

// refAlone says whether what stands beside a "$ref" is ignored.
func (d Dialect) refAlone() bool { return d <= Draft7 }

// Ref returns the "$ref" of the schema.
func (l Location) Ref() (string, bool) {
	ref, ok := l.Object()["$ref"].(string)
	return ref, ok
}

// refOnly says whether the schema is a reference beside which nothing counts.
func (l Location) refOnly() bool {
	_, ok := l.Ref()
	return ok && l.Doc.Dialect.refAlone()
}
