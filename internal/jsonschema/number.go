package jsonschema

import (
	"encoding/json"
	"math/big"
)

// Whole reads a number that is whole, 0 or more and below 2^31, however it is
// written: 2, 2.0, 0.2e1. It says no to any other.
func Whole(n json.Number) (int, bool) {
	if !NumberInBounds(string(n)) {
		return 0, false
	}
	r, ok := new(big.Rat).SetString(string(n))
	if !ok || !r.IsInt() || r.Sign() < 0 || r.Num().BitLen() > 31 {
		return 0, false
	}
	return int(r.Num().Int64()), true
}
