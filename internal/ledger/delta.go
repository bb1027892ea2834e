package ledger

import (
	"encoding/binary"

	"github.com/eventbridge-go/eventbridge/internal/lane"
	"github.com/eventbridge-go/eventbridge/store"
)

// AppendDelta writes what a lane has to write down as pairs. Values of dead letters
// and kept events are bytes already.
func AppendDelta(pairs []store.Pair, rule Rule, epoch uint64, d *lane.Delta) []store.Pair {
	put := func(k, v []byte) { pairs = append(pairs, store.Pair{Key: k, Value: v}) }
	place := Place{Record: d.Record}
	if d.Record.Idle {
		place.Epoch = epoch
	}
	put(LaneKey(rule.ID), place.Append(nil))
	for p, c := range d.Rows {
		if c.Row == nil {
			put(QueueKey(rule.Queue, c.Key, p), nil)
			put(RowKey(rule.Queue, p), nil)
			continue
		}
		put(QueueKey(rule.Queue, c.Key, p), AppendRow(nil, *c.Row))
		put(RowKey(rule.Queue, p), binary.BigEndian.AppendUint64(nil, uint64(c.Key)))
	}
	for k, c := range d.Due {
		if !c.Old.IsZero() && !c.Old.Equal(c.New) {
			put(DueKey(rule.Queue, lane.Due{At: c.Old, Key: k}), nil)
		}
		if !c.New.IsZero() {
			put(DueKey(rule.Queue, lane.Due{At: c.New, Key: k}), []byte{})
		}
	}
	for p, v := range d.Dead {
		put(LetterKey(rule.ID, p), bytesOf(v))
	}
	for p, v := range d.Kept {
		put(KeptKey(rule.ID, p), bytesOf(v))
	}
	return pairs
}

func bytesOf(v any) []byte {
	b, _ := v.([]byte)
	return b
}
