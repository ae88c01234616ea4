package tui

import (
	"testing"

	tea "charm.land/bubbletea/v2"

	"rota/rollout"
)

func TestProgramStatus(t *testing.T) {
	t.Parallel()
	st := newStory(t, 6, 80, 24)
	if st.View().ProgramStatus != nil {
		t.Error("a terminal is told that does not take such reports")
	}
	st.send(tea.ProgramStatusSupportMsg{})
	says := func(state tea.ProgramState, kind tea.ProgramStatusKind, message string) {
		t.Helper()
		is := st.View().ProgramStatus
		if is == nil || is.State != state || is.Kind != kind || is.Message != message || is.Title != "shop staging" {
			t.Errorf("says %+v, want %v, %q, %q", is, state, kind, message)
		}
	}
	says(tea.ProgramStateIdle, "", "IDLE")
	st.seen()
	st.begin()
	st.deployed("web1", rollout.Serving)
	says(tea.ProgramStateWorking, "", "RUNNING")
	if p := st.View().ProgramStatus.Progress; p != 16 {
		t.Errorf("the progress is %d%%", p)
	}
	asked := st.question(gateQuestion)
	says(tea.ProgramStateBlocked, tea.ProgramStatusKindQuestion, gateQuestion.Text)
	st.send(news{withdrawn: []*ask{asked}})
	st.secretAsked("passphrase of key")
	says(tea.ProgramStateBlocked, tea.ProgramStatusKindAuth, "passphrase of key")
	st.send(news{withdrawn: st.asks})
	st.event(rollout.Event{Kind: rollout.RunEnded, State: string(rollout.Aborted)})
	says(tea.ProgramStateError, "", "ABORTED")
}
