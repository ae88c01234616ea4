package engine

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rota/record"
	"rota/rollout"
)

// locks is a store with a lock alone.
type locks struct {
	rollout.Store
	mu    sync.Mutex
	held  []error // of Lock, in turn; then nil
	beats int
	err   error // of Beat
}

func (l *locks) Lock(context.Context, record.Lock) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.held) == 0 {
		return nil
	}
	err := l.held[0]
	l.held = l.held[1:]
	return err
}

func (l *locks) Beat(context.Context, string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.beats++
	return l.err
}

func TestTakeWaitsForAHolderAsLongAsItIsTold(t *testing.T) {
	held := &record.HeldError{Held: record.Held{Lock: record.Lock{Owner: "you"}}}
	byHand := &record.HeldError{Held: record.Held{Lock: record.Lock{Owner: "you", Manual: true}}}
	tests := []struct {
		name   string
		held   []error
		wait   time.Duration
		got    bool
		waited time.Duration
	}{
		{"a free lock is taken at once", nil, 0, true, 0},
		{"without a wait a holder ends it at once", []error{held}, 0, false, 0},
		{"a holder that goes in time", []error{held, held}, 10 * time.Second, true, 4 * time.Second},
		{"a holder that stays", []error{held, held, held, held}, 5 * time.Second, false, 5*time.Second + time.Millisecond},
		{"a lock held by hand is not waited for", []error{byHand}, time.Minute, false, 0},
		{"an error is not waited for", []error{errors.New("no route")}, time.Minute, false, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begun := time.Now()
				lease, err := Take(t.Context(), &locks{held: tt.held}, record.Lock{Token: "t"}, tt.wait)
				if (err == nil) != tt.got || (lease != nil) != tt.got {
					t.Errorf("%v", err)
				}
				if waited := time.Since(begun); waited != tt.waited {
					t.Errorf("it waited %s, want %s", waited, tt.waited)
				}
			})
		})
	}
}

func TestALeaseIsBelievedWhileItsBeatIsFresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &locks{}
		l, err := Take(t.Context(), store, record.Lock{Token: "t"}, 0)
		if err != nil {
			t.Fatal(err)
		}
		ask := func(want error, beats int, when string) {
			t.Helper()
			if err := l.Ours(t.Context()); !errors.Is(err, want) || store.beats != beats {
				t.Errorf("%s: %v after %d beats, want %v after %d", when, err, store.beats, want, beats)
			}
		}
		ask(nil, 0, "at once")
		time.Sleep(beatFresh - time.Second)
		ask(nil, 0, "while it is fresh")
		time.Sleep(time.Hour) // a laptop that slept
		ask(nil, 1, "after a sleep it is read again")
		ask(nil, 1, "and then fresh")
		away := errors.New("no route to host")
		store.err = away
		time.Sleep(time.Minute)
		ask(away, 2, "a store out of reach")
		store.err = nil
		ask(nil, 3, "and back")
		l.last = time.Now().Add(time.Hour).Round(0) // a clock that was set back
		ask(nil, 4, "a beat in the future is not believed")
		store.err = record.ErrLost
		time.Sleep(time.Minute)
		ask(record.ErrLost, 5, "somebody else's")
		store.err = nil
		ask(record.ErrLost, 5, "and lost for good")
		if !closed(l.gone()) {
			t.Error("nobody is told")
		}
	})
}

func TestKeepBeatsUntilItsContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &locks{}
		l, _ := Take(t.Context(), store, record.Lock{Token: "t"}, 0)
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { l.Keep(ctx) })
		time.Sleep(10*beatEvery + time.Second)
		cancel()
		wg.Wait()
		if store.beats != 10 {
			t.Errorf("%d beats in ten times %s", store.beats, beatEvery)
		}
	})
}

func TestControlTellsStopsOnceAndAHoldOnce(t *testing.T) {
	var c Control
	if c.isStopped() || c.isStoppedTwice() || c.takeHold() {
		t.Error("a new one is stopped or held")
	}
	c.Hold()
	if !c.takeHold() || c.takeHold() {
		t.Error("a hold is taken once")
	}
	c.Stop()
	if !c.isStopped() || c.isStoppedTwice() {
		t.Error("one stop is one stop")
	}
	c.Stop()
	c.Stop() // a third changes nothing
	if !c.isStoppedTwice() {
		t.Error("two stops are two")
	}
}
