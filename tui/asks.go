package tui

import (
	"cmp"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"rota/rollout"
)

// trouble tells whether it is about something that went wrong.
func (a *ask) trouble() bool {
	return a.question.Kind == rollout.AskFailure || a.question.Kind == rollout.AskProbe
}

// asked takes a question that somebody waits for.
func (m *model) asked(a *ask) tea.Cmd {
	var p panel
	if a.secret != "" {
		p = newSecret(a)
	} else {
		p = newDialog(a)
	}
	m.asks = append(m.asks, a)
	m.playing = nil // somebody waits, now
	m.panels[a] = p
	if d, ok := m.front.(*dialog); ok && d.starts {
		m.front = nil // what it would start cannot start now
	}
	return tea.Batch(p.patience().begin(m), m.notify(cmp.Or(a.question.Text, a.secret)))
}

// answered takes a question away, and begins the quiet period of the next one.
func (m *model) answered(a *ask) tea.Cmd {
	i := slices.Index(m.asks, a)
	if i < 0 {
		return nil
	}
	m.asks = slices.Delete(m.asks, i, i+1)
	delete(m.panels, a)
	if len(m.asks) > 0 && i == 0 {
		return m.panels[m.asks[0]].patience().begin(m)
	}
	return nil
}

// panel returns the one that is shown, or nil.
func (m *model) panel() panel {
	switch {
	case m.front != nil:
		return m.front
	case len(m.asks) > 0:
		return m.panels[m.asks[0]]
	case m.replay != nil:
		return m.replay.question(m)
	}
	return nil
}

// folds reports whether a panel is shown that nobody has opened.
func (m *model) folds() bool { return m.front == nil && m.panel() != nil }

// key takes a key: the filter has it first while it is being typed, then the
// panel, then the commands.
func (m *model) key(k tea.KeyPressMsg) tea.Cmd {
	m.toast = ""
	switch {
	case m.filtering:
		return m.keyFilter(k)
	case m.search.typing:
		return m.keySearch(k)
	}
	if p := m.panel(); p != nil {
		cmd, used := p.key(m, k)
		if used {
			return cmd
		}
		if quiet := p.patience(); quiet != nil {
			return tea.Batch(quiet.touch(m), m.pressed(k))
		}
	}
	return m.pressed(k)
}

// typing says whether keys are text.
func (m *model) typing() bool {
	if m.filtering || m.search.typing {
		return true
	}
	switch p := m.panel().(type) {
	case *prompt, *palette:
		return true
	case *dialog:
		return p.typing()
	}
	return false
}

func (m *model) paste(s string) {
	if m.filtering {
		m.filter.insert(s)
		m.refilter()
		return
	}
	if m.search.typing {
		m.search.input.insert(s)
		m.refind()
		return
	}
	switch p := m.panel().(type) {
	case *prompt:
		if p.ask == nil || p.quiet.look(m.now) {
			p.input.insert(s)
		}
	case *palette:
		p.input.insert(s)
	case *dialog:
		if p.typing() {
			p.input.insert(s)
		}
	}
}

func (m *model) signal(name string) tea.Cmd {
	if name == "SIGINT" || name == "interrupt" {
		if m.now.Sub(m.away) < time.Second {
			return nil // it was meant for the shell
		}
		return m.key(tea.KeyPressMsg{Code: 'c', Mod: tea.ModCtrl})
	}
	m.closing = true
	if m.run.on() && m.cfg.Actions != nil && m.stops < 2 {
		return m.stopNow()
	}
	if m.run.on() && m.cfg.Actions != nil {
		return nil
	}
	return tea.Quit
}
