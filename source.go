package eventbridge

import "context"

// A Source brings events in: it publishes to p until ctx ends, and tells its upstream
// that an event is taken only after Publish returned nil. Run returns nil when ctx
// ended, and has no goroutine left behind when it returns.
type Source interface {
	Run(ctx context.Context, p Publisher) error
}
