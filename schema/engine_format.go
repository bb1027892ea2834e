package schema

import (
	"fmt"
	"regexp"
	"sync"

	santhosh "github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/xeipuuv/gojsonschema"
)

// formats are what both engines check a format by, so that they say the same. Left to
// itself one takes "15:04:05" for a date-time, and neither knows all URI templates.
var formats = sync.OnceValue(func() map[string]formatCheck {
	checks := map[string]formatCheck{"uri-template": uriTemplate.MatchString}
	for _, name := range santhoshFormats {
		s := formatSchema(name)
		checks[name] = func(text string) bool { return s.Validate(text) == nil }
	}
	for name, check := range checks {
		gojsonschema.FormatCheckers.Add(ownFormat+name, check)
	}
	return checks
})

// ownFormat is put before a format's name where one engine keeps the formats of the
// whole process, so that nobody else's are touched.
const ownFormat = "eventbridge:"

type formatCheck func(text string) bool

// IsFormat lets gojsonschema call the check; formats are about texts.
func (check formatCheck) IsFormat(v any) bool {
	text, ok := v.(string)
	return !ok || check(text)
}

var santhoshFormats = []string{
	"date", "date-time", "duration", "email", "hostname", "ipv4", "ipv6", "iri", "iri-reference",
	"json-pointer", "period", "regex", "relative-json-pointer", "semver", "time", "uri", "uri-reference", "uuid",
}

// formatSchema is a schema of nothing but a format.
func formatSchema(name string) *santhosh.Schema {
	const uri = "http://format.invalid/"
	c := santhosh.NewCompiler()
	c.UseLoader(&knownDocuments{})
	c.DefaultDraft(santhosh.Draft7)
	if err := c.AddResource(uri, map[string]any{"format": name}); err != nil {
		panic(err) // the name is one of ours
	}
	return c.MustCompile(uri)
}

// uriTemplate is RFC 6570.
var uriTemplate = func() *regexp.Regexp {
	const (
		encoded = `%[0-9A-Fa-f]{2}`
		literal = `[^\x00-\x20\x7f"%<>\\^` + "`" + `{|}]`
		char    = `(?:[A-Za-z0-9_]|` + encoded + `)`
		name    = char + `+(?:\.` + char + `+)*`
		varspec = name + `(?::[1-9][0-9]{0,3}|\*)?`
	)
	return regexp.MustCompile(`^(?:` + literal + `|` + encoded + `|\{[+#./;?&=,!@|]?` + varspec + `(?:,` + varspec + `)*\})*$`)
}()

// hasFormat says whether a text has a format; what nobody knows, every text has.
func hasFormat(name, text string) bool {
	check, known := formats()[name]
	return !known || check(text)
}

// overridden are the formats that santhosh takes from us.
func overridden() []*santhosh.Format {
	const name = "uri-template"
	return []*santhosh.Format{{Name: name, Validate: func(v any) error {
		if formatCheck(uriTemplate.MatchString).IsFormat(v) {
			return nil
		}
		return fmt.Errorf("no %s", name)
	}}}
}
