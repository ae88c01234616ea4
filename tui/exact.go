package tui

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"rota/rollout"
	"rota/tui/paint"
)

// exact is every line that a plan would send to a balancer or run on a host, as
// they were told for it.
type exact struct {
	shown bool // instead of the plan
	of    *rollout.Plan
	lines []string
	err   error
}

// exactTold is what became of asking for them.
type exactTold struct {
	of    *rollout.Plan
	lines []string
	err   error
}

func (m *model) notExact() string {
	switch {
	case m.cfg.Actions == nil || m.replay != nil:
		return "nobody can be asked from this screen"
	case m.plan() == nil:
		return "there is no plan"
	}
	return ""
}

// switchExact shows the lines instead of the plan, or the plan again. The
// balancers are asked for them once.
func (m *model) switchExact() tea.Cmd {
	m.exact.shown = !m.exact.shown
	m.pages[planView] = page{}
	plan := m.plan()
	if !m.exact.shown || m.exact.of == plan {
		return nil
	}
	m.exact.of, m.exact.lines, m.exact.err = plan, nil, nil
	of := *plan
	return m.do(func(ctx context.Context) tea.Msg {
		lines, err := m.cfg.Actions.Commands(ctx, of)
		return exactTold{plan, lines, err}
	})
}

func (m *model) takeExact(told exactTold) {
	if told.of == m.exact.of {
		m.exact.lines, m.exact.err = told.lines, told.err
	}
}

// exactLines draws them: what is added and taken away in a diff by its sign, too.
func (m *model) exactLines() []string {
	lines := []string{m.pen.Begin(m.width).Skip(1).Put(paint.Strong, "what would be sent and run, line by line; c shows the plan").End()}
	put := func(r paint.Role, s string) {
		lines = append(lines, m.pen.Begin(m.width).Skip(1).Put(r, s).End())
	}
	switch {
	case m.exact.err != nil:
		for _, part := range wrap(m.exact.err.Error(), m.width-2) {
			put(paint.Bad, part)
		}
	case m.exact.lines == nil:
		put(paint.Quiet, "asking the balancers")
	}
	for _, l := range m.exact.lines {
		role := paint.Plain
		switch {
		case strings.HasPrefix(l, "# "):
			role = paint.Strong
		case strings.HasPrefix(l, "+"):
			role = paint.Good
		case strings.HasPrefix(l, "-"):
			role = paint.Warn
		}
		for i, part := range wrap(strings.ReplaceAll(l, "\t", "    "), m.width-6) { // never cut
			if i > 0 {
				part = "    " + part
			}
			put(role, part)
		}
	}
	return lines
}
