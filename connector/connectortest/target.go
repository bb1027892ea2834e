// Package connectortest has the promises of a connector as tests: a table for
// targets, and one for sources. It uses the standard library only, so that a
// connector's tests need nothing else.
package connectortest

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/eventbridge-go/eventbridge"
)

// patience is how long the tests wait for what should come at once.
var patience = 10 * time.Second

// A Target says how to make the target under test.
type Target struct {
	// Start makes a target and the other side that it delivers to, and has both
	// closed by t.Cleanup. If the target is an io.Closer, the tests close it first.
	Start func(t *testing.T) (eventbridge.Target, Peer)

	// Secrets are what the target was made with and must not tell: passwords, keys.
	Secrets []string

	// What the other side can't say, the target can't know. Default: it can.
	NoPermanent  bool // refuse for good
	NoRetryAfter bool // say how long to wait
}

// A Peer is the other side of a target. Its methods are safe for concurrent use.
type Peer interface {
	// Answer sets how deliveries are treated from now on. At the start it is Accept.
	Answer(Answer)
	// Accepted returns the events accepted so far, in order.
	Accepted() []eventbridge.Event
}

// Answer is what a Peer does with a delivery.
type Answer uint8

const (
	Accept Answer = iota
	Refuse        // for good: no further attempt would help
	Fail          // for now; it tells as much of what it got as it can, secrets too
	Wait          // fail, and ask for a pause of RetryPause
	Hang          // no answer until the delivery is given up
	Break         // cut the connection without an answer
)

// RetryPause is what a Peer asks for when its answer is Wait.
const RetryPause = 7 * time.Second

func (a Answer) String() string {
	return [...]string{"Accept", "Refuse", "Fail", "Wait", "Hang", "Break"}[a]
}

// RunTarget tests a target against the promises, each in a subtest named by it.
func RunTarget(t *testing.T, target Target) {
	for _, p := range targetPromises {
		t.Run(name(p.says), func(t *testing.T) { p.test(t, target) })
	}
}

var targetPromises = []struct {
	says string
	test func(t *testing.T, target Target)
}{
	{"an accepted event arrives whole", arrivesWhole},
	{"nil means accepted, and nothing else does", nilMeansAccepted},
	{"a refusal for good is permanent, a failure is not", permanentOrNot},
	{"a pause that is asked for is passed on", pausePassedOn},
	{"it returns when its context ends", contextHonoured},
	{"many may deliver at once", manyAtOnce},
	{"the event is not written to", notWrittenTo},
	{"no secret is in an error, or in the target printed", noSecretTold},
	{"no goroutine is left behind", noGoroutineLeft},
}

func arrivesWhole(t *testing.T, target Target) {
	to, peer := target.Start(t)
	sent := samples(t)
	for _, e := range sent {
		if err := to.Deliver(t.Context(), e); err != nil {
			t.Fatalf("Deliver = %v, want nil", err)
		}
	}
	got := peer.Accepted()
	if len(got) != len(sent) {
		t.Fatalf("%d events were accepted, want %d", len(got), len(sent))
	}
	for i := range sent {
		if diff := difference(sent[i], got[i]); diff != "" {
			t.Errorf("event %d: %s", i, diff)
		}
	}
}

func nilMeansAccepted(t *testing.T, target Target) {
	to, peer := target.Start(t)
	for _, answer := range []Answer{Accept, Fail, Accept, Break, Refuse, Accept} {
		if answer == Refuse && target.NoPermanent {
			continue
		}
		peer.Answer(answer)
		before := len(peer.Accepted())
		err := to.Deliver(t.Context(), sample(t, 0))
		if accepted := len(peer.Accepted()) > before; accepted != (err == nil) {
			t.Errorf("%v: accepted = %v, and Deliver = %v", answer, accepted, err)
		}
	}
}

func permanentOrNot(t *testing.T, target Target) {
	to, peer := target.Start(t)
	for _, answer := range []Answer{Refuse, Fail, Wait, Break} {
		if answer == Refuse && target.NoPermanent || answer == Wait && target.NoRetryAfter {
			continue
		}
		peer.Answer(answer)
		err := to.Deliver(t.Context(), sample(t, 0))
		if err == nil || eventbridge.IsPermanent(err) != (answer == Refuse) {
			t.Errorf("%v: Deliver = %v, permanent: %v", answer, err, eventbridge.IsPermanent(err))
		}
	}
}

func pausePassedOn(t *testing.T, target Target) {
	if target.NoRetryAfter {
		return
	}
	to, peer := target.Start(t)
	peer.Answer(Wait)
	err := to.Deliver(t.Context(), sample(t, 0))
	if pause := eventbridge.RetryDelay(err); pause < RetryPause-2*time.Second || pause > RetryPause {
		t.Errorf("RetryDelay(%v) = %v, want %v", err, pause, RetryPause)
	}
	peer.Answer(Fail)
	if pause := eventbridge.RetryDelay(to.Deliver(t.Context(), sample(t, 0))); pause != 0 {
		t.Errorf("a pause of %v that nobody asked for", pause)
	}
}

func contextHonoured(t *testing.T, target Target) {
	to, peer := target.Start(t)
	ended, end := context.WithCancel(t.Context())
	end()
	if err := to.Deliver(ended, sample(t, 0)); err == nil || len(peer.Accepted()) > 0 {
		t.Errorf("a context that had ended: Deliver = %v, %d accepted", err, len(peer.Accepted()))
	}
	peer.Answer(Hang)
	for _, how := range []string{"cancelled", "out of time"} {
		ctx, cancel := context.WithCancel(t.Context())
		if how == "out of time" {
			ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
		} else {
			time.AfterFunc(50*time.Millisecond, cancel)
		}
		done := make(chan error, 1)
		go func() { done <- to.Deliver(ctx, sample(t, 0)) }()
		select {
		case err := <-done:
			if err == nil || eventbridge.IsPermanent(err) {
				t.Errorf("%s: Deliver = %v, want an error that is not permanent", how, err)
			}
		case <-time.After(patience):
			t.Errorf("%s: Deliver has not returned after %v", how, patience)
		}
		cancel()
	}
}

func manyAtOnce(t *testing.T, target Target) {
	const workers, each = 16, 8
	to, peer := target.Start(t)
	events := make([]eventbridge.Event, workers*each)
	for i := range events {
		events[i] = sample(t, i)
	}
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for _, e := range events[w*each : (w+1)*each] {
				if err := to.Deliver(t.Context(), e); err != nil {
					t.Errorf("Deliver = %v", err)
				}
			}
		})
	}
	wg.Wait()
	seen := map[string]int{}
	for _, e := range peer.Accepted() {
		seen[e.ID()]++
	}
	for _, e := range events {
		if seen[e.ID()] != 1 {
			t.Errorf("event %s arrived %d times, want 1", e.ID(), seen[e.ID()])
		}
	}
}

func notWrittenTo(t *testing.T, target Target) {
	to, peer := target.Start(t)
	for _, answer := range []Answer{Accept, Fail} {
		peer.Answer(answer)
		for _, e := range samples(t) {
			before := e.Clone()
			before.DataEncoded = bytes.Clone(e.DataEncoded)
			to.Deliver(t.Context(), e)
			if diff := difference(before, e); diff != "" {
				t.Errorf("%v: %s", answer, diff)
			}
		}
	}
}

func noSecretTold(t *testing.T, target Target) {
	to, peer := target.Start(t)
	texts := []string{printed(to)}
	for _, answer := range []Answer{Refuse, Fail, Wait, Break, Hang} {
		peer.Answer(answer)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		texts = append(texts, printed(to.Deliver(ctx, sample(t, 0))))
		cancel()
	}
	for _, text := range texts {
		for _, secret := range target.Secrets {
			for _, form := range []string{secret, base64.StdEncoding.EncodeToString([]byte(secret))} {
				if strings.Contains(text, form) {
					t.Errorf("a secret is told: %s", strings.ReplaceAll(text, form, "[HERE]"))
				}
			}
		}
	}
}

// printed is v in every way that a log may print it, and the errors it wraps.
func printed(v any) string {
	text := fmt.Sprintf("%v %+v %#v", v, v, v)
	if err, ok := v.(interface{ Unwrap() error }); ok && err.Unwrap() != nil {
		text += printed(err.Unwrap())
	}
	return text
}

func noGoroutineLeft(t *testing.T, target Target) {
	before := goroutines()
	t.Run("deliveries", func(t *testing.T) {
		to, peer := target.Start(t)
		for _, answer := range []Answer{Accept, Fail, Break, Hang} {
			peer.Answer(answer)
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			to.Deliver(ctx, sample(t, 0))
			cancel()
		}
		if c, ok := to.(io.Closer); ok {
			if err := c.Close(); err != nil {
				t.Errorf("Close = %v", err)
			}
		}
	})
	requireNoMoreGoroutines(t, before)
}
