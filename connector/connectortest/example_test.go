package connectortest_test

import (
	"testing"

	"github.com/eventbridge-go/eventbridge"
	"github.com/eventbridge-go/eventbridge/connector/connectortest"
)

// The test of a target. Here it delivers into memory; a real one starts a server or a
// broker to deliver to, and has the two closed by t.Cleanup.
func ExampleRunTarget() {
	test := func(t *testing.T) {
		connectortest.RunTarget(t, connectortest.Target{
			Start: func(t *testing.T) (eventbridge.Target, connectortest.Peer) {
				p := &peer{}
				return p, p
			},
			Secrets: []string{"the password that the target was made with"},
		})
	}
	_ = test // func TestTarget(t *testing.T) { … }
}
