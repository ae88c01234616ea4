package tui

import (
	"slices"
	"strings"
	"testing"

	"rota/rollout"
)

// edgeAt is the line below the body, and below it how many lines there are for events.
func (st *story) edgeAt(t *testing.T) (at, events int) {
	t.Helper()
	lines := strings.Split(st.screen(), "\n")
	for i, l := range slices.Backward(lines) {
		if strings.HasPrefix(l, "── ") {
			return i, len(lines) - i - 2
		}
	}
	t.Fatalf("there is no edge in\n%s", st.screen())
	return 0, 0
}

func TestEventsHaveTheRoomThatNobodyElseNeeds(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ servers, width, height, want int }{
		{6, 200, 50, 25}, // half of the screen
		{6, 80, 24, 7},
		{6, 80, 17, 1},
		{40, 200, 50, 5}, // the servers need it
		{30, 200, 50, 9},
	} {
		st := newStory(t, tt.servers, tt.width, tt.height)
		st.begin()
		if _, events := st.edgeAt(t); events != tt.want {
			t.Errorf("%d servers on %dx%d leave %d lines for events, want %d", tt.servers, tt.width, tt.height, events, tt.want)
		}
		if err := st.check(); err != nil {
			t.Error(err)
		}
	}
}

func TestTheLayoutStandsStillWhileARunGoesOn(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"1", "2", "6"} {
		st := newStory(t, 6, 120, 45)
		st.seen()
		st.begin()
		st.press(key)
		was, _ := st.edgeAt(t)
		stays := func(when string) {
			t.Helper()
			if at, _ := st.edgeAt(t); at != was {
				t.Errorf("view %s: the edge is in line %d, and %s in line %d", key, was, when, at)
			}
		}
		for _, s := range st.cfg.Servers {
			st.deployed(s.Name, rollout.Serving)
			st.watched()
			stays(s.Name + " is updated")
		}
		st.table.filter = "web1"
		st.wait(0)
		stays("with a filter")
		st.fleet.add(Row{Name: "another"})
		st.wait(0)
		stays("with another server")
	}
}
