package gotype_test

//lint:file-ignore SA5008 tags that nobody should write are what is tested

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/netip"
	"strconv"
	"time"
)

type numbers struct {
	I   int
	I8  int8
	I16 int16
	I32 int32
	I64 int64
	U   uint
	U8  uint8
	U16 uint16
	U32 uint32
	U64 uint64
	Ptr uintptr
	F32 float32
	F64 float64
	B   bool
	D   time.Duration
}

type quotedScalars struct {
	I   int64       `json:",string"`
	U   uint8       `json:"u,string"`
	F   float64     `json:",string"`
	F32 float32     `json:",string,omitempty"`
	B   bool        `json:",string"`
	S   string      `json:",string"`
	T   time.Time   `json:",string"`
	A   []int       `json:",string"`
	L   label       `json:",string"`
	PT  pointerCode `json:",string"`
}

type quotedPointers struct {
	S  *string     `json:",string"`
	I  *int64      `json:",string"`
	O  *int64      `json:",string,omitempty"`
	PP **int64     `json:",string"`
	N  json.Number `json:",string"`
}

type collections struct {
	Slice   []int
	Bytes   []byte
	Named   named
	Chars   []char
	Coded   []pointerChar
	Array   [3]string
	Octets  [2]byte
	Nothing [0]int
	Matrix  [][]float64
	Map     map[string][]int
	Struct  struct{ A, B int }
	Empty   struct{}
}

type (
	named       []byte
	char        byte
	pointerChar byte
)

func (*pointerChar) MarshalText() ([]byte, error) { return []byte("c"), nil }

type maps struct {
	Integers map[int8]string
	Unsigned map[uint]string
	Texts    map[netip.Addr]bool
	Labels   map[label]int
	Numbers  map[coded]int
	Open     map[string]any
	Structs  map[string]inner `json:",omitempty"`
}

// label is a string with a MarshalText, which does not count where it is a key.
type label string

func (l label) MarshalText() ([]byte, error) { return []byte("label " + string(l)), nil }

// coded is an integer with a MarshalText, which counts where it is a key.
type coded int

func (c coded) MarshalText() ([]byte, error) { return []byte("code " + strconv.Itoa(int(c))), nil }

type pointerCode int

func (*pointerCode) MarshalText() ([]byte, error) { return []byte("code"), nil }

type inner struct {
	A int
	B *string `json:"b,omitempty"`
}

type pointers struct {
	P   *int
	PP  **int
	PS  *[]int
	PO  **int  `json:",omitempty"`
	PSO *[]int `json:",omitempty"`
	PZ  *inner `json:",omitzero"`
	In  *inner
}

type anything struct {
	Any    any
	Err    error
	Raw    json.RawMessage
	Number json.Number
}

type marshalers struct {
	Big     big.Int // only *big.Int has methods
	PBig    *big.Int
	Bigs    []big.Int
	Addr    netip.Addr
	Text    pointerText
	PText   *pointerText
	Texts   []pointerText
	Array   [1]pointerText
	Map     map[string]pointerText
	Money   money
	PMoney  *money
	Stamped stamped
	Mixed   mixed
}

type pointerText struct{ N int }

func (p *pointerText) MarshalText() ([]byte, error) { return []byte(strconv.Itoa(p.N)), nil }

// money says what it writes.
type money struct{ cents int }

func (m money) MarshalJSON() ([]byte, error) { return fmt.Appendf(nil, `{"cents":%d}`, m.cents), nil }

func (money) JSONSchema() []byte {
	return []byte(`{"$schema": "http://json-schema.org/draft-07/schema#", "type": "object",
		"required": ["cents"], "properties": {"cents": {"type": "integer"}}}`)
}

// stamped is written as a time: it has MarshalJSON from what it embeds.
type stamped struct {
	time.Time
	Name string
}

// mixed is written as an object where it can be addressed, else as a text.
type mixed struct{}

func (*mixed) MarshalJSON() ([]byte, error) { return []byte(`{}`), nil }
func (mixed) MarshalText() ([]byte, error)  { return []byte(`mixed`), nil }

type options struct {
	Slice   []int          `json:",omitempty"`
	Zero    []int          `json:",omitzero"`
	Map     map[string]int `json:",omitempty"`
	Bytes   []byte         `json:",omitempty"`
	Pointer **string       `json:",omitempty"`
	Array   [2]int         `json:",omitempty"`
	Time    time.Time      `json:",omitempty"`
	Struct  inner          `json:",omitzero"`
	Kept    kept           `json:",omitzero"`
	Any     any            `json:",omitempty"`
}

// kept is written even where it is nil: its own IsZero says so.
type kept []int

func (kept) IsZero() bool { return false }

type node struct {
	Label    string           `json:"label"`
	Parent   *node            `json:"parent,omitempty"`
	Children []*node          `json:"children"`
	Named    map[string]node  `json:"named"`
	Other    map[string]*leaf `json:"other"`
}

type leaf struct {
	Up *node `json:"up"`
}

type (
	tree   []tree
	forest map[string]forest
)

type pair[A, B any] struct {
	A A
	B B
}

type suit string

func (suit) Values() []suit { return []suit{"", "hearts", "spades", "clubs", "hearts"} }

type textSuit int

func (s textSuit) MarshalText() ([]byte, error) {
	if s == 0 {
		return []byte("none"), nil
	}
	return []byte("some"), nil
}

func (*textSuit) Values() []textSuit { return []textSuit{0, 1} }

type size int

func (size) Values() []size { return []size{0, 36, 42} }

type suits struct {
	Map     map[suit]int
	Plain   suit
	Pointer *suit
	Text    textSuit
	Texts   []textSuit
	Size    size
	Quoted  size `json:",string"`
}

type escapes struct {
	HTML   int `json:"a<b>&c"`
	Slash  int `json:"a/b~c"`
	Umlaut int `json:"größe"`
}

type list struct {
	Next *list `json:",omitempty"`
}

type box[T any] struct{ V T }

// onlyDescribed does not write itself, so its JSONSchema is not asked.
type onlyDescribed struct{}

func (onlyDescribed) JSONSchema() []byte { return []byte(`false`) }

// anyhow says that it may write anything.
type anyhow struct{}

func (anyhow) MarshalText() ([]byte, error) { return []byte("anyhow"), nil }
func (anyhow) JSONSchema() []byte           { return []byte(` true `) }

// impossible says that it is never written.
type impossible struct{}

func (impossible) MarshalText() ([]byte, error) { return nil, errors.New("never") }
func (impossible) JSONSchema() []byte           { return []byte(`false`) }

type flag bool

func (flag) Values() []flag { return []flag{true} }

type rate float32

func (rate) Values() []rate { return []rate{0, 0.1} }

// coin is written as a number where it cannot be addressed.
type coin int

func (c *coin) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "%d cents", *c), nil }
func (coin) Values() []coin                  { return []coin{0, 5} }

// others has values, but not of its own type.
type others string

func (others) Values() []string { return []string{"a"} }

// bag has values of its own type, but leaves its writing to encoding/json.
type bag struct{ N int }

func (bag) Values() []bag { return []bag{{1}} }

// Types that cannot be described.

type (
	loop   *loop
	panics string
	empty  string
	refers struct{}
	draft4 struct{}
	broken struct{}
	silent int
)

func (panics) Values() []panics { panic("no values") }
func (empty) Values() []empty   { return nil }

func (silent) MarshalJSON() ([]byte, error) { return nil, errors.New("never") }
func (silent) Values() []silent             { return []silent{1} }

func (refers) MarshalJSON() ([]byte, error) { return nil, errors.New("never") }
func (refers) JSONSchema() []byte {
	return []byte(`{"properties":{"a":{"$ref":"#/definitions/a"},"$ref":{"enum":[{"$ref":"x"}]}},"definitions":{"a":{}}}`)
}

func (draft4) MarshalText() ([]byte, error) { return nil, errors.New("never") }
func (draft4) JSONSchema() []byte {
	return []byte(`{"$schema":"http://json-schema.org/draft-04/schema#"}`)
}

func (broken) MarshalText() ([]byte, error) { return nil, errors.New("never") }
func (broken) JSONSchema() []byte           { return []byte(`{"type":`) }
