package eventbridge

import (
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"time"

	"github.com/eventbridge-go/eventbridge/schema"
	"github.com/eventbridge-go/eventbridge/store"
)

// An Option wires a Bus at [Open] or [New].
type Option func(*settings)

type settings struct {
	rules    []Rule
	source   string
	logger   *slog.Logger
	hooks    Hooks
	dedup    time.Duration
	retry    Retry
	maxEvent int
	maxBytes int64
	store    store.Store
	upcasts  []upcast
	schemas  *schema.Registry
}

func newSettings(opts []Option) settings {
	s := settings{dedup: 24 * time.Hour, maxEvent: 1 << 20}
	for _, o := range opts {
		if o != nil {
			o(&s)
		}
	}
	if s.source == "" {
		s.source = "/" + programName()
	}
	if s.logger == nil {
		s.logger = slog.Default()
	}
	s.retry = s.retry.withDefaults()
	return s
}

// WithRules adds rules that are in place before anything is accepted. A rule that
// can't be added makes Open fail.
func WithRules(rules ...Rule) Option {
	return func(s *settings) { s.rules = append(s.rules, rules...) }
}

// WithSource is the source of events that have none, a URI-reference; default: "/" and
// the program's name.
func WithSource(uri string) Option { return func(s *settings) { s.source = uri } }

// WithLogger is where the bus logs: one line at most per rule and change of its state,
// and what damages the log. Default: slog.Default().
func WithLogger(l *slog.Logger) Option { return func(s *settings) { s.logger = l } }

// WithHooks has functions called as things happen. Given twice, both are.
func WithHooks(h Hooks) Option { return func(s *settings) { s.hooks = s.hooks.merged(h) } }

// WithDedup is how long the bus recognises an event that is published again, by source
// and id; default: 24h, 0: not at all.
func WithDedup(window time.Duration) Option { return func(s *settings) { s.dedup = max(window, 0) } }

// WithRetry is for rules whose Retry is zero.
func WithRetry(r Retry) Option { return func(s *settings) { s.retry = r } }

// WithMaxEventSize is the most an event may take, in bytes of its encoded form, which
// is a little more than its data and attributes together. More is ErrTooLarge. Default:
// 1 MiB; at most 64 MiB.
func WithMaxEventSize(bytes int) Option {
	return func(s *settings) { s.maxEvent = min(max(bytes, 1), 64<<20) }
}

// WithMaxBytes is a hard limit of the log's size: past it Publish fails with ErrFull,
// while deliveries go on. Default: 64 GiB for a file, 1 GiB in memory.
func WithMaxBytes(n int64) Option { return func(s *settings) { s.maxBytes = n } }

// WithStore is the store of a Bus made with [New]; the bus closes it. Default: one in
// memory.
func WithStore(st store.Store) Option { return func(s *settings) { s.store = st } }

func programName() string {
	path, err := os.Executable()
	if err != nil {
		return "program"
	}
	return filepath.Base(path)
}

// isNil says whether v is nil, also as a nil pointer or function in an interface.
func isNil(v any) bool {
	if v == nil {
		return true
	}
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.Func, reflect.Pointer, reflect.Map, reflect.Chan, reflect.Interface, reflect.Slice:
		return r.IsNil()
	}
	return false
}
