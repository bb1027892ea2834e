package boltstore_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventbridge-go/eventbridge/store"
	"github.com/eventbridge-go/eventbridge/store/boltstore"
	"github.com/eventbridge-go/eventbridge/store/storetest"
)

func TestContract(t *testing.T) {
	paths := map[store.Store]string{}
	storetest.Run(t, storetest.Harness{
		Open: func(t *testing.T, o storetest.Options) store.Store {
			path := filepath.Join(t.TempDir(), "log")
			s, err := boltstore.Open(path, boltstore.Options{MaxBytes: o.MaxBytes})
			require.NoError(t, err)
			paths[s] = path
			return s
		},
		Reopen: func(t *testing.T, closed store.Store) store.Store {
			s, err := boltstore.Open(paths[closed], boltstore.Options{})
			require.NoError(t, err)
			paths[s] = paths[closed]
			return s
		},
		Second: func(t *testing.T, open store.Store) error {
			s, err := boltstore.Open(paths[open], boltstore.Options{})
			if err == nil {
				s.Close()
			}
			return err
		},
	})
}
