package tui

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"rota/lb"
	"rota/rollout"
)

// withHistory lets a story know some past runs, of which the newest can be read.
func (st *story) withHistory(t testing.TB) *story {
	t.Helper()
	past := pastRun(t, nil)
	newest, err := rollout.Replay(past.past)
	if err != nil {
		t.Fatal(err)
	}
	newest.Operator = "anna@laptop as deploy@web1 SHA256:4pd8LQ1+91liju3j"
	st.runs = []rollout.State{newest}
	for i, outcome := range []rollout.Outcome{rollout.Done, rollout.RolledBack, rollout.LeftSome, rollout.Stopped} {
		run := newest
		run.Run = fmt.Sprintf("20260101-%02d0000-0917f3a", 9-i)
		run.Begun = noon.Add(-time.Duration(24+i) * time.Hour)
		run.Last = run.Begun.Add(time.Duration(i*i*40+55) * time.Second)
		run.Ended, run.Outcome = true, outcome
		run.Probe = &rollout.Probe{Sent: 4000, Lost: 2 * (i % 2)}
		run.Plan.Kind = []string{"deploy", "deploy", "switch", "drain"}[i]
		st.runs = append(st.runs, run)
	}
	st.told = Past{Events: past.past, Lines: []string{"Friday, 2 January 2026", "12:00:00 start    deploy 1.42.0: shop", "12:00:01 draining web1"}}
	for i := range 80 {
		st.told.Lines = append(st.told.Lines, fmt.Sprintf("12:00:%02d |        web1  line %d %s", i%60, i+1, strings.Repeat("long ", 25)))
	}
	return st
}

func TestPastRunIsReadAndPlayed(t *testing.T) {
	t.Parallel()
	st := newStory(t, 3, 120, 40).withHistory(t)
	st.seen()
	st.press("h")
	st.shows(t, "asking")
	st.carryOut()
	st.shows(t, "2026-01-02 12:00", "deploy 1.42.0", "? not ended", "✓ done", "↺ rolled back", "anna@laptop", "1-5 of 5 runs")
	st.press("j", "j", "k", "enter")
	st.shows(t, "reading")
	st.carryOut()
	if got := st.calls[len(st.calls)-1]; got != "past 20260101-090000-0917f3a" {
		t.Errorf("asked for %s", got)
	}
	st.shows(t, "run 20260101-090000-0917f3a", "Friday, 2 January 2026", "draining web1")
	st.press("/", "n", "e", " ", "7", "7", "enter")
	st.shows(t, "line 77 long")
	st.press("esc")

	st.press("p")
	st.shows(t, "replay 12:00:00, 0%", "SERVER")
	st.play(5 * time.Second)
	st.shows(t, "replay 12:00:05")
	st.press("D")
	st.shows(t, "this is a replay")
	st.press("4", "esc", "?", "esc") // back within the replay
	st.shows(t, "replay 12:00:0")
	st.press("esc")
	st.carryOut()
	st.shows(t, "run 20260101-090000-0917f3a", "IDLE")
	st.hides(t, "replay")
	st.press("esc")
	st.shows(t, "OUTCOME")
	st.press("p")
	st.carryOut()
	st.shows(t, "replay 12:00:00, 0%")
	st.press("q")
	st.carryOut()
	st.shows(t, "OUTCOME")
	st.press("esc")
	st.shows(t, "SERVER")
}

func TestWhatHappensNowGoesOnBehindAReplay(t *testing.T) {
	t.Parallel()
	st := newStory(t, 6, 80, 24).withHistory(t)
	st.seen()
	st.begin()
	st.press("h")
	st.carryOut()
	st.press("p")
	st.carryOut()
	st.deployed("web1", rollout.Serving)
	st.play(time.Second)
	st.shows(t, "replay 12:00:01")
	st.hides(t, "1/6")
	st.shows(t, "now: RUNNING")
	if got := st.View().WindowTitle; got != "shop staging 1/6 RUNNING" {
		t.Errorf("the title is %q", got)
	}
	if p := st.View().ProgressBar; p == nil || p.Value != 16 {
		t.Errorf("the bar of the run that goes on is %+v", p)
	}
	a := st.question(gateQuestion) // somebody waits, now
	st.wait(quiet)
	st.shows(t, "WAITING FOR YOU", "C continue")
	st.hides(t, "replay")
	st.press("C", "y")
	if got := answer(a); got != rollout.Continue {
		t.Errorf("answered %q", got)
	}
	st.press("1")
	st.shows(t, "1/6")
	if seat := st.fleet.byName["web1"].seats[0]; seat.told != lb.In {
		t.Errorf("web1 is %v", seat.told)
	}
}

func TestHistoryTellsWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	st := newStory(t, 3, 80, 24).withHistory(t)
	st.fails = errors.New("not every host could be asked: lb1: connection refused\nmore of it")
	st.press("h")
	st.carryOut()
	st.shows(t, "lb1: connection refused", "deploy 1.42.0")
	st.press("enter")
	st.carryOut()
	st.shows(t, "run r7f3 cannot be read", "OUTCOME")

	none := newStory(t, 3, 80, 24)
	none.press("h")
	none.carryOut()
	none.shows(t, "no run is known yet")
	none.press("enter")
	none.shows(t, "no run is chosen")
	none.told = Past{Lines: []string{"the journal is damaged"}}
	none.runs = st.runs
	none.press("h")
	none.carryOut()
	none.press("p")
	none.carryOut()
	none.shows(t, "nothing of it can be read")
}

func TestWhatARunDidByHandIsToldWithItsServers(t *testing.T) {
	t.Parallel()
	plan := rollout.Plan{Kind: "drain"}
	for i := range 12 {
		plan.Targets = append(plan.Targets, rollout.Target{Server: fmt.Sprintf("web%d", i+1)})
	}
	for _, tt := range []struct {
		servers, room int
		want          string
	}{
		{1, 20, "drain web1"},
		{2, 20, "drain web1, web2"},
		{3, 22, "drain web1, web2, web3"},
		{3, 21, "drain web1, web2 +1"},
		{12, 20, "drain web1, web2 +10"},
		{12, 5, "drain web1 +11"}, // the column cuts it
	} {
		p := plan
		p.Targets = plan.Targets[:tt.servers]
		if got := whatOf(&p, tt.room); got != tt.want {
			t.Errorf("%d servers in %d cells: %q, want %q", tt.servers, tt.room, got, tt.want)
		}
	}
	if got := whatOf(&rollout.Plan{Kind: "roll", Job: "patch", Targets: plan.Targets}, 20); got != "roll patch" {
		t.Errorf("a job is called %q", got)
	}
}
