package boltstore

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/eventbridge-go/eventbridge/store"
	berrors "go.etcd.io/bbolt/errors"
)

// failed answers what became of a batch whose commit bbolt reports as failed, and
// whether the store may go on.
//
// What became of it: bbolt's last step writes a meta page with the transaction's
// number. Where neither meta page has it nothing was stored; where one has it, or can't
// be read, nobody knows. Whether to go on: only after the two kinds of "full", which
// leave file and memory as they were. After any other error the kernel may have dropped
// pages it could not write, and what is read then is not what is on the disk.
func (c *commit) failed(id int64, err error) error {
	stored := c.metaHas(uint64(id))
	c.forget()
	if !stored && isRoomError(err) {
		c.endView()
		if errors.Is(err, berrors.ErrMaxSizeReached) {
			return err
		}
		return fmt.Errorf("%w: %w", store.ErrFull, err)
	}
	guard(c.tx.Rollback) // after a panic; else it is over already
	if stored {
		return c.stop(store.ErrOutcomeUnknown, err)
	}
	return c.stop(store.ErrStopped, err)
}

// stop ends writing for good. The view stays, so that reading shows nothing of the
// batch that failed.
func (c *commit) stop(outcome, err error) error {
	c.stopped.Store(&stop{err: err, before: c.view})
	c.view = nil
	return fmt.Errorf("%w: %w", outcome, err)
}

// metaHas says whether a meta page has a transaction's number, or may have it.
func (c *commit) metaHas(id uint64) bool {
	raw := &rawFile{r: c.file}
	page := make([]byte, pageHead+metaLen)
	for at := int64(0); at < 2; at++ {
		if _, err := raw.r.ReadAt(page, at*filePage); err != nil {
			return true
		}
		if m, _, err := parseMeta(page); err != nil || m.txid == id {
			return true
		}
	}
	return false
}

// isRoomError says whether an error means that there was no room, and that nothing of
// bbolt's state is damaged. A sync that fails for lack of room is no such error. bbolt
// gives away the cause of a failed truncate but for its text; nothing is written then.
func isRoomError(err error) bool {
	if errors.Is(err, berrors.ErrMaxSizeReached) {
		return true
	}
	var write *os.PathError
	if errors.As(err, &write) {
		return isFull(err)
	}
	return strings.HasPrefix(err.Error(), "file resize error") && isFullText(err.Error())
}
