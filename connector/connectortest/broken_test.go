package connectortest_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventbridge-go/eventbridge"
	"github.com/eventbridge-go/eventbridge/connector/connectortest"
)

const secret = "correct horse"

// A peer takes events in memory.
type peer struct {
	mu       sync.Mutex
	answer   connectortest.Answer
	accepted []eventbridge.Event
	calls    int
}

func (p *peer) Answer(a connectortest.Answer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = a
}

func (p *peer) Accepted() []eventbridge.Event {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]eventbridge.Event(nil), p.accepted...)
}

// Deliver is a target that keeps every promise.
func (p *peer) Deliver(ctx context.Context, e eventbridge.Event) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	p.mu.Lock()
	p.calls++
	answer := p.answer
	if answer == connectortest.Accept {
		p.accepted = append(p.accepted, e.Clone())
	}
	p.mu.Unlock()
	switch answer {
	case connectortest.Refuse:
		return eventbridge.Permanent(errors.New("refused"))
	case connectortest.Fail, connectortest.Break:
		return errors.New("failed")
	case connectortest.Wait:
		return eventbridge.RetryAfter(errors.New("busy"), connectortest.RetryPause)
	case connectortest.Hang:
		<-ctx.Done()
		return ctx.Err()
	}
	return nil
}

type deliver = func(ctx context.Context, p *peer, e eventbridge.Event) error

// Targets that break a promise each, and which one.
var brokenTargets = map[string]struct {
	promise string
	deliver deliver
}{
	"says nil too soon": {"nil means accepted, and nothing else does", func(ctx context.Context, p *peer, e eventbridge.Event) error {
		p.Deliver(ctx, e)
		return nil
	}},
	"says no to what was accepted": {"nil means accepted, and nothing else does", func(ctx context.Context, p *peer, e eventbridge.Event) error {
		return errors.Join(p.Deliver(ctx, e), errors.New("no"))
	}},
	"gives up at once": {"a refusal for good is permanent, a failure is not", func(ctx context.Context, p *peer, e eventbridge.Event) error {
		return eventbridge.Permanent(p.Deliver(ctx, e))
	}},
	"never gives up": {"a refusal for good is permanent, a failure is not", func(ctx context.Context, p *peer, e eventbridge.Event) error {
		if err := p.Deliver(ctx, e); err != nil {
			return errors.New(err.Error())
		}
		return nil
	}},
	"forgets the pause": {"a pause that is asked for is passed on", func(ctx context.Context, p *peer, e eventbridge.Event) error {
		if err := p.Deliver(ctx, e); err != nil {
			return errors.New(err.Error())
		}
		return nil
	}},
	"does not look at its context": {"it returns when its context ends", func(ctx context.Context, p *peer, e eventbridge.Event) error {
		forever, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		return p.Deliver(forever, e)
	}},
	"loses one of many": {"many may deliver at once", func(ctx context.Context, p *peer, e eventbridge.Event) error {
		if e.ID() == "sample-77" {
			return nil
		}
		return p.Deliver(ctx, e)
	}},
	"writes to the data": {"the event is not written to", func(ctx context.Context, p *peer, e eventbridge.Event) error {
		err := p.Deliver(ctx, e)
		if len(e.DataEncoded) > 0 {
			e.DataEncoded[0] = 'X'
		}
		return err
	}},
	"writes to the attributes": {"the event is not written to", func(ctx context.Context, p *peer, e eventbridge.Event) error {
		e.SetExtension("seen", true)
		return p.Deliver(ctx, e)
	}},
	"drops an attribute": {"an accepted event arrives whole", func(ctx context.Context, p *peer, e eventbridge.Event) error {
		e = e.Clone()
		e.SetDataSchema("")
		return p.Deliver(ctx, e)
	}},
	"tells its secret": {"no secret is in an error, or in the target printed", func(ctx context.Context, p *peer, e eventbridge.Event) error {
		if err := p.Deliver(ctx, e); err != nil {
			return fmt.Errorf("with %s: %w", secret, err)
		}
		return nil
	}},
	"leaves a goroutine": {"no goroutine is left behind", func(ctx context.Context, p *peer, e eventbridge.Event) error {
		go func() { select {} }()
		return p.Deliver(ctx, e)
	}},
}

// send publishes as a source that keeps every promise.
func send(ctx context.Context, p eventbridge.Publisher, e eventbridge.Event) error {
	done := make(chan error, 1)
	go func() {
		err := errors.New("the publisher did not return")
		defer func() {
			if recover() != nil {
				err = errors.New("the publisher panicked")
			}
			done <- err
		}()
		err = p.Publish(ctx, e)
	}()
	return <-done
}

type sender = func(ctx context.Context, p eventbridge.Publisher, e eventbridge.Event) error

var brokenSources = map[string]struct {
	promise string
	send    sender
}{
	"takes first, publishes then": {"an event is taken only after Publish returned", func(ctx context.Context, p eventbridge.Publisher, e eventbridge.Event) error {
		go send(ctx, p, e)
		return nil
	}},
	"takes what was refused": {"an event is not taken when Publish fails", func(ctx context.Context, p eventbridge.Publisher, e eventbridge.Event) error {
		send(ctx, p, e)
		return nil
	}},
	"takes after a panic": {"an event is not taken when Publish panics or exits", func(ctx context.Context, p eventbridge.Publisher, e eventbridge.Event) error {
		send(ctx, p, e)
		return nil
	}},
	"makes a new event of each": {"an event that comes again is the same event", func(ctx context.Context, p eventbridge.Publisher, e eventbridge.Event) error {
		e.SetID(time.Now().String())
		return send(ctx, p, e)
	}},
	"changes the data": {"an event is published whole", func(ctx context.Context, p eventbridge.Publisher, e eventbridge.Event) error {
		e.DataEncoded = append([]byte(" "), e.DataEncoded...)
		return send(ctx, p, e)
	}},
	"publishes twice": {"many may send at once", func(ctx context.Context, p eventbridge.Publisher, e eventbridge.Event) error {
		send(ctx, p, e)
		return send(ctx, p, e)
	}},
	"leaves a goroutine": {"no goroutine is left behind by a source", func(ctx context.Context, p eventbridge.Publisher, e eventbridge.Event) error {
		go func() { select {} }()
		return send(ctx, p, e)
	}},
}

func runTarget(t *testing.T, d deliver) {
	connectortest.RunTarget(t, connectortest.Target{
		Start: func(t *testing.T) (eventbridge.Target, connectortest.Peer) {
			p := &peer{}
			return eventbridge.TargetFunc(func(ctx context.Context, e eventbridge.Event) error { return d(ctx, p, e) }), p
		},
		Secrets: []string{secret},
	})
}

func runSource(t *testing.T, s sender) {
	connectortest.RunSource(t, connectortest.Source{
		Start: func(t *testing.T, p eventbridge.Publisher) func(context.Context, eventbridge.Event) error {
			return func(ctx context.Context, e eventbridge.Event) error { return s(ctx, p, e) }
		},
	})
}

func TestSuitePassesWhatKeepsThePromises(t *testing.T) {
	t.Run("target", func(t *testing.T) {
		runTarget(t, func(ctx context.Context, p *peer, e eventbridge.Event) error { return p.Deliver(ctx, e) })
	})
	t.Run("source", func(t *testing.T) { runSource(t, send) })
}

// A test that is to fail runs in a process of its own.
func TestSuiteFailsWhatBreaksAPromise(t *testing.T) {
	try := func(kind, broken, promise string) {
		t.Run(kind+" "+broken, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestBroken$/^"+connectortest.PromiseOf(promise)+"$")
			cmd.Env = append(os.Environ(), "CONNECTORTEST_KIND="+kind, "CONNECTORTEST_BROKEN="+broken)
			out, err := cmd.CombinedOutput()
			var exit *exec.ExitError
			require.ErrorAs(t, err, &exit, "the suite let it pass:\n%s", out)
			require.Contains(t, string(out), "--- FAIL: TestBroken/"+connectortest.PromiseOf(promise))
		})
	}
	for broken, b := range brokenTargets {
		try("target", broken, b.promise)
	}
	for broken, b := range brokenSources {
		try("source", broken, b.promise)
	}
}

// TestBroken is what TestSuiteFailsWhatBreaksAPromise runs.
func TestBroken(t *testing.T) {
	broken := os.Getenv("CONNECTORTEST_BROKEN")
	connectortest.SetPatience(300 * time.Millisecond)
	switch os.Getenv("CONNECTORTEST_KIND") {
	case "target":
		runTarget(t, brokenTargets[broken].deliver)
	case "source":
		runSource(t, brokenSources[broken].send)
	default:
		t.Skip("it runs in a process of its own only")
	}
}
