package cli

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"rota/rollout"
)

func TestEventsComeInTheirTime(t *testing.T) {
	var events []rollout.Event
	at := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	for i, after := range []time.Duration{0, 4 * time.Second, 2 * time.Hour, time.Second} {
		at = at.Add(after)
		events = append(events, rollout.Event{Seq: i + 1, Time: at, Kind: rollout.Noted})
	}
	synctest.Test(t, func(t *testing.T) {
		var came, waits []time.Duration
		begun := time.Now()
		for range paced(t.Context(), events, 2, func(d time.Duration) { waits = append(waits, d) }) {
			came = append(came, time.Since(begun))
		}
		want := []time.Duration{0, 2 * time.Second, 5 * time.Second, 5500 * time.Millisecond}
		if diff := cmp.Diff(want, came); diff != "" {
			t.Error(diff)
		}
		if !slices.Equal(waits, []time.Duration{2 * time.Hour}) {
			t.Errorf("waits that were shortened: %v", waits)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		n := 0
		for range paced(ctx, events, 1, func(time.Duration) {}) {
			n++
		}
		if n != 1 {
			t.Errorf("%d events came before the end, want 1", n)
		}
	})
}
