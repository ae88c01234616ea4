package tui

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"rota/rollout"
)

func TestSides(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{120, 40}, {80, 24}, {60, 20}, {60, 16}} {
		st := turning(t, size[0], size[1])
		chosen := func(want string) {
			t.Helper()
			if got := st.table.selected().Name; got != want {
				t.Errorf("%v: %s is chosen, want %s", size, got, want)
			}
		}
		chosen("web1")
		st.press("down")
		chosen("web3")
		st.press("right")
		chosen("주문서버-4.서울")
		st.press("up", "up")
		chosen("web2")
		st.press("G")
		chosen("web6")
		st.press("left")
		chosen("web5")
		st.clickOn(t, "web2")
		chosen("web2")
		if st.view != sidesView {
			t.Errorf("one click shows %v", st.view)
		}
		st.press("space")
		if got := st.markedServers(); len(got) != 1 || got[0] != "web2" {
			t.Errorf("marked are %q", got)
		}
		st.clickOn(t, "web6")
		st.clickOn(t, "web6")
		if st.view != outputView {
			t.Errorf("two clicks show %v", st.view)
		}
		st.press("6", "/", "w", "e", "b", "2", "enter")
		st.hides(t, "web1", "web5")
		st.shows(t, "web2", "0 + 1 server that match, of 6")
	}
}

// What runs neither is on the side of the old version; what no balancer knows is
// on neither.
func TestSidesOfARun(t *testing.T) {
	t.Parallel()
	st := running(t, 120, 40, func(c *Config) { c.Servers = append(c.Servers, Row{Name: "batch1"}) })
	st.fleet.byName["batch1"].Balancers = nil
	both := st.sides()
	if both[0].all != 4 || both[1].all != 2 {
		t.Errorf("%d run the old version and %d the new one, want 4 and 2", both[0].all, both[1].all)
	}
	if both[1].runs[0] != "1.42.0" || both[1].rate != 160 {
		t.Errorf("the new side runs %q at %d requests/s, want 1.42.0 at 160", both[1].runs, both[1].rate)
	}
	st.press("6")
	st.shows(t, "1 beside them")
}

func TestNoSides(t *testing.T) {
	t.Parallel()
	st := scenes["idle"](t, 120, 40)
	st.press("6")
	if st.view != serversView {
		t.Errorf("6 shows %v", st.view)
	}
	st.hides(t, "6 groups", "6 versions")
}

// compared is a canary of which this was counted.
func compared(t *testing.T, is rollout.Comparison, limit *rollout.MaxErrors) *story {
	st := climbing(t, 120, 40)
	st.run.state.Plan.Policy.MaxErrors = limit
	is = is.Judge(limit)
	st.event(rollout.Event{Kind: rollout.Compared, Batch: 1, Servers: st.plan.Batches[0].Servers, Comparison: &is, Text: is.String()})
	st.press("6")
	return st
}

func TestCompared(t *testing.T) {
	t.Parallel()
	figures := func(n, errors int64) rollout.Figures {
		return rollout.Figures{Version: "1.0", Requests: n, Errors: errors, TimeMS: -1}
	}
	counted := []string{"lb1"}
	limit := &rollout.MaxErrors{OverOld: 1, MinRequests: 200}
	for _, tt := range []struct {
		name  string
		is    rollout.Comparison
		limit *rollout.MaxErrors
		want  []string
		not   string
	}{
		{"worse", rollout.Comparison{New: figures(1000, 30), Old: figures(9000, 9), Counted: counted}, limit, []string{"WORSE", "3.0%", "+2.9%", "at most +1%"}, "answer in"},
		{"not worse", rollout.Comparison{New: figures(1000, 3), Old: figures(9000, 9), Counted: counted}, limit, []string{"● not worse", "● enough"}, "WORSE"},
		{"too few", rollout.Comparison{New: figures(20, 3), Old: figures(9000, 9), Counted: counted}, limit, []string{"too few yet", "at least 200"}, "WORSE"},
		{"nothing to compare with", rollout.Comparison{New: figures(1000, 3), Counted: counted}, limit, []string{"not judged"}, "● not worse"},
		{"no limit", rollout.Comparison{New: figures(1000, 30), Old: figures(9000, 9), Counted: counted}, nil, []string{"no max_errors"}, "● not worse"},
		{"nothing counts", rollout.Comparison{Blind: []string{"lb1", "lb2"}}, limit, []string{"nothing could be measured", "not to say that all is well"}, "● not worse"},
		{"one is blind", rollout.Comparison{New: figures(1000, 3), Old: figures(9000, 9), Counted: counted, Blind: []string{"lb2"}}, limit, []string{"not counted: what goes through lb2"}, "WORSE"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			st := compared(t, tt.is, tt.limit)
			st.shows(t, tt.want...)
			st.hides(t, tt.not)
			st.shows(t, "▸ 10% for", "· 100%")
		})
	}
}

func TestLadderIsDone(t *testing.T) {
	t.Parallel()
	st := climbing(t, 120, 40)
	for _, name := range st.plan.Batches[0].Servers {
		st.move(name, rollout.Serving)
	}
	st.press("6")
	st.shows(t, "✓ 1%   ✓ 10%   ✓ 50%   ✓ 100%")
}

func TestSidesAllocateLittle(t *testing.T) {
	st := crowd(t)
	st.press("6")
	if n := testing.AllocsPerRun(20, func() { st.send(tick{}) }); n > 300 {
		t.Errorf("a frame makes %.0f allocations, want at most 300", n)
	}
}

// What is clicked is what is seen there, however far it is scrolled.
func TestSidesClickedWhenScrolled(t *testing.T) {
	t.Parallel()
	st := newStory(t, 80, 80, 24, func(c *Config) { c.Groups = []string{"blue", "green"} })
	st.seen()
	st.press("6", "G")
	frame := strings.Split(st.screen(), "\n")
	for y := st.mouse.body + st.sidesHead; y < st.height-4; y++ {
		st.now = st.now.Add(time.Second)
		st.send(tea.MouseClickMsg{X: 50, Y: y, Button: tea.MouseLeft})
		if name := st.table.selected().Name; !strings.Contains(frame[y], " "+name+" ") {
			t.Errorf("line %q: %s is chosen", frame[y], name)
		}
	}
}
