package tui

import (
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"rota/lb"
	"rota/rollout"
	"rota/survey"
)

func TestCursorStaysOnItsServer(t *testing.T) {
	t.Parallel()
	st := newStory(t, 40, 80, 24)
	st.begin()
	st.press("down", "down", "down", "down", "down")
	before := st.table.selected()
	line := st.table.cursor - st.table.top
	for _, name := range []string{"web21", "web22", "web30"} {
		st.deployed(name, rollout.Deploying)
	}
	if got := st.table.selected(); got != before {
		t.Errorf("the cursor went from %s to %s", before.Name, got.Name)
	}
	if got := st.table.cursor - st.table.top; got != line {
		t.Errorf("its line went from %d to %d", line, got)
	}
	st.send(tea.WindowSizeMsg{Width: 60, Height: 16})
	st.send(tea.WindowSizeMsg{Width: 200, Height: 50})
	if got := st.table.selected(); got != before {
		t.Errorf("a new size moved the cursor from %s to %s", before.Name, got.Name)
	}
}

func TestUntouchedCursorShowsWhatIsInWork(t *testing.T) {
	t.Parallel()
	st := newStory(t, 40, 80, 24)
	st.begin()
	st.deployed("web33", rollout.Deploying)
	if got := st.table.selected().Name; got != "web33" {
		t.Errorf("the first line is %s, want web33", got)
	}
}

func TestDisagreementIsNews(t *testing.T) {
	t.Parallel()
	st := running(t, 120, 40)
	st.wait(time.Second)
	st.observed("web3", lb.In, "lb2")
	st.shows(t, "! lb2 says in")
	st.observed("web3", lb.Out, "lb2")
	st.hides(t, "! lb2 says in")
	st.observed("web1", lb.Down, "lb1")
	st.shows(t, "! lb1 says down")
}

// What was asked before rota acted tells nothing of what came of it, however late
// it was answered.
func TestWhatWasAskedBeforeTheDeedIsNoNews(t *testing.T) {
	t.Parallel()
	st := newStory(t, 6, 160, 40)
	st.seen()
	st.begin()
	st.deployed("web1", rollout.Checking)
	asked := st.now
	st.now = st.now.Add(time.Second)
	health := rollout.ServerStep("web1", "health")
	st.event(rollout.Event{Kind: rollout.StepEnded, Step: health, Server: "web1", ElapsedMS: 1500})
	st.move("web1", rollout.Returning)
	st.observed("web1", lb.In, "lb2")
	st.move("web1", rollout.Serving)
	answers := func(at time.Time) {
		st.send(news{
			snapshot: &lb.Snapshot{At: st.now, Balancers: []lb.View{{Name: "lb1", At: at, Servers: []lb.Server{{Name: "web1", State: lb.Draining}}}}},
			survey:   &survey.Snapshot{At: st.now, Servers: []survey.Server{{Name: "web1", Asked: true, Since: at, Reachable: true}}},
		})
	}
	answers(asked)
	st.hides(t, "! lb1 says draining", "sick")
	st.now = st.now.Add(time.Second)
	answers(st.now)
	st.shows(t, "! lb1 says draining", "sick")
}

func TestBalancerOutOfReach(t *testing.T) {
	t.Parallel()
	st := running(t, 120, 40)
	st.send(news{snapshot: &lb.Snapshot{At: st.now, Balancers: []lb.View{{Name: "lb1", At: st.now, Err: errBusy}}}})
	st.shows(t, "lb1 out of reach", "? unknown")
	st.press("2")
	st.shows(t, "held by anna@laptop")
}

// Where groups take turns, the table tells which server is in which one, if it
// has the room.
func TestGroupsThatTakeTurnsHaveAColumn(t *testing.T) {
	t.Parallel()
	for _, width := range []int{110, 120, 200} {
		st := turning(t, width, 40, func(c *Config) { c.Servers = append(c.Servers, Row{Name: "cache1"}) })
		st.press("1")
		st.shows(t, "GROUP", "web1            blue  ", "web2            green ", "cache1                 1")
		if err := st.check(); err != nil {
			t.Error(err)
		}
	}
	st := turning(t, 109, 40)
	st.press("1")
	st.hides(t, "GROUP", " blue ")
	running(t, 200, 40).hides(t, "GROUP") // they do not take turns
}
