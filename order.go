package eventbridge

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/eventbridge-go/eventbridge/internal/document"
	"github.com/eventbridge-go/eventbridge/internal/lane"
)

// An Order says which events of a rule go one after the other: those with the same
// order key. The zero Order is the source and subject of an event. An event without a
// key (no subject, say) is held back by nothing.
type Order struct {
	path string
	none bool
}

// OrderBy orders by an attribute, such as "subject" or an extension, or by a path into
// the data, such as "data.account". Keys are strings, numbers as they are written, and
// booleans; events whose value is anything else, or missing, are held back by nothing.
func OrderBy(path string) Order { return Order{path: path} }

// Unordered gives up order: nothing is held back by anything.
func Unordered() Order { return Order{none: true} }

// String is the same for two orders exactly when they give the same keys.
func (o Order) String() string {
	switch {
	case o.none:
		return "(none)"
	case o.path == "":
		return "(source and subject)"
	}
	return o.path
}

// orderNamed is the order whose String is text.
func orderNamed(text string) Order {
	switch text {
	case Unordered().String():
		return Unordered()
	case Order{}.String():
		return Order{}
	}
	return OrderBy(text)
}

var orderPath = regexp.MustCompile(`^(data(\.[^.]+)+|[a-z0-9]+)$`)

func (o Order) check() error {
	if o.path != "" && !orderPath.MatchString(o.path) || o.path == "data" {
		return fmt.Errorf("%q is neither an attribute nor a path such as data.account", o.path)
	}
	return nil
}

// key is the order key of the event at p, hashed.
func (o Order) key(doc *document.Document, p Position) lane.Key {
	e := &doc.Event
	switch {
	case o.none:
	case o.path == "":
		if e.Subject != "" {
			return hashKey(e.Source, e.Subject)
		}
	case strings.HasPrefix(o.path, "data."):
		if tree, err := doc.Tree(); err == nil {
			if text, ok := leaf(tree, strings.Split(o.path[len("data."):], ".")); ok {
				return hashKey("", text)
			}
		}
	default:
		if text := attribute(doc, o.path); text != "" {
			return hashKey("", text)
		}
	}
	return lane.Alone | lane.Key(p)
}

func attribute(doc *document.Document, name string) string {
	e := &doc.Event
	switch name {
	case "id":
		return e.ID
	case "source":
		return e.Source
	case "type":
		return e.Type
	case "subject":
		return e.Subject
	case "datacontenttype":
		return e.DataContentType
	case "dataschema":
		return e.DataSchema
	}
	x, _ := e.Extension(name)
	return x.Text
}

// leaf finds the scalar at a path of member names.
func leaf(tree any, path []string) (string, bool) {
	for _, name := range path {
		object, ok := tree.(map[string]any)
		if !ok {
			return "", false
		}
		tree = object[name]
	}
	switch v := tree.(type) {
	case string:
		return "s" + v, true
	case json.Number:
		return "n" + v.String(), true
	case bool:
		return "b" + strconv.FormatBool(v), true
	}
	return "", false
}

// hashKey is FNV-1a over both texts, with the bit of lone events off. It is stored, so
// it must never change.
func hashKey(a, b string) lane.Key {
	const offset, prime = 14695981039346656037, 1099511628211
	h := uint64(offset)
	for i := range len(a) {
		h = (h ^ uint64(a[i])) * prime
	}
	h = (h ^ 0xff) * prime // no text holds this byte
	for i := range len(b) {
		h = (h ^ uint64(b[i])) * prime
	}
	return lane.Key(h) &^ lane.Alone
}
