// Package connector is the place of what brings events in and takes them out. It
// holds no code of its own.
//
//	httpsource      CloudEvents over HTTP, in: an http.Handler
//	httptarget      CloudEvents over HTTP, out: webhooks and APIs
//	connectortest   the promises of a connector, as a test suite
//
// # To write a target
//
// Implement eventbridge.Target in a package of its own: New, and Deliver, which
//
//   - returns nil only when the other side has accepted the event;
//   - returns eventbridge.Permanent(err) when no further attempt would help, and
//     eventbridge.RetryAfter(err, d) when the other side said how long to wait; it
//     never retries by itself;
//   - returns soon after its context ends;
//   - may run many times at once, and does not write to the event;
//   - passes on eventbridge.InfoFrom(ctx).Key(), if the other side can recognise a
//     repeat by it;
//   - says nothing secret in its errors: they are kept in dead letters.
//
// A Close method lets go of connections. Then run connectortest.RunTarget.
//
// # To write a source
//
// Implement eventbridge.Source or, for something that is called, a handler like
// httpsource's. It tells its upstream that an event is taken only after Publish
// returned nil, and gives every event an id that is the same when it comes again, so
// that the bus recognises the repeat. Then run connectortest.RunSource.
//
// A connector imports the root package, and no other connector. One that needs a
// heavy client is a module of its own, in its folder.
package connector
