package boltstore

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	bolt "go.etcd.io/bbolt"

	"github.com/eventbridge-go/eventbridge/store"
)

const leftover = ".new-"

// create makes an empty log at path. It is written and synced under another name and
// then linked to its own, so that whatever instant the process ends at, path is a whole
// log or nothing; and of two that create at once the second finds the first's, which
// may hold events by then. On a file system without hard links the name is given by a
// rename, and two processes must not create one log at the same instant.
func create(path string) error {
	var tag [8]byte
	rand.Read(tag[:])
	temp := path + leftover + hex.EncodeToString(tag[:])
	defer os.Remove(temp)
	if err := write(temp); err != nil {
		if isFull(err) {
			return fmt.Errorf("%w: %w", store.ErrFull, err)
		}
		return err
	}
	err := os.Link(temp, path)
	if err != nil {
		if _, there := os.Lstat(path); there == nil {
			return nil // somebody else's, and they may have removed ours as a leftover
		}
		if err = os.Rename(temp, path); err != nil {
			return err
		}
	}
	return syncFolder(filepath.Dir(path))
}

// write makes a log of no events.
func write(path string) error {
	var id [16]byte
	rand.Read(id[:])
	db, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: lockWait, FreelistType: bolt.FreelistMapType, PageSize: filePage})
	if err != nil {
		return err
	}
	err = db.Update(func(tx *bolt.Tx) error {
		in, err := tx.CreateBucket(infoBucket)
		for _, name := range [][]byte{logBucket, runBucket, ledgerBucket} {
			if err == nil {
				_, err = tx.CreateBucket(name)
			}
		}
		if err == nil {
			err = errors.Join(in.Put(formatKey, formatValue(id)), in.Put(headKey, headValue(0)))
		}
		return err
	})
	return errors.Join(err, db.Close())
}

// removeLeftovers removes what creations that were cut short have left. The log is
// there, so a creation under way needs its file no longer either.
func removeLeftovers(path string) {
	folder, name := filepath.Split(path)
	if folder == "" {
		folder = "."
	}
	f, err := os.Open(folder)
	if err != nil {
		return
	}
	defer f.Close()
	names, _ := f.Readdirnames(-1)
	for _, n := range names {
		if tag, ok := strings.CutPrefix(n, name+leftover); ok && len(tag) == 16 {
			os.Remove(filepath.Join(folder, n))
		}
	}
}
