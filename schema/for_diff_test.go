package schema_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventbridge-go/eventbridge/schema"
)

type level int

func (level) Values() []level { return []level{1, 2} }

// everything is a type in which For has something to say of each kind.
type everything struct {
	Bool    bool              `json:"bool"`
	Number  json.Number       `json:"number"`
	Small   int8              `json:"small"`
	Quoted  uint              `json:"quoted,string"`
	At      time.Time         `json:"at"`
	Bytes   []byte            `json:"bytes"`
	Pair    [2]float64        `json:"pair"`
	Level   *level            `json:"level"`
	Raw     json.RawMessage   `json:"raw"`
	Any     any               `json:"any,omitempty"`
	Open    map[string]any    `json:"open"`
	ByID    map[int]*branch   `json:"by_id"`
	ByLevel map[string]level  `json:"by_level,omitempty"`
	First   branch            `json:"first"`
	Again   *everything       `json:"again,omitempty"`
	Text    map[string]string `json:"text,omitzero"`
}

type branch struct {
	Name     string   `json:"name"`
	Branches []branch `json:"branches"`
}

func TestATypeIsCompatibleWithItself(t *testing.T) {
	doc, err := schema.For[everything]()
	require.NoError(t, err)
	for _, policy := range []schema.Policy{schema.Practical, schema.Strict} {
		breaks, err := schema.Diff(doc, doc, schema.Full, schema.WithPolicy(policy))
		require.NoError(t, err)
		require.Empty(t, breaks)
	}
}
