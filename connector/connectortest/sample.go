package connectortest

import (
	"bytes"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eventbridge-go/eventbridge"
)

// name is a promise as the name of a subtest.
func name(says string) string {
	return strings.ReplaceAll(strings.ReplaceAll(says, ",", ""), " ", "_")
}

// sample makes an event; its id is by n.
func sample(t *testing.T, n int) eventbridge.Event {
	t.Helper()
	e, err := eventbridge.NewEvent("com.example.order.placed", fmt.Sprintf("order-%d", n%4), map[string]any{"n": n, "note": "a < b & \"c\"\n"})
	if err != nil {
		t.Fatal(err)
	}
	e.SetID(fmt.Sprintf("sample-%d", n))
	e.SetSource("https://shop.example/orders?region=eu%2Fwest")
	e.SetTime(time.Date(2026, 3, 1, 12, 30, 15, 123456789, time.UTC))
	return e
}

// samples are events that are hard to carry.
func samples(t *testing.T) []eventbridge.Event {
	t.Helper()
	var all []eventbridge.Event
	add := func(change func(e *eventbridge.Event)) {
		e := sample(t, len(all))
		change(&e)
		all = append(all, e)
	}
	data := func(contentType, text string) func(e *eventbridge.Event) {
		return func(e *eventbridge.Event) {
			e.SetDataContentType(contentType)
			e.DataEncoded = []byte(text)
		}
	}
	add(func(*eventbridge.Event) {})
	add(func(e *eventbridge.Event) { e.DataEncoded = nil })
	add(data("application/json", `{"b":1.10,"a":[ ],"a":"\ud83d\ude00 \u00e9 世界","big":123456789012345678901234567890}`))
	add(data("application/vnd.example+json; charset=utf-8", `"just a string"`))
	add(data("text/plain; charset=utf-8", "line 1\r\nline 2\t\x00 100% \"quoted\" €"))
	add(data("application/octet-stream", "\x00\x01\xfe\xff%41"))
	add(func(e *eventbridge.Event) {
		e.SetSubject("Zürich 世界 😀 \"100%\" %41 a b")
		e.SetDataSchema("https://shop.example/schemas/order#v1")
		e.SetExtension("partitionkey", "a/b c")
		e.SetExtension("hops", int32(3))
		e.SetExtension("sampled", true)
	})
	return all
}

// difference says what got has otherwise than want, or "". An extension may have come
// as text: not every protocol tells the type.
func difference(want, got eventbridge.Event) string {
	for _, part := range []struct{ name, want, got string }{
		{"id", want.ID(), got.ID()}, {"source", want.Source(), got.Source()}, {"type", want.Type(), got.Type()}, {"subject", want.Subject(), got.Subject()},
		{"datacontenttype", want.DataContentType(), got.DataContentType()}, {"dataschema", want.DataSchema(), got.DataSchema()},
		{"extensions", extensions(want), extensions(got)},
	} {
		if part.want != part.got {
			return fmt.Sprintf("%s = %q, want %q", part.name, part.got, part.want)
		}
	}
	if !want.Time().Equal(got.Time()) {
		return fmt.Sprintf("time = %v, want %v", got.Time(), want.Time())
	}
	if !bytes.Equal(want.DataEncoded, got.DataEncoded) {
		return fmt.Sprintf("data = %q, want %q", got.DataEncoded, want.DataEncoded)
	}
	return ""
}

func extensions(e eventbridge.Event) string {
	var b strings.Builder
	exts := e.Extensions()
	for _, name := range slices.Sorted(maps.Keys(exts)) {
		fmt.Fprintf(&b, "%s=%q\n", name, fmt.Sprint(exts[name]))
	}
	return b.String()
}

// goroutines are the stacks of all goroutines that run.
func goroutines() []string {
	buf := make([]byte, 1<<20)
	return strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n")
}

// requireNoMoreGoroutines waits for there to be no more than there were.
func requireNoMoreGoroutines(t *testing.T, before []string) {
	t.Helper()
	known := map[string]bool{}
	for _, stack := range before {
		known[id(stack)] = true
	}
	var left []string
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		left = slices.DeleteFunc(goroutines(), func(stack string) bool { return known[id(stack)] })
		if len(left) == 0 {
			return
		}
	}
	t.Errorf("%d goroutines are left:\n%s", len(left), strings.Join(left, "\n\n"))
}

// id is "goroutine 7" of a stack.
func id(stack string) string {
	head, _, _ := strings.Cut(stack, " [")
	return head
}
