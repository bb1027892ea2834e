package httptarget

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/eventbridge-go/eventbridge"
)

const (
	maxAnswer = 64 << 10       // bytes of an answer that are read
	maxQuote  = 1 << 10        // bytes of it that an error quotes
	maxWait   = 24 * time.Hour // that a server may ask for
)

var errTimeout = errors.New("the time for one attempt has passed")

// A StatusError is an answer that is not 2xx.
type StatusError struct {
	Place  string // the method, scheme and host asked
	Status int
	Answer string // the beginning of its body, without the target's secrets
}

func (e *StatusError) Error() string {
	text := fmt.Sprintf("%s: status %d %s", e.Place, e.Status, http.StatusText(e.Status))
	if e.Status >= 300 && e.Status < 400 {
		text += " (redirects are not followed)"
	}
	if e.Answer != "" {
		text += ": " + strconv.Quote(e.Answer)
	}
	return text
}

// verdict is Deliver's error for an answer.
func (c *config) verdict(resp *http.Response, body []byte) error {
	if resp.StatusCode >= 200 && resp.StatusCode < 300 {
		return nil
	}
	err := &StatusError{Place: c.place, Status: resp.StatusCode, Answer: c.scrub.quote(body)}
	if !retryable(resp.StatusCode) {
		return eventbridge.Permanent(err)
	}
	if wait := retryAfter(resp.Header.Get("Retry-After"), time.Now()); wait > 0 {
		return eventbridge.RetryAfter(err, wait)
	}
	return err
}

func retryable(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return true
	}
	return status >= 500 && status < 600
}

// retryAfter reads a Retry-After header: seconds, or a date. What it can't read is 0.
func retryAfter(text string, now time.Time) time.Duration {
	text = strings.TrimSpace(text)
	if text != "" && strings.Trim(text, "0123456789") == "" {
		seconds, err := strconv.ParseInt(text, 10, 64)
		if err != nil || seconds > int64(maxWait/time.Second) {
			return maxWait
		}
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return min(max(at.Sub(now), 0), maxWait)
	}
	return 0
}

// A sendError is that no answer came. Its text is all there is: what it was made of
// holds the URL.
type sendError struct {
	text string
	is   error // the context's error, or nil
}

func (e *sendError) Error() string { return e.text }
func (e *sendError) Unwrap() error { return e.is }

// failure is Deliver's error when no answer came.
func (c *config) failure(ctx context.Context, err error) error {
	if outer := (*url.Error)(nil); errors.As(err, &outer) {
		err = outer.Err // without the URL
	}
	out := &sendError{text: c.place + ": " + c.scrub.text(err.Error()), is: ctx.Err()}
	if context.Cause(ctx) == errTimeout {
		out.text = fmt.Sprintf("%s: no answer within %v", c.place, c.timeout)
	}
	if errors.Is(err, errPrivate) {
		return eventbridge.Permanent(out)
	}
	return out
}
