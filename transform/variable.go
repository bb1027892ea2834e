package transform

import (
	"fmt"
	"html"
	"maps"
	"slices"
	"strings"

	"github.com/eventbridge-go/eventbridge/internal/cloudevent"
	"github.com/eventbridge-go/eventbridge/internal/path"
)

// A value is where a variable comes from: a path into the event, or what is known
// without one.
type value struct {
	name  string
	path  *path.Path
	known func(e *cloudevent.Event, info Info) (path.Value, error)
}

// A scope holds the variables a template may use.
type scope map[string]value

type known = func(e *cloudevent.Event, info Info) (path.Value, error)

// reserved are the variables that need no path. Those of the bus may be defined
// anew by a template; those of AWS may not.
var reserved = map[string]known{
	"rule":     ruleName,
	"received": received,
	"event":    wholeEvent,
	"lt":       text("<"),

	"aws.events.rule-name":            ruleName,
	"aws.events.rule-arn":             ruleName, // the name is all there is to find a rule by
	"aws.events.event.ingestion-time": received,
	"aws.events.event.json":           wholeEvent,
	"aws.events.event":                eventWithoutData,
}

func ruleName(_ *cloudevent.Event, info Info) (path.Value, error) {
	if info.Rule == "" {
		return path.Value{}, nil
	}
	return path.Text(info.Rule), nil
}

func received(_ *cloudevent.Event, info Info) (path.Value, error) {
	if info.Received.IsZero() {
		return path.Value{}, nil
	}
	return path.Text(cloudevent.FormatTime(info.Received.UTC())), nil
}

func wholeEvent(e *cloudevent.Event, _ Info) (path.Value, error) {
	if err := path.Check(e); err != nil {
		return path.Value{}, err
	}
	return path.JSON(path.AppendEvent(nil, e, true)), nil
}

func eventWithoutData(e *cloudevent.Event, _ Info) (path.Value, error) {
	return path.JSON(path.AppendEvent(nil, e, false)), nil
}

func text(s string) known {
	return func(*cloudevent.Event, Info) (path.Value, error) { return path.Text(s), nil }
}

// newScope makes a scope of vars and the reserved variables. Paths of another
// dialect are rewritten, unless rewrite is nil.
func newScope(vars Vars, rewrite func(path string) string) (scope, []error) {
	s := make(scope, len(vars)+len(reserved))
	for name, fn := range reserved {
		s[name] = value{name: name, known: fn}
	}
	if len(vars) > maxVars {
		return s, []error{&SyntaxError{In: "vars", Msg: fmt.Sprintf("there may be at most %d variables", maxVars)}}
	}
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		if fault := badName(name); fault != "" {
			faults = append(faults, &SyntaxError{In: "vars/" + name, Msg: fault})
		}
		in, text := "vars/"+name, vars[name]
		if rewrite != nil {
			in, text = rewritten(in, text, rewrite)
		}
		p, err := parsePath(in, text)
		if err != nil {
			faults = append(faults, err)
		}
		s[name] = value{name: name, path: p}
	}
	return s, faults
}

// rewritten rewrites a path, and says so in its name, as errors count bytes in
// what was made of it.
func rewritten(in, text string, rewrite func(string) string) (string, string) {
	made := rewrite(text)
	if made != text {
		in += " (read as " + made + ")"
	}
	return in, made
}

func badName(name string) string {
	switch {
	case nameEnd(name, 0) != len(name):
		return "a variable's name is made of letters, digits, and - _ . in between"
	case strings.HasPrefix(name, "aws."):
		return "the variables that begin with aws. are reserved"
	}
	return ""
}

// A function changes the text of a variable before it is put in.
type function func(string) string

// functions are those of Alibaba's templates. One that escapes for JSON does
// nothing where that is done anyway.
var functions = map[string]struct {
	inText, inJSON function
}{
	"jsonEscape": {inText: func(s string) string { return string(path.AppendEscaped(nil, s)) }, inJSON: nil},
	"htmlEscape": {inText: html.EscapeString, inJSON: html.EscapeString},
}

func functionFor(name string, at place) (function, bool) {
	f, ok := functions[name]
	if at == inText {
		return f.inText, ok
	}
	if f.inJSON == nil {
		return func(s string) string { return s }, ok
	}
	return f.inJSON, ok
}

func functionNames() string {
	return strings.Join(slices.Sorted(maps.Keys(functions)), ", ")
}
