// Package fence lets eventbridgetest end a bus as a crash does. A store that is a Store
// gets from the bus the function that does it.
package fence

// A Store is told how to crash the bus that runs on it. Crash returns when the bus
// writes, delivers and reports nothing any more; targets that run still get a context
// that has ended, and whatever they return has no effect.
type Store interface {
	OnCrash(crash func())
}
