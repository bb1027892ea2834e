package torture_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/stretchr/testify/require"

	eventbridge "github.com/eventbridge-go/eventbridge"
	"github.com/eventbridge-go/eventbridge/filter"
)

// What the dispatcher has passed is saved for all rules at once; a rule that has just
// been offered an event, or is being edited, must not be taken for one that had nothing
// to do.
func TestIdleRuleLosesNothingToACrash(t *testing.T) {
	onEveryDisk(t, func(t *testing.T, d *disk) {
		synctest.Test(t, func(t *testing.T) {
			var held atomic.Bool
			idle := &recorder{answer: func(ctx context.Context, _ eventbridge.Event, _ eventbridge.Info) error {
				if held.Load() {
					<-ctx.Done()
				}
				return ctx.Err()
			}}
			slow := filter.Func(func(e event.Event) (bool, error) { // the dispatcher is behind the writer
				time.Sleep(time.Duration(len(e.ID())) * time.Millisecond)
				return e.Subject() == "idle", nil
			})
			idleRule := eventbridge.Rule{Name: "idle", Target: idle, Filter: slow}
			busyRule := eventbridge.Rule{Name: "busy", Target: &recorder{}, Concurrency: 4}
			n, missing := 0, 0
			lives := pick(50, 2000)
			for life := range lives {
				held.Store(false)
				b := d.bus(t)
				require.NoError(t, b.AddRule(idleRule))
				require.NoError(t, b.AddRule(busyRule))
				require.NoError(t, b.WaitIdle(t.Context()))
				if life > 0 && len(idle.of("idle")) != life {
					missing++
					idle.Deliver(t.Context(), newEvent("/s", fmt.Sprint(n), "idle", nil))
				}
				held.Store(true)
				for range 5 + life%7 {
					n++
					publish(t, b, "/s", fmt.Sprint(n%5), n)
					time.Sleep(time.Duration(n%31) * time.Millisecond)
				}
				n++
				if life%2 == 0 {
					go b.PutRule(idleRule)
				}
				publish(t, b, "/s", "idle", n)
				time.Sleep(time.Duration(life%43) * time.Millisecond)
				d.crash()
			}
			require.Zero(t, missing, "events lost, of %d", lives)
		})
	})
}
