package record_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rota/record"
)

func TestLockGoesFromHandToHand(t *testing.T) {
	shells(t, func(t *testing.T, sh shell) {
		ctx, p := t.Context(), newPlaces(t)
		ann, bob := p.open(sh), p.open(sh)

		if h, err := ann.Holder(ctx); h != nil || err != nil {
			t.Fatalf("holder of nothing: %v, %v", h, err)
		}
		if _, err := os.Stat(p.system); !errors.Is(err, fs.ErrNotExist) {
			t.Fatal("looking at the holder has made a folder")
		}
		must(t, ann.Lock(ctx, lockOf("a1"), ""))
		must(t, ann.Lock(ctx, lockOf("a1"), "")) // its own is no obstacle
		if got := held(t, bob.Lock(ctx, lockOf("b1"), "")); !cmp.Equal(got.Lock, lockOf("a1")) {
			t.Error(cmp.Diff(lockOf("a1"), got.Lock))
		}
		if h, err := bob.Holder(ctx); err != nil || !cmp.Equal(h.Lock, lockOf("a1")) || h.Beat > 5*time.Second {
			t.Errorf("holder: %+v, %v", h, err)
		}
		must(t, ann.Beat(ctx, "a1"))
		if err := bob.Beat(ctx, "b1"); !errors.Is(err, record.ErrLost) {
			t.Errorf("beat without the lock: %v", err)
		}
		must(t, bob.Unlock(ctx, "b1")) // another's is left alone
		must(t, ann.Beat(ctx, "a1"))
		must(t, ann.Unlock(ctx, "a1"))
		if err := ann.Beat(ctx, "a1"); !errors.Is(err, record.ErrLost) {
			t.Errorf("beat after unlock: %v", err)
		}
		must(t, bob.Lock(ctx, lockOf("b1"), ""))
	})
}

func TestLockIsTakenOverFromWhoIsGone(t *testing.T) {
	manual := lockOf("a1")
	manual.Manual = true
	for _, row := range []struct {
		name string
		lock record.Lock
		age  time.Duration
		gone string
		want bool
	}{
		{"two minutes without a beat are stale", lockOf("a1"), 3 * time.Minute, "", true},
		{"one minute is not", lockOf("a1"), time.Minute, "", false},
		{"a beat from the future is not", lockOf("a1"), -time.Hour, "", false},
		{"a dead process is gone at once", lockOf("a1"), 0, "a1", true},
		{"another dead process does not matter", lockOf("a1"), 0, "a2", false},
		{"a lock by hand is never stale", manual, 24 * time.Hour, "", false},
		{"a lock by hand has no process", manual, 0, "a1", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			ctx, p := t.Context(), newPlaces(t)
			ann, bob := p.open(shell{}), p.open(shell{})
			must(t, ann.Lock(ctx, row.lock, ""))
			age(t, filepath.Join(p.system, "shop-production.lock"), row.age)
			err := bob.Lock(ctx, lockOf("b1"), row.gone)
			if !row.want {
				held(t, err)
				must(t, ann.Beat(ctx, "a1"))
				return
			}
			must(t, err)
			if err := ann.Beat(ctx, "a1"); !errors.Is(err, record.ErrLost) {
				t.Errorf("the one who slept: got %v, want ErrLost", err)
			}
		})
	}
}

func TestLockThatCannotBeReadIsHeldUntilItIsStale(t *testing.T) {
	ctx, p := t.Context(), newPlaces(t)
	mkdir(t, p.system, 0o755)
	file := filepath.Join(p.system, "shop-production.lock")
	must(t, os.WriteFile(file, nil, 0o600))
	if got := held(t, p.open(shell{}).Lock(ctx, lockOf("b1"), "")); got.Owner == "" {
		t.Error("nobody is named")
	}
	age(t, file, 3*time.Minute)
	must(t, p.open(shell{}).Lock(ctx, lockOf("b1"), ""))
}

func TestLockRace(t *testing.T) {
	shells(t, func(t *testing.T, sh shell) {
		p := newPlaces(t)
		var wins atomic.Int32
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				switch err := p.open(sh).Lock(t.Context(), lockOf(fmt.Sprintf("t%d", i)), ""); {
				case err == nil:
					wins.Add(1)
				case !errors.As(err, new(*record.HeldError)):
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if wins.Load() != 1 {
			t.Errorf("%d of 20 hold the lock", wins.Load())
		}
	})
}

// A take-over is the race that is easily lost: all see the same stale lock.
func TestLockTakeOverRace(t *testing.T) {
	p := newPlaces(t)
	must(t, p.open(shell{}).Lock(t.Context(), lockOf("a1"), ""))
	age(t, filepath.Join(p.system, "shop-production.lock"), time.Hour)
	var wins atomic.Int32
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			if p.open(shell{}).Lock(t.Context(), lockOf(fmt.Sprintf("t%d", i)), "") == nil {
				wins.Add(1)
			}
		})
	}
	wg.Wait()
	if wins.Load() != 1 {
		t.Errorf("%d of 20 have taken it over", wins.Load())
	}
}

// Whatever moment a script is killed at, the next one finds a lock or none,
// and is not kept waiting.
func TestLockSurvivesKilledScripts(t *testing.T) {
	shells(t, func(t *testing.T, sh shell) {
		p := newPlaces(t)
		for i := range 20 {
			killed := sh
			killed.onStart = func(proc *os.Process) {
				// A delay in the script's own scale, so that it is hit in all its parts.
				time.Sleep(time.Duration(i) * 2 * time.Millisecond)
				_ = syscall.Kill(-proc.Pid, syscall.SIGKILL)
			}
			_ = p.open(killed).Lock(t.Context(), lockOf("a1"), "")
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		h, err := p.open(sh).Holder(ctx)
		must(t, err)
		if h != nil && h.Token != "a1" {
			t.Fatalf("a torn lock: %+v", h)
		}
		must(t, p.open(sh).Lock(ctx, lockOf("b1"), "a1"))
	})
}

func TestLockOfAnotherApplicationIsNoObstacle(t *testing.T) {
	ctx, dir := t.Context(), filepath.Join(t.TempDir(), "rota")
	must(t, record.Open(shell{}, dir, "shop").Lock(ctx, lockOf("a1"), ""))
	must(t, record.Open(shell{}, dir, "shop.2/x y").Lock(ctx, lockOf("b1"), ""))
	files, err := filepath.Glob(dir + "/*")
	must(t, err)
	want := []string{dir + "/shop%2E2%2Fx%20y.lock", dir + "/shop.lock"}
	if diff := cmp.Diff(want, files); diff != "" {
		t.Error(diff)
	}
}

func TestHeldErrorTellsWhoAndWhy(t *testing.T) {
	l := lockOf("a1")
	text := (&record.HeldError{Held: record.Held{Lock: l, Host: "lb1", Beat: 3 * time.Second}}).Error()
	for _, want := range []string{"ann@laptop", l.Since.Local().Format("2006-01-02 15:04:05"), "1.0.2", `"say \"cheese\""`, "3s ago on lb1"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in %q", want, text)
		}
	}
	l.Manual, l.Owner = true, "ann\x1b[2J"
	text = (&record.HeldError{Held: record.Held{Lock: l}}).Error()
	if !strings.Contains(text, "rota unlock") || strings.Contains(text, "\x1b") {
		t.Errorf("by hand: %q", text)
	}
}
