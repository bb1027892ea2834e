package store

import "github.com/eventbridge-go/eventbridge/internal/cloudevent"

// Identity reads source, id and subject out of an Entry's Data, which is otherwise
// opaque to a store. It serves stores that build an index from their log.
func Identity(data []byte) (source, id, subject string, err error) {
	return cloudevent.Identity(data)
}
