//go:build !unix

package boltstore

import (
	"errors"
	"syscall"
)

// initialMap is 0: mapping makes the file as large as the map here.
func initialMap(int) int { return 0 }

// largestMap is the largest size up to most that bbolt maps: a power of two, or from
// 1 GiB on a multiple of that.
func largestMap(most int64) int64 {
	if most >= 1<<30 {
		return most &^ (1<<30 - 1)
	}
	size := int64(1 << 15)
	for size*2 <= most {
		size *= 2
	}
	return size
}

func isNoMemory(error) bool { return false }

// isFull knows Windows' ERROR_HANDLE_DISK_FULL and ERROR_DISK_FULL.
func isFull(err error) bool {
	return errors.Is(err, syscall.Errno(39)) || errors.Is(err, syscall.Errno(112))
}

func syncFolder(string) error { return nil }

func isFullText(string) bool { return false }
