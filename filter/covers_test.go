package filter_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/stretchr/testify/require"

	"github.com/eventbridge-go/eventbridge/filter"
	"github.com/eventbridge-go/eventbridge/internal/document"
)

func TestCoversSaysWhatIsKnownFromAttributesAlone(t *testing.T) {
	pattern := func(text string) filter.Filter { return filter.Must(filter.Pattern(text)) }
	expr := func(text string) filter.Filter { return filter.Must(filter.Expr(text)) }
	order := map[string]string{"type": "order.placed", "source": "/shop"}
	fails := filter.Func(func(event.Event) (bool, error) { return false, errors.New("on purpose") })
	typed := filter.Type("order.*")
	for _, c := range []struct {
		name   string
		f      filter.Filter
		answer filter.Answer
	}{
		{"every event", filter.Filter{}, filter.Always},
		{"no event", filter.Or(), filter.Never},
		{"the type", pattern(`{"type": ["order.placed"]}`), filter.Always},
		{"AWS's name of it", pattern(`{"detail-type": ["order.placed"]}`), filter.Always},
		{"another type", pattern(`{"type": ["order.paid"]}`), filter.Never},
		{"by operator", pattern(`{"type": [{"prefix": "order."}], "source": [{"anything-but": "/test"}]}`), filter.Always},
		{"is there", pattern(`{"type": [{"exists": true}]}`), filter.Always},
		{"is not there", pattern(`{"type": [{"exists": false}]}`), filter.Never},
		{"specversion is always known", pattern(`{"specversion": ["1.0"]}`), filter.Always},
		{"of another type of JSON", pattern(`{"type": [5]}`), filter.Never},
		{"the type and data", pattern(`{"type": ["order.placed"], "data": {"total": [1]}}`), filter.Sometimes},
		{"another type and data", pattern(`{"type": ["x"], "data": {"total": [1]}}`), filter.Never},
		{"data alone", pattern(`{"data": {"total": [1]}}`), filter.Sometimes},
		{"an attribute that is not known", pattern(`{"type": ["order.placed"], "subject": ["s"]}`), filter.Sometimes},
		{"$or of which one holds", pattern(`{"$or": [{"type": ["order.placed"]}, {"data": {"x": [1]}}]}`), filter.Always},
		{"$or of which none can", pattern(`{"$or": [{"type": ["x"]}, {"source": ["y"], "data": {"x": [1]}}]}`), filter.Never},
		{"$or of which one may", pattern(`{"$or": [{"type": ["x"]}, {"data": {"x": [1]}}]}`), filter.Sometimes},
		{"and", filter.And(typed, pattern(`{"data": {"x": [1]}}`)), filter.Sometimes},
		{"not", filter.Not(typed), filter.Never},
		{"not another", filter.Not(filter.Type("user.*")), filter.Always},
		{"not data", filter.Not(pattern(`{"data": {"x": [1]}}`)), filter.Sometimes},
		{"a function", fails, filter.Sometimes},
		{"a function of no account", filter.And(filter.Type("x"), fails), filter.Never},
		{"a function that can't spoil it", filter.Or(fails, typed), filter.Always},
		{"an error is not the opposite of a match", filter.Not(filter.And(fails, filter.Not(typed))), filter.Sometimes},
		{"an expression", expr(`data.total > 100`), filter.Sometimes},
		{"an expression that begins with the type", expr(`type == "order.placed" && data.total > 100`), filter.Sometimes},
		{"an expression that begins with another", expr(`type in ["x", "y"] && data.total > 100`), filter.Never},
		{"an expression of which we know too little", expr(`type != "order.placed"`), filter.Sometimes},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.answer.String(), c.f.Covers(order).String())
			require.NotEqual(t, filter.Always, filter.And(c.f, pattern(`{"data": {"x": [1]}}`)).Covers(nil))
		})
	}
}

func TestCoversTakesAnExtensionForWhatItMayBe(t *testing.T) {
	for pattern, want := range map[string]map[string]filter.Answer{
		`{"seq": ["7"]}`:               {"7": filter.Sometimes, "x": filter.Never, "": filter.Never},
		`{"seq": [7]}`:                 {"7": filter.Sometimes, "x": filter.Never},
		`{"seq": [7, "7"]}`:            {"7": filter.Always},
		`{"seq": [true]}`:              {"true": filter.Sometimes, "false": filter.Never},
		`{"seq": ["x"]}`:               {"x": filter.Always},
		`{"seq": [{"exists": true}]}`:  {"7": filter.Always, "": filter.Sometimes},
		`{"seq": [{"exists": false}]}`: {"7": filter.Never, "": filter.Sometimes},
	} {
		f := filter.Must(filter.Pattern(pattern))
		for text, answer := range want {
			require.Equal(t, answer, f.Covers(map[string]string{"seq": text}), "%s of %q", pattern, text)
		}
	}
	absent := filter.Must(filter.Pattern(`{"subject": [{"exists": false}]}`))
	require.Equal(t, filter.Always, absent.Covers(map[string]string{"subject": ""}))
	require.Equal(t, filter.Sometimes, absent.Covers(map[string]string{"type": "t"}))
	at := filter.Must(filter.Pattern(`{"time": ["2026-01-02T03:04:05Z"]}`))
	require.Equal(t, filter.Always, at.Covers(map[string]string{"time": "2026-01-02T03:04:05.000+00:00"}))
}

// filter makes any kind of filter.
func (d dice) filter(depth int) filter.Filter {
	list := func() (fs []filter.Filter) {
		for range d.IntN(4) {
			fs = append(fs, d.filter(depth-1))
		}
		return fs
	}
	n := d.IntN(10)
	switch {
	case depth > 0 && n == 0:
		return filter.And(list()...)
	case depth > 0 && n == 1:
		return filter.Or(list()...)
	case depth > 0 && n == 2:
		return filter.Not(d.filter(depth - 1))
	case n == 3:
		wish := d.IntN(3)
		return filter.Func(func(e event.Event) (bool, error) {
			if wish == 2 && len(e.Data())%2 == 0 {
				return false, errors.New("on purpose")
			}
			return wish > 0, nil
		})
	case n == 4:
		return filter.Must(filter.Expr(d.pick(`type == "a" && data.a > 1`, `type in ["a", "ab"]`, `data.a == "b"`, `ext == "1"`, `data.b / 2 > 1`, `source == "/a" and type == "b"`)))
	case n == 5: // too many choices to multiply out
		var branches []string
		for range 9 {
			branches = append(branches, fmt.Sprintf(`{"$or": [{"type": %s}, {"subject": %s}, {"data": {"a": {"b": [1]}, "c": %s}}]}`, d.leaf(), d.leaf(), d.leaf()))
		}
		var fs []filter.Filter
		for _, b := range branches {
			fs = append(fs, filter.Must(filter.Pattern(b)))
		}
		return filter.And(fs...)
	}
	return filter.Must(filter.Pattern(d.pattern()))
}

// known draws attributes of an event, of which some are then known.
func (d dice) known(e *document.Document) map[string]string {
	ext, _ := e.Event.Extension("ext")
	all := map[string]string{"type": e.Event.Type, "source": e.Event.Source, "subject": e.Event.Subject, "ext": ext.Text}
	for name := range all {
		if d.IntN(2) == 0 {
			delete(all, name)
		}
	}
	return all
}

// checkCovers compares what is said of some attributes with what then happens to
// events that have them.
func (d dice) checkCovers(t testing.TB, answers map[filter.Answer]int) {
	f := d.filter(3)
	for range 4 {
		first := d.event()
		known := d.known(first)
		answer := f.Covers(known)
		answers[answer]++
		for range 6 {
			e := d.completion(first, known)
			matched, err := f.MatchDocument(e)
			if answer == filter.Never && matched || answer == filter.Always && (!matched || err != nil) {
				t.Fatalf("%s of %v, but of %+v: %v %v\nfilter %v", answer, known, e.Event, matched, err, f)
			}
		}
	}
}

// completion is an event like another in what is known, and by chance in all else.
func (d dice) completion(like *document.Document, known map[string]string) *document.Document {
	e := d.event()
	for name := range known {
		switch name {
		case "type":
			e.Event.Type = like.Event.Type
		case "source":
			e.Event.Source = like.Event.Source
		case "subject":
			e.Event.Subject = like.Event.Subject
		case "ext":
			e.Event.Extensions = like.Event.Extensions
		}
	}
	return e
}

func TestCoversIsTrueOfEveryCompletion(t *testing.T) {
	d, answers := newDice(seed()+5), map[filter.Answer]int{}
	for range rounds(1500) {
		d.checkCovers(t, answers)
	}
	t.Logf("%v", answers)
	require.Greater(t, answers[filter.Never], 100)
	require.Greater(t, answers[filter.Always], 100)
	require.Greater(t, answers[filter.Sometimes], 100)
}

// Where everything that a pattern asks for is known, so is the answer.
func TestCoversIsExactOfWhatIsKnown(t *testing.T) {
	d := newDice(seed() + 6)
	for range rounds(2000) {
		text := fmt.Sprintf(`{"type": %s, "$or": [{"source": %s}, {"subject": %s}]}`, d.leaf(), d.leaf(), d.leaf())
		e := d.event()
		f := filter.Must(filter.Pattern(text))
		matched, err := f.MatchDocument(e)
		require.NoError(t, err)
		want := map[bool]filter.Answer{true: filter.Always, false: filter.Never}[matched]
		known := map[string]string{"type": e.Event.Type, "source": e.Event.Source, "subject": e.Event.Subject}
		require.Equal(t, want, f.Covers(known), "%s of %v", text, known)
		require.Equal(t, filter.Always-want, filter.Not(f).Covers(known))
	}
}

func FuzzCovers(f *testing.F) {
	f.Add(uint64(1), "type", "a")
	f.Fuzz(func(t *testing.T, seed uint64, name, text string) {
		d := newDice(seed)
		d.checkCovers(t, map[filter.Answer]int{})
		d.filter(3).Covers(map[string]string{name: text})
	})
}
