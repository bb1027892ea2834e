package jsonschema

import (
	"maps"
	"net/url"
	"slices"
	"strings"
)

// examine finds every schema of the document, its identifiers and anchors, and what
// is wrong with them.
func (d *Document) examine(faults *Faults) {
	d.index, d.resources = map[string]Location{}, map[string]resource{}
	base := withoutFragment(d.URI)
	root := Location{Doc: d, Base: d.baseAt("", base, d.Root, faults), Schema: d.Root}
	d.Base = root.Base
	d.addResource(d.Base, "")
	d.visit(root, faults)
}

// visit enters a schema and everything below it into the index.
func (d *Document) visit(l Location, faults *Faults) {
	if len(d.index) >= MaxSubschemas {
		if len(d.index) == MaxSubschemas {
			faults.add(l.Pointer, "too many subschemas: at most %d", MaxSubschemas)
			d.index[l.Pointer] = l
		}
		return
	}
	d.index[l.Pointer] = l
	d.order = append(d.order, l.Pointer)
	o, ok := l.Schema.(map[string]any)
	if !ok {
		if _, isBool := l.Schema.(bool); !isBool || d.Dialect == Draft4 && !booleanAllowed(l.Pointer) {
			faults.add(l.Pointer, "not a schema: it must be an object%s", map[bool]string{true: " or a boolean"}[d.Dialect > Draft4])
		}
		return
	}
	d.addAnchors(l, o, faults)
	checkShapes(l, o, faults)
	d.checkNested(l, o, faults)
	for _, c := range d.children(l, faults) {
		d.visit(c.Location, faults)
	}
}

// booleanAllowed says whether a boolean may stand here although schemas are objects.
func booleanAllowed(pointer string) bool {
	return keywords[pointer[strings.LastIndexByte(pointer, '/')+1:]].boolean
}

// checkNested refuses a change of dialect within a document.
func (d *Document) checkNested(l Location, o map[string]any, faults *Faults) {
	uri, ok := o["$schema"].(string)
	if !ok || l.Pointer == "" {
		return
	}
	if inner, known := DialectOf(uri); !known || inner != d.Dialect {
		faults.add(l.Pointer+"/$schema", "a schema within a schema must be of the same dialect")
	}
}

// checkShapes looks at the keywords that hold no subschemas.
func checkShapes(l Location, o map[string]any, faults *Faults) {
	alone := l.refOnly()
	for _, name := range sorted(o) {
		s, ok := shapes[name]
		if !ok || l.Doc.Dialect < s.from || s.until != 0 && l.Doc.Dialect > s.until || alone && name != "$ref" {
			continue
		}
		if msg := s.check(o[name]); msg != "" {
			faults.add(Append(l.Pointer, name), "%s", msg)
		}
	}
	for _, name := range []string{"exclusiveMaximum", "exclusiveMinimum"} {
		v, ok := o[name]
		if !ok || alone {
			continue
		}
		check := numberShape
		if l.Doc.Dialect == Draft4 {
			check = boolShape
		}
		if msg := check(v); msg != "" {
			faults.add(Append(l.Pointer, name), "%s", msg)
		}
	}
	if pp, ok := o["patternProperties"].(map[string]any); ok && !alone {
		for _, expr := range sorted(pp) {
			if msg := CheckRegexp(expr); msg != "" {
				faults.add(Append(l.Pointer+"/patternProperties", expr), "%s", msg)
			}
		}
	}
}

func referenceShape(v any) string {
	s, ok := v.(string)
	if !ok {
		return "it must be a string"
	}
	if _, err := url.Parse(s); err != nil {
		return "not a URI reference: " + quote(s)
	}
	return ""
}

// baseAt is the base URI within a schema: its identifier, resolved.
func (d *Document) baseAt(pointer, base string, schema any, faults *Faults) string {
	o, _ := schema.(map[string]any)
	key := d.Dialect.idKeyword()
	v, ok := o[key]
	if !ok {
		return base
	}
	if _, isRef := o["$ref"].(string); isRef && d.Dialect.refAlone() {
		return base
	}
	id, ok := v.(string)
	if !ok {
		faults.add(Append(pointer, key), "it must be a string")
		return base
	}
	abs, fragment, err := resolve(base, id)
	switch {
	case err != nil:
		faults.add(Append(pointer, key), "not a URI reference: %s", quote(id))
		return base
	case d.Dialect >= Draft2019 && fragment != "":
		faults.add(Append(pointer, key), "it must have no fragment")
		return base
	case strings.HasPrefix(id, "#"):
		return base
	}
	if IsMetaschema(abs) {
		faults.add(Append(pointer, key), "%s is taken by the dialect itself", quote(abs))
	}
	return abs
}

// addAnchors notes what identifier and anchors a schema has.
func (d *Document) addAnchors(l Location, o map[string]any, faults *Faults) {
	if l.refOnly() {
		return
	}
	if _, known := d.resources[l.Base]; !known {
		d.addResource(l.Base, l.Pointer)
	} else if id, ok := o[d.Dialect.idKeyword()].(string); ok && !strings.HasPrefix(id, "#") && d.resources[l.Base].pointer != l.Pointer {
		faults.add(Append(l.Pointer, d.Dialect.idKeyword()), "%s is there twice", quote(l.Base))
	}
	r := d.resources[l.Base]
	name := func(anchor, key string) {
		if at, twice := r.anchors[anchor]; twice && at != l.Pointer {
			faults.add(Append(l.Pointer, key), "the anchor %s is there twice", quote(anchor))
		}
		r.anchors[anchor] = l.Pointer
	}
	if d.Dialect < Draft2019 {
		id, _ := o[d.Dialect.idKeyword()].(string)
		if _, fragment, err := resolve(l.Base, id); err == nil && fragment != "" && !strings.HasPrefix(fragment, "/") {
			name(fragment, d.Dialect.idKeyword())
		}
		return
	}
	if anchor, ok := o["$anchor"].(string); ok {
		name(anchor, "$anchor")
	}
	if anchor, ok := o["$dynamicAnchor"].(string); ok && d.Dialect >= Draft2020 {
		name(anchor, "$dynamicAnchor")
		r.dynamic[anchor] = true
	}
}

func (d *Document) addResource(base, pointer string) {
	d.resources[base] = resource{pointer: pointer, anchors: map[string]string{}, dynamic: map[string]bool{}}
}

// resolve makes a reference absolute; the fragment comes apart and decoded.
func resolve(base, ref string) (abs, fragment string, err error) {
	r, err := url.Parse(ref)
	if err != nil {
		return "", "", err
	}
	b, err := url.Parse(base)
	if err != nil {
		return "", "", err
	}
	u := b.ResolveReference(r)
	fragment = u.Fragment
	u.Fragment, u.RawFragment = "", ""
	return u.String(), fragment, nil
}

func withoutFragment(uri string) string {
	before, _, _ := strings.Cut(uri, "#")
	return before
}

func sorted(o map[string]any) []string { return slices.Sorted(maps.Keys(o)) }
