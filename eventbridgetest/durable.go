package eventbridgetest

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/eventbridge-go/eventbridge"
	"github.com/eventbridge-go/eventbridge/internal/fence"
	"github.com/eventbridge-go/eventbridge/store"
	"github.com/eventbridge-go/eventbridge/store/boltstore"
)

// A Durable is a bus on a file that can be restarted and crashed. Its rules come back:
// those of WithRules, and those that were added by its own AddRule or PutRule.
//
// Bus is the one that runs now. Reopen and Crash put another in its place, so they are
// for the goroutine of the test; others that use the bus meanwhile keep it in a variable
// of their own.
type Durable struct {
	*eventbridge.Bus

	tb    testing.TB
	path  string
	opts  []eventbridge.Option
	fixed []string // names of rules that come with opts
	rules []eventbridge.Rule
	store *crashable
}

// Open returns a bus on a new file in a folder of the test. It logs to the test and is
// shut down at its end; dead letters that are left fail the test. The file has the
// limit of a file by default: WithMaxBytes does not count here.
func Open(tb testing.TB, opts ...eventbridge.Option) *Durable {
	tb.Helper()
	d := &Durable{tb: tb, path: filepath.Join(tb.TempDir(), "events.db"), opts: withLogger(tb, opts)}
	d.open()
	for _, r := range d.Status().Rules {
		d.fixed = append(d.fixed, r.Name)
	}
	tb.Cleanup(func() { finish(tb, d.Bus) })
	return d
}

// AddRule is Bus.AddRule; Reopen and Crash add the rule again.
func (d *Durable) AddRule(r eventbridge.Rule) error {
	err := d.Bus.AddRule(r)
	if err == nil {
		d.rules = append(d.rules, r)
	}
	return err
}

// PutRule is Bus.PutRule; Reopen and Crash add the rule again as it is now. It is an
// error for a rule of WithRules, which would come back as it was.
func (d *Durable) PutRule(r eventbridge.Rule) error {
	if err := d.changeable(r.Name); err != nil {
		return err
	}
	err := d.Bus.PutRule(r)
	if err == nil {
		d.forget(r.Name)
		d.rules = append(d.rules, r)
	}
	return err
}

// DeleteRule is Bus.DeleteRule; the rule does not come back. It is an error for a rule
// of WithRules, which would.
func (d *Durable) DeleteRule(ctx context.Context, name string) error {
	if err := d.changeable(name); err != nil {
		return err
	}
	err := d.Bus.DeleteRule(ctx, name)
	if err == nil {
		d.forget(name)
	}
	return err
}

func (d *Durable) changeable(name string) error {
	if slices.Contains(d.fixed, name) {
		return fmt.Errorf("rule %q comes from WithRules, and would be as before after Reopen or Crash: add it with AddRule", name)
	}
	return nil
}

func (d *Durable) forget(name string) {
	d.rules = slices.DeleteFunc(d.rules, func(r eventbridge.Rule) bool { return r.Name == name })
}

// Reopen shuts the bus down and opens the file again, with the same options and rules:
// a clean restart.
func (d *Durable) Reopen() {
	d.tb.Helper()
	d.checkRules()
	ctx, cancel := context.WithTimeout(context.Background(), endWait)
	defer cancel()
	if err := d.Shutdown(ctx); err != nil {
		d.tb.Fatalf("Reopen: the bus does not shut down: %v", explained(err))
	}
	d.open()
}

// Crash ends the bus as kill -9 ends a process, and opens the file as it was at that
// moment, with the same options and rules. What Publish had returned nil for is there;
// what was being delivered, or was delivered in the last moments, is delivered again.
//
// After Crash the old bus starts no delivery, calls no hook and writes nothing. A target
// that was running is a goroutine, which nothing can kill: its context has ended, and
// what it returns has no effect.
func (d *Durable) Crash() {
	d.tb.Helper()
	d.checkRules()
	remains := d.path + ".crash"
	if err := d.store.end(remains); err != nil {
		d.tb.Fatalf("Crash: %v", err)
	}
	if err := os.Rename(remains, d.path); err != nil {
		d.tb.Fatalf("Crash: %v", err)
	}
	d.open()
}

// checkRules finds rules that would silently stay away.
func (d *Durable) checkRules() {
	d.tb.Helper()
	for _, r := range d.Status().Rules {
		known := slices.Contains(d.fixed, r.Name) ||
			slices.ContainsFunc(d.rules, func(own eventbridge.Rule) bool { return own.Name == r.Name })
		if r.State != eventbridge.StateAbsent && !known {
			d.tb.Fatalf("rule %q was added to the Bus of the Durable, and would not come back: use the Durable's own AddRule", r.Name)
		}
	}
}

func (d *Durable) open() {
	d.tb.Helper()
	s, err := boltstore.Open(d.path, boltstore.Options{})
	if err != nil {
		d.tb.Fatalf("the log does not open: %v", err)
	}
	d.store = &crashable{Store: s, path: d.path}
	opts := append(slices.Clone(d.opts), eventbridge.WithRules(d.rules...), eventbridge.WithStore(d.store))
	d.Bus, err = eventbridge.New(opts...)
	if err != nil {
		d.tb.Fatalf("the bus does not start: %v", err)
	}
}

// crashable is a store on a file that can end as its process would.
type crashable struct {
	store.Store
	path  string
	crash func() // ends the bus

	mu    sync.Mutex // held for each commit, so that the file is copied between two
	ended bool
}

var _ fence.Store = (*crashable)(nil)

// OnCrash implements fence.Store.
func (s *crashable) OnCrash(crash func()) { s.crash = crash }

// Commit implements store.Store.
func (s *crashable) Commit(b *store.Batch) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return store.ErrStopped
	}
	return s.Store.Commit(b)
}

// end copies the file between two commits, lets nothing be written after it, and ends
// the bus.
func (s *crashable) end(copyTo string) error {
	err := s.cut(copyTo)
	s.crash()
	return err
}

func (s *crashable) cut(copyTo string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	return copyFile(copyTo, s.path)
}

func copyFile(to, from string) (err error) {
	src, err := os.Open(from)
	if err != nil {
		return err
	}
	defer src.Close()
	dst, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if _, err := io.Copy(dst, src); err != nil {
		dst.Close()
		return err
	}
	return dst.Close()
}
