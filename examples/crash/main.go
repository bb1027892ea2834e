// Crash publishes events, kills itself with SIGKILL in mid-delivery, starts again, and
// shows that nothing was lost and that order held.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/eventbridge-go/eventbridge"
)

// life, in the environment, says which life of the process this is; path, the log.
const life, path = "CRASH_EXAMPLE_LIFE", "CRASH_EXAMPLE_LOG"

type moved struct {
	Parcel string
	Step   int
}

func (moved) EventType() string      { return "parcel.moved" }
func (m moved) EventSubject() string { return m.Parcel }

const steps, killAt = 10, 4

func main() {
	var err error
	switch os.Getenv(life) {
	case "first":
		err = first(context.Background(), os.Getenv(path), os.Stdout)
	case "second":
		err = second(context.Background(), os.Getenv(path), os.Stdout)
	default:
		err = run(context.Background(), os.Stdout)
	}
	if err != nil {
		log.Fatal(err)
	}
}

// run starts itself twice: for the life that ends in a kill, and for the one after.
func run(ctx context.Context, out io.Writer) error {
	folder, err := os.MkdirTemp("", "crash")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	ctx, cancel := context.WithTimeout(ctx, time.Minute) // for both lives
	defer cancel()
	file := filepath.Join(folder, "events.db")
	err = again(ctx, "first", file, out)
	if err == nil {
		return fmt.Errorf("the first life was to be killed")
	}
	fmt.Fprintln(out, "the process was killed; it starts again")
	return again(ctx, "second", file, out)
}

func again(ctx context.Context, which, file string, out io.Writer) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, self)
	cmd.Env = append(os.Environ(), life+"="+which, path+"="+file)
	cmd.Stdout, cmd.Stderr = out, os.Stderr
	return cmd.Run()
}

func open(file string) (*eventbridge.Bus, error) {
	return eventbridge.Open(file, eventbridge.WithLogger(slog.New(slog.DiscardHandler)))
}

// first publishes everything, and dies in the middle of a delivery.
func first(ctx context.Context, file string, out io.Writer) error {
	bus, err := open(file)
	if err != nil {
		return err
	}
	defer bus.Close()
	published := make(chan struct{})
	err = eventbridge.On(bus, "tracking", func(ctx context.Context, m moved) error {
		<-published
		fmt.Fprintf(out, "  step %d\n", m.Step)
		if m.Step == killAt {
			self, err := os.FindProcess(os.Getpid())
			if err != nil {
				return err
			}
			self.Kill() // SIGKILL: nothing is saved, nothing is closed
			select {}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for n := range steps {
		if err := eventbridge.Emit(ctx, bus, moved{"P-1", n + 1}); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "%d events published\n", steps)
	close(published)
	return bus.WaitIdle(ctx)
}

// second goes on where the first was killed.
func second(ctx context.Context, file string, out io.Writer) error {
	bus, err := open(file)
	if err != nil {
		return err
	}
	defer bus.Close()
	last, inOrder := 0, true
	err = eventbridge.On(bus, "tracking", func(ctx context.Context, m moved) error {
		fmt.Fprintf(out, "  step %d\n", m.Step)
		inOrder = inOrder && (last == 0 && m.Step <= killAt || m.Step == last+1)
		last = m.Step
		return nil
	})
	if err != nil {
		return err
	}
	if err := bus.WaitIdle(ctx); err != nil {
		return err
	}
	if last != steps || !inOrder {
		return fmt.Errorf("lost or out of order: the last step was %d", last)
	}
	fmt.Fprintln(out, "nothing was lost, and order held")
	return nil
}
