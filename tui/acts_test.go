package tui

import (
	"slices"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"rota/lb"
	"rota/rollout"
)

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
		{
			"a deploy goes to the marked servers alone", "idle",
			[]string{"space", "j", "space", "D", "2", "enter", "y"},
			[]string{"plan 2 web1 web2", "start deploy 2 [web1 web2]"},
		},
		{"roll back", "done", []string{"R", "y"}, []string{"start rollback []"}},
		{"continue an interrupted run", "idle", []string{"U", "y"}, []string{"start resume []"}},
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
		{"q after a stop stops nothing harder", "run", []string{"X", "y", "q", "y"}, []string{"stop"}},
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
			st := scenes[tt.scene](t, 120, 40).withHistory(t)
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

// Who leaves a run is told by which keys, and the screen closes when the run has
// ended; who only stops it stays.
func TestLeavingARun(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		keys  []string
		shows string
		want  []string
	}{
		{"q", []string{"q"}, "a run is under way: the screen closes when it has ended", nil},
		{"q and y", []string{"q", "y"}, "STOPPING", []string{"stop", "quit"}},
		{"ctrl+c", []string{"ctrl+c"}, "ctrl+c once more stops it safely", nil},
		{"ctrl+c twice", []string{"ctrl+c", "ctrl+c"}, "STOPPING", []string{"stop", "quit"}},
		{"ctrl+c thrice", []string{"ctrl+c", "ctrl+c", "ctrl+c"}, "ctrl+c once more stops it harder", []string{"stop", "quit"}},
		{"a stop", []string{"X", "y"}, "STOPPING", []string{"stop"}},
		{"a stop and then q", []string{"X", "y", "q"}, "the screen closes when the run has ended", []string{"stop", "quit"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			st := running(t, 120, 40)
			for _, k := range tt.keys {
				st.press(k)
				st.carryOut()
			}
			st.shows(t, tt.shows)
			if tt.keys[0] == "q" {
				st.hides(t, "ctrl+c")
			}
			st.event(rollout.Event{Kind: rollout.RunEnded, State: string(rollout.Stopped), Summary: &rollout.Summary{}})
			for _, c := range st.cmds { // the end brings more than one command
				if batch, ok := c().(tea.BatchMsg); ok {
					st.cmds = append(st.cmds, batch...)
				}
			}
			st.carryOut()
			if !slices.Equal(st.calls, tt.want) {
				t.Errorf("asked for %q, want %q", st.calls, tt.want)
			}
		})
	}
}

func TestRunThatGoesBack(t *testing.T) {
	t.Parallel()
	st := running(t, 120, 30)
	back := st.plan
	back.Kind, back.Version, back.Batches = "rollback", "1.41.0", []rollout.Batch{rollout.Roll("web1")}
	back.Targets = []rollout.Target{st.plan.Targets[0]}
	back.Targets[0].From, back.Targets[0].To, back.Targets[0].Batch = "1.42.0", "1.41.0", 1
	for i := range back.Targets[0].Steps {
		back.Targets[0].Steps = slices.Clone(back.Targets[0].Steps)
		back.Targets[0].Steps[i].ID = back.Targets[0].Steps[i].ID.Reversed()
	}
	st.event(rollout.Event{Kind: rollout.Reversed, Plan: &back})
	st.shows(t, "rollback shop 1.42.0 → 1.41.0", "ROLLING BACK", "0/1 back", "not touched")
	st.plan = back
	st.deployed("web1", rollout.Draining)
	st.shows(t, "◐ draining", "0/1 back")
}

func TestQuestionGoesBeforeAStart(t *testing.T) {
	t.Parallel()
	st := scenes["idle"](t, 120, 40)
	st.press("U")
	a := st.question(gateQuestion) // of a run that began elsewhere
	st.press("y", "C", "y")
	st.carryOut()
	if len(st.calls) > 0 {
		t.Errorf("asked for %q", st.calls)
	}
	if got := answer(a); got != rollout.Continue {
		t.Errorf("answered %q", got)
	}
}

// To take servers out below the floor wants the app's name, protected or not.
func TestBelowTheFloorWantsTheName(t *testing.T) {
	t.Parallel()
	st := scenes["idle"](t, 80, 24)
	a := st.question(rollout.Question{
		Kind: rollout.AskFloor, Text: "below the floor: take 6 servers out?",
		Facts: []string{"lb1: app: 0 servers would stay in rotation, min_in_rotation is 3"},
		Choices: []rollout.Choice{
			{Key: "C", Word: rollout.Continue, Then: "NO server in rotation on lb1: its users get errors", Wide: true},
			{Key: "N", Word: rollout.No, Then: "do nothing"},
		},
	})
	st.press("C", "y", "enter")
	if got := answer(a); got != "(none)" {
		t.Errorf("answered %s", got)
	}
	st.shows(t, "Type shop to continue")
	st.press("backspace", "s", "h", "o", "p", "enter")
	if got := answer(a); got != rollout.Continue {
		t.Errorf("answered %s", got)
	}
}

// Who takes servers out, or puts them in, is told which of them are there
// already, and what is left of the floor.
func TestWhatIsLeftInRotationIsTold(t *testing.T) {
	t.Parallel()
	st := scenes["done"](t, 120, 40)
	st.seen()
	st.observed("web2", lb.Out, "lb1", "lb2")
	st.press("j", "O", "x", "enter")
	st.shows(t, "leaves 4 of 6 on lb1, floor 4", "leaves 4 of 6 on lb2")
	st.press("esc", "space", "space", "space", "O", "x", "enter")
	st.shows(t, "BELOW its floor 4")
	st.press("esc", "a", "O", "x", "enter")
	st.shows(t, "leaves NO server of 6 on lb1", "already out: 1 of 6, web2")
	st.press("esc", "I")
	st.shows(t, "already in: 5 of 6, web1, web3")
	st = scenes["idle"](t, 120, 40)
	st.press("I")
	st.shows(t, "already in: all of them")
	st = newStory(t, 6, 80, 24)
	st.press("O", "x", "enter")
	st.shows(t, "leaves 0 of 6 on lb1, 5 more are not known")
}

// To decline is no error.
func TestDecliningIsNoError(t *testing.T) {
	t.Parallel()
	st := scenes["idle"](t, 80, 24)
	st.fails = ErrDeclined
	st.press("T", "y")
	st.carryOut()
	st.shows(t, "rehearse was declined: nothing was touched", "IDLE")
	st.hides(t, "did not begin", "esc closes")
	st.press("5")
	st.shows(t, "rehearse was declined")
}

// A choice that does nothing wants no second key, and no plan stays of it.
func TestADeclinedPlanIsGone(t *testing.T) {
	t.Parallel()
	st := newStory(t, 6, 120, 40)
	deploy, none := "deploy", ""
	st.send(news{starting: &deploy, proposed: &st.plan})
	q := gateQuestion
	q.Kind, q.Choices = rollout.AskPlan, []rollout.Choice{{Key: "C", Word: rollout.Continue, Then: "begin"}, {Key: "N", Word: rollout.No, Then: "do nothing"}}
	a := st.question(q)
	st.press("4")
	st.shows(t, "batch 2: web3")
	st.press("N")
	if got := answer(a); got != rollout.No {
		t.Errorf("answered %q", got)
	}
	st.send(news{starting: &none})
	st.shows(t, "no plan: no run is under way, and none is proposed")
	st.press("1", "D", "9", "enter")
	st.carryOut()
	st.press("n", "4")
	st.shows(t, "no plan: no run is under way, and none is proposed")
}

// Whoever acts on marked servers is told that some of them are not to be seen.
func TestAnActTellsOfServersThatAreHidden(t *testing.T) {
	t.Parallel()
	st := scenes["idle"](t, 120, 40)
	st.press("a", "/", "w", "e", "b", "2", "enter", "I")
	st.shows(t, "put web1, web2, web3", "of the 6 marked are hidden by the filter")
	st.press("esc", "O")
	st.press("x", "enter")
	st.shows(t, "of the 6 marked are hidden by the filter")
}
