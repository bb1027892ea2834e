package expression

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// checked is what checking an expression leaves behind.
type checked struct {
	regexps map[*ast.BinaryNode]*regexp.Regexp
}

// A checker looks for what the evaluation does not know or would not allow.
type checker struct {
	checked
	source  string
	nesting int
	locals  []string
	faults  []error
}

func (p *Program) check(root ast.Node) error {
	c := checker{source: p.source}
	c.node(root)
	p.checked = c.checked
	return errors.Join(c.faults...)
}

func (c *checker) fault(n ast.Node, format string, args ...any) {
	c.faults = append(c.faults, &SyntaxError{byteOffset(c.source, n.Location().From), fmt.Sprintf(format, args...)})
}

func (c *checker) nodes(ns []ast.Node) {
	for _, n := range ns {
		c.node(n)
	}
}

func (c *checker) node(n ast.Node) {
	switch n := n.(type) {
	case nil, *ast.NilNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.StringNode:
	case *ast.IdentifierNode:
		c.identifier(n)
	case *ast.PointerNode:
		if c.nesting == 0 {
			c.fault(n, "# stands only in a predicate, as in any(data.items, #.qty > 3)")
		}
		if n.Name != "" && n.Name != "index" && n.Name != "acc" {
			c.fault(n, "no #%s", n.Name)
		}
	case *ast.UnaryNode:
		c.node(n.Node)
	case *ast.BinaryNode:
		c.binary(n)
	case *ast.ChainNode:
		c.node(n.Node)
	case *ast.MemberNode:
		c.node(n.Node)
		c.node(n.Property)
	case *ast.SliceNode:
		c.nodes([]ast.Node{n.Node, n.From, n.To})
	case *ast.BuiltinNode:
		c.builtin(n)
	case *ast.PredicateNode:
		c.nesting++
		if c.nesting > MaxNesting {
			c.fault(n, "predicates nested deeper than %d", MaxNesting)
		}
		c.node(n.Node)
		c.nesting--
	case *ast.ConditionalNode:
		c.nodes([]ast.Node{n.Cond, n.Exp1, n.Exp2})
	case *ast.VariableDeclaratorNode:
		c.node(n.Value)
		c.locals = append(c.locals, n.Name)
		c.node(n.Expr)
		c.locals = c.locals[:len(c.locals)-1]
	case *ast.SequenceNode:
		c.nodes(n.Nodes)
	case *ast.ArrayNode:
		c.nodes(n.Nodes)
	case *ast.MapNode:
		for _, pair := range n.Pairs {
			c.node(pair.(*ast.PairNode).Key)
			c.node(pair.(*ast.PairNode).Value)
		}
	case *ast.CallNode:
		name := "that"
		if id, ok := n.Callee.(*ast.IdentifierNode); ok {
			name = id.Value
		}
		c.fault(n, "no function %s: there are %s", name, functionNames())
	default:
		c.fault(n, "this can't stand in an expression over an event")
	}
}

// identifier allows variables, data and whatever may be an attribute's name.
func (c *checker) identifier(n *ast.IdentifierNode) {
	if slices.Contains(c.locals, n.Value) {
		return
	}
	if strings.Trim(n.Value, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
		c.fault(n, "no CloudEvent has an attribute %q; the fields of the payload stand under data, as in data.%s", n.Value, n.Value)
	}
}

func (c *checker) binary(n *ast.BinaryNode) {
	c.node(n.Left)
	c.node(n.Right)
	if binaryOperators[n.Operator] == nil && !slices.Contains(lazyOperators, n.Operator) {
		c.fault(n, "no operator %s", n.Operator)
	}
	if n.Operator != "matches" {
		return
	}
	s, ok := n.Right.(*ast.StringNode)
	if !ok {
		c.fault(n.Right, "matches: the regular expression has to be written out, so that it can be checked")
		return
	}
	re, err := compileRegexp(s.Value)
	if err != nil {
		c.fault(n.Right, "matches: %v", err)
		return
	}
	if c.regexps == nil {
		c.regexps = map[*ast.BinaryNode]*regexp.Regexp{}
	}
	c.regexps[n] = re
}

var lazyOperators = []string{"&&", "and", "||", "or", "??", "matches"}

const maxRegexpProgram = 1000

func compileRegexp(source string) (*regexp.Regexp, error) {
	if len(source) > MaxRegexp {
		return nil, fmt.Errorf("longer than %d bytes", MaxRegexp)
	}
	parsed, err := syntax.Parse(source, syntax.Perl)
	if err != nil {
		return nil, err
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return nil, err
	}
	if n := len(program.Inst); n > maxRegexpProgram {
		return nil, fmt.Errorf("compiles to %d instructions; %d are allowed", n, maxRegexpProgram)
	}
	return regexp.Compile(source)
}

func (c *checker) builtin(n *ast.BuiltinNode) {
	c.nodes(n.Arguments)
	if predicates[n.Name] != nil {
		return
	}
	f, ok := functions[n.Name]
	if !ok {
		c.fault(n, "no function %s: there are %s", n.Name, functionNames())
	} else if len(n.Arguments) < f.least || len(n.Arguments) > f.most {
		c.fault(n, "%s takes %d to %d arguments, not %d", n.Name, f.least, f.most, len(n.Arguments))
	}
}

func functionNames() string {
	names := slices.Concat(slices.Collect(maps.Keys(predicates)), slices.Collect(maps.Keys(functions)))
	slices.Sort(names)
	return strings.Join(names, ", ")
}
