package torture_test

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	eventbridge "github.com/eventbridge-go/eventbridge"
)

// The program that is killed. It publishes from several goroutines and delivers to
// rules whose targets fail and give up at random, and it notes down, in files that
// outlive it, what Publish acknowledged and what its targets were given.

func init() {
	children["kill"] = func(args []string) error {
		life, err := strconv.Atoi(args[1])
		if err != nil {
			return err
		}
		return killed{dir: args[0], life: life, how: args[2]}.run()
	}
}

type killed struct {
	dir  string
	life int
	how  string // "work" until killed, "rekey" also changes an order meanwhile, "end" drains without faults
	*notes
}

// notes are two files to which each line is one write, so that a kill leaves all the
// lines written so far.
type notes struct{ acks, deliveries *os.File }

func note(f *os.File, format string, args ...any) {
	if _, err := f.WriteString(fmt.Sprintf(format, args...) + "\n"); err != nil {
		panic(err)
	}
}

func openNote(dir, name string) (*os.File, error) {
	return os.OpenFile(filepath.Join(dir, name), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
}

// The publishers by what they do: two race with the same events; one goes alone; one
// publishes many at once; one repeats itself.
const publishers = 4

func (k killed) run() (err error) {
	runtime.LockOSThread() // strace counts system calls by thread; this one opens the log
	k.notes = &notes{}
	if k.acks, err = openNote(k.dir, "acks"); err != nil {
		return err
	}
	if k.deliveries, err = openNote(k.dir, fmt.Sprintf("life%d", k.life)); err != nil {
		return err
	}
	next, err := resume(k.dir)
	if err != nil {
		return err
	}
	b, err := eventbridge.Open(filepath.Join(k.dir, "events.db"), eventbridge.WithLogger(quiet), eventbridge.WithRules(k.rules()...))
	if err != nil {
		return err
	}
	if _, err := b.Redrive(context.Background(), eventbridge.DeadLetterQuery{Rule: "parks"}); err != nil {
		return err
	}
	if k.how == "end" {
		if err := b.WaitIdle(context.Background()); err != nil {
			return err
		}
		return b.Shutdown(context.Background())
	}
	time.AfterFunc(2*time.Second, func() { // strace's count did not come up
		note(k.acks, "self")
		killSelf()
	})
	if k.how == "rekey" {
		go k.rekey(b)
	}
	var wg sync.WaitGroup
	for p := range publishers {
		wg.Go(func() { k.publish(b, p, next[p]) })
	}
	wg.Wait()
	select {} // only a kill ends it
}

// resume says which event of each publisher comes after the last acknowledged one.
func resume(dir string) (next [publishers]int, err error) {
	text, err := os.ReadFile(filepath.Join(dir, "acks"))
	for line := range strings.Lines(string(text)) {
		var p, n int
		if _, err := fmt.Sscanf(line, "%d %d", &p, &n); err == nil && n >= next[p] {
			next[p] = n + 1
		}
	}
	return next, err
}

func (k killed) publish(b *eventbridge.Bus, p, n int) {
	ack := func(n int, err error) {
		if err != nil {
			note(k.acks, "error %d %d %v", p, n, err)
			return
		}
		note(k.acks, "%d %d", p, n)
	}
	for {
		count := 1
		switch p {
		case 0:
			var wg sync.WaitGroup
			for range 3 {
				wg.Go(func() { ack(n, b.Publish(context.Background(), made(p, n))) })
			}
			wg.Wait()
		case 1:
			ack(n, b.Publish(context.Background(), made(p, n)))
		case 2:
			count = 1 + int(chance("batch", p, n)*40)
			var all []eventbridge.Event
			for i := range count {
				all = append(all, made(p, n+i))
			}
			err := b.Publish(context.Background(), all...)
			for i := range count {
				ack(n+i, err)
			}
		case 3:
			ack(n, b.Publish(context.Background(), made(p, n)))
			if n > 5 {
				if err := b.Publish(context.Background(), made(p, n-5)); err != nil {
					ack(n-5, err)
				}
			}
		}
		n += count
	}
}

type body struct{ Account, Pad string }

// made is the n-th event of a publisher, the same whenever it is made.
func made(p, n int) eventbridge.Event {
	pad := int(chance("pad", p, n) * 600)
	if chance("big", p, n) < 0.01 {
		pad = 150_000
	}
	subject := fmt.Sprint("s", int(chance("subject", p, n)*9))
	if chance("rare", p, n) < 0.02 {
		subject = "rare"
	}
	return newEvent(fmt.Sprint("/p", p), fmt.Sprint(p, "-", n), subject,
		body{fmt.Sprint("a", int(chance("account", p, n)*6)), strings.Repeat("x", pad)})
}

// chance is a number in [0, 1) that depends on nothing but its arguments.
func chance(args ...any) float64 {
	h := fnv.New64a()
	fmt.Fprint(h, args...)
	return rand.New(rand.NewPCG(h.Sum64(), 1)).Float64()
}

func (k killed) rules() []eventbridge.Rule {
	retry := eventbridge.Retry{Attempts: 3, Min: time.Millisecond, Max: 4 * time.Millisecond}
	off := eventbridge.Breaker{Off: true}
	rules := []eventbridge.Rule{
		{Name: "ordered", Concurrency: 16, Retry: retry, Breaker: off},
		{Name: "rekeyed", Concurrency: 8, Retry: retry, Breaker: off, Order: orderOf("rekeyed", k.life)},
		{Name: "parks", Concurrency: 4, Retry: retry, Breaker: off, Park: true},
		{Name: "rare", Filter: subject("rare"), Retry: retry, Breaker: off},
	}
	for i := range rules {
		rules[i].Start = eventbridge.FromBeginning()
		rules[i].Target = k.target(rules[i].Name)
	}
	return rules
}

// orderOf is the order of a rule in a life of the log.
func orderOf(rule string, life int) eventbridge.Order {
	if rule != "rekeyed" {
		return eventbridge.Order{}
	}
	return []eventbridge.Order{eventbridge.OrderBy("data.Account"), eventbridge.OrderBy("subject"), {}}[life%3]
}

// rekey changes an order while everything goes on.
func (k killed) rekey(b *eventbridge.Bus) {
	for i := 1; ; i++ {
		time.Sleep(time.Duration(5+i%7*3) * time.Millisecond)
		rule := k.rules()[1]
		rule.Order = orderOf("rekeyed", k.life+i)
		note(k.deliveries, "order rekeyed 0 %d", k.life+i)
		err := b.PutRule(rule)
		if err != nil {
			note(k.acks, "error 0 0 PutRule: %v", err)
		}
		time.Sleep(10 * time.Millisecond) // what began under the old order reaches its target
		note(k.deliveries, "ordered rekeyed 0 %d", k.life+i)
	}
}

var errDown = errors.New("down")

func (k killed) target(rule string) eventbridge.Target {
	return eventbridge.TargetFunc(func(ctx context.Context, e eventbridge.Event) error {
		i, _ := eventbridge.InfoFrom(ctx)
		note(k.deliveries, "start %s %d %d", rule, i.Position, i.Attempt)
		x := chance(rule, k.life, i.Position, i.Attempt)
		if x > 0.8 {
			time.Sleep(time.Duration(x*10-8) * time.Millisecond)
		}
		switch {
		case k.how == "end":
		case x < 0.03 && rule != "rare":
			note(k.deliveries, "dead %s %d %d", rule, i.Position, i.Attempt)
			return eventbridge.Permanent(errDown)
		case x < 0.15 && ctx.Err() == nil:
			note(k.deliveries, "fail %s %d %d", rule, i.Position, i.Attempt)
			return errDown
		}
		note(k.deliveries, "ok %s %d %d", rule, i.Position, i.Attempt)
		return nil
	})
}
