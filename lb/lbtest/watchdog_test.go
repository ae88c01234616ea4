package lbtest

import (
	"fmt"
	"strings"
	"testing"

	"rota/lb"

	"github.com/google/go-cmp/cmp"
)

// barks is a test that is expected to fail.
type barks struct {
	testing.TB
	heard []string
}

func (b *barks) Errorf(format string, args ...any) {
	b.heard = append(b.heard, fmt.Sprintf(format, args...))
}

func TestWatchdogPassesTheSuite(t *testing.T) {
	Run(t, func(t *testing.T) Subject {
		w := Guard(t, NewMemory("a", "b", "c"), 0)
		return subject(w, w.Memory)
	})
}

func TestWatchdogBarks(t *testing.T) {
	for _, row := range []struct {
		name string
		do   func(t *testing.T, w *Watchdog)
		bark string // "" means silence
	}{
		{"one out above the floor", func(t *testing.T, w *Watchdog) {
			put(t, w, lb.Out, "a")
		}, ""},
		{"two out under the floor", func(t *testing.T, w *Watchdog) {
			put(t, w, lb.Out, "a", "b")
		}, "1 are left"},
		{"one out while another is dead", func(t *testing.T, w *Watchdog) {
			w.Health("b", false)
			put(t, w, lb.Draining, "a")
		}, "1 are left"},
		{"another's hand goes under the floor", func(_ *testing.T, w *Watchdog) {
			w.Put("a", lb.Out)
			w.Put("b", lb.Out)
		}, ""},
		{"touched in rotation", func(_ *testing.T, w *Watchdog) {
			w.Touch("a")
		}, "touched while it is in rotation"},
		{"in without a health check", func(t *testing.T, w *Watchdog) {
			put(t, w, lb.Out, "a")
			w.Touch("a")
			prove(t, w, "a")
			put(t, w, lb.In, "a")
		}, "without a passed health check"},
		{"in without the balancer's proof", func(t *testing.T, w *Watchdog) {
			put(t, w, lb.Out, "a")
			w.Touch("a")
			w.Pass("a")
			put(t, w, lb.In, "a")
		}, "without the balancer's own proof"},
		{"in with both proofs", func(t *testing.T, w *Watchdog) {
			put(t, w, lb.Out, "a")
			w.Touch("a")
			w.Pass("a")
			prove(t, w, "a")
			put(t, w, lb.In, "a")
		}, ""},
		{"in untouched", func(t *testing.T, w *Watchdog) {
			put(t, w, lb.Draining, "a")
			put(t, w, lb.In, "a")
		}, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			ear := &barks{TB: t}
			row.do(t, Guard(ear, NewMemory("a", "b", "c"), 2))
			heard := strings.Join(ear.heard, "\n")
			if row.bark == "" && heard != "" || !strings.Contains(heard, row.bark) {
				t.Errorf("heard %q, want %q", heard, row.bark)
			}
		})
	}
}

func TestWatchdogHook(t *testing.T) {
	w := Guard(t, NewMemory("a", "b", "c"), 0)
	var seen []string
	w.Hook = func(server string, to lb.State) {
		seen = append(seen, server+" "+to.String()+", now "+w.State(server).String())
	}
	put(t, w, lb.Draining, "a", "b")
	put(t, w, lb.Draining, "a")
	if diff := cmp.Diff([]string{"a draining, now draining", "b draining, now draining"}, seen); diff != "" {
		t.Error(diff)
	}
}

func put(t *testing.T, w *Watchdog, to lb.State, servers ...string) {
	t.Helper()
	var want []lb.Change
	for _, s := range servers {
		want = append(want, lb.Change{Server: s, To: to})
	}
	if err := w.Set(t.Context(), want...); err != nil {
		t.Fatal(err)
	}
}

func prove(t *testing.T, w *Watchdog, servers ...string) {
	t.Helper()
	if err := w.Prove(t.Context(), servers...); err != nil {
		t.Fatal(err)
	}
}
