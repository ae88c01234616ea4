package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"rota/record"
	"rota/rollout"
)

const (
	beatEvery = 15 * time.Second // record calls a lock stale after 2 minutes
	beatFresh = 20 * time.Second // older than this, the lock is read again before an act
	beatLimit = 10 * time.Second
)

// Lease is the lock while we hold it. Its methods may be called concurrently.
type Lease struct {
	store rollout.Store
	lock  record.Lock

	mu   sync.Mutex
	last time.Time // wall clock of the last good beat: a laptop that sleeps stops the monotonic one
	lost error
	over chan struct{} // closed once it is lost
}

// Take takes the lock, waiting for a holder for as long as wait. A
// *record.HeldError says who holds it.
func Take(ctx context.Context, store rollout.Store, l record.Lock, wait time.Duration) (*Lease, error) {
	end := time.Now().Add(wait)
	for {
		err := store.Lock(ctx, l)
		if err == nil {
			return &Lease{store: store, lock: l, last: time.Now().Round(0), over: make(chan struct{})}, nil
		}
		var held *record.HeldError
		if !errors.As(err, &held) || held.Held.Manual || !time.Now().Before(end) {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(min(2*time.Second, time.Until(end)+time.Millisecond)):
		}
	}
}

// Keep renews the lease until ctx ends.
func (l *Lease) Keep(ctx context.Context) {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			_ = l.beat(ctx) // Ours tells it to whoever acts
		}
	}
}

// Ours returns nil while the lease is known to be ours. record.ErrLost is
// wrapped when it is somebody else's: whoever gets it acts no more. Another
// error says that it could not be asked.
func (l *Lease) Ours(ctx context.Context) error {
	l.mu.Lock()
	lost, age := l.lost, time.Since(l.last) // l.last has no monotonic part
	l.mu.Unlock()
	if lost != nil {
		return lost
	}
	if age >= 0 && age < beatFresh {
		return nil
	}
	return l.beat(ctx)
}

// gone is closed once the lease is known to be somebody else's.
func (l *Lease) gone() <-chan struct{} {
	if l == nil {
		return nil
	}
	return l.over
}

func (l *Lease) beat(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, beatLimit)
	defer cancel()
	err := l.store.Beat(ctx, l.lock.Token)
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case err == nil:
		l.last = time.Now().Round(0)
	case errors.Is(err, record.ErrLost):
		if l.lost == nil {
			l.lost = fmt.Errorf("lock: %w", err)
			close(l.over)
		}
		return l.lost
	}
	return err
}

// Give gives the lock back.
func (l *Lease) Give(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), beatLimit)
	defer cancel()
	return l.store.Unlock(ctx, l.lock.Token)
}
