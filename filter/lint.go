package filter

// A Warning is something in a filter that is allowed but can't be meant.
type Warning struct{ Path, Msg string }

func (w Warning) String() string { return w.Path + ": " + w.Msg }

// Lint warns of patterns that can never match.
func (f Filter) Lint() []Warning { return nil }
