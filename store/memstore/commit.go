package memstore

import (
	"time"

	"github.com/eventbridge-go/eventbridge/store"
)

// Commit implements store.Store.
func (s *Store) Commit(b *store.Batch) error {
	if err := store.CheckPairs(b.Pairs); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return store.ErrClosed
	}
	now := b.Now.Round(0)
	if now.Before(s.last) {
		now = s.last
	}
	s.last = now
	s.forget(b.Floor)
	s.forgetIdentities(now, b.Dedup)
	for _, a := range b.Appends {
		if err := store.Decide(a, (*index)(s), now, b.Dedup); err != nil {
			return err
		}
		if a.Err == nil {
			s.put(a, now)
		}
	}
	for _, p := range b.Pairs {
		s.ledger.put(p)
	}
	return nil
}

// put stores what Decide let in.
func (s *Store) put(a *store.Append, now time.Time) {
	size := int64(0)
	for i, e := range a.Events {
		if !a.Results[i].Duplicate {
			size += int64(len(e.Data)) + overhead
		}
	}
	if size > 0 && s.bytes+size > s.maxBytes {
		a.Err, a.Results = store.ErrFull, nil
		return
	}
	s.bytes += size
	a.Place(s.entries.end, func(p store.Position, e store.NewEvent) {
		kept := entry{Entry: store.Entry{Position: p, Received: now, Root: e.Root, Content: e.Content, Data: e.Data}}
		if e.Root == 0 {
			kept.Root = p
		}
		if kept.stream = s.streamKey(e.Source, e.Subject); kept.stream != (key{}) {
			of := s.streams[kept.stream]
			kept.previous = of.newest
			s.streams[kept.stream] = stream{newest: p, count: of.count + 1}
		}
		s.entries.push(kept)
		id := s.identKey(e.Source, e.ID)
		s.idents.push(ident{key: id, received: now, content: e.Content})
		s.known[id] = p
	})
}

// forget drops events below floor, oldest first, while they are more than keep.
func (s *Store) forget(floor store.Position) {
	for s.belowTo < min(floor, s.entries.end) {
		s.below += size(s.entries.at(s.belowTo))
		s.belowTo++
	}
	for s.below > s.keep && s.entries.first < s.belowTo {
		e := s.entries.at(s.entries.first)
		if of := s.streams[e.stream]; of.newest == e.Position {
			delete(s.streams, e.stream)
		}
		s.below -= size(e)
		s.bytes -= size(e)
		s.entries.drop()
	}
}

func size(e *entry) int64 { return int64(len(e.Data)) + overhead }

// forgetIdentities drops identities that fell out of the window, and those too many.
func (s *Store) forgetIdentities(now time.Time, window time.Duration) {
	for s.idents.first < s.idents.end {
		old := s.idents.at(s.idents.first)
		tooMany := s.idents.first+remembered < s.entries.first
		if !tooMany && now.Sub(old.received) < window {
			return
		}
		if s.known[old.key] == s.idents.first {
			delete(s.known, old.key)
		}
		s.idents.drop()
	}
}

// An index is the store as Decide sees it.
type index Store

func (x *index) Find(source, id string) (store.Known, bool, error) {
	s := (*Store)(x)
	p, ok := s.known[s.identKey(source, id)]
	if !ok {
		return store.Known{}, false, nil
	}
	i := s.idents.at(p)
	return store.Known{Position: p, Received: i.received, Content: i.content}, true, nil
}

func (x *index) Count(source, subject string) (int, error) {
	s := (*Store)(x)
	return s.streams[s.streamKey(source, subject)].count, nil
}
