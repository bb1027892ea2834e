package connectortest

import "time"

// SetPatience is for tests in which it runs out.
func SetPatience(d time.Duration) { patience = d }

// PromiseOf finds the name of the subtest of a promise.
func PromiseOf(says string) string { return name(says) }
