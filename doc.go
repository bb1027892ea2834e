// Package eventbridge is an event bus that lives inside your program.
package eventbridge
