package tui

import (
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"rota/rollout"
)

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

// Nobody answers what cannot be seen, but stopping is always possible.
func TestKeysOnAScreenThatIsTooSmall(t *testing.T) {
	t.Parallel()
	st := running(t, 80, 24)
	a, secret := st.question(gateQuestion), st.secretAsked("sudo password")
	st.send(tea.WindowSizeMsg{Width: 40, Height: 12})
	st.press("C", "y", "a", "enter", "X", "y", "q", "y")
	st.send(tea.PasteMsg{Content: "pasted"})
	if got := answer(a) + given(secret); got != "(none)(none)" || st.calls != nil {
		t.Errorf("answered %s, and did %v", got, st.calls)
	}
	st.press("ctrl+c", "ctrl+c")
	st.carryOut()
	if len(st.calls) != 1 || st.calls[0] != "stop" {
		t.Errorf("it did %v", st.calls)
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

func TestErrorStaysUntilRead(t *testing.T) {
	t.Parallel()
	st := scenes["idle"](t, 120, 40)
	st.fails = errBusy
	st.press("U")
	st.carryOut()
	st.press("y")
	st.carryOut()
	st.wait(time.Minute)
	st.shows(t, "resume did not begin", "held by anna@laptop", "rota unlock", "IDLE")
	st.press("esc", "5")
	st.shows(t, "resume did not begin: the lock is held by anna@laptop")
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

func TestPanelAboutARunClosesWithIt(t *testing.T) {
	t.Parallel()
	st := running(t, 80, 24)
	st.press("X")
	st.shows(t, "stop the run?")
	st.event(rollout.Event{Kind: rollout.RunEnded, State: string(rollout.Done), Summary: &rollout.Summary{}})
	st.hides(t, "stop the run?")
	st.shows(t, "DONE")
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
