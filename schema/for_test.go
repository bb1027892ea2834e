package schema_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventbridge-go/eventbridge/schema"
)

func TestForIsIndentedAndEndsInANewline(t *testing.T) {
	type order struct {
		ID    string     `json:"id"`
		Paid  *time.Time `json:"paid,omitempty"`
		Items []string   `json:"items"`
	}
	doc, err := schema.For[order]()
	require.NoError(t, err)
	require.Equal(t, `{
  "$schema": "http://json-schema.org/draft-07/schema#",
  "type": "object",
  "properties": {
    "id": {
      "type": "string"
    },
    "paid": {
      "type": "string",
      "format": "date-time"
    },
    "items": {
      "type": [
        "array",
        "null"
      ],
      "items": {
        "type": "string"
      }
    }
  },
  "required": [
    "id",
    "items"
  ]
}
`, string(doc))
}

func TestForNamesWhatIsNotWritten(t *testing.T) {
	type order struct {
		Items []struct{ Done chan int }
	}
	_, err := schema.For[order]()
	require.EqualError(t, err, "schema of a Go type: schema_test.order.Items[].Done: a chan int is not written as JSON")
}
