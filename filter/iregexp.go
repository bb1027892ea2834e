package filter

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

// Bounds of a regular expression: what it costs is its program times the text.
const (
	maxRegexpBytes   = 256
	maxRegexpProgram = 1000     // instructions
	maxRegexpText    = 64 << 10 // a longer text matches no regexp
)

// An iregexp is an I-Regexp (RFC 9485) that matches a whole string.
type iregexp struct {
	source string
	re     *regexp.Regexp
}

func newIRegexp(source string) (iregexp, error) {
	if len(source) > maxRegexpBytes {
		return iregexp{}, fmt.Errorf("longer than %d bytes", maxRegexpBytes)
	}
	t := iregexpTranslator{in: source}
	if err := t.alternatives(0); err != nil {
		return iregexp{}, fmt.Errorf("at byte %d: %w", t.pos, err)
	}
	anchored := `\A(?:` + t.out.String() + `)\z`
	parsed, err := syntax.Parse(anchored, syntax.Perl)
	if err != nil {
		return iregexp{}, err
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return iregexp{}, err
	}
	if n := len(program.Inst); n > maxRegexpProgram {
		return iregexp{}, fmt.Errorf("compiles to %d instructions; %d are allowed: repeat less", n, maxRegexpProgram)
	}
	re, err := regexp.Compile(anchored)
	return iregexp{source: source, re: re}, err
}

func (c iregexp) match(v *value) bool {
	return v.kind == isString && len(v.text) <= maxRegexpText && c.re.MatchString(v.text)
}

// An iregexpTranslator checks an I-Regexp by the grammar of RFC 9485, section 3,
// while it writes it as Go would.
type iregexpTranslator struct {
	in  string
	pos int
	out strings.Builder
}

func (t *iregexpTranslator) peek() byte {
	if t.pos < len(t.in) {
		return t.in[t.pos]
	}
	return 0
}

func (t *iregexpTranslator) more() bool { return t.pos < len(t.in) }

func (t *iregexpTranslator) alternatives(depth int) error {
	if depth > 100 {
		return fmt.Errorf("nested deeper than 100 levels")
	}
	for t.more() {
		switch c := t.peek(); c {
		case '|':
			t.out.WriteByte('|')
			t.pos++
			continue
		case ')':
			if depth > 0 {
				return nil
			}
			return fmt.Errorf(`a ) that closes nothing: for the character itself write \)`)
		case '*', '+', '?', '{':
			return fmt.Errorf(`%q repeats nothing: for the character itself write \%c`, c, c)
		case '(':
			t.pos++
			t.out.WriteString("(?:")
			if err := t.alternatives(depth + 1); err != nil {
				return err
			}
			if t.peek() != ')' {
				return fmt.Errorf("a ) is missing")
			}
			t.pos++
			t.out.WriteByte(')')
		default:
			if err := t.character(); err != nil {
				return err
			}
		}
		if err := t.quantifier(); err != nil {
			return err
		}
	}
	return nil
}

func (t *iregexpTranslator) character() error {
	switch c := t.peek(); c {
	case '.':
		t.pos++
		t.out.WriteString(`[^\n\r]`)
	case '[':
		return t.class()
	case '\\':
		return t.escape()
	case ']', '}':
		return fmt.Errorf(`%q opens nothing: for the character itself write \%c`, c, c)
	default:
		r, size := utf8.DecodeRuneInString(t.in[t.pos:])
		t.pos += size
		t.out.WriteString(regexp.QuoteMeta(string(r)))
	}
	return nil
}

func (t *iregexpTranslator) quantifier() error {
	switch c := t.peek(); c {
	case '*', '+', '?':
		t.pos++
		t.out.WriteByte(c)
	case '{':
		end := strings.IndexByte(t.in[t.pos:], '}')
		if end < 0 {
			return fmt.Errorf("a } is missing")
		}
		count := t.in[t.pos : t.pos+end+1]
		low, high, comma := strings.Cut(count[1:end], ",")
		if !isDigits(low) || comma && high != "" && !isDigits(high) {
			return fmt.Errorf("%s is no number of times: write {2}, {2,} or {2,5}", count)
		}
		t.pos += end + 1
		t.out.WriteString(count)
	}
	return nil
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

func (t *iregexpTranslator) class() error {
	t.pos++
	t.out.WriteByte('[')
	if t.peek() == '^' {
		t.pos++
		t.out.WriteByte('^')
	}
	for first := true; ; first = false {
		switch c := t.peek(); {
		case !t.more():
			return fmt.Errorf("a ] is missing")
		case c == ']':
			if first {
				return fmt.Errorf("an empty class matches nothing")
			}
			t.pos++
			t.out.WriteByte(']')
			return nil
		case c == '-':
			t.pos++
			if !first && t.peek() != ']' {
				return fmt.Errorf(`a - stands first, last or in a range: else write \-`)
			}
			t.out.WriteString(`\-`)
		default:
			if err := t.classMember(); err != nil {
				return err
			}
		}
	}
}

// classMember is a character, a range or a category.
func (t *iregexpTranslator) classMember() error {
	category, err := t.classCharacter()
	if err != nil || category {
		return err
	}
	if t.peek() != '-' || t.pos+1 < len(t.in) && t.in[t.pos+1] == ']' {
		return nil
	}
	t.pos++
	t.out.WriteByte('-')
	if category, err = t.classCharacter(); err == nil && category {
		err = fmt.Errorf("a category is no end of a range")
	}
	return err
}

func (t *iregexpTranslator) classCharacter() (category bool, err error) {
	switch c := t.peek(); {
	case !t.more():
		return false, fmt.Errorf("a ] is missing")
	case c == '\\':
		category = t.pos+1 < len(t.in) && (t.in[t.pos+1] == 'p' || t.in[t.pos+1] == 'P')
		return category, t.escape()
	case c == '[' || c == '-':
		return false, fmt.Errorf(`write \%c for the character %c in a class`, c, c)
	}
	r, size := utf8.DecodeRuneInString(t.in[t.pos:])
	t.pos += size
	if strings.ContainsRune(`^&~`, r) {
		t.out.WriteByte('\\')
	}
	t.out.WriteRune(r)
	return false, nil
}

func (t *iregexpTranslator) escape() error {
	if t.pos+1 == len(t.in) {
		return fmt.Errorf("nothing follows the backslash")
	}
	c := t.in[t.pos+1]
	switch {
	case strings.IndexByte(`()*+-.?[\]^nrt{|}`, c) >= 0:
		t.out.WriteString(t.in[t.pos : t.pos+2])
		t.pos += 2
	case c == 'p' || c == 'P':
		end := strings.IndexByte(t.in[t.pos:], '}')
		if end < 0 || t.pos+2 < len(t.in) && t.in[t.pos+2] != '{' {
			return fmt.Errorf(`a category is written \p{Lu}`)
		}
		name := t.in[t.pos+3 : t.pos+end]
		if !unicodeCategories[name] {
			return fmt.Errorf("no Unicode category %q", name)
		}
		t.out.WriteString(t.in[t.pos : t.pos+end+1])
		t.pos += end + 1
	default:
		return fmt.Errorf(`I-Regexp (RFC 9485) has no \%c`, c)
	}
	return nil
}

// unicodeCategories are those of RFC 9485 that Go knows: not Cn.
var unicodeCategories = func() map[string]bool {
	set := map[string]bool{}
	for _, name := range strings.Fields("L Ll Lm Lo Lt Lu M Mc Me Mn N Nd Nl No P Pc Pd Pe Pf Pi Po Ps S Sc Sk Sm So Z Zl Zp Zs C Cc Cf Co") {
		set[name] = true
	}
	return set
}()
