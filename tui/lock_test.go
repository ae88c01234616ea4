package tui

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"rota/record"
)

func heldBy(owner string, change func(*Lock)) *Lock {
	l := &Lock{Held: record.Held{
		Lock: record.Lock{Run: "20260102-115000-1a2b3c", Owner: owner, Since: noon.Add(-10 * time.Minute), Version: "1.42.0", Message: "friday", Token: "t1"},
		Host: "lb1", Beat: 3 * time.Second,
	}}
	if change != nil {
		change(l)
	}
	return l
}

func TestLockIsShownWithWhetherItsHolderLives(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		lock *Lock
		err  error
		says []string
		free bool
	}{
		{"nobody", nil, nil, []string{"nobody holds it"}, false},
		{"out of reach", nil, errors.New("lb1: record: lb1: connection refused"), []string{"connection refused"}, false},
		{
			"a living holder", heldBy("anna@laptop", nil), nil,
			[]string{"held by anna@laptop since 2026-01-02 11:50:00, on lb1", "for version 1.42.0, run 20260102-115000-1a2b3c, friday", "heartbeat was 3s ago", "ask anna@laptop"},
			false,
		},
		{
			"a silent holder", heldBy("anna@laptop", func(l *Lock) { l.Beat, l.Gone = 5*time.Minute, true }), nil,
			[]string{"no heartbeat for 5m00s", "U goes on with its run", "F free the lock"},
			true,
		},
		{
			"a dead process of ours", heldBy("me@here", func(l *Lock) { l.Gone = true }), nil,
			[]string{"its process on this machine has ended", "U goes on with its run"},
			true,
		},
		{
			"by hand", heldBy("anna@laptop", func(l *Lock) { l.Manual, l.Version, l.Run, l.Message = true, "", "", "audit\x1b[2J" }), nil,
			[]string{"by hand: it stays until somebody frees it", "audit"},
			true,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			st := newStory(t, 6, 80, 24)
			st.lock, st.fails = tt.lock, tt.err
			st.press("L")
			st.shows(t, "asking who holds it")
			st.carryOut()
			st.wait(quiet)
			seen := strings.Join(strings.Fields(st.screen()), " ") // wherever lines end
			for _, text := range tt.says {
				if !strings.Contains(seen, text) {
					t.Errorf("%q is not to be seen in\n%s", text, st.screen())
				}
			}
			st.fails = nil
			st.press("F", "s", "h", "o", "p", "enter")
			st.carryOut()
			if !tt.free {
				if st.calls != nil {
					t.Errorf("it did %v", st.calls)
				}
				return
			}
			if !slices.Equal(st.calls, []string{"unlock t1"}) {
				t.Errorf("it did %v", st.calls)
			}
			st.shows(t, "the lock of "+tt.lock.Owner+" is freed")
		})
	}
}

func TestFreeingALockWantsTheName(t *testing.T) {
	t.Parallel()
	for name, keys := range map[string][]string{
		"a yes":            {"F", "y"},
		"enter":            {"F", "enter"},
		"half of the name": {"F", "s", "h", "o", "enter"},
		"another name":     {"F", "s", "h", "o", "t", "enter"},
		"esc":              {"F", "s", "h", "o", "p", "esc", "enter"},
		"too early":        {"L"},
	} {
		st := newStory(t, 6, 80, 24)
		st.lock = heldBy("anna@laptop", func(l *Lock) { l.Manual = true })
		st.press("L")
		st.carryOut()
		st.press(keys...)
		st.carryOut()
		if st.calls != nil {
			t.Errorf("%s: it did %v", name, st.calls)
		}
	}
}

func TestAScreenThatOnlyReadsFreesNoLock(t *testing.T) {
	t.Parallel()
	st := newStory(t, 6, 80, 24, func(c *Config) { c.ReadOnly = true })
	st.lock = heldBy("anna@laptop", func(l *Lock) { l.Manual = true })
	st.press("L")
	st.carryOut()
	st.wait(quiet)
	st.shows(t, "held by anna@laptop")
	st.hides(t, "F free")
}

func TestAStartThatMeetsALockTellsWhose(t *testing.T) {
	t.Parallel()
	st := scenes["idle"](t, 80, 24)
	st.fails = fmt.Errorf("lb1: %w", &record.HeldError{Held: heldBy("anna@laptop", func(l *Lock) { l.Manual = true }).Held})
	st.press("U")
	st.carryOut()
	st.press("y")
	st.carryOut()
	st.wait(quiet)
	st.shows(t, "resume did not begin: somebody holds the lock", "held by anna@laptop since 2026-01-02 11:50:00, on lb1", "F free the lock")
	st.fails = nil
	st.press("F", "s", "h")
	st.shows(t, "free the lock: whatever anna@laptop", "Type shop to free the lock: sh", "enter works only when it matches")
	st.press("o", "p", "enter")
	st.carryOut()
	if got := st.calls[len(st.calls)-1]; got != "unlock t1" {
		t.Errorf("it did %v", st.calls)
	}
	st.press("5")
	st.shows(t, "resume did not begin: somebody holds the lock", "the lock of anna@laptop is freed")
}

// Whatever is typed, ctrl+c twice stops.
func TestTypingTheNameLetsStop(t *testing.T) {
	t.Parallel()
	st := running(t, 80, 24)
	q := gateQuestion
	q.TypeName = "shop"
	st.question(q)
	st.press("X", "s", "ctrl+c", "ctrl+c")
	st.carryOut()
	if len(st.calls) != 1 || st.calls[0] != "stop" {
		t.Errorf("it did %v", st.calls)
	}
}
