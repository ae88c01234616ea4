package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"rota/tui/paint"
)

func (m *model) stop() tea.Cmd { return m.open(m.stopPanel()) }

// stopPanel asks whether to stop: first so that servers in flight are
// finished, and then, once that has been asked for, without a further step.
func (m *model) stopPanel() *dialog {
	title, then := "stop the run?", "finish the servers in flight, put them back, and end?"
	if m.stops > 0 {
		title, then = "stop harder?", "start no further step: the servers in flight stay out of rotation?"
	}
	d := newAct(title, then, []string{"it can be resumed or rolled back afterwards"}, (*model).stopNow)
	d.during = true
	return d
}

func (m *model) stopNow() tea.Cmd {
	m.front = nil
	m.stops++
	return m.do(func(ctx context.Context) tea.Msg { return started{"stop", m.cfg.Actions.Stop(ctx)} })
}

// leave leaves the screen by a key, or while a run is under way asks to stop it
// first. After ctrl+c the same key is a yes, so that two presses of it stop safely,
// and two more stop harder.
func leave(key string) func(m *model) tea.Cmd {
	return func(m *model) tea.Cmd {
		switch {
		case m.replay != nil:
			return m.leaveReplay()
		case !m.run.on() && len(m.asks) == 0 && m.starting == "":
			return tea.Quit
		case m.cfg.Actions == nil || m.cfg.ReadOnly:
			return m.leaveAnyway("leave the screen?", "the run stays as it is, and nobody watches?")
		case !m.run.on():
			return m.leaveAnyway("leave?", "nothing has been changed, and the question stays unanswered?")
		case m.stops > 1:
			return m.leaveAnyway("leave the screen?", "the run ends by itself, its last lines follow below?")
		case key == "q" && m.stops > 0:
			m.closing = true
			return m.say(paint.Plain, "the screen closes when the run has ended; ctrl+c stops it harder")
		}
		d := m.stopPanel()
		again := ""
		switch {
		case key == "ctrl+c" && m.stops > 0:
			again = "ctrl+c once more stops it harder; "
		case key == "ctrl+c":
			again = "ctrl+c once more stops it safely; "
		}
		d.facts = append([]string{"a run is under way: " + again + "the screen closes when it has ended, esc keeps watching"}, d.facts...)
		stop := d.chosen.take
		d.chosen.take = func(m *model) tea.Cmd {
			m.closing = true
			return stop(m)
		}
		d.leaves = true
		return m.open(d)
	}
}

func (m *model) leaveAnyway(title, then string) tea.Cmd {
	d := newAct(title, then, nil, func(*model) tea.Cmd { return tea.Quit })
	d.leaves = true
	return m.open(d)
}

func (m *model) neverSuspend() tea.Cmd {
	return m.say(paint.Warn, "ctrl+z is off: it would freeze a run with servers out of rotation")
}
