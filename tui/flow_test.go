package tui

import (
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

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

func TestAnswerToGate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		named string // the name that must be typed
		keys  []string
		want  string
	}{
		{"a choice and a yes answer", "", []string{"C", "y"}, "continue"},
		{"a choice alone answers nothing", "", []string{"C"}, "(none)"},
		{"a yes alone answers nothing", "", []string{"y"}, "(none)"},
		{"no goes back to the choices", "", []string{"C", "n", "R", "y"}, "rollback"},
		{"esc goes back to the choices", "", []string{"X", "esc", "A", "y"}, "all"},
		{"enter never answers", "", []string{"C", "enter", "enter"}, "(none)"},
		{"a lower-case key never answers", "", []string{"c", "y"}, "(none)"},
		{"a folded panel opens first", "", []string{"esc", "C", "y"}, "(none)"},
		{"a panel that was opened again answers", "", []string{"esc", "C", "C", "y"}, "continue"},
		{"one can look around meanwhile", "", []string{"j", "4", "5", "1", "C", "y"}, "continue"},
		{"a wide choice wants the name", "shop", []string{"X", "y"}, "(none)"},
		{"the name in full answers", "shop", []string{"X", "s", "h", "o", "p", "enter"}, "abort"},
		{"half the name does not", "shop", []string{"X", "s", "h", "o", "enter"}, "(none)"},
		{"a choice that is not wide wants no name", "shop", []string{"C", "y"}, "continue"},
		{"Hangul keys are understood where they can be told", "", []string{"ㄲ", "ㅛ"}, "rollback"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			st := running(t, 120, 40)
			q := gateQuestion
			q.TypeName = tt.named
			a := st.question(q)
			st.press(tt.keys...)
			if got := answer(a); got != tt.want {
				t.Errorf("answered %q, want %q", got, tt.want)
			}
			if tt.want != "(none)" && len(st.asks) > 0 {
				t.Error("the question is still open")
			}
		})
	}
}

func TestPanelEatsNoKeys(t *testing.T) {
	t.Parallel()
	st := running(t, 120, 40)
	a := st.question(gateQuestion)
	st.hides(t, "C continue")
	st.send(keyOf("C"))
	st.wait(quiet / 2)
	st.send(keyOf("j")) // begins the quiet period anew
	st.wait(quiet * 3 / 4)
	st.send(keyOf("C"))
	st.shows(t, "one moment")
	st.wait(quiet)
	st.shows(t, "C continue")
	st.send(keyOf("C"))
	st.send(keyOf("y"))
	if got := answer(a); got != "(none)" {
		t.Fatalf("answered %q within the quiet period", got)
	}
	st.wait(quiet)
	st.shows(t, "y yes")
	st.send(keyOf("y"))
	if got := answer(a); got != "continue" {
		t.Errorf("answered %q, want continue", got)
	}
}

func TestFilterKeepsItsKeysWhenAPanelOpens(t *testing.T) {
	t.Parallel()
	st := running(t, 120, 40)
	st.press("/", "w")
	a := st.question(gateQuestion)
	st.press("C", "y", "backspace", "backspace", "e", "b", "1", "enter")
	if got := answer(a); got != "(none)" {
		t.Fatalf("answered %q while typing", got)
	}
	st.shows(t, "filter web1", "WAITING FOR YOU")
	st.hides(t, "web2")
}

func TestWithdrawnQuestionCloses(t *testing.T) {
	t.Parallel()
	st := running(t, 120, 40)
	first, second := st.question(gateQuestion), st.question(failureQuestion)
	st.send(news{withdrawn: []*ask{first}})
	st.shows(t, "web3 has failed", "STOPPED, NEEDS YOU")
	st.press("S", "y")
	if got := answer(second); got != "skip" {
		t.Errorf("answered %q, want skip", got)
	}
}

func TestSecretIsNeverShown(t *testing.T) {
	t.Parallel()
	st := running(t, 120, 40)
	a := st.secretAsked("passphrase of id_ed25519")
	st.send(keyOf("j")) // too soon: it moves the cursor
	st.press("h", "u", "n", "t", "e", "r", "2")
	st.send(tea.PasteMsg{Content: "-pasted\r"})
	st.hides(t, "hunter2", "pasted")
	st.shows(t, "passphrase of id_ed25519", "not shown")
	st.press("enter")
	if got := answer(a); got != "hunter2-pasted" {
		t.Errorf("got %q", got)
	}
}

func TestHostKeyWantsAYes(t *testing.T) {
	t.Parallel()
	st := newStory(t, 6, 80, 24)
	a := st.question(trustQuestion("web1: the host key is not known\nED25519 SHA256:abc\nlast seen: never"))
	st.press("T")
	st.wait(quiet)
	st.shows(t, "web1: the host key is not known", "ED25519 SHA256:abc", "trust it and go on?")
	st.press("y")
	if got := answer(a); got != rollout.Continue {
		t.Errorf("answered %q", got)
	}
}

func TestActs(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		scene string
		keys  []string
		want  []string
	}{
		{
			"deploy asks for the version, shows the plan, and begins", "idle",
			[]string{"D", "1", ".", "4", "3", ".", "0", "enter", "y"},
			[]string{"plan 1.43.0", "start deploy 1.43.0 []"},
		},
		{
			"a recent version can be taken from the list", "idle",
			[]string{"D", "down", "down", "enter", "y"},
			[]string{"plan 1.42.1", "start deploy 1.42.1 []"},
		},
		{"no stops a deploy after its plan", "idle", []string{"D", "9", "enter", "n"}, []string{"plan 9"}},
		{"take out asks why", "idle", []string{"O", "d", "i", "s", "k", "enter", "y"}, []string{"start drain [web2] disk"}},
		{
			"put in acts on the marked servers", "idle",
			[]string{"a", "I", "y"},
			[]string{"start restore [web1 web2 web3 주문서버-4.서울 web5 web6]"},
		},
		{"roll back", "done", []string{"R", "y"}, []string{"start rollback []"}},
		{"continue an interrupted run", "idle", []string{"C", "y"}, []string{"start resume []"}},
		{"pause", "run", []string{"P", "y"}, []string{"hold"}},
		{"pause twice asks once", "run", []string{"P", "y", "P", "y"}, []string{"hold"}},
		{"stop, and stop harder", "run", []string{"X", "y", "X", "y"}, []string{"stop", "stop"}},
		{"a third stop is none", "run", []string{"X", "y", "X", "y", "X", "y"}, []string{"stop", "stop"}},
		{"deploy during a run is refused", "run", []string{"D", "1", "enter", "y"}, nil},
		{"q leaves when nothing runs", "idle", []string{"q"}, []string{"quit"}},
		{"q leaves when the run has ended", "done", []string{"q"}, []string{"quit"}},
		{"q asks while a run is under way", "run", []string{"q"}, nil},
		{"q and a yes stop safely", "run", []string{"q", "y"}, []string{"stop"}},
		{"q twice stops nothing", "run", []string{"q", "q"}, nil},
		{"ctrl+c twice stops safely", "run", []string{"ctrl+c", "ctrl+c"}, []string{"stop"}},
		{
			"ctrl+c four times starts no further step", "run",
			[]string{"ctrl+c", "ctrl+c", "ctrl+c", "ctrl+c"},
			[]string{"stop", "stop"},
		},
		{
			"and then one can leave", "run",
			[]string{"ctrl+c", "ctrl+c", "ctrl+c", "ctrl+c", "ctrl+c", "ctrl+c"},
			[]string{"stop", "stop", "quit"},
		},
		{"ctrl+z does nothing", "run", []string{"ctrl+z", "y"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			st := scenes[tt.scene](t, 120, 40)
			for _, k := range tt.keys {
				st.press(k)
				st.carryOut()
			}
			if !slices.Equal(st.calls, tt.want) {
				t.Errorf("asked for %q, want %q", st.calls, tt.want)
			}
		})
	}
}

func TestKeyThatCannotBeUsedSaysWhy(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		scene string
		key   string
		want  string
		conf  func(*Config)
	}{
		{"deploy during a run", "run", "D", "a run is under way", nil},
		{"pause without one", "idle", "P", "no run is under way", nil},
		{"roll back during a run", "run", "R", "pause first", nil},
		{"anything read-only", "idle", "O", "this screen is read-only", func(c *Config) { c.ReadOnly = true }},
		{"an answer read-only", "gate", "C", "read-only", func(c *Config) { c.ReadOnly = true }},
		{"anything where nothing can be started", "idle", "D", "nothing can be started", func(c *Config) { c.Actions = nil }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			st := scenes[tt.scene](t, 80, 24, func(c *Config) {
				if tt.conf != nil {
					tt.conf(c)
				}
			})
			st.press(tt.key, "y")
			st.carryOut()
			if len(st.calls) > 0 {
				t.Errorf("asked for %q", st.calls)
			}
			st.press(tt.key)
			st.shows(t, tt.want)
		})
	}
}

func TestErrorStaysUntilRead(t *testing.T) {
	t.Parallel()
	st := scenes["idle"](t, 120, 40)
	st.fails = errBusy
	st.press("C", "y")
	st.carryOut()
	st.wait(time.Minute)
	st.shows(t, "resume did not begin", "held by anna@laptop", "rota unlock", "IDLE")
	st.press("esc", "5")
	st.shows(t, "resume: the lock is held by anna@laptop")
}

func TestSignals(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		scene   string
		signals []string
		want    []string
	}{
		{"SIGTERM without a run leaves", "idle", []string{"SIGTERM"}, []string{"quit"}},
		{"SIGTERM stops a run safely", "run", []string{"SIGTERM"}, []string{"stop"}},
		{"SIGHUP and then SIGTERM start no further step", "run", []string{"SIGHUP", "SIGTERM"}, []string{"stop", "stop"}},
		{"SIGINT asks", "run", []string{"SIGINT"}, nil},
		{"SIGINT twice stops safely", "run", []string{"SIGINT", "SIGINT"}, []string{"stop"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			st := scenes[tt.scene](t, 80, 24)
			for _, name := range tt.signals {
				st.wait(time.Second)
				st.carryOut()
				st.cmds = append(st.cmds, st.take(news{signals: []string{name}}))
				st.cmds = slices.DeleteFunc(st.cmds, func(c tea.Cmd) bool { return c == nil })
				st.carryOut()
			}
			if !slices.Equal(st.calls, tt.want) {
				t.Errorf("asked for %q, want %q", st.calls, tt.want)
			}
		})
	}
}

func TestScreenClosesWhenAStoppedRunHasEnded(t *testing.T) {
	t.Parallel()
	st := running(t, 80, 24)
	st.take(news{signals: []string{"SIGHUP"}})
	cmd := st.take(news{events: []rollout.Event{{
		Seq: st.seq + 1, Time: st.now, Kind: rollout.RunEnded, State: string(rollout.Stopped), Summary: &rollout.Summary{},
	}}})
	if cmd == nil {
		t.Fatal("the screen stays open")
	}
	if _, ok := cmd().(tea.QuitMsg); !ok {
		t.Error("the screen stays open")
	}
}

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

func TestBalancerOutOfReach(t *testing.T) {
	t.Parallel()
	st := running(t, 120, 40)
	st.send(news{snapshot: &lb.Snapshot{At: st.now, Balancers: []lb.View{{Name: "lb1", At: st.now, Err: errBusy}}}})
	st.shows(t, "lb1 out of reach", "? unknown")
	st.press("2")
	st.shows(t, "held by anna@laptop")
}

func TestFilter(t *testing.T) {
	t.Parallel()
	tests := []struct {
		filter string
		want   []string
	}{
		{"web1", []string{"web1"}},
		{"!web", []string{"주문서버-4.서울"}},
		{"state:waiting", []string{"web5", "web6"}},
		{"state:out", []string{"web3"}},
		{"batch:1", []string{"web1", "web2"}},
		{"v:1.42", []string{"web1", "web2"}},
		{"group:blue v:1.41", []string{"web3", "web5"}},
		{"lb:lb1 !v:1.41", []string{"web1", "web2"}},
		{"nothing-like-it", nil},
	}
	for _, tt := range tests {
		t.Run(tt.filter, func(t *testing.T) {
			t.Parallel()
			st := running(t, 120, 40)
			st.table.filter = tt.filter
			st.wait(0)
			var got []string
			for _, s := range st.table.rows {
				got = append(got, s.Name)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
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

func TestSummaryIsLeft(t *testing.T) {
	t.Parallel()
	st := scenes["done"](t, 80, 24)
	want := []string{"deploy shop 1.42.0: done, 6 of 6 servers updated in 1m 33s, of which asked 20 s, rota 3.0 s (run r7f3)"}
	if got := st.run.summary(); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if got := newStory(t, 6, 80, 24).run.summary(); got != nil {
		t.Errorf("without a run: %q", got)
	}
}

func TestBellAndTaskbar(t *testing.T) {
	t.Parallel()
	st := running(t, 80, 24)
	if p := st.View().ProgressBar; p == nil || p.State != tea.ProgressBarDefault || p.Value != 33 {
		t.Errorf("running: %+v", p)
	}
	rings := func() bool {
		st.cmds = nil
		st.question(gateQuestion)
		for _, c := range st.cmds {
			if batch, ok := c().(tea.BatchMsg); ok {
				for _, c := range batch {
					if raw, ok := c().(tea.RawMsg); ok && raw.Msg == "\a" {
						return true
					}
				}
			}
		}
		return false
	}
	if rings() {
		t.Error("the bell rings for somebody who looks")
	}
	if p := st.View().ProgressBar; p.State != tea.ProgressBarWarning {
		t.Errorf("at a gate: %+v", p)
	}
	st.send(tea.BlurMsg{})
	if !rings() {
		t.Error("the bell does not ring for somebody who looks elsewhere")
	}
	if got := st.View().WindowTitle; got != "shop staging 2/6 WAITING FOR YOU" {
		t.Errorf("the title is %q", got)
	}
}

func TestHeldServerTellsWhoAndWhy(t *testing.T) {
	t.Parallel()
	st := scenes["idle"](t, 120, 40)
	st.shows(t, "held by anna@laptop: disk #4711", "connection refused", "healthy")
	st.surveyed(func(s []survey.Server) {})
	st.hides(t, "anna@laptop", "sick 1")
}

func TestPanelAboutARunClosesWithIt(t *testing.T) {
	t.Parallel()
	st := running(t, 80, 24)
	st.press("X")
	st.shows(t, "stop the run?")
	st.event(rollout.Event{Kind: rollout.RunEnded, State: string(rollout.Done), Summary: &rollout.Summary{}})
	st.hides(t, "stop the run?")
	st.shows(t, "DONE")
}

func TestStepsAreToldInWords(t *testing.T) {
	t.Parallel()
	st := running(t, 120, 40)
	st.press("5")
	st.shows(t, "done: take out of rotation, after 2.3 s")
}

func TestProposedPlanCanBeReadBeforeTheRun(t *testing.T) {
	t.Parallel()
	st := newStory(t, 6, 120, 40)
	deploy := "deploy"
	st.send(news{starting: &deploy})
	st.shows(t, "STARTING")
	st.press("D")
	st.shows(t, "a run is under way")
	st.send(news{proposed: &st.plan})
	a := st.question(gateQuestion)
	st.press("4")
	st.shows(t, "batch 2: web3", "out of lb1, lb2, and drained", "WAITING FOR YOU")
	st.press("C", "y")
	if got := answer(a); got != rollout.Continue {
		t.Errorf("answered %q", got)
	}
}

func TestDrainByHand(t *testing.T) {
	t.Parallel()
	st := newStory(t, 3, 120, 30)
	st.seen()
	st.plan.Kind, st.plan.Version = "drain", ""
	st.plan.Batches, st.plan.Targets = [][]string{{"web1"}}, st.plan.Targets[:1]
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
