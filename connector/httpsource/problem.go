package httpsource

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/eventbridge-go/eventbridge"
	"github.com/eventbridge-go/eventbridge/internal/cloudevent"
	"github.com/eventbridge-go/eventbridge/schema"
)

// A problem is an answer other than 202 (RFC 9457).
type problem struct {
	Type   string  `json:"type"`
	Title  string  `json:"title"`
	Status int     `json:"status"`
	Detail string  `json:"detail"`
	Event  *int    `json:"event,omitempty"`  // which of a batch it is about, from 0
	Faults []fault `json:"faults,omitempty"` // of what was sent

	header [][2]string
}

// A fault names a place in the request: a header, "body", a JSON Pointer, or an
// attribute.
type fault struct {
	Place  string `json:"place,omitempty"`
	Offset *int   `json:"offset,omitempty"` // in bytes
	Fault  string `json:"fault"`
}

func newProblem(status int, detail string) *problem {
	return &problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail}
}

func (p *problem) with(key, value string) *problem {
	p.header = append(p.header, [2]string{key, value})
	return p
}

func (p *problem) write(w http.ResponseWriter) {
	body, err := json.Marshal(p)
	if err != nil {
		panic(err) // it is made of strings and numbers
	}
	for _, kv := range p.header {
		w.Header().Set(kv[0], kv[1])
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(p.Status)
	w.Write(append(body, '\n'))
}

func tooLong(most int64) *problem {
	return newProblem(http.StatusRequestEntityTooLarge, "the body may have "+strconv.FormatInt(most, 10)+" bytes at most").with("Connection", "close")
}

func tooMany(most int) *problem {
	return newProblem(http.StatusRequestEntityTooLarge, "a batch may have "+strconv.Itoa(most)+" events at most")
}

// invalid is about what is not a CloudEvent.
func invalid(err error) *problem {
	p := newProblem(http.StatusBadRequest, err.Error())
	var faults cloudevent.Faults
	if errors.As(err, &faults) {
		for _, f := range faults {
			out := fault{Place: f.Place, Fault: f.Msg}
			if f.Offset >= 0 {
				out.Offset = &f.Offset
			}
			p.Faults = append(p.Faults, out)
		}
	}
	return p
}

// unfit is about data that does not fit its schema.
func unfit(err *schema.ValidationError) *problem {
	p := newProblem(http.StatusUnprocessableEntity, fmt.Sprintf("the data of an event of type %q does not fit its schema, version %d", err.Type, err.Version))
	for _, v := range err.Violations {
		p.Faults = append(p.Faults, fault{Place: "data " + v.Pointer, Fault: fmt.Sprintf("wanted %s, got %s", v.Want, v.Got)})
	}
	if err.More > 0 {
		p.Faults = append(p.Faults, fault{Place: "data", Fault: fmt.Sprintf("and %d more", err.More)})
	}
	return p
}

// refusals are the answers to the errors of Publish; the first that fits counts.
// What a sender can't know of the bus is not in their texts.
var refusals = []struct {
	err        error
	status     int
	retryAfter string // in seconds
	detail     string // "" for the error's own
}{
	{eventbridge.ErrOutcomeUnknown, http.StatusServiceUnavailable, "1", "it is not known whether this was recorded: send it again"},
	{eventbridge.ErrInvalidEvent, http.StatusBadRequest, "", ""},
	{eventbridge.ErrLoop, http.StatusBadRequest, "", "the event is one of a loop of rules: events have caused each other too many times"},
	{eventbridge.ErrConflict, http.StatusConflict, "", "an event of this source and id is recorded, and its content is another"},
	{schema.ErrUndeclared, http.StatusUnprocessableEntity, "", "nobody has declared events of this type and source here"},
	{eventbridge.ErrTooLarge, http.StatusRequestEntityTooLarge, "", "the event is too large"},
	{eventbridge.ErrFull, http.StatusServiceUnavailable, "30", "nothing was recorded: there is no room now"},
	{eventbridge.ErrStopped, http.StatusServiceUnavailable, "30", "nothing was recorded: the log has stopped"},
	{eventbridge.ErrClosed, http.StatusServiceUnavailable, "5", "nothing was recorded: the bus is shut down"},
	{context.Canceled, http.StatusServiceUnavailable, "1", "the request ended before this was recorded"},
	{context.DeadlineExceeded, http.StatusServiceUnavailable, "1", "this was not recorded in time"},
}

// refusal is the answer to an error of Publish; nil to none.
func refusal(err error) *problem {
	if err == nil {
		return nil
	}
	p := newProblem(http.StatusInternalServerError, "the events could not be recorded")
	for _, r := range refusals {
		if !errors.Is(err, r.err) {
			continue
		}
		if p = newProblem(r.status, r.detail); r.detail == "" {
			p = invalid(err)
		}
		if r.retryAfter != "" {
			p.with("Retry-After", r.retryAfter)
		}
		break
	}
	var misfit *schema.ValidationError
	if errors.As(err, &misfit) {
		p = unfit(misfit)
	}
	var at *eventbridge.EventError
	if errors.As(err, &at) {
		p.Event = &at.Index
	}
	return p
}
