// Quickstart brings the traffic lights of three provinces, each with its own event
// format, to one traffic-control API. Nobody writes adapter code: rules filter, reshape
// and deliver. Then the API goes down for a while, and nothing is lost.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/eventbridge-go/eventbridge"
	"github.com/eventbridge-go/eventbridge/connector/httpsource"
	"github.com/eventbridge-go/eventbridge/connector/httptarget"
	"github.com/eventbridge-go/eventbridge/filter"
	"github.com/eventbridge-go/eventbridge/transform"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// provinces say how each one's events become what the API takes.
var provinces = []struct {
	name, pattern, template string
	vars                    transform.Vars
}{
	{"north", `{"type": ["lights.north.changed"]}`,
		`{"light": <id>, "colour": <colour>}`, transform.Vars{"id": "$.data.lamp", "colour": "$.data.colour"}},
	{"east", `{"type": ["ampel"], "data": {"zustand": {"farbe": [{"exists": true}]}}}`,
		`{"light": <id>, "colour": <colour>}`, transform.Vars{"id": "$.subject", "colour": "$.data.zustand.farbe"}},
	{"south", `{"type": [{"prefix": "semaforo."}]}`,
		`{"light": <id>, "colour": <colour>}`, transform.Vars{"id": "$.data[0]", "colour": "$.data[1]"}},
}

// lights are what the provinces send.
var lights = []struct{ source, typ, subject, data string }{
	{"/north", "lights.north.changed", "N-1", `{"lamp": "N-1", "colour": "red"}`},
	{"/east", "ampel", "E-7", `{"zustand": {"farbe": "green"}}`},
	{"/south", "semaforo.cambio", "S-3", `["S-3", "amber"]`},
	{"/north", "lights.north.heartbeat", "N-1", `{}`}, // no rule wants it
}

func run(ctx context.Context, out io.Writer) error {
	folder, err := os.MkdirTemp("", "quickstart")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	quiet := slog.New(slog.DiscardHandler)
	bus, err := eventbridge.Open(filepath.Join(folder, "events.db"), eventbridge.WithLogger(quiet))
	if err != nil {
		return err
	}
	defer bus.Close()

	api := &controlAPI{out: out, refused: make(chan string, 100)}
	url, stop, err := serve(api)
	if err != nil {
		return err
	}
	defer stop()
	target, err := httptarget.New(url + "/lights")
	if err != nil {
		return err
	}
	defer target.Close()
	for _, p := range provinces {
		err := bus.AddRule(eventbridge.Rule{
			Name:      p.name,
			Filter:    filter.Must(filter.Pattern(p.pattern)),
			Transform: transform.Must(transform.Template(p.template, p.vars)),
			Target:    target,
			Retry:     eventbridge.Retry{Min: 50 * time.Millisecond, Max: 200 * time.Millisecond},
			Breaker:   eventbridge.Breaker{Cooldown: 200 * time.Millisecond},
		})
		if err != nil {
			return err
		}
	}
	ingress, stop, err := serve(httpsource.Handler(bus))
	if err != nil {
		return err
	}
	defer stop()

	ctx, cancel := context.WithTimeout(ctx, time.Minute) // for all that is waited for
	defer cancel()
	fmt.Fprintln(out, "the API is up:")
	if err := send(ctx, ingress, "a"); err != nil {
		return err
	}
	if err := bus.WaitIdle(ctx); err != nil {
		return err
	}

	fmt.Fprintln(out, "the API is down; the events are kept:")
	api.down.Store(true)
	if err := send(ctx, ingress, "b"); err != nil {
		return err
	}
	if err := api.waitRefused(ctx, len(provinces)); err != nil {
		return err
	}
	fmt.Fprintf(out, "  %d events in the log, %d taken by the API\n", bus.Status().Head, api.taken.Load())

	fmt.Fprintln(out, "the API is up again:")
	api.down.Store(false)
	if err := bus.WaitIdle(ctx); err != nil {
		return err
	}
	return account(ctx, out, bus, int(api.taken.Load()))
}

// account counts what became of every event, and complains if one is missing.
func account(ctx context.Context, out io.Writer, bus *eventbridge.Bus, taken int) error {
	var wanted []filter.Filter
	for _, p := range provinces {
		wanted = append(wanted, filter.Must(filter.Pattern(p.pattern)))
	}
	events, unwanted := 0, 0
	for rec, err := range bus.Events(ctx, eventbridge.Query{}) {
		if err != nil {
			return err
		}
		events++
		some, err := filter.Or(wanted...).Match(rec.Event)
		if err != nil {
			return err
		}
		if !some {
			unwanted++
		}
	}
	dead := bus.Status().Dead
	fmt.Fprintf(out, "%d events in the log: %d taken by the API, %d wanted by no rule, %d dead letters\n", events, taken, unwanted, dead)
	if sent := 2 * len(lights); events != sent || taken+unwanted != sent || dead != 0 {
		return fmt.Errorf("%d events were sent: some are missing", sent)
	}
	fmt.Fprintln(out, "nothing was lost")
	return nil
}

// controlAPI knows one format and nothing of events.
type controlAPI struct {
	out     io.Writer
	down    atomic.Bool
	taken   atomic.Int32
	refused chan string // the data of an event that came while it was down
}

// waitRefused waits until n different events were refused.
func (a *controlAPI) waitRefused(ctx context.Context, n int) error {
	for seen := map[string]bool{}; len(seen) < n; {
		select {
		case body := <-a.refused:
			seen[body] = true
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func (a *controlAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil || a.down.Load() {
		select {
		case a.refused <- string(body):
		default: // nobody waits any more
		}
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	a.taken.Add(1)
	fmt.Fprintf(a.out, "  API got %s\n", body)
}

// send posts what the provinces send, as CloudEvents over HTTP.
func send(ctx context.Context, url, round string) error {
	for i, l := range lights {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(l.data))
		if err != nil {
			return err
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("ce-specversion", "1.0")
		req.Header.Set("ce-id", fmt.Sprint(round, i))
		req.Header.Set("ce-source", l.source)
		req.Header.Set("ce-type", l.typ)
		req.Header.Set("ce-subject", l.subject)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusAccepted {
			return fmt.Errorf("%s from %s: %s", l.typ, l.source, resp.Status)
		}
	}
	return nil
}

// serve serves on a free port of the loopback address.
func serve(h http.Handler) (url string, stop func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	s := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.Serve(l)
	}()
	return "http://" + l.Addr().String(), func() { s.Close(); <-ended }, nil
}
