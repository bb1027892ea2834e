package filter

import "github.com/eventbridge-go/eventbridge/internal/decimal"

// A value is one leaf of an event: an attribute, or a string, number, boolean or
// null somewhere in the data.
type value struct {
	text   string // of a string: its characters; of a number: as written
	folded string // the text in folded case, if anybody asked
	number decimal.Number
	brief  uint64 // of a string: its hash; of a number: its coarse measure
	path   *path
	next   int32 // the next value of the same path in view.values, 0 for none
	same   int32 // another value of the path that leads to the same spot; see hints
	group  int32 // the array element it is in, by view.groups; 0 for none
	kind   valueKind
	parsed bool // number and brief are valid, or the text is out of bounds
}

type valueKind uint8

const (
	isNull valueKind = iota
	isTrue
	isFalse
	isNumber
	isString
	isNoText // a string that is not Unicode: there, but equal to nothing
	isDead   // taken back: a later member has the same name
)

// num is v as a number. Beyond the bounds of package decimal it is none.
func (v *value) num() (decimal.Number, bool) {
	if v.kind != isNumber {
		return decimal.Number{}, false
	}
	if !v.parsed {
		v.number, _ = decimal.Parse(v.text)
		v.brief = uint64(v.number.Coarse())
		v.parsed = true
	}
	return v.number, v.number != decimal.Number{}
}

// coarse is num in short.
func (v *value) coarse() (uint32, bool) {
	_, ok := v.num()
	return uint32(v.brief), ok
}

// hash is that of a string's text.
func (v *value) hash() uint64 {
	if !v.parsed {
		v.brief, v.parsed = textHash(v.text), true
	}
	return v.brief
}

// appendJSON writes v as it would stand in a pattern.
func (v *value) appendJSON(b []byte) []byte {
	switch v.kind {
	case isNumber:
		return append(b, v.text...)
	case isString, isNoText:
		return appendQuoted(b, v.text)
	}
	return append(b, literalIs(v.kind).word()...)
}
