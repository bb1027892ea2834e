// Package expression evaluates expressions in the language of expr-lang over an
// event. The language, its parser and its errors are expr's. The evaluation is our
// own, because expr's machine can be neither stopped nor bounded: it counts no steps,
// its memory budget does not see strings that grow, and a value that is absent is an
// error in it. Here every step counts, so does every byte of a string that is made
// or looked through; what is absent, or of another type, makes a comparison false;
// and numbers are compared exactly and keep their digits.
package expression

import (
	"errors"
	"fmt"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"

	"github.com/eventbridge-go/eventbridge/internal/document"
)

// Bounds of an expression, and of one evaluation of it.
const (
	MaxBytes   = 4096
	MaxNodes   = 500
	MaxNesting = 2       // closures within closures
	MaxSteps   = 100_000 // an operation is one; so are 64 bytes of text or an element of a list
	MaxText    = 1 << 20 // bytes of all the strings that one evaluation makes
	MaxRegexp  = 256     // bytes
)

// A Program is an expression, checked and ready. It is immutable and safe for
// concurrent use.
type Program struct {
	source string
	root   ast.Node
	checked
}

// A SyntaxError is a fault of an expression, and where it is.
type SyntaxError struct {
	Offset int // in bytes
	Msg    string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("offset %d: %s", e.Offset, e.Msg) }

// Compile parses and checks an expression. Its error has a *SyntaxError for each
// fault.
func Compile(source string) (*Program, error) {
	if len(source) > MaxBytes {
		return nil, &SyntaxError{MaxBytes, fmt.Sprintf("longer than %d bytes", MaxBytes)}
	}
	config := conf.CreateNew()
	config.MaxNodes = MaxNodes
	tree, err := parse(source, config)
	if err != nil {
		return nil, err
	}
	p := &Program{source: source, root: tree.Node}
	if err := p.check(tree.Node); err != nil {
		return nil, err
	}
	return p, nil
}

func parse(source string, config *conf.Config) (tree *parser.Tree, err error) {
	defer func() {
		if p := recover(); p != nil {
			tree, err = nil, &SyntaxError{0, fmt.Sprint("the parser gave up: ", p)}
		}
	}()
	tree, err = parser.ParseWithConfig(source, config)
	var at *file.Error
	if errors.As(err, &at) {
		return nil, &SyntaxError{byteOffset(source, at.From), at.Message}
	}
	return tree, err
}

// byteOffset is where a character of the source begins.
func byteOffset(source string, characters int) int {
	for i := range source {
		if characters == 0 {
			return i
		}
		characters--
	}
	return len(source)
}

// String is the expression as it was written.
func (p *Program) String() string { return p.source }

// Bool evaluates a condition. Nothing (nil) is no.
func (p *Program) Bool(d *document.Document) (bool, error) {
	v, err := p.Value(d)
	if err != nil {
		return false, err
	}
	switch v := v.(type) {
	case bool:
		return v, nil
	case nil:
		return false, nil
	}
	return false, fmt.Errorf("the expression is %s, not true or false", kindOf(v))
}

// Value evaluates the expression: nil, bool, string, json.Number, int64, float64,
// []any or map[string]any. What comes from the event's data is shared with it, and
// not to be written to.
func (p *Program) Value(d *document.Document) (v any, err error) {
	e := evaluation{program: p, doc: d}
	defer func() {
		switch fault := recover().(type) {
		case nil:
		case *runtimeError:
			v, err = nil, fault
		default:
			v, err = nil, fmt.Errorf("the evaluation panicked: %v", fault)
		}
	}()
	return e.eval(p.root), nil
}

// A runtimeError ends an evaluation.
type runtimeError struct {
	offset int
	msg    string
}

func (e *runtimeError) Error() string { return fmt.Sprintf("offset %d: %s", e.offset, e.msg) }

// Equal has the strings that attributes must be equal to, or the expression is
// false: what it begins with, as in type == "order.placed" && ….
func (p *Program) Equal() map[string][]string {
	found := map[string][]string{}
	n := p.root
	var conjuncts []ast.Node
	for {
		and, ok := n.(*ast.BinaryNode)
		if !ok || and.Operator != "&&" && and.Operator != "and" {
			break
		}
		conjuncts = append(conjuncts, and.Right)
		n = and.Left
	}
	conjuncts = append(conjuncts, n)
	for i := len(conjuncts) - 1; i >= 0; i-- {
		name, texts := equality(conjuncts[i])
		if name == "" || found[name] != nil {
			break
		}
		found[name] = texts
	}
	return found
}

// equality reads attribute == "text" and attribute in ["text", …].
func equality(n ast.Node) (name string, texts []string) {
	b, ok := n.(*ast.BinaryNode)
	if !ok {
		return "", nil
	}
	left, right := b.Left, b.Right
	if _, swapped := right.(*ast.IdentifierNode); swapped && b.Operator == "==" {
		left, right = right, left
	}
	id, ok := left.(*ast.IdentifierNode)
	if !ok || id.Value == "data" {
		return "", nil
	}
	switch r := right.(type) {
	case *ast.StringNode:
		if b.Operator == "==" {
			return id.Value, []string{r.Value}
		}
	case *ast.ArrayNode:
		for _, item := range r.Nodes {
			s, ok := item.(*ast.StringNode)
			if !ok {
				return "", nil
			}
			texts = append(texts, s.Value)
		}
		if b.Operator == "in" && len(texts) > 0 {
			return id.Value, texts
		}
	}
	return "", nil
}
