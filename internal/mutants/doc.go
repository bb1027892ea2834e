// Package mutants shows that tests have teeth. A mutant is a small change to one source
// file that breaks a promise; the test that is named for the promise must fail with it.
// A delay is a pause at a place where the machine may pause at any time; with it, every
// test must pass as without.
//
// Neither touches the tree: both are laid over it with go test -overlay. MUTANTS=1, or
// make mutants, runs them all; otherwise it is checked that each still finds its place
// in the source.
package mutants
