package tui

import (
	tea "charm.land/bubbletea/v2"

	"rota/tui/paint"
)

// replayOver says that the replay is left.
type replayOver struct{}

// playPast plays the run that was read. The replay takes the place of the screen
// until it is left; it is told nothing of what happens now.
func (m *model) playPast() tea.Cmd {
	h := &m.history
	h.plays = false
	if len(h.past.Events) == 0 {
		return m.say(paint.Warn, "nothing of it can be read")
	}
	inner := newReplay(m.cfg, m.feed, h.past.Events, h.past.Damage, 1)
	inner.replay.back = func() tea.Msg { return replayOver{} }
	inner.after, inner.do = m.after, m.do
	inner.profile, inner.dark, inner.width, inner.height = m.profile, m.dark, m.width, m.height
	inner.mouse.off = m.mouse.off
	inner.restyle()
	inner.frame = inner.draw()
	m.playing = inner
	return inner.roll()
}

// passOn gives a message to the replay that is shown; false: it is also, or only,
// for the screen itself.
func (m *model) passOn(msg tea.Msg) (tea.Cmd, bool) {
	m.playing.replay.meanwhile = ""
	if m.run.on() || len(m.asks) > 0 {
		m.playing.replay.meanwhile = m.badge().word
	}
	switch msg.(type) {
	case replayOver:
		m.playing = nil
		return nil, true
	case tea.KeyPressMsg, tea.PasteMsg, tea.MouseClickMsg, tea.MouseWheelMsg, reel:
		_, cmd := m.playing.Update(msg)
		return cmd, true
	case tea.WindowSizeMsg, tea.ColorProfileMsg, tea.BackgroundColorMsg:
		_, cmd := m.playing.Update(msg)
		return cmd, false
	case tick:
		m.playing.Update(msg) // its own next tick is this screen's
	}
	return nil, false
}
