package schema

// An Entry is a pair that a [Keeper] keeps. Both parts belong to who made the entry
// and are not written to afterwards.
type Entry struct {
	Key   string
	Value []byte
}
