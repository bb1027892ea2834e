// Package schema holds what events there are, what is in them, and who may change that
// and how. It knows an event and nothing of the bus, and works without one.
//
//	var r schema.Registry
//	version, err := r.Add("order.placed", doc)   // a JSON Schema document
//	err = r.Validate(e)                          // a *ValidationError with all that is wrong
//
// # What it promises
//
//   - A schema is added wholly or not at all. When [Registry.Add] returns nil, the
//     version is in force, and durable where the registry is kept ([Registry.KeepIn]).
//   - A version never changes and is never removed. Nor is a shared document.
//   - A new version is compatible with earlier ones as the registry's Compatibility
//     says, or it is refused with an [*IncompatibleError] that lists why. What can't be
//     decided counts as incompatible.
//   - Nothing is fetched, from the network or from files. A "$ref" leads to what the
//     registry holds, or the schema is refused when it is added.
//   - A schema that is accepted can't harm the process: its size, depth, references and
//     regular expressions are bounded, and so are the numbers of events.
//   - An event that does not fit is told everything that is wrong with it at once, in
//     words that don't depend on the engine.
//   - Reading, validating included, never waits for writing.
//
// # Dialects
//
// JSON Schema draft-04, 06, 07, 2019-09 and 2020-12, and the components of OpenAPI 3.0
// and 3.1 documents. The dialect is what "$schema" says; one that names none is draft-07
// or what the registry's Dialect says. It is never guessed.
package schema
