package tui

import (
	tea "charm.land/bubbletea/v2"

	"rota/internal/text"
	"rota/rollout"
)

// programStatus tells a terminal that takes such reports what the program is about
// (OSC 7501): it can show in a list of its windows that one of them waits.
func (m *model) programStatus() *tea.ProgramStatus {
	if !m.reports || m.replay != nil {
		return nil
	}
	s := &tea.ProgramStatus{
		State: tea.ProgramStateIdle, App: "rota",
		Title: text.Clean(join(" ", m.cfg.App, m.cfg.Environment)), Message: m.badge().word,
		Progress: 100 * m.tally.updated / max(m.tally.total, 1), HasProgress: m.run.on(),
	}
	switch {
	case len(m.asks) > 0:
		a := m.asks[0]
		s.State, s.Kind, s.Message = tea.ProgramStateBlocked, tea.ProgramStatusKindQuestion, text.Clean(a.question.Text)
		if a.secret != "" {
			s.Kind, s.Message = tea.ProgramStatusKindAuth, text.Clean(a.secret)
		}
	case m.running():
		s.State = tea.ProgramStateWorking
	case m.run.state.Ended && m.run.state.Outcome == rollout.Done:
		s.State = tea.ProgramStateDone
	case m.run.state.Ended:
		s.State = tea.ProgramStateError
	}
	return s
}
