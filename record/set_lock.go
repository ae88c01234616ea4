package record

import (
	"cmp"
	"context"
	"errors"
	"time"
)

// Lock takes the lock on all hosts, in their order, or on none. It is taken
// over from a holder that is gone: no heartbeat for StaleAfter, or its process
// on this machine is dead. A *HeldError says that somebody else holds it. What
// l does not tell of the operator is filled in. If ctx ends meanwhile, an
// Unlock with the same token gives back what was taken.
func (s *Set) Lock(ctx context.Context, l Lock) error {
	if len(s.members) == 0 {
		return errors.New("lock: no balancer has a host that could keep it")
	}
	if l.Since.IsZero() {
		l.Since = time.Now().Truncate(time.Second)
	}
	l.Owner = cmp.Or(l.Owner, s.self.Owner)
	if l.Machine == "" {
		l.Machine, l.PID, l.Start = s.self.Machine, s.self.PID, s.self.Start
	}
	for i, m := range s.members {
		err := s.lockOne(ctx, m, l)
		if err == nil {
			continue
		}
		err = m.wrap(err)
		for _, taken := range s.members[:i] {
			err = errors.Join(err, taken.wrap(taken.folder.Unlock(ctx, l.Token)))
		}
		if !errors.As(err, new(*HeldError)) {
			// Its outcome is not known: after a lost connection it may be ours.
			_ = m.folder.Unlock(ctx, l.Token)
		}
		return err
	}
	s.remember(l.Token)
	return nil
}

// lockOne takes one lock, also from a process of this machine that is dead.
func (s *Set) lockOne(ctx context.Context, m member, l Lock) error {
	err := m.folder.Lock(ctx, l, "")
	var held *HeldError
	if errors.As(err, &held) && !held.Held.Manual && held.Held.Token != "" && s.self.Outlived(held.Held.Lock) {
		err = m.folder.Lock(ctx, l, held.Held.Token)
	}
	if errors.As(err, &held) {
		held.Held.Host = m.Host
	}
	return err
}

// Beat renews the lock on every host; ErrLost says that it is no more ours on
// at least one.
func (s *Set) Beat(ctx context.Context, token string) error {
	return s.each(func(m member) error { return m.folder.Beat(ctx, token) })
}

// Holder returns who holds the lock on any host, or nil. A holder that lives
// comes before one that is gone.
func (s *Set) Holder(ctx context.Context) (*Held, error) {
	all, err := s.holders(ctx)
	for _, h := range all {
		if h != nil && !s.Gone(*h) {
			return h, nil
		}
	}
	for _, h := range all {
		if h != nil {
			return h, nil
		}
	}
	return nil, err
}

// Unlock gives the lock back on every host; one that is not ours is left alone.
func (s *Set) Unlock(ctx context.Context, token string) error {
	s.remember("")
	return s.each(func(m member) error { return m.folder.Unlock(ctx, token) })
}

// Free removes a lock that is held by hand, or whose holder is gone, and
// returns it, or nil if there was none. While any holder lives it removes
// nothing and returns a *HeldError.
func (s *Set) Free(ctx context.Context) (*Held, error) {
	all, err := s.holders(ctx)
	var freed *Held
	for _, h := range all {
		switch {
		case h == nil:
		case !h.Manual && !s.Gone(*h):
			return nil, &HeldError{*h}
		default:
			freed = h
		}
	}
	if err != nil || freed == nil {
		return nil, err
	}
	for i, m := range s.members {
		if all[i] != nil {
			err = errors.Join(err, m.wrap(m.folder.Unlock(ctx, all[i].Token)))
		}
	}
	return freed, err
}

// Gone reports whether the holder is gone: by the clock, or because its process
// on this machine is dead. Who holds the lock by hand never is.
func (s *Set) Gone(h Held) bool {
	return h.Stale() || !h.Manual && s.self.Outlived(h.Lock)
}

// holders returns who holds the lock on each host, in the order of the members.
func (s *Set) holders(ctx context.Context) ([]*Held, error) {
	return gather(s, func(m member) (*Held, error) {
		h, err := m.folder.Holder(ctx)
		if h != nil {
			h.Host = m.Host
		}
		return h, err
	})
}

func (s *Set) remember(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token = token
}

func (s *Set) held() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.token
}
