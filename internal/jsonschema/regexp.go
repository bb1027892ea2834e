package jsonschema

import (
	"errors"
	"fmt"
	"regexp/syntax"
	"strings"
)

// Bounds of a regular expression.
const (
	MaxRegexpSource  = 1 << 10 // bytes
	MaxRegexpProgram = 1_000   // instructions when compiled
)

// CheckRegexp says what is wrong with a regular expression, or "". Matching takes
// time in proportion to text × program, never more, so bounding the program is enough.
func CheckRegexp(expr string) string {
	if len(expr) > MaxRegexpSource {
		return fmt.Sprintf("regular expression too long: %d bytes, at most %d", len(expr), MaxRegexpSource)
	}
	re, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return regexpFault(err)
	}
	prog, err := syntax.Compile(re.Simplify())
	if err != nil {
		return regexpFault(err)
	}
	if len(prog.Inst) > MaxRegexpProgram {
		return fmt.Sprintf("regular expression too large: it compiles to %d instructions, at most %d", len(prog.Inst), MaxRegexpProgram)
	}
	return ""
}

func regexpFault(err error) string {
	var e *syntax.Error
	if !errors.As(err, &e) {
		return "regular expression: " + err.Error()
	}
	for _, look := range []string{"(?=", "(?!", "(?<=", "(?<!"} {
		if strings.HasPrefix(e.Expr, look) {
			return fmt.Sprintf("regular expression: lookaheads and lookbehinds such as %q are not supported (matching is in linear time)", look)
		}
	}
	return fmt.Sprintf("regular expression: %s: %q", e.Code, clip(e.Expr))
}
