package expression

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
)

// predicates is the table of functions that take a list and a predicate.
var predicates map[string]func(e *evaluation, n *ast.BuiltinNode) any

// A function takes values. Where its argument is of no use to it, it answers nil.
type function struct {
	least, most int // arguments
	call        func(e *evaluation, n ast.Node, args []any) any
}

// functions is the table of the others.
var functions map[string]function

func init() { // predicates evaluate, and evaluation looks into the tables
	predicates = map[string]func(e *evaluation, n *ast.BuiltinNode) any{
		"all":       all,
		"any":       func(e *evaluation, n *ast.BuiltinNode) any { return e.count(n, 1) > 0 },
		"none":      func(e *evaluation, n *ast.BuiltinNode) any { return e.count(n, 1) == 0 },
		"one":       func(e *evaluation, n *ast.BuiltinNode) any { return e.count(n, 2) == 1 },
		"count":     func(e *evaluation, n *ast.BuiltinNode) any { return int64(e.count(n, math.MaxInt)) },
		"filter":    filter,
		"map":       mapped,
		"find":      find,
		"findIndex": findIndex,
		"sum":       sum,
		"reduce":    reduce,
	}
	functions = map[string]function{
		"len":    {1, 1, length},
		"lower":  {1, 1, changeText(strings.ToLower)},
		"upper":  {1, 1, changeText(strings.ToUpper)},
		"trim":   {1, 1, changeText(strings.TrimSpace)},
		"split":  {2, 2, split},
		"join":   {1, 2, join},
		"string": {1, 1, toString},
		"int":    {1, 1, toInt},
		"float":  {1, 1, toFloat},
		"abs":    {1, 1, abs},
		"floor":  {1, 1, round(math.Floor)},
		"ceil":   {1, 1, round(math.Ceil)},
		"round":  {1, 1, round(math.Round)},
		"min":    {1, 64, extreme(-1)},
		"max":    {1, 64, extreme(1)},
		"first":  {1, 1, func(e *evaluation, n ast.Node, args []any) any { return e.member(n, args[0], int64(0)) }},
		"last":   {1, 1, func(e *evaluation, n ast.Node, args []any) any { return e.member(n, args[0], int64(-1)) }},
		"get":    {2, 2, func(e *evaluation, n ast.Node, args []any) any { return e.member(n, args[0], args[1]) }},
		"keys":   {1, 1, keys},
	}
}

// each runs a predicate over the list that is the first argument, until fn says no.
// What is no list has no elements.
func (e *evaluation) each(n *ast.BuiltinNode, fn func(item, result any) bool) {
	list, _ := e.eval(n.Arguments[0]).([]any)
	var body ast.Node
	if len(n.Arguments) > 1 {
		body = n.Arguments[1].(*ast.PredicateNode).Node
	}
	for i, item := range list {
		e.step(n, 1)
		result := item
		if body != nil {
			result = e.within(scope{item: item, index: i}, body)
		}
		if !fn(item, result) {
			return
		}
	}
}

func (e *evaluation) within(s scope, body ast.Node) any {
	e.scopes = append(e.scopes, s)
	v := e.eval(body)
	e.scopes = e.scopes[:len(e.scopes)-1]
	return v
}

func (e *evaluation) yes(n ast.Node, v any) bool {
	switch v := v.(type) {
	case bool:
		return v
	case nil:
		return false
	}
	e.fail(n, "the predicate is %s, not true or false", kindOf(v))
	return false
}

func (e *evaluation) count(n *ast.BuiltinNode, enough int) int {
	found := 0
	e.each(n, func(_, result any) bool {
		if e.yes(n, result) {
			found++
		}
		return found < enough
	})
	return found
}

func all(e *evaluation, n *ast.BuiltinNode) any {
	holds := true
	e.each(n, func(_, result any) bool {
		holds = e.yes(n, result)
		return holds
	})
	return holds
}

func filter(e *evaluation, n *ast.BuiltinNode) any {
	list := []any{}
	e.each(n, func(item, result any) bool {
		if e.yes(n, result) {
			list = append(list, item)
		}
		return true
	})
	return list
}

func mapped(e *evaluation, n *ast.BuiltinNode) any {
	list := []any{}
	e.each(n, func(_, result any) bool {
		list = append(list, result)
		return true
	})
	return list
}

func find(e *evaluation, n *ast.BuiltinNode) any {
	var found any
	e.each(n, func(item, result any) bool {
		if e.yes(n, result) {
			found = item
			return false
		}
		return true
	})
	return found
}

func findIndex(e *evaluation, n *ast.BuiltinNode) any {
	i, found := int64(0), false
	e.each(n, func(_, result any) bool {
		found = e.yes(n, result)
		if !found {
			i++
		}
		return !found
	})
	if !found {
		return nil
	}
	return i
}

func sum(e *evaluation, n *ast.BuiltinNode) any {
	var total any = int64(0)
	e.each(n, func(_, result any) bool {
		total = e.calculate(n, "+", total, result)
		return true
	})
	return total
}

func reduce(e *evaluation, n *ast.BuiltinNode) any {
	list, _ := e.eval(n.Arguments[0]).([]any)
	body := n.Arguments[1].(*ast.PredicateNode).Node
	var acc any
	from := 0
	if len(n.Arguments) > 2 {
		acc = e.eval(n.Arguments[2])
	} else if len(list) > 0 {
		acc, from = list[0], 1
	}
	for i := from; i < len(list); i++ {
		acc = e.within(scope{item: list[i], acc: acc, index: i}, body)
	}
	return acc
}

func length(e *evaluation, n ast.Node, args []any) any {
	switch v := args[0].(type) {
	case string:
		e.text(n, len(v))
		return int64(utf8.RuneCountInString(v))
	case []any:
		return int64(len(v))
	case map[string]any:
		return int64(len(v))
	}
	return nil
}

func changeText(change func(string) string) func(*evaluation, ast.Node, []any) any {
	return func(e *evaluation, n ast.Node, args []any) any {
		s, ok := args[0].(string)
		if !ok {
			return nil
		}
		e.make(n, len(s))
		return change(s)
	}
}

func split(e *evaluation, n ast.Node, args []any) any {
	s, ok := args[0].(string)
	by, ok2 := args[1].(string)
	if !ok || !ok2 {
		return nil
	}
	e.text(n, len(s))
	e.step(n, strings.Count(s, by)+1)
	parts := strings.Split(s, by)
	list := make([]any, len(parts))
	for i, part := range parts {
		list[i] = part
	}
	return list
}

func join(e *evaluation, n ast.Node, args []any) any {
	list, ok := args[0].([]any)
	if !ok {
		return nil
	}
	by := ""
	if len(args) > 1 {
		by, _ = args[1].(string)
	}
	var b strings.Builder
	for i, item := range list {
		s, ok := item.(string)
		if !ok {
			e.fail(n, "join: %s among the strings", kindOf(item))
		}
		e.make(n, len(s)+len(by))
		if i > 0 {
			b.WriteString(by)
		}
		b.WriteString(s)
		e.step(n, 1)
	}
	return b.String()
}

func toString(e *evaluation, n ast.Node, args []any) any {
	switch v := args[0].(type) {
	case nil:
		return nil
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case json.Number:
		return string(v)
	}
	e.fail(n, "string: not of %s", kindOf(args[0]))
	return nil
}

func toInt(e *evaluation, n ast.Node, args []any) any {
	switch v := args[0].(type) {
	case string:
		e.text(n, len(v))
		if i, err := strconv.ParseInt(v, 10, 64); err == nil {
			return i
		}
		return nil
	default:
		if !isNumber(v) {
			return nil
		}
		if i, ok := asInt(v); ok {
			return i
		}
		if f := math.Trunc(asFloat(v)); math.Abs(f) < 1<<63 {
			return int64(f)
		}
		return nil
	}
}

func toFloat(e *evaluation, n ast.Node, args []any) any {
	if s, ok := args[0].(string); ok {
		e.text(n, len(s))
		if f, err := strconv.ParseFloat(s, 64); err == nil && !math.IsInf(f, 0) && !math.IsNaN(f) {
			return f
		}
		return nil
	}
	if f := asFloat(args[0]); isNumber(args[0]) && !math.IsInf(f, 0) {
		return f
	}
	return nil
}

func abs(e *evaluation, n ast.Node, args []any) any {
	c, ok := e.compare(n, args[0], int64(0))
	if !ok || c >= 0 {
		return args[0]
	}
	return e.calculate(n, "-", int64(0), args[0])
}

func round(by func(float64) float64) func(*evaluation, ast.Node, []any) any {
	return func(_ *evaluation, _ ast.Node, args []any) any {
		if i, ok := asInt(args[0]); ok {
			return i
		}
		if !isNumber(args[0]) {
			return nil
		}
		f := by(asFloat(args[0]))
		if math.IsInf(f, 0) {
			return nil
		}
		return f
	}
}

// extreme is the least or greatest of the arguments, or of the list that is the
// only one.
func extreme(sign int) func(*evaluation, ast.Node, []any) any {
	return func(e *evaluation, n ast.Node, args []any) any {
		if list, ok := args[0].([]any); ok && len(args) == 1 {
			args = list
		}
		var best any
		for _, v := range args {
			e.step(n, 1)
			if c, ok := e.compare(n, v, best); ok && c*sign > 0 || best == nil && isNumber(v) {
				best = v
			}
		}
		return best
	}
}

func keys(e *evaluation, n ast.Node, args []any) any {
	m, ok := args[0].(map[string]any)
	if !ok {
		return nil
	}
	e.step(n, len(m))
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	list := make([]any, len(names))
	for i, name := range names {
		list[i] = name
	}
	return list
}
