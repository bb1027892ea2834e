package expression

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"

	"github.com/eventbridge-go/eventbridge/internal/cloudevent"
	"github.com/eventbridge-go/eventbridge/internal/document"
)

// An evaluation is one run of a program over one event.
type evaluation struct {
	program *Program
	doc     *document.Document
	steps   int
	made    int // bytes of text
	locals  []local
	scopes  []scope // of the predicates around
}

type local struct {
	name  string
	value any
}

// A scope is what # means in a predicate.
type scope struct {
	item, acc any
	index     int
}

func (e *evaluation) fail(n ast.Node, format string, args ...any) {
	panic(&runtimeError{n.Location().From, fmt.Sprintf(format, args...)})
}

// step pays for work.
func (e *evaluation) step(n ast.Node, steps int) {
	if e.steps += steps; e.steps > MaxSteps {
		e.fail(n, "the expression takes more than %d steps on this event", MaxSteps)
	}
}

// text pays for reading so many bytes.
func (e *evaluation) text(n ast.Node, bytes int) { e.step(n, bytes/64) }

// make pays for a string of so many bytes.
func (e *evaluation) make(n ast.Node, bytes int) {
	e.text(n, bytes)
	if e.made += bytes; e.made > MaxText {
		e.fail(n, "the expression makes more than %d bytes of text of this event", MaxText)
	}
}

func (e *evaluation) eval(n ast.Node) any {
	e.step(n, 1)
	switch n := n.(type) {
	case *ast.NilNode:
		return nil
	case *ast.IntegerNode:
		return int64(n.Value)
	case *ast.FloatNode:
		return n.Value
	case *ast.BoolNode:
		return n.Value
	case *ast.StringNode:
		return n.Value
	case *ast.IdentifierNode:
		return e.identifier(n)
	case *ast.PointerNode:
		return e.pointer(n)
	case *ast.UnaryNode:
		return e.unary(n)
	case *ast.BinaryNode:
		return e.binary(n)
	case *ast.ChainNode:
		return e.eval(n.Node)
	case *ast.MemberNode:
		return e.member(n, e.eval(n.Node), e.eval(n.Property))
	case *ast.SliceNode:
		return e.slice(n)
	case *ast.BuiltinNode:
		if p := predicates[n.Name]; p != nil {
			return p(e, n)
		}
		args := make([]any, len(n.Arguments))
		for i, arg := range n.Arguments {
			args[i] = e.eval(arg)
		}
		return functions[n.Name].call(e, n, args)
	case *ast.ConditionalNode:
		if e.truth(n.Cond) {
			return e.eval(n.Exp1)
		}
		return e.eval(n.Exp2)
	case *ast.VariableDeclaratorNode:
		e.locals = append(e.locals, local{n.Name, e.eval(n.Value)})
		v := e.eval(n.Expr)
		e.locals = e.locals[:len(e.locals)-1]
		return v
	case *ast.SequenceNode:
		var last any
		for _, each := range n.Nodes {
			last = e.eval(each)
		}
		return last
	case *ast.ArrayNode:
		list := make([]any, len(n.Nodes))
		for i, each := range n.Nodes {
			list[i] = e.eval(each)
		}
		return list
	case *ast.MapNode:
		return e.object(n)
	}
	e.fail(n, "this can't be evaluated")
	return nil
}

func (e *evaluation) object(n *ast.MapNode) any {
	m := make(map[string]any, len(n.Pairs))
	for _, pair := range n.Pairs {
		pair := pair.(*ast.PairNode)
		key, ok := e.eval(pair.Key).(string)
		if !ok {
			e.fail(pair, "a key is a string")
		}
		m[key] = e.eval(pair.Value)
	}
	return m
}

func (e *evaluation) identifier(n *ast.IdentifierNode) any {
	for i := len(e.locals) - 1; i >= 0; i-- {
		if e.locals[i].name == n.Value {
			return e.locals[i].value
		}
	}
	ev := &e.doc.Event
	text := ""
	switch n.Value {
	case "data":
		if e.doc.Valid() == nil {
			if ev.Kind == cloudevent.Text {
				return string(ev.Data)
			}
			return nil
		}
		tree, err := e.doc.Tree()
		if err != nil {
			e.fail(n, "data: %v", err)
		}
		return tree
	case "type":
		text = ev.Type
	case "source":
		text = ev.Source
	case "subject":
		text = ev.Subject
	case "id":
		text = ev.ID
	case "specversion":
		text = cloudevent.SpecVersion
	case "datacontenttype":
		text = ev.DataContentType
	case "dataschema":
		text = ev.DataSchema
	case "time":
		if !ev.Time.IsZero() {
			text = cloudevent.FormatTime(ev.Time)
		}
	default:
		return extension(ev, n.Value)
	}
	if text == "" {
		return nil
	}
	return text
}

func extension(ev *cloudevent.Event, name string) any {
	x, ok := ev.Extension(name)
	switch {
	case !ok:
		return nil
	case x.Type == cloudevent.Boolean:
		return x.Text == "true"
	case x.Type == cloudevent.Integer:
		return json.Number(x.Text)
	}
	return x.Text
}

func (e *evaluation) pointer(n *ast.PointerNode) any {
	s := e.scopes[len(e.scopes)-1]
	switch n.Name {
	case "index":
		return int64(s.index)
	case "acc":
		return s.acc
	}
	return s.item
}

// member is a field or an element. What is not there is nil.
func (e *evaluation) member(n ast.Node, of, key any) any {
	switch of := of.(type) {
	case map[string]any:
		if name, ok := key.(string); ok {
			return of[name]
		}
	case []any:
		if i, ok := e.index(key, len(of)); ok {
			return of[i]
		}
	}
	return nil
}

// index is a place in a list; negative ones count from the end.
func (e *evaluation) index(key any, length int) (int, bool) {
	i, ok := asInt(key)
	if i < 0 {
		i += int64(length)
	}
	return int(i), ok && i >= 0 && i < int64(length)
}

func (e *evaluation) slice(n *ast.SliceNode) any {
	of := e.eval(n.Node)
	length := 0
	switch of := of.(type) {
	case []any:
		length = len(of)
	case string:
		length = len(of)
	default:
		return nil
	}
	from, to := 0, length
	end := func(n ast.Node, at *int) {
		if n == nil {
			return
		}
		i, ok := asInt(e.eval(n))
		if !ok {
			e.fail(n, "the end of a slice is a whole number")
		}
		if i < 0 {
			i += int64(length)
		}
		*at = int(min(max(i, 0), int64(length)))
	}
	end(n.From, &from)
	end(n.To, &to)
	if list, ok := of.([]any); ok {
		return list[min(from, to):to:to]
	}
	s := of.(string)[min(from, to):to]
	if !utf8.ValidString(s) {
		e.fail(n, "the slice cuts a character in two")
	}
	return s
}

// truth is a condition: nothing is no.
func (e *evaluation) truth(n ast.Node) bool {
	switch v := e.eval(n).(type) {
	case bool:
		return v
	case nil:
		return false
	default:
		e.fail(n, "%s stands where true or false is due", kindOf(v))
	}
	return false
}

func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "nothing"
	case bool:
		return "true or false"
	case string:
		return "a string"
	case []any:
		return "a list"
	case map[string]any:
		return "an object"
	}
	return "a number"
}
