package filter

import "errors"

// Expr compiles an expression (github.com/expr-lang/expr) over the event.
func Expr(src string) (Filter, error) { return Filter{}, errors.New("not yet") }
