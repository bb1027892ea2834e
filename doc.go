// Package eventbridge is an event bus that lives inside your program: CloudEvents go
// in, are kept in a log (one file), and rules pick the ones they want, reshape them and
// hand them to targets. No server, no cgo.
//
//	bus, err := eventbridge.Open("events.db")
//	…
//	eventbridge.On(bus, "welcome-mail", func(ctx context.Context, u SignedUp) error {
//		return mail.Welcome(u.Email) // return an error and it is tried again, across restarts
//	})
//	eventbridge.Emit(ctx, bus, SignedUp{Email: "ada@example.com"})
//
// An event is a fact: past, never changed, and expecting nothing of anybody. Whoever
// publishes one does not know who will hear of it; whoever wants to hear adds a [Rule].
//
// # What is promised
//
// Durable, with three outcomes. [Bus.Publish] returns nil only when its events are on
// disk, synced, all of them or none. It returns [ErrOutcomeUnknown] when the disk failed
// in mid-commit. Any other error means that nothing was stored. An I/O error of a commit
// stops the log ([ErrStopped]) until it is closed and opened again, which checks it; a
// full disk ([ErrFull]) recovers by itself.
//
// Nothing accepted disappears. For every rule that selects it an event ends delivered or
// as a dead letter, which is kept until somebody redrives or discards it. Where the disk
// or a limit is full, Publish fails.
//
// At least once. After a crash, what was in flight, or was finished in the last ten
// milliseconds or so, is delivered again, with the same [Info.Key]. Publishing again
// after an error is safe: the same source, id and content is stored once within a
// window of 24 hours ([WithDedup]); other content is [ErrConflict].
//
// In order per entity. Events of one source and subject reach a rule's target one at a
// time, in the order of the log, also across retries, deaths and restarts. An event that
// fails holds back those of its own key only, and only until its retries end. Another key
// can be chosen ([OrderBy]), or none ([Unordered]). An event without a subject is held
// back by nothing.
//
// Isolated. A target that is slow, down, blocked or panicking delays no other rule and
// costs bounded memory; its backlog stays in the log, however long.
//
// Replay is safe. [Bus.Replay] reaches the target it names and nobody else. What that
// target publishes is new, and goes to all rules.
//
// An event is its callee's own copy, and the publisher's is never written to.
//
// The log is never rewritten. Old events are read as their newest type ([WithUpcast]) by
// everyone; one that can't be is a dead letter of each rule that might have selected it.
//
// What does not fit its schema is refused before anything is stored ([WithSchemas]), and
// so is a schema that would break who reads the events. No schema is ever fetched.
//
// Publishing from within a target never deadlocks. A loop of rules is cut after 32 hops
// with [ErrLoop].
//
// Bad input gets a clear error at the door, with the place in it, and changes nothing.
//
// One process has a file at a time; the next gets [ErrLocked] within a second. kill -9
// or a power cut at any instant loses nothing that was acknowledged. Damage of the file
// is found by checksums, named ([ErrCorrupt]), and never delivered.
//
// No globals, no registration, and no goroutine left after [Bus.Shutdown] or
// [Bus.Close].
//
// # What is not
//
// A target that ignores its context can't be stopped in Go: it keeps its place in line,
// is shown as stuck, and holds up nothing but its key and one of its rule's slots.
// Nothing here is exactly once: a target that must not act twice keeps Info.Key with
// what it does. The bus of [New], in memory, forgets with the process, and forgets
// events that every rule has passed beyond 64 MiB.
package eventbridge
