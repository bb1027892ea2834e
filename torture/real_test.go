package torture_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	eventbridge "github.com/eventbridge-go/eventbridge"
	"github.com/eventbridge-go/eventbridge/connector/httpsource"
	"github.com/eventbridge-go/eventbridge/connector/httptarget"
	"github.com/eventbridge-go/eventbridge/filter"
	"github.com/eventbridge-go/eventbridge/transform"
)

// A hook is a real webhook, and what a plain loop reads of it.
type hook struct {
	Event   string          `json:"event"`
	Payload json.RawMessage `json:"payload"`

	action, login, repo string
	sender              json.RawMessage
	body                hookBody
}

type hookBody struct {
	Action     string
	Ref        string
	Deleted    bool
	Repository *struct {
		FullName string `json:"full_name"`
		Private  bool
	}
	Issue *struct {
		Number int
		Labels []struct{ Name string }
	}
	Sender json.RawMessage
}

// A realRule is a rule on a pattern, and the same condition in Go.
type realRule struct {
	name, pattern string
	reshaped      bool
	selects       func(h *hook) bool
}

var realRules = []realRule{
	{"all", "", false, func(*hook) bool { return true }},
	{"reshaped", `{"type": [{"prefix": "com.github."}]}`, true, func(*hook) bool { return true }},
	{"issue", `{"type": ["com.github.issues"]}`, false, func(h *hook) bool { return h.Event == "issues" }},
	{"made", `{"data": {"action": ["created", "opened", "on-demand-test"]}}`, false, func(h *hook) bool {
		return slices.Contains([]string{"created", "opened", "on-demand-test"}, h.action)
	}},
	{"public-p", `{"type": [{"prefix": "com.github.p"}], "data": {"repository": {"private": [false]}}}`, true, func(h *hook) bool {
		return h.Event[0] == 'p' && h.body.Repository != nil && !h.body.Repository.Private
	}},
	{"no-repository", `{"data": {"repository": {"full_name": [{"exists": false}]}}}`, false, func(h *hook) bool { return h.body.Repository == nil }},
	{"others", `{"data": {"sender": {"login": [{"anything-but": ["Codertocat"]}]}}}`, true, func(h *hook) bool {
		return h.login != "" && h.login != "Codertocat"
	}},
	{"bug", `{"data": {"issue": {"labels": {"name": ["bug"]}}}}`, false, func(h *hook) bool {
		for _, l := range h.labels() {
			if l.Name == "bug" {
				return true
			}
		}
		return false
	}},
	{"later-issue", `{"data": {"issue": {"number": [{"numeric": [">", 1]}]}}}`, false, func(h *hook) bool {
		return h.body.Issue != nil && h.body.Issue.Number > 1
	}},
	{"tag-or-deleted", `{"data": {"$or": [{"ref": [{"prefix": "refs/tags/"}]}, {"deleted": [true]}]}}`, true, func(h *hook) bool {
		return h.body.Deleted || strings.HasPrefix(h.body.Ref, "refs/tags/")
	}},
}

func (h *hook) labels() []struct{ Name string } {
	if h.body.Issue == nil {
		return nil
	}
	return h.body.Issue.Labels
}

// TestRealWebhooksAreEachAccountedFor posts real payloads over HTTP in the three modes,
// and all of them a second time, and has rules deliver them over HTTP. Every sink gets
// exactly what a loop in Go says it should, once, in order, byte for byte, and the log
// holds every event once, also when it is opened again.
//
// The payloads are a few of octokit/webhooks (MIT), or all of the folder of *.jsonl that
// EVENTBRIDGE_WEBHOOKS names, one payload a line: {"event": …, "payload": …}.
func TestRealWebhooksAreEachAccountedFor(t *testing.T) {
	folder := os.Getenv("EVENTBRIDGE_WEBHOOKS")
	if folder == "" {
		folder = "../connector/httpsource/testdata"
	}
	p := &poster{hooks: readHooks(t, folder), rounds: pick(1, 20)}
	sinks := &sinks{got: map[string][]delivered{}}
	sinkServer := httptest.NewServer(sinks)
	defer sinkServer.Close()

	path := filepath.Join(t.TempDir(), "events.db")
	b, err := eventbridge.Open(path, eventbridge.WithLogger(quiet), eventbridge.WithRules(rulesTo(t, sinkServer.URL)...))
	require.NoError(t, err)
	defer b.Close()
	source := httptest.NewServer(httpsource.Handler(b))
	defer source.Close()
	p.url, p.client = source.URL, source.Client()

	began := time.Now()
	p.postAll(t)
	require.NoError(t, b.WaitIdle(t.Context()))
	took := time.Since(began)
	log := readLog(t, b)
	p.checkLog(t, log)
	p.checkSinks(t, log, sinks)
	in, inBytes, out, outBytes := p.events, p.bytes, sinks.total(), sinks.bytes

	p.postAll(t)
	require.NoError(t, b.WaitIdle(t.Context()))
	require.Equal(t, log, readLog(t, b), "an event that was sent again changed the log")
	require.Equal(t, out, sinks.total(), "an event that was sent again was delivered again")
	for _, s := range b.Status().Rules {
		require.Zero(t, s.Dead+s.Retrying+s.Held+s.InFlight, "%+v", s)
		require.EqualValues(t, len(sinks.got[s.Name]), s.Delivered, s.Name)
		require.Zero(t, s.Failed, s.Name)
	}
	require.NoError(t, b.Shutdown(t.Context()))

	b, err = eventbridge.Open(path, eventbridge.WithLogger(quiet), eventbridge.WithRules(rulesTo(t, sinkServer.URL)...))
	require.NoError(t, err)
	defer b.Close()
	require.NoError(t, b.WaitIdle(t.Context()))
	require.Equal(t, log, readLog(t, b), "the log changed by being opened again")
	require.Equal(t, out, sinks.total(), "something was delivered again after a Shutdown")

	file, err := os.Stat(path)
	require.NoError(t, err)
	t.Logf("in: %d payloads of %s, %d events in %d requests, %d bytes of bodies; once more: %d events, 0 stored",
		len(p.hooks), folder, in, p.requests/2, inBytes, p.events-in)
	t.Logf("log: %d events, %d bytes of data, file %d bytes; out: %d deliveries, %d bytes of bodies; in and out in %v",
		len(log), dataOf(log), file.Size(), out, outBytes, took.Round(time.Millisecond))
	for _, r := range realRules {
		t.Logf("rule %-14s %5d delivered, each once", r.name, len(sinks.got[r.name]))
	}
}

func readHooks(t *testing.T, folder string) (hooks []*hook) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.jsonl"))
	require.NoError(t, err)
	for _, name := range files {
		file, err := os.Open(name)
		require.NoError(t, err)
		defer file.Close()
		lines := bufio.NewScanner(file)
		lines.Buffer(nil, 16<<20)
		for lines.Scan() {
			h := &hook{}
			require.NoError(t, json.Unmarshal(lines.Bytes(), h), name)
			require.NoError(t, json.Unmarshal(h.Payload, &h.body), name)
			h.action, h.sender = h.body.Action, h.body.Sender
			if h.body.Repository != nil {
				h.repo = h.body.Repository.FullName
			}
			if h.sender == nil {
				h.sender = json.RawMessage("null")
			}
			var sender struct{ Login string }
			require.NoError(t, json.Unmarshal(h.sender, &sender), name)
			h.login = sender.Login
			hooks = append(hooks, h)
		}
		require.NoError(t, lines.Err(), name)
	}
	require.NotEmpty(t, hooks, "%s has no *.jsonl with payloads", folder)
	return hooks
}

func rulesTo(t *testing.T, url string) (rules []eventbridge.Rule) {
	t.Helper()
	reshape := transform.Must(transform.Template(`{"repo": <repo>, "text": "<action> by <login>", "id": <id>, "sender": <sender>}`, transform.Vars{
		"repo": "$.data.repository.full_name", "action": "$.data.action", "login": "$.data.sender.login", "id": "$.id", "sender": "$.data.sender"}))
	for _, r := range realRules {
		target, err := httptarget.New(url + "/" + r.name)
		require.NoError(t, err)
		t.Cleanup(func() { target.Close() })
		rule := eventbridge.Rule{Name: r.name, Target: target, Concurrency: 4}
		if r.pattern != "" {
			rule.Filter = filter.Must(filter.Pattern(r.pattern))
		}
		if r.reshaped {
			rule.Transform = reshape
		}
		rules = append(rules, rule)
	}
	return rules
}

const (
	realSource = "https://github.com/octokit/webhooks"
	batchSize  = 20
)

var modeNames = []string{"binary", "structured", "batch"}

// A poster posts every payload in every mode. It writes the requests by hand, so that
// no code of the library has a say in what goes in.
type poster struct {
	hooks  []*hook
	rounds int // how many times each is posted, with ids of its own
	url    string
	client *http.Client

	mu                      sync.Mutex
	requests, events, bytes int
}

// id names a payload in a mode; hookOf finds the payload again.
func (p *poster) id(round, i int, mode string) string { return fmt.Sprintf("%s-%d-%d", mode, round, i) }

func (p *poster) hookOf(t *testing.T, id string) *hook {
	t.Helper()
	var round, i int
	_, numbers, _ := strings.Cut(id, "-")
	_, err := fmt.Sscanf(numbers, "%d-%d", &round, &i)
	require.NoError(t, err, id)
	return p.hooks[i]
}

func (p *poster) postAll(t *testing.T) {
	t.Helper()
	var wg sync.WaitGroup
	for _, mode := range modeNames {
		wg.Go(func() {
			for round := range p.rounds {
				if err := p.postMode(t.Context(), round, mode); err != nil {
					t.Errorf("%s: %v", mode, err)
					return
				}
			}
		})
	}
	wg.Wait()
	require.False(t, t.Failed())
}

func (p *poster) postMode(ctx context.Context, round int, mode string) error {
	size := 1
	if mode == "batch" {
		size = batchSize
	}
	for from := 0; from < len(p.hooks); from += size {
		to := min(from+size, len(p.hooks))
		header := http.Header{}
		var body string
		switch mode {
		case "binary":
			h := p.hooks[from]
			header.Set("Content-Type", "application/json")
			header.Set("ce-specversion", "1.0")
			header.Set("ce-id", p.id(round, from, mode))
			header.Set("ce-source", realSource)
			header.Set("ce-type", "com.github."+h.Event)
			if h.repo != "" {
				header.Set("ce-subject", h.repo)
			}
			body = string(h.Payload)
		case "structured":
			header.Set("Content-Type", "application/cloudevents+json")
			body = p.envelope(round, from, mode)
		case "batch":
			header.Set("Content-Type", "application/cloudevents-batch+json")
			var all []string
			for i := from; i < to; i++ {
				all = append(all, p.envelope(round, i, mode))
			}
			body = "[" + strings.Join(all, ", ") + "]"
		}
		if err := p.post(ctx, header, body, to-from); err != nil {
			return err
		}
	}
	return nil
}

func (p *poster) envelope(round, i int, mode string) string {
	h := p.hooks[i]
	subject := ""
	if h.repo != "" {
		subject = fmt.Sprintf(`"subject": %q, `, h.repo)
	}
	return fmt.Sprintf(`{"specversion": "1.0", "id": %q, "source": %q, "type": %q, "datacontenttype": "application/json", %s"data": %s}`,
		p.id(round, i, mode), realSource, "com.github."+h.Event, subject, h.Payload)
}

func (p *poster) post(ctx context.Context, header http.Header, body string, events int) error {
	req, err := http.NewRequestWithContext(ctx, "POST", p.url, strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header = header
	resp, err := p.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if resp.StatusCode != http.StatusAccepted || err != nil {
		return fmt.Errorf("%s %s %w", resp.Status, answer, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests++
	p.events += events
	p.bytes += len(body)
	return nil
}

// logged is an event of the log.
type logged struct {
	position                       eventbridge.Position
	id, source, typ, subject, data string
}

func readLog(t *testing.T, b *eventbridge.Bus) (all []logged) {
	t.Helper()
	for rec, err := range b.Events(t.Context(), eventbridge.Query{}) {
		require.NoError(t, err)
		e := rec.Event
		all = append(all, logged{rec.Position, e.ID(), e.Source(), e.Type(), e.Subject(), string(e.Data())})
	}
	return all
}

func dataOf(log []logged) (n int) {
	for _, l := range log {
		n += len(l.data)
	}
	return n
}

// checkLog says whether every event is there, once, as it was posted, those of a mode
// in the order in which they were posted.
func (p *poster) checkLog(t *testing.T, log []logged) {
	t.Helper()
	byMode := map[string][]string{}
	for _, l := range log {
		h := p.hookOf(t, l.id)
		require.Equal(t, realSource, l.source)
		require.Equal(t, "com.github."+h.Event, l.typ)
		require.Equal(t, h.repo, l.subject)
		require.True(t, l.data == string(h.Payload), "%s: the data in the log is not the payload", l.id)
		mode, _, _ := strings.Cut(l.id, "-")
		byMode[mode] = append(byMode[mode], l.id)
	}
	for _, mode := range modeNames {
		var want []string
		for round := range p.rounds {
			for i := range p.hooks {
				want = append(want, p.id(round, i, mode))
			}
		}
		require.Equal(t, want, byMode[mode])
	}
	require.Len(t, log, p.events)
}

// delivered is a request that a sink got.
type delivered struct{ id, source, typ, subject, key, body string }

// sinks takes what rules deliver, each at a path of its own.
type sinks struct {
	mu    sync.Mutex
	got   map[string][]delivered
	bytes int
}

func (s *sinks) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil || r.Method != "POST" || r.Header.Get("Content-Type") != "application/json" || r.Header.Get("ce-specversion") != "1.0" {
		http.Error(w, "not what was to come", http.StatusBadRequest) // a dead letter, and the counts differ
		return
	}
	get := r.Header.Get
	s.mu.Lock()
	defer s.mu.Unlock()
	rule := strings.TrimPrefix(r.URL.Path, "/")
	s.got[rule] = append(s.got[rule], delivered{get("ce-id"), get("ce-source"), get("ce-type"), get("ce-subject"), get("Idempotency-Key"), string(body)})
	s.bytes += len(body)
}

func (s *sinks) total() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, got := range s.got {
		n += len(got)
	}
	return n
}

// checkSinks compares what each sink got with what the loop over the log says, by
// subject: there in the order of the log, but without one in any order.
func (p *poster) checkSinks(t *testing.T, log []logged, s *sinks) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range realRules {
		want, got := map[string][]string{}, map[string][]string{}
		for _, l := range log {
			if r.selects(p.hookOf(t, l.id)) {
				want[l.subject] = append(want[l.subject], l.id)
			}
		}
		keys := map[string]bool{}
		for _, d := range s.got[r.name] {
			h := p.hookOf(t, d.id)
			require.Equal(t, "com.github."+h.Event, d.typ)
			require.Equal(t, realSource, d.source)
			require.Equal(t, h.repo, d.subject)
			p.checkBody(t, r, h, d)
			got[d.subject] = append(got[d.subject], d.id)
			require.NotEmpty(t, d.key)
			require.False(t, keys[d.key], "rule %s: key %s came twice", r.name, d.key)
			keys[d.key] = true
		}
		slices.Sort(want[""])
		slices.Sort(got[""])
		require.Equal(t, want, got, "rule %s", r.name)
	}
}

func (p *poster) checkBody(t *testing.T, r realRule, h *hook, d delivered) {
	t.Helper()
	if !r.reshaped {
		require.True(t, d.body == string(h.Payload), "rule %s, %s: the body is not the payload", r.name, d.id)
		return
	}
	var got struct {
		Repo     *string
		Text, ID string
		Sender   json.RawMessage
	}
	dec := json.NewDecoder(strings.NewReader(d.body))
	dec.DisallowUnknownFields()
	require.NoError(t, dec.Decode(&got), "rule %s, %s: %s", r.name, d.id, d.body)
	repo := ""
	if got.Repo != nil {
		repo = *got.Repo
	}
	require.Equal(t, h.repo, repo)
	require.Equal(t, h.repo == "", got.Repo == nil)
	require.Equal(t, h.action+" by "+h.login, got.Text)
	require.Equal(t, d.id, got.ID)
	require.Equal(t, string(h.sender), string(got.Sender))
}
