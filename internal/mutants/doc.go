// Package mutants shows that tests have teeth. A mutant is a small change to one source
// file that breaks a promise; the test that is named for the promise must fail with it.
//
// None touches the tree: they are laid over it with go test -overlay. MUTANTS=1, or make
// mutants, runs them all; otherwise it is checked that each still finds its place in the
// source.
package mutants
