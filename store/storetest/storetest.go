// Package storetest checks that a store keeps the contract of package store.
//
//	func TestContract(t *testing.T) {
//		storetest.Run(t, storetest.Harness{Open: …})
//	}
//
// Each test is a row: a promise in words, and what would show it broken. Which rows
// run depends on the capabilities the store states.
package storetest

import (
	"testing"

	"github.com/eventbridge-go/eventbridge/store"
)

// A Harness opens stores. Stores still open at the end of a test are closed by Run.
type Harness struct {
	// Open makes a new, empty store.
	Open func(t *testing.T, o Options) store.Store

	// Reopen opens the log of a store that was closed. Durable stores need it.
	Reopen func(t *testing.T, closed store.Store) store.Store

	// Second tries to open the log of a store that is open, and returns the error.
	// Locking stores need it.
	Second func(t *testing.T, open store.Store) error
}

// Options bound the store a test wants. Zero means the store's own default.
type Options struct {
	MaxBytes int64 // where Appends get ErrFull; a store may round it up to a few MiB
	Keep     int64 // bytes of events below the Floor that stay, where the store forgets
}

// A promise is one row.
type promise struct {
	says  string
	holds func(t *testing.T, l *log)
}

// Run checks every promise the store's capabilities include.
func Run(t *testing.T, h Harness) {
	probe := h.Open(t, Options{})
	has := probe.Capabilities()
	if err := probe.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
	groups := []struct {
		name string
		on   bool
		rows []promise
	}{
		{"Commit", true, commits},
		{"Read", true, reads},
		{"Ledger", true, ledgers},
		{"Life", true, lives},
		{"Durable", has.Durable, durables},
		{"Locking", has.Locking, lockings},
		{"Forgets", has.Forgets, forgettings},
	}
	for _, g := range groups {
		if !g.on {
			continue
		}
		t.Run(g.name, func(t *testing.T) {
			for _, p := range g.rows {
				t.Run(p.says, func(t *testing.T) {
					l := &log{t: t, h: h, now: start}
					p.holds(t, l)
					l.finish()
				})
			}
		})
	}
}
