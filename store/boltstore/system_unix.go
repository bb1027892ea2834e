//go:build unix

package boltstore

import (
	"errors"
	"os"
	"strings"
	"syscall"
)

// initialMap is how much to map at once: more than the file may become, so that bbolt
// never moves the mapping. It costs address space only.
func initialMap(most int) int { return most + 1 }

func largestMap(most int64) int64 { return most }

func isNoMemory(err error) bool { return errors.Is(err, syscall.ENOMEM) }

func isFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// syncFolder makes a name in a folder durable.
func syncFolder(folder string) error {
	f, err := os.Open(folder)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) {
		return err
	}
	return nil
}

// isFullText is for errors that are but a text.
func isFullText(text string) bool {
	for _, e := range []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG} {
		if strings.HasSuffix(text, e.Error()) {
			return true
		}
	}
	return false
}
