package memstore_test

import (
	"testing"

	"github.com/eventbridge-go/eventbridge/store"
	"github.com/eventbridge-go/eventbridge/store/memstore"
	"github.com/eventbridge-go/eventbridge/store/storetest"
)

func TestContract(t *testing.T) {
	storetest.Run(t, storetest.Harness{Open: func(t *testing.T, o storetest.Options) store.Store {
		return memstore.New(memstore.Options{MaxBytes: o.MaxBytes, Keep: o.Keep})
	}})
}
