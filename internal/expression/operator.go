package expression

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/ast"

	"github.com/eventbridge-go/eventbridge/internal/decimal"
)

// binaryOperators is the table of operators that look at both sides first.
var binaryOperators = map[string]func(e *evaluation, n *ast.BinaryNode, a, b any) any{
	"==":         equal,
	"!=":         unequal,
	"<":          func(e *evaluation, n *ast.BinaryNode, a, b any) any { c, ok := e.compare(n, a, b); return ok && c < 0 },
	"<=":         func(e *evaluation, n *ast.BinaryNode, a, b any) any { c, ok := e.compare(n, a, b); return ok && c <= 0 },
	">":          func(e *evaluation, n *ast.BinaryNode, a, b any) any { c, ok := e.compare(n, a, b); return ok && c > 0 },
	">=":         func(e *evaluation, n *ast.BinaryNode, a, b any) any { c, ok := e.compare(n, a, b); return ok && c >= 0 },
	"startsWith": texts(strings.HasPrefix),
	"endsWith":   texts(strings.HasSuffix),
	"contains":   texts(strings.Contains),
	"in":         in,
	"+":          add,
	"-":          arithmetic,
	"*":          arithmetic,
	"/":          arithmetic,
	"%":          arithmetic,
	"**":         arithmetic,
	"^":          arithmetic,
	"..":         count,
}

func (e *evaluation) binary(n *ast.BinaryNode) any {
	switch n.Operator {
	case "&&", "and":
		return e.truth(n.Left) && e.truth(n.Right)
	case "||", "or":
		return e.truth(n.Left) || e.truth(n.Right)
	case "??":
		if v := e.eval(n.Left); v != nil {
			return v
		}
		return e.eval(n.Right)
	case "matches":
		s, ok := e.eval(n.Left).(string)
		if !ok {
			return false
		}
		e.step(n, len(s)/8) // a regexp costs more than a look
		return e.program.regexps[n].MatchString(s)
	}
	return binaryOperators[n.Operator](e, n, e.eval(n.Left), e.eval(n.Right))
}

func (e *evaluation) unary(n *ast.UnaryNode) any {
	switch n.Operator {
	case "!", "not":
		return !e.truth(n.Node)
	}
	v := e.eval(n.Node)
	if !isNumber(v) {
		e.fail(n, "%s: %s is no number", n.Operator, kindOf(v))
	}
	if n.Operator == "-" {
		return e.calculate(n, "-", int64(0), v)
	}
	return v
}

// equal is false where there is nothing to compare, unless that is what is asked.
func equal(e *evaluation, n *ast.BinaryNode, a, b any) any {
	if (a == nil || b == nil) && !isNil(n.Left) && !isNil(n.Right) {
		return false
	}
	return e.same(n, a, b)
}

// unequal is false where there is nothing to compare, or things of two types, unless
// one of them is nil on purpose.
func unequal(e *evaluation, n *ast.BinaryNode, a, b any) any {
	if !isNil(n.Left) && !isNil(n.Right) && kindOf(a) != kindOf(b) || a == nil && b == nil {
		return false
	}
	return !e.same(n, a, b)
}

func isNil(n ast.Node) bool {
	_, ok := n.(*ast.NilNode)
	return ok
}

// same compares by value, whatever the values are.
func (e *evaluation) same(n ast.Node, a, b any) bool {
	e.step(n, 1)
	switch a := a.(type) {
	case string:
		b, ok := b.(string)
		if ok && len(a) == len(b) {
			e.text(n, len(a))
		}
		return ok && a == b
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !e.same(n, a[i], b[i]) {
				return false
			}
		}
		return true
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for name := range a {
			if v, ok := b[name]; !ok || !e.same(n, a[name], v) {
				return false
			}
		}
		return true
	case nil, bool:
		switch b.(type) {
		case nil, bool:
			return a == b
		}
		return false
	}
	c, ok := e.compare(n, a, b)
	return ok && c == 0
}

// compare orders two numbers or two strings; not ok when they are something else.
func (e *evaluation) compare(n ast.Node, a, b any) (order int, ok bool) {
	if s, is := a.(string); is {
		t, is := b.(string)
		e.text(n, min(len(s), len(t)))
		return strings.Compare(s, t), is
	}
	if !isNumber(a) || !isNumber(b) {
		return 0, false
	}
	x, ok := toDecimal(a)
	y, ok2 := toDecimal(b)
	return x.Compare(y), ok && ok2
}

func isNumber(v any) bool {
	switch v.(type) {
	case int64, float64, json.Number:
		return true
	}
	return false
}

func toDecimal(v any) (decimal.Number, bool) {
	switch v := v.(type) {
	case int64:
		return decimal.Parse(strconv.FormatInt(v, 10))
	case float64:
		return decimal.Parse(strconv.FormatFloat(v, 'g', -1, 64))
	case json.Number:
		return decimal.Parse(string(v))
	}
	return decimal.Number{}, false
}

// texts makes an operator on strings, which is false on everything else.
func texts(holds func(s, t string) bool) func(*evaluation, *ast.BinaryNode, any, any) any {
	return func(e *evaluation, n *ast.BinaryNode, a, b any) any {
		s, ok := a.(string)
		t, ok2 := b.(string)
		if ok && ok2 {
			e.text(n, len(s))
		}
		return ok && ok2 && holds(s, t)
	}
}

func in(e *evaluation, n *ast.BinaryNode, a, b any) any {
	switch b := b.(type) {
	case []any:
		for _, each := range b {
			if e.same(n, a, each) {
				return true
			}
		}
	case map[string]any:
		if name, ok := a.(string); ok {
			_, ok := b[name]
			return ok
		}
	}
	return false
}

func add(e *evaluation, n *ast.BinaryNode, a, b any) any {
	if s, ok := a.(string); ok {
		if t, ok := b.(string); ok {
			e.make(n, len(s)+len(t))
			return s + t
		}
	}
	return arithmetic(e, n, a, b)
}

func arithmetic(e *evaluation, n *ast.BinaryNode, a, b any) any {
	return e.calculate(n, n.Operator, a, b)
}

// calculate is exact on whole numbers of 64 bits where the result is one, too.
func (e *evaluation) calculate(n ast.Node, op string, a, b any) any {
	if !isNumber(a) || !isNumber(b) {
		e.fail(n, "%s: %s and %s can't be calculated with", op, kindOf(a), kindOf(b))
	}
	if x, ok := asInt(a); ok {
		if y, ok := asInt(b); ok {
			if v, ok := calculateInts(op, x, y); ok {
				return v
			}
		}
	}
	x, y := asFloat(a), asFloat(b)
	var v float64
	switch op {
	case "+":
		v = x + y
	case "-":
		v = x - y
	case "*":
		v = x * y
	case "/":
		v = x / y
	case "%":
		v = math.Mod(x, y)
	default:
		v = math.Pow(x, y)
	}
	if math.IsInf(v, 0) || math.IsNaN(v) {
		e.fail(n, "%v %s %v is no number", a, op, b)
	}
	return v
}

func calculateInts(op string, x, y int64) (int64, bool) {
	switch op {
	case "+":
		v := x + y
		return v, (v > x) == (y > 0)
	case "-":
		v := x - y
		return v, (v < x) == (y > 0)
	case "*":
		v := x * y
		return v, x == 0 || (v/x == y && !(x == -1 && y == math.MinInt64))
	case "/":
		return quotient(x, y)
	case "%":
		if y == 0 || y == -1 {
			return 0, y == -1
		}
		return x % y, true
	}
	return 0, false
}

func quotient(x, y int64) (int64, bool) {
	if y == 0 || y == -1 || x%y != 0 {
		return 0, false
	}
	return x / y, true
}

func asInt(v any) (int64, bool) {
	switch v := v.(type) {
	case int64:
		return v, true
	case float64:
		return int64(v), v == math.Trunc(v) && math.Abs(v) < 1<<53
	case json.Number:
		n, err := strconv.ParseInt(string(v), 10, 64)
		return n, err == nil
	}
	return 0, false
}

func asFloat(v any) float64 {
	switch v := v.(type) {
	case int64:
		return float64(v)
	case float64:
		return v
	case json.Number:
		f, _ := strconv.ParseFloat(string(v), 64) // out of range is infinite, and fails later
		return f
	}
	return math.NaN()
}

// count is 1..5, a list.
func count(e *evaluation, n *ast.BinaryNode, a, b any) any {
	from, ok := asInt(a)
	to, ok2 := asInt(b)
	if !ok || !ok2 {
		e.fail(n, "..: the ends are whole numbers")
	}
	if to < from {
		return []any{}
	}
	if length := uint64(to-from) + 1; length == 0 || length > MaxSteps {
		e.fail(n, "..: the list is longer than %d", MaxSteps)
	}
	e.step(n, int(to-from)+1)
	list := make([]any, 0, to-from+1)
	for i := from; ; i++ {
		list = append(list, i)
		if i == to {
			return list
		}
	}
}
