package tui

import (
	"context"
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"rota/rollout"
	"rota/tui/paint"
)

// facts are what was found out about a server for the panel that shows it.
type facts struct {
	of    *dialog
	lines []string
}

// info shows what is known of a server, and then what its host tells.
func (m *model) info() tea.Cmd {
	s := m.table.selected()
	d := newNotice(s.Name, []string{join(", ", "address "+orNone(s.Address), "groups "+orNone(s.Group), "host "+orNone(s.Host))})
	d.role, d.again = paint.Work, "i"
	cmd := m.open(d)
	if m.cfg.Actions == nil {
		return cmd
	}
	d.facts = append(d.facts, "asking the host")
	return tea.Batch(cmd, m.do(func(ctx context.Context) tea.Msg {
		return facts{d, m.cfg.Actions.Facts(ctx, s.Name)}
	}))
}

func (m *model) showFacts(f facts) {
	f.of.facts = append(f.of.facts[:1], f.lines...)
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return strings.ReplaceAll(s, ",", ", ")
}

// shell is the command for a shell on a server, or why there is none; and
// shellEnded says that it is over.
type shell struct {
	server  string
	command Command
	err     error
}

type shellEnded struct {
	server string
	err    error
}

func (m *model) notShell() string {
	if why := m.notSelected(); why != "" {
		return why
	}
	return m.notAct()
}

// shell asks before it leaves the screen for a shell: nothing is shown, and no
// question can be answered, until it ends.
func (m *model) shell() tea.Cmd {
	s := m.table.selected()
	var lines []string
	if m.run.on() {
		lines = append(lines, "a run is under way: it goes on, and its questions wait until the shell ends")
		if s.run != nil && s.run.Phase != rollout.Waiting && !s.run.Phase.Settled() {
			lines = append(lines, fmt.Sprintf("it has %s in work now: %s", s.Name, s.run.Phase))
		}
	}
	return m.open(newAct("a shell on "+s.Name+"?", "leave the screen for ssh "+s.Host+", until that ends?", lines, func(m *model) tea.Cmd {
		m.front = nil
		return m.do(func(ctx context.Context) tea.Msg {
			command, err := m.cfg.Actions.Shell(ctx, s.Name)
			return shell{s.Name, command, err}
		})
	}))
}

func (m *model) runShell(s shell) tea.Cmd {
	if s.err != nil {
		return m.fail("no shell on "+s.server, s.err)
	}
	return tea.Exec(s.command, func(err error) tea.Msg { return shellEnded{s.server, err} })
}

func (m *model) backFromShell(s shellEnded) tea.Cmd {
	m.away = m.now
	if s.err != nil {
		return m.say(paint.Warn, "the shell on "+s.server+" has ended: "+s.err.Error())
	}
	return m.say(paint.Good, "the shell on "+s.server+" has ended")
}
