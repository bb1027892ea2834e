package eventbridge

import (
	"context"

	"github.com/eventbridge-go/eventbridge/internal/ledger"
	"github.com/eventbridge-go/eventbridge/store"
)

// collectStep is how many pairs are removed at once, so that no commit is long.
const collectStep = 1000

// collect removes what the ledger has of a rule's id and of a generation of rows; an
// id of 0 is none. It says how many rows and dead letters that were.
func (b *Bus) collect(ctx context.Context, rid, qid uint64) (n int, err error) {
	remove := func(spaces []byte, id uint64) error {
		for _, space := range spaces {
			for id != 0 {
				from, to := ledger.Space(space, id)
				pairs, err := b.store.Scan(nil, from, to, collectStep)
				if err != nil {
					return err
				}
				if len(pairs) == 0 {
					break
				}
				if space == 'q' || space == 'x' {
					n += len(pairs)
				}
				for i := range pairs {
					pairs[i].Value = nil
				}
				if err := b.commit(ctx, false, pairs...); err != nil {
					return err
				}
			}
		}
		return nil
	}
	if err := remove(ledger.QueueSpaces, qid); err != nil {
		return n, err
	}
	return n, remove(ledger.RuleSpaces, rid)
}

// collectGarbage removes what a deletion or a change of order left behind when the
// process ended in its middle. It runs before the writer does.
func (b *Bus) collectGarbage() error {
	rids, qids := map[uint64]bool{}, map[uint64]bool{}
	from, to := ledger.Rules()
	pairs, err := b.store.Scan(nil, from, to, 0)
	if err != nil {
		return err
	}
	for _, p := range pairs {
		r, err := ledger.ParseRule(p.Value)
		if err != nil {
			return err
		}
		rids[r.ID], qids[r.Queue] = true, true
	}
	if err := b.collectStrangers(ledger.RuleSpaces, rids); err != nil {
		return err
	}
	return b.collectStrangers(ledger.QueueSpaces, qids)
}

// collectStrangers removes all ids of some spaces that are not known.
func (b *Bus) collectStrangers(spaces []byte, known map[uint64]bool) error {
	for _, space := range spaces {
		for id := uint64(0); ; {
			from, to := ledger.IDsFrom(space, id)
			pairs, err := b.store.Scan(nil, from, to, 1)
			if err != nil {
				return err
			}
			if len(pairs) == 0 {
				break
			}
			if id, err = ledger.ParseID(pairs[0].Key); err != nil {
				return err
			}
			if known[id] {
				id++
				continue
			}
			from, to = ledger.Space(space, id)
			if pairs, err = b.store.Scan(nil, from, to, collectStep); err != nil {
				return err
			}
			for i := range pairs {
				pairs[i].Value = nil
			}
			if err := b.store.Commit(&store.Batch{Now: b.lastReceived(), Pairs: pairs}); err != nil {
				return err
			}
		}
	}
	return nil
}
