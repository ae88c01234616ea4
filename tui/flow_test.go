package tui

import (
	"strings"
	"testing"
	"time"

	"rota/lb"
	"rota/record"
	"rota/rollout"
	"rota/survey"
)

func (st *story) screen() string { return plainText(st.View().Content) }

// shows fails the test unless each of the texts can be seen.
func (st *story) shows(t *testing.T, texts ...string) {
	t.Helper()
	for _, s := range texts {
		if !strings.Contains(st.screen(), s) {
			t.Errorf("%q is not to be seen in\n%s", s, st.screen())
		}
	}
}

// hides fails the test if one of the texts can be seen.
func (st *story) hides(t *testing.T, texts ...string) {
	t.Helper()
	for _, s := range texts {
		if strings.Contains(st.screen(), s) {
			t.Errorf("%q is to be seen in\n%s", s, st.screen())
		}
	}
}

func TestOutputStaysWhereItsReaderIs(t *testing.T) {
	t.Parallel()
	st := running(t, 80, 24)
	for i := range 100 {
		st.event(rollout.Event{Kind: rollout.Output, Server: "web3", Line: "line " + string(rune('A'+i%26))})
	}
	st.press("enter", "pgup", "pgup")
	body := func() string { return strings.Join(strings.Split(st.screen(), "\n")[8:22], "\n") }
	before := body()
	for range 2 * keep {
		st.seq++
		st.take(news{events: []rollout.Event{{Seq: st.seq, Time: st.now, Kind: rollout.Output, Server: "web1", Line: "other"}}})
	}
	for range 50 {
		st.event(rollout.Event{Kind: rollout.Output, Server: "web3", Line: "new"})
	}
	if got := body(); got != before {
		t.Errorf("the lines moved from\n%s\nto\n%s", before, got)
	}
	st.press("G")
	st.shows(t, "out   new", "following")
	if n := len(st.fleet.byName["web1"].log.items); n != keep {
		t.Errorf("%d lines are kept, want %d", n, keep)
	}
}

func TestLastLineKeepsWhatMatters(t *testing.T) {
	t.Parallel()
	st := running(t, 60, 20)
	st.shows(t, "P pause", "X stop", "? help", "2/6", "in 4/6, floor 4", "RUNNING")
}

func TestResumedRunOfAnotherProcess(t *testing.T) {
	t.Parallel()
	st := running(t, 80, 24)
	st.event(rollout.Event{Kind: rollout.RunEnded, State: string(rollout.Paused), Summary: &rollout.Summary{}})
	st.shows(t, "PAUSED")
	st.event(rollout.Event{Kind: rollout.Resumed, Text: "goes on on another laptop"})
	st.shows(t, "RUNNING")
}

func TestEventsThatDoNotFollow(t *testing.T) {
	t.Parallel()
	st := running(t, 80, 24)
	st.send(news{events: []rollout.Event{{Seq: 999, Time: st.now, Kind: rollout.Noted}}})
	st.shows(t, "LOST TRACK")
}

func TestWhatWasFoundAtTheStartStaysUntilRead(t *testing.T) {
	t.Parallel()
	st := scenes["idle"](t, 120, 40)
	st.send(news{notices: []notice{{"run r1 is not settled", []string{"web2 is out of rotation"}}}})
	st.shows(t, "run r1 is not settled", "web2 is out of rotation")
	st.press("esc")
	if strings.Contains(st.screen(), "not settled") {
		t.Error("it stays after it was read")
	}
}

func TestHeldServerTellsWhoAndWhy(t *testing.T) {
	t.Parallel()
	st := scenes["idle"](t, 120, 40)
	st.shows(t, "held by anna@laptop: disk #4711", "connection refused", "healthy")
	st.surveyed(func(s []survey.Server) {})
	st.hides(t, "anna@laptop", "sick 1")
}

func TestStepsAreToldInWords(t *testing.T) {
	t.Parallel()
	st := running(t, 120, 40)
	st.press("5")
	st.shows(t, "done: take out of rotation, after 2.3s")
}

func TestDrainByHand(t *testing.T) {
	t.Parallel()
	st := newStory(t, 3, 120, 30)
	st.seen()
	st.plan.Kind, st.plan.Version = "drain", ""
	st.plan.Batches, st.plan.Targets = []rollout.Batch{rollout.Roll("web1")}, st.plan.Targets[:1]
	st.plan.Targets[0].Steps = nil
	st.begin()
	st.deployed("web1", rollout.Draining)
	st.shows(t, "drain shop", "draining", "0/1 done")
	st.hides(t, "rolling")
	st.observed("web1", lb.Out, "lb1", "lb2")
	st.move("web1", rollout.Out)
	st.event(rollout.Event{Kind: rollout.RunEnded, State: string(rollout.Done), Summary: &rollout.Summary{}})
	st.shows(t, "1/1 done", "✓ out", "DONE")
	st.surveyed(func(s []survey.Server) { s[0].Hold = &record.Hold{By: "anna", Why: "disk"} })
	st.shows(t, "held by anna: disk")
	st.observed("web1", lb.In, "lb1", "lb2") // somebody else has restored it
	st.hides(t, "! lb1 says in", "batch")
}

func TestEndedRunGivesWayToWhatIsWrongNow(t *testing.T) {
	t.Parallel()
	st := scenes["done"](t, 120, 40)
	st.shows(t, "updated")
	st.surveyed(func(s []survey.Server) { s[4].Healthy, s[4].Error = false, "connection refused" })
	st.shows(t, "✗ sick", "connection refused")
	if got := st.table.rows[0].Name; got != "web5" {
		t.Errorf("the first line is %s, want web5", got)
	}
}

// Who looks while somebody else's run is on is told so.
func TestLockedByAnother(t *testing.T) {
	t.Parallel()
	st := scenes["idle"](t, 80, 24)
	st.shows(t, "IDLE")
	locked := func(l record.Held) { st.send(news{survey: &survey.Snapshot{At: st.now, Lock: &l}}) }
	locked(record.Held{Lock: record.Lock{Owner: "ben@desk", Version: "1.42.0"}})
	st.shows(t, "LOCKED", "locked by ben@desk for 1.42.0")
	st.hides(t, "IDLE")
	locked(record.Held{Lock: record.Lock{Owner: "ben@desk", Manual: true, Message: "the database moves"}, Beat: time.Hour})
	st.shows(t, "locked by ben@desk: the database moves")
	locked(record.Held{Lock: record.Lock{Owner: "ben@desk", Version: "1.42.0"}, Beat: 12 * time.Minute})
	st.shows(t, "locked by ben@desk for 1.42.0, silent for 12m00s")
}

// Where there is no room for a question, it is named at least.
func TestAQuestionIsNamedOnAScreenThatIsTooSmall(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		width, height int
		want          []string
	}{
		{80, 10, []string{"‖ WAITING FOR YOU  2/6  needs 60x16, has 80x10\nbatch 1 of 3 is done; go on with batch 2?\n"}},
		{30, 8, []string{"‖ WAITING FOR YOU", "batch 1 of 3 is done; go on", "\nwith batch 2?\n"}},
		{40, 1, []string{"‖ WAITING FOR YOU  batch 1 of 3 is done…"}},
	} {
		st := running(t, tt.width, tt.height)
		st.question(gateQuestion)
		st.shows(t, tt.want...)
		if err := st.check(); err != nil {
			t.Error(err)
		}
	}
	st := newStory(t, 6, 40, 5)
	st.secretAsked("wrong\nsudo password of deploy on web1")
	st.shows(t, "sudo password of deploy on web1")
}

// While a gate is put off the screen says so, and when it will ask again.
func TestAGateThatIsPutOffIsWaitedFor(t *testing.T) {
	t.Parallel()
	st := newStory(t, 6, 80, 24)
	st.begin()
	q := gateQuestion
	q.WaitMS = 60_000
	ask := func() { st.event(rollout.Event{Kind: rollout.Asked, Question: &q}) }
	ask()
	st.event(rollout.Event{Kind: rollout.Answered, State: rollout.Wait})
	st.wait(13 * time.Second)
	st.shows(t, "◔ WATCHING, asks again in 46s")
	st.wait(time.Minute)
	st.shows(t, "WATCHING, asks again in 0s")
	ask()
	st.hides(t, "WATCHING")
	st.event(rollout.Event{Kind: rollout.Answered, State: rollout.Wait})
	st.shows(t, "WATCHING")
	st.event(rollout.Event{Kind: rollout.RunEnded, State: string(rollout.Stopped)})
	st.hides(t, "WATCHING")
	q.WaitMS = 0
	st.event(rollout.Event{Kind: rollout.Resumed})
	ask()
	st.event(rollout.Event{Kind: rollout.Answered, State: rollout.Wait})
	st.shows(t, "RUNNING")
}
