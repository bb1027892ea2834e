package eventbridge

import "time"

// A clock is the log's own time. While the bus runs it goes on by the monotonic clock
// alone; what the wall clock does meanwhile changes nothing. It never starts before
// what the log has seen.
type clock struct {
	base  time.Time // the log's time at start
	start time.Time // with a monotonic reading
}

func startClock(seen time.Time) clock {
	now := time.Now()
	base := now.Round(0).UTC()
	if seen.After(base) {
		base = seen
	}
	return clock{base, now}
}

func (c clock) now() time.Time { return c.at(time.Now()) }

// at is the log's time of a moment that time.Now returned.
func (c clock) at(t time.Time) time.Time { return c.base.Add(t.Sub(c.start)) }
