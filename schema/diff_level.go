package schema

import (
	"fmt"
	"strings"
)

// Compatibility says what a new version of a type must have in common with earlier
// ones. The names are those of Confluent's registry and of xRegistry. The zero value
// is Backward.
type Compatibility uint8

const (
	// Backward: who knows the new version can read what the last one allowed. Consumers
	// are updated first.
	Backward Compatibility = iota
	// BackwardTransitive is Backward towards every earlier version.
	BackwardTransitive
	// Forward: who knows the last version can read what the new one allows. Producers
	// are updated first.
	Forward
	// ForwardTransitive is Forward towards every earlier version.
	ForwardTransitive
	// Full is Backward and Forward.
	Full
	// FullTransitive is Full towards every earlier version.
	FullTransitive
	// None: nothing is checked.
	None
)

var compatibilities = [...]string{
	Backward:           "backward",
	BackwardTransitive: "backward_transitive",
	Forward:            "forward",
	ForwardTransitive:  "forward_transitive",
	Full:               "full",
	FullTransitive:     "full_transitive",
	None:               "none",
}

// ParseCompatibility reads a level as xRegistry spells it, such as
// "backward_transitive", in any case.
func ParseCompatibility(text string) (Compatibility, error) {
	for c, name := range compatibilities {
		if strings.EqualFold(name, text) {
			return Compatibility(c), nil
		}
	}
	return 0, fmt.Errorf("compatibility %q: want one of %s", text, strings.Join(compatibilities[:], ", "))
}

// String is the level as xRegistry spells it.
func (c Compatibility) String() string {
	if int(c) < len(compatibilities) {
		return compatibilities[c]
	}
	return fmt.Sprintf("Compatibility(%d)", c)
}

// MarshalText is String as bytes; it refuses what is no level.
func (c Compatibility) MarshalText() ([]byte, error) {
	if int(c) >= len(compatibilities) {
		return nil, fmt.Errorf("%s is not a compatibility", c)
	}
	return []byte(compatibilities[c]), nil
}

// UnmarshalText reads what ParseCompatibility reads.
func (c *Compatibility) UnmarshalText(text []byte) error {
	parsed, err := ParseCompatibility(string(text))
	if err == nil {
		*c = parsed
	}
	return err
}

// Transitive says whether every earlier version counts, not just the last.
func (c Compatibility) Transitive() bool {
	return c == BackwardTransitive || c == ForwardTransitive || c == FullTransitive
}

// backward says whether the new schema must read old events.
func (c Compatibility) backward() bool {
	return c == Backward || c == BackwardTransitive || c == Full || c == FullTransitive
}

// forward says whether the old schema must read new events.
func (c Compatibility) forward() bool {
	return c == Forward || c == ForwardTransitive || c == Full || c == FullTransitive
}

// Policy is how schemas are read when they are compared. The zero value is Practical.
type Policy uint8

const (
	// Practical reads schemas as teams use them. Who writes by a schema writes the
	// properties it declares and no others, unless its additionalProperties says
	// otherwise; who reads by a schema ignores properties that he does not know, even
	// where additionalProperties is false. So adding or removing an optional property is
	// compatible both ways. It says nothing of a writer who adds what he did not declare.
	Practical Policy = iota
	// Strict reads schemas by the letter: what a schema does not forbid may be written.
	Strict
)

var policies = [...]string{Practical: "practical", Strict: "strict"}

// ParsePolicy reads "practical" or "strict", in any case.
func ParsePolicy(text string) (Policy, error) {
	for p, name := range policies {
		if strings.EqualFold(name, text) {
			return Policy(p), nil
		}
	}
	return 0, fmt.Errorf("policy %q: want practical or strict", text)
}

// String is "practical" or "strict".
func (p Policy) String() string {
	if int(p) < len(policies) {
		return policies[p]
	}
	return fmt.Sprintf("Policy(%d)", p)
}

// MarshalText is String as bytes; it refuses what is no policy.
func (p Policy) MarshalText() ([]byte, error) {
	if int(p) >= len(policies) {
		return nil, fmt.Errorf("%s is not a policy", p)
	}
	return []byte(policies[p]), nil
}

// UnmarshalText reads what ParsePolicy reads.
func (p *Policy) UnmarshalText(text []byte) error {
	parsed, err := ParsePolicy(string(text))
	if err == nil {
		*p = parsed
	}
	return err
}
