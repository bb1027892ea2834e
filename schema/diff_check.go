package schema

import (
	"fmt"
	"slices"

	"github.com/eventbridge-go/eventbridge/internal/containment"
	"github.com/eventbridge-go/eventbridge/internal/jsonschema"
)

// A DiffOption says how Diff reads schemas.
type DiffOption func(*comparison)

// A comparison is how two schemas are compared.
type comparison struct {
	policy       Policy
	defaultsFill bool
}

// WithPolicy reads both schemas by a policy; default: Practical.
func WithPolicy(p Policy) DiffOption {
	return func(c *comparison) { c.policy = p }
}

// DefaultsFill takes a property that is required and has a "default" for filled in by
// who reads: events may lack it. Default: they may not, since nothing fills it in here.
func DefaultsFill() DiffOption {
	return func(c *comparison) { c.defaultsFill = true }
}

// Diff says why a new JSON Schema document is not compatible with an old one, in a
// fixed order: first what old events break, then what new ones do. Nil means that it
// is compatible. At None there is nothing to break; a transitive level is as the plain one.
//
// A document that names no dialect is draft-07. References lead to within the same
// document; nothing is fetched. The error is about a document that is no schema, a
// reference that leads elsewhere, or a level or policy that there is not.
func Diff(old, new []byte, c Compatibility, opts ...DiffOption) ([]Break, error) {
	var how comparison
	for _, opt := range opts {
		opt(&how)
	}
	if _, err := c.MarshalText(); err != nil {
		return nil, err
	}
	if _, err := how.policy.MarshalText(); err != nil {
		return nil, err
	}
	before, err := parseAlone("https://schemas.invalid/old", old)
	if err != nil {
		return nil, fmt.Errorf("old schema: %w", err)
	}
	after, err := parseAlone("https://schemas.invalid/new", new)
	if err != nil {
		return nil, fmt.Errorf("new schema: %w", err)
	}
	return how.breaks(c, nil, before, after), nil
}

// parseAlone reads a document that refers to nothing but itself.
func parseAlone(uri string, text []byte) (*jsonschema.Document, error) {
	d, err := jsonschema.Parse(uri, text, jsonschema.Draft7)
	if err != nil {
		return nil, err
	}
	set := &jsonschema.Set{}
	if err := set.Add(d); err != nil {
		return nil, err
	}
	_, err = set.Check(d)
	return d, err
}

// checkCompatible compares the next version with earlier ones, given oldest first: with
// all if the level is transitive, else with the last. It returns the breaks with one of
// them, and its index: the last that is surely broken, else the last for which nothing
// is proven. No breaks mean that next is compatible; the index is -1 then.
//
// The set is what all of them may refer to outside of themselves; nil is nothing.
func checkCompatible(level Compatibility, policy Policy, set *jsonschema.Set, earlier []*jsonschema.Document, next *jsonschema.Document) (breaks []Break, against int) {
	against = -1
	how := comparison{policy: policy}
	for i, old := range slices.Backward(earlier) {
		found := how.breaks(level, set, old, next)
		if proven(found) {
			return found, i
		}
		if len(found) > 0 && against < 0 {
			breaks, against = found, i
		}
		if !level.Transitive() {
			break
		}
	}
	return breaks, against
}

// proven says whether some break is more than a lack of proof.
func proven(breaks []Break) bool {
	return slices.ContainsFunc(breaks, func(b Break) bool { return !b.Unproven })
}

// breaks compares two documents that have passed their checks.
func (how comparison) breaks(level Compatibility, set *jsonschema.Set, old, new *jsonschema.Document) []Break {
	before, after := rootOf(old), rootOf(new)
	opts := containment.Options{Set: set, Strict: how.policy == Strict, DefaultsFill: how.defaultsFill}
	var found []Break
	if level.backward() {
		for _, b := range containment.Check(before, after, opts) {
			found = append(found, Break{Direction: OldEvents, Rule: b.Rule, Old: b.Writer, New: b.Reader, Text: b.Text(false), Unproven: b.Unproven})
		}
	}
	if level.forward() {
		for _, b := range containment.Check(after, before, opts) {
			found = append(found, Break{Direction: NewEvents, Rule: b.Rule, Old: b.Reader, New: b.Writer, Text: b.Text(true), Unproven: b.Unproven})
		}
	}
	return found
}

func rootOf(d *jsonschema.Document) jsonschema.Location {
	root, _ := d.At("")
	return root
}
