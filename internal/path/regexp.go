package path

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"sync"

	"github.com/theory/jsonpath/registry"
	"github.com/theory/jsonpath/spec"
)

// What match() and search() may cost: the time of a regular expression is its
// program times its text.
const (
	maxPattern  = 256
	maxProgram  = 300
	maxMatched  = 64 << 10
	maxPatterns = 16 // kept compiled for one path
)

// functions are those of RFC 9535, match and search with bounds, and compiled but
// once for each path.
func functions() *registry.Registry {
	reg := registry.New()
	for name, anchored := range map[string]bool{"match": true, "search": false} {
		r := &regexps{anchored: anchored, compiled: map[string]*regexp.Regexp{}}
		original := *reg.Get(name)
		*reg.Get(name) = *spec.Extension(name, spec.FuncLogical, r.check(original.Validate), r.evaluate)
	}
	return reg
}

type regexps struct {
	anchored bool

	mu       sync.Mutex
	compiled map[string]*regexp.Regexp // nil: not a regular expression
}

// check refuses a pattern written into the path that no text can match.
func (r *regexps) check(arguments spec.Validator) spec.Validator {
	return func(args []spec.FuncExprArg) error {
		if err := arguments(args); err != nil {
			return err
		}
		if lit, ok := args[1].(*spec.LiteralArg); ok {
			if s, ok := lit.Value().(string); ok {
				_, err := r.compile(s)
				return err
			}
		}
		return nil
	}
}

func (r *regexps) evaluate(args []spec.PathValue) spec.PathValue {
	text, ok := spec.ValueFrom(args[0]).Value().(string)
	pattern, ok2 := spec.ValueFrom(args[1]).Value().(string)
	if !ok || !ok2 {
		return spec.LogicalFalse
	}
	re, err := r.get(pattern)
	switch {
	case errors.As(err, new(tooMuch)):
		panic(err)
	case err != nil:
		return spec.LogicalFalse // as RFC 9535 has it
	case len(text) > maxMatched:
		panic(tooMuch(fmt.Sprintf("a text to match is longer than %d bytes", maxMatched)))
	}
	return spec.Logical(re.MatchString(text))
}

// tooMuch is the error of what is refused for its cost. Inside a filter, which has
// no errors, it is a panic that nodes catches.
type tooMuch string

func (e tooMuch) Error() string { return string(e) }

func (r *regexps) get(pattern string) (*regexp.Regexp, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if re, ok := r.compiled[pattern]; ok {
		return re, nil
	}
	re, err := r.compile(pattern)
	if err == nil {
		if len(r.compiled) == maxPatterns {
			clear(r.compiled)
		}
		r.compiled[pattern] = re
	}
	return re, err
}

func (r *regexps) compile(pattern string) (*regexp.Regexp, error) {
	if len(pattern) > maxPattern {
		return nil, tooMuch(fmt.Sprintf("a regular expression is longer than %d bytes", maxPattern))
	}
	tree, err := syntax.Parse(pattern, syntax.Perl|syntax.DotNL)
	if err != nil {
		return nil, fmt.Errorf("not a regular expression: %w", err)
	}
	dots(tree)
	text := tree.String()
	if r.anchored {
		text = `\A(?:` + text + `)\z`
	}
	if tree, err = syntax.Parse(text, syntax.Perl); err != nil {
		return nil, fmt.Errorf("not a regular expression: %w", err)
	}
	prog, err := syntax.Compile(tree.Simplify())
	if err != nil {
		return nil, fmt.Errorf("not a regular expression: %w", err)
	}
	if len(prog.Inst) > maxProgram {
		return nil, tooMuch("a regular expression costs too much: repeat less in it")
	}
	return regexp.Compile(text)
}

// dots makes of each dot what I-Regexp (RFC 9485) takes it for.
func dots(re *syntax.Regexp) {
	if re.Op == syntax.OpAnyChar {
		*re = syntax.Regexp{Op: syntax.OpCharClass, Rune: []rune{0, '\n' - 1, '\n' + 1, '\r' - 1, '\r' + 1, 0x10ffff}}
		return
	}
	for _, sub := range re.Sub {
		dots(sub)
	}
}
