package schema

import (
	"fmt"
	"slices"
	"strings"

	"github.com/eventbridge-go/eventbridge/internal/jsonschema"
)

// AddDocument adds a document that schemas can refer to under a URI, and under its own
// identifier where it has one. The same document again is no error; another under the
// same URI is ErrDocumentExists: a document that versions are made of never changes.
//
// What the document refers to may be added after it: a schema of [Registry.Add] must
// find all that it reaches. The text is copied.
func (r *Registry) AddDocument(uri string, doc []byte) error {
	doc = slices.Clone(doc)
	err := r.write(func(c *change) error { return c.addDocument(uri, doc, 0) })
	if err != nil {
		return fmt.Errorf("document %q: %w", uri, err)
	}
	return nil
}

// addDocument adds a shared document, unless it is there.
func (c *change) addDocument(uri string, text []byte, kept jsonschema.Dialect) error {
	dialect, err := c.dialect(kept)
	if err != nil {
		return err
	}
	if uri = strings.TrimSuffix(uri, "#"); uri == "" || strings.Contains(uri, "#") {
		return fmt.Errorf("its URI must be absolute, without a fragment")
	}
	if err := checkNames("t", "", uri); err != nil {
		return err
	}
	d, err := jsonschema.Parse(uri, text, dialect)
	if err != nil {
		return err
	}
	if old, ok := c.next.documents[uri]; ok {
		if old.doc.Dialect == d.Dialect && equal(old.doc.Root, d.Root) {
			return nil
		}
		return ErrDocumentExists
	}
	set := c.next.set.Clone()
	if err := set.Add(d); err != nil {
		return err
	}
	added := shared{d, text, dialect}
	entry, err := documentEntry(uri, added)
	if err != nil {
		return err
	}
	c.entries = append(c.entries, entry)
	c.next.set = set
	c.next.documents[uri] = added
	return nil
}
