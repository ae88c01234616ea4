package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"rota/tui/paint"
)

func (m *model) notJob() string {
	if why := m.notStart(); why != "" {
		return why
	}
	if len(m.cfg.Jobs) == 0 {
		return "the inventory has no jobs"
	}
	return ""
}

// job asks which one, and then for a yes; its plan is shown once more before
// anything is done.
func (m *model) job() tea.Cmd {
	p := newPrompt("do which job?", "job", func(m *model, name string) tea.Cmd {
		if name = strings.TrimSpace(name); name == "" {
			return m.say(paint.Warn, "choose a job, or esc")
		}
		return m.open(newStart("do the job "+name+"?", "go through the servers, which run afterwards what they run now?", nil,
			func(m *model) tea.Cmd { return m.start(Request{Do: "roll", Job: name}) }))
	})
	p.options = m.cfg.Jobs
	return m.open(p)
}

func (m *model) rehearse() tea.Cmd {
	return m.open(newStart("rehearse a deploy?", "take every server out and put it back, one by one, without the steps?", nil,
		func(m *model) tea.Cmd { return m.start(Request{Do: "rehearse"}) }))
}
