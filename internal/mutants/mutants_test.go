package mutants

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const root = "../.."

// A change replaces a text that stands in a file exactly once, and names the tests that
// are run with it.
type change struct {
	name     string
	file     string
	old, new string
	pkg      string // of the tests
	tests    string // a regular expression
}

const (
	kills  = "TestNothingIsLostDoubledOrOutOfOrderAcrossKills"
	faults = "TestEachFailingSystemCallEndsStoredNotStoredOrUnknown"
	synced = "TestEachEventIsSyncedBeforeItIsAcknowledged"
	model  = "TestLaneKeepsItsInvariants"
	naive  = "Test.*Agree.*Naive.*|TestHole6.*"
)

var mutants = []change{
	// 1. What was acknowledged survives.
	{"a duplicate is acknowledged before the commit that stores the event", "writer.go",
		"	err := w.b.store.Commit(batch)\n", `	known := map[string]bool{}
	for _, r := range requests {
		if r.append == nil {
			continue
		}
		duplicate := true
		for _, e := range r.append.Events {
			duplicate = duplicate && known[e.ID]
			known[e.ID] = true
		}
		if duplicate {
			r.done <- struct{}{}
		}
	}
	err := w.b.store.Commit(batch)
`, "torture", kills},
	{"everything is acknowledged before the commit", "writer.go",
		"	err := w.b.store.Commit(batch)\n", `	for _, r := range requests {
		if r.append != nil {
			r.done <- struct{}{}
		}
	}
	err := w.b.store.Commit(batch)
`, "torture", kills},
	{"acknowledged before the sync", "writer.go",
		"	err := w.b.store.Commit(batch)\n", `	for _, r := range requests {
		if r.append != nil {
			r.done <- struct{}{}
		}
	}
	err := w.b.store.Commit(batch)
`, "torture", synced},
	{"no sync", "store/boltstore/store.go",
		"bolt.Options{Timeout: lockWait, FreelistType", "bolt.Options{NoSync: true, Timeout: lockWait, FreelistType", "torture", synced},
	{"no memory of what was published", "store/decide.go",
		"		case Duplicate:\n			a.Results[i]", "		case Duplicate + 9:\n			a.Results[i]", "torture", kills},

	// 2. In order.
	{"no death gate", "internal/lane/done.go",
		"	ln.gate = l.open.Number\n", "", "torture", kills},
	{"no death gate (model)", "internal/lane/done.go",
		"	ln.gate = l.open.Number\n", "", "internal/lane", model},
	{"the queue of a failed event is not spilled", "internal/lane/done.go",
		"		l.spill(ln, time.Time{})\n", "", "torture", kills},
	{"the queue of a failed event is not spilled (model)", "internal/lane/done.go",
		"		l.spill(ln, time.Time{})\n", "", "internal/lane", model},

	// 3. What is reloaded is what was.
	{"N off by one", "internal/lane/lane.go",
		"	l.n = max(l.n, l.reached, least)\n	return l.n\n", "	l.n = max(l.n, l.reached, least)\n	return l.n + 1\n", "torture", "TestIdleRuleLosesNothingToACrash|" + kills},
	{"N off by one (model)", "internal/lane/lane.go",
		"	l.n = max(l.n, l.reached, least)\n	return l.n\n", "	l.n = max(l.n, l.reached, least)\n	return l.n + 1\n", "internal/lane", model},
	{"M past a pending event", "flush.go",
		"ledger.Number(uint64(at))", "ledger.Number(uint64(at)+1)", "torture", "TestIdleRuleLosesNothingToACrash"},

	// 5. One hung delivery stalls only its key.
	{"no slow spill", "internal/lane/next.go",
		"	l.spillSlow(now)\n", "", "torture", "TestHungDeliveryStallsOnlyItsKeyAtAnyBacklog"},

	// 7. Failing system calls.
	{"the bus goes on after an error of the disk", "writer.go",
		"	if errors.Is(err, ErrFull) {\n		w.mu.Lock()", "	if err != nil {\n		w.mu.Lock()", "torture", faults},
	{"an unknown outcome is reported as not stored", "store/boltstore/failure.go",
		"		return c.stop(store.ErrOutcomeUnknown, err)\n", "		return c.stop(store.ErrStopped, err)\n", "torture", faults},
	{"what is not known to be stored is delivered", "writer.go",
		"	if err == nil {\n		w.stored(batch, requests)\n", "	if err == nil || errors.Is(err, ErrOutcomeUnknown) {\n		w.stored(batch, requests)\n", "torture", faults},
	{"a full disk stops the log", "writer.go",
		"	if errors.Is(err, ErrFull) {\n		w.mu.Lock()", "	if errors.Is(err, ErrClosed) {\n		w.mu.Lock()", "torture", "TestFullDiskRecoversByItself|" + faults},

	// 8. The index of filters answers as each filter does, now and in what readers hold.
	{"a peek decides what it can't: a coarse end", "filter/peek.go",
		"case coarse > k.a && coarse < k.b:", "case coarse >= k.a && coarse <= k.b:", "filter", naive},
	{"a peek decides what it can't: a bit for several texts", "filter/peek.go",
		"		return maybe(v.kind == isString && k.has(v.hash()))\n", "		if v.kind == isString && k.has(v.hash()) {\n			return yes\n		}\n		return no\n", "filter", naive},
	{"an absent attribute is taken for absent data", "filter/peek.go",
		"		if p.path.inData() {\n			k.flags", "		if p.path.inData() || p.matcher == nil {\n			k.flags", "filter", naive},
	{"a coarse end decides which stretches hold a number", "filter/ranges.go",
		"e.low < coarse && coarse < e.high ||", "e.low <= coarse && coarse <= e.high ||", "filter", naive},
	{"a node of the B-tree does not know of a new stretch", "filter/ranges.go",
		"max(n.ends[i].high, c.high.coarseHigh())", "n.ends[i].high", "filter", naive + "|TestAStretch.*"},
	{"a tag stays behind when its entry moves", "filter/hashtrie.go",
		"				n.tags[i] = tagOf(n.entries[i].hash)\n", "", "filter", naive},
	{"a sieve does not know of a new key", "filter/sieve.go",
		"	s.set(hash)\n", "", "filter", naive + "|TestSieve.*"},
	{"a clause is looked for in the youngest index", "filter/tree.go",
		"(*x).age < best.age", "(*x).age > best.age", "filter", naive},
	{"a change writes to what readers hold: a node", "filter/tree.go",
		"	case n.edit == p.edit:\n", "	case n.edit != nil:\n", "filter", naive},
	{"a change writes to what readers hold: a page", "filter/hashtrie.go",
		"	case n.edit == ed:\n", "	case n.edit != nil:\n", "filter", naive},
	{"a change writes to what readers hold: stretches", "filter/ranges.go",
		"	if n.edit == ed {\n", "	if n.edit != nil {\n", "filter", naive},
	{"a clause kept at several places is a hit at each", "filter/match.go",
		"(v.repeats || c.left&listed != 0) && ", "v.repeats && ", "filter", naive + "|TestAFunctionIsCalledOnce.*"},
}

func TestEveryChangeStillFindsItsPlace(t *testing.T) {
	for _, c := range mutants {
		if _, err := c.apply(t.TempDir()); err != "" {
			t.Errorf("%s: %s", c.name, err)
		}
	}
}

func TestEveryMutantIsKilledByItsTest(t *testing.T) {
	only := needed(t)
	for _, m := range mutants {
		t.Run(m.name, func(t *testing.T) {
			if only != nil && !only.MatchString(m.name) {
				t.Skip("not asked for")
			}
			out, failed := m.run(t)
			if !failed {
				t.Errorf("%s passes with it:\n%s", m.tests, out)
			}
			require.Contains(t, out, "--- FAIL: Test", "it must fail by itself, not for lack of a build")
		})
	}
}

// needed skips the test unless it was asked for. MUTANTS may also be a regular
// expression for the names of those to run.
func needed(t *testing.T) *regexp.Regexp {
	t.Helper()
	text := os.Getenv("MUTANTS")
	switch {
	case text == "" && os.Getenv("TORTURE") == "":
		t.Skip("MUTANTS=1 runs them")
	case len(text) > 1:
		return regexp.MustCompile(text)
	}
	return nil
}

// apply writes what go test -overlay wants, and returns the path of that. The second
// result is why it can't.
func (c change) apply(dir string) (overlay, fault string) {
	path, err := filepath.Abs(filepath.Join(root, c.file))
	if err != nil {
		return "", err.Error()
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err.Error()
	}
	switch strings.Count(string(text), c.old) {
	case 0:
		return "", c.file + " no longer holds the text it replaces"
	case 1:
	default:
		return "", c.file + " holds the text it replaces more than once"
	}
	changed := filepath.Join(dir, filepath.Base(c.file))
	if err := os.WriteFile(changed, []byte(strings.Replace(string(text), c.old, c.new, 1)), 0o600); err != nil {
		return "", err.Error()
	}
	list, err := json.Marshal(map[string]any{"Replace": map[string]string{path: changed}})
	if err != nil {
		return "", err.Error()
	}
	overlay = filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(overlay, list, 0o600); err != nil {
		return "", err.Error()
	}
	return overlay, ""
}

func (c change) run(t *testing.T) (out string, failed bool) {
	t.Helper()
	overlay, fault := c.apply(t.TempDir())
	if fault != "" {
		t.Fatal(fault)
	}
	cmd := exec.Command("go", "test", "-overlay", overlay, "-count=4", "-failfast", "-timeout=2m", "-run", "^("+c.tests+")$", "./"+c.pkg)
	cmd.Dir = root
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "MUTANTS=") && !strings.HasPrefix(v, "TORTURE=") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	text, err := cmd.CombinedOutput()
	return string(text), err != nil
}
