package tui

import (
	"context"
	"fmt"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"rota/rollout"
	"rota/tui/paint"
)

// trouble tells whether it is about something that went wrong.
func (a *ask) trouble() bool {
	return a.question.Kind == rollout.AskFailure || a.question.Kind == rollout.AskProbe
}

// connects tells whether it is no question of the run: some host cannot be
// reached, or used, before it is answered.
func (a *ask) connects() bool { return a.secret != "" || a.question.Kind == "" }

// asked takes a question that somebody waits for. What it takes to reach a host
// comes first, unless a person is about to answer something else.
func (m *model) asked(a *ask) tea.Cmd {
	var p panel
	what := a.question.Text
	switch {
	case a.secret != "":
		s := newSecret(a)
		p, what = s, s.title
	case a.connects():
		p = newTrust(a)
	default:
		d := newDialog(a)
		if a.question.Kind == rollout.AskFailure && a.question.Server != "" {
			d.note = m.run.failures.which()
		}
		if a.question.Kind == rollout.AskFloor { // users may get errors: that wants the name, too
			d.role, d.name = paint.Bad, m.cfg.App
		}
		p = d
	}
	at := len(m.asks)
	if at > 0 && a.connects() {
		if d, ok := m.panels[m.asks[0]].(*dialog); ok && d.chosen == nil && !m.asks[0].connects() {
			at = 0
		}
	}
	m.asks = slices.Insert(m.asks, at, a)
	m.playing = nil // somebody waits, now
	m.panels[a] = p
	if d, ok := m.front.(*dialog); ok && d.starts {
		m.front = nil // what it would start cannot start now
	}
	return m.notify(what)
}

// answered takes a question away.
func (m *model) answered(a *ask) {
	if i := slices.Index(m.asks, a); i >= 0 {
		m.asks = slices.Delete(m.asks, i, i+1)
		delete(m.panels, a)
	}
}

func (m *model) notRefresh() string {
	switch {
	case m.replay != nil:
		return "this is a replay"
	case m.cfg.Actions == nil:
		return "nothing can be asked from this screen"
	}
	return ""
}

// askAnew has every host asked now, and a person once more for what was refused.
func (m *model) askAnew() tea.Cmd {
	return tea.Batch(m.say(paint.Plain, "asking every host"), m.do(func(ctx context.Context) tea.Msg {
		m.cfg.Actions.Refresh(ctx)
		return nil
	}))
}

// question is what is asked now, in a line; "" where nothing is.
func (m *model) question() string {
	if len(m.asks) == 0 {
		return ""
	}
	if s, ok := m.panels[m.asks[0]].(*secret); ok {
		return s.title
	}
	return m.asks[0].question.Text
}

// more tells how many further questions wait behind the one that is shown.
func (m *model) more() string {
	switch n := len(m.asks) - 1; {
	case n == 1:
		return "1 more question waits"
	case n > 1:
		return fmt.Sprintf("%d more questions wait", n)
	}
	return ""
}

// asking is the panel of the question that waits, where that has choices, or nil.
func (m *model) asking() *dialog {
	if len(m.asks) == 0 {
		return nil
	}
	d, _ := m.panels[m.asks[0]].(*dialog)
	return d
}

// panel returns the one that is shown, or nil. The help covers it.
func (m *model) panel() panel {
	told := false
	if d, ok := m.front.(*dialog); ok {
		told = d.told
	}
	switch {
	case m.view == helpView:
		return nil
	case told && len(m.asks) > 0:
		return m.panels[m.asks[0]]
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
func (m *model) folds() bool {
	p := m.panel()
	return p != nil && p != m.front
}

// hidesSome reports whether the panel has more to tell than is shown, or shows
// it: one that takes no text.
func (m *model) hidesSome() bool {
	t, ok := m.panel().(tall)
	_, text := t.(*secret)
	return ok && !text && (t.hides() || t.full())
}

// knowsByHand reports whether the question can tell how to go on by hand.
func (m *model) knowsByHand() bool {
	d := m.asking()
	return d != nil && m.panel() == panel(d) && len(d.byHand) > 0
}

// toPanel gives the panel a key, as if nobody had just typed.
func toPanel(k tea.KeyPressMsg) func(m *model) tea.Cmd {
	return func(m *model) tea.Cmd {
		p := m.panel()
		if quiet := p.patience(); quiet != nil {
			quiet.live = true
		}
		cmd, _ := p.key(m, k)
		return cmd
	}
}

// key takes a key: the filter has it first while it is being typed, then the
// panel, then the commands. On a screen that shows neither, only ctrl+c means
// something.
func (m *model) key(k tea.KeyPressMsg) tea.Cmd {
	m.toast = ""
	switch {
	case m.small() && k.String() != "ctrl+c":
		return nil
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
	case *secret:
		return p.typing()
	case *dialog:
		return p.typing()
	}
	return false
}

func (m *model) paste(s string) {
	if m.small() {
		return
	}
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
		p.input.insert(s)
	case *secret:
		if p.typing() {
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
