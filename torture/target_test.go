package torture_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"

	eventbridge "github.com/eventbridge-go/eventbridge"
	"github.com/eventbridge-go/eventbridge/filter"
)

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// A recorder is a target that notes the ids it accepted, by subject.
type recorder struct {
	answer func(ctx context.Context, e eventbridge.Event, i eventbridge.Info) error // nil: accept

	mu  sync.Mutex
	by  map[string][]string
	all int
}

func (r *recorder) Deliver(ctx context.Context, e eventbridge.Event) error {
	info, _ := eventbridge.InfoFrom(ctx)
	if r.answer != nil {
		if err := r.answer(ctx, e, info); err != nil {
			return err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.by == nil {
		r.by = map[string][]string{}
	}
	r.by[e.Subject()] = append(r.by[e.Subject()], e.ID())
	r.all++
	return nil
}

func (r *recorder) of(subject string) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.by[subject])
}

func (r *recorder) total() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.all
}

// subject selects the events of one subject.
func subject(s string) filter.Filter {
	return filter.Must(filter.Pattern(fmt.Sprintf(`{"subject": [%q]}`, s)))
}
