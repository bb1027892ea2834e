// Package torture holds tests of the whole bus under conditions that no test of one
// part can make: processes killed at any instant, system calls that fail, crashes
// after any commit, backlogs of a million events. Each test is named by the promise it
// holds the bus to.
//
// They run in a few seconds each with everybody else's. TORTURE=1, or make torture,
// runs them as long as they should be run before a release, and prints what they did.
package torture
