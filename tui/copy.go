package tui

import (
	"context"
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"rota/tui/paint"
)

// longestCopy is how much is given to the terminal's clipboard at most: several
// terminals take no more than 100,000 characters, and each three bytes are four.
const longestCopy = 74_000

// lines returns what the view shows as plain text: what is in sight, or all of it.
func (m *model) lines(all bool) []string {
	p := m.pages[m.view]
	first, end := p.top, min(p.top+p.seen, p.end)
	if all {
		first, end = p.first, p.end
	}
	var lines []string
	switch m.view {
	case serversView:
		if !all {
			return m.chosenServers()
		}
		for _, s := range m.table.rows {
			lines = append(lines, s.Name)
		}
	case sidesView:
		if !all {
			return m.chosenServers()
		}
		for _, l := range m.sidesLines(len(m.table.rows) + 2*leastHeight) {
			lines = append(lines, strings.TrimRight(ansi.Strip(l), " "))
		}
	case historyView:
		for i := range m.history.runs {
			if all || i == m.history.cursor {
				lines = append(lines, strings.TrimRight(ansi.Strip(m.runRow(&m.history.runs[i], false)), " "))
			}
		}
	case outputView, eventsView, pastView:
		_, last, at := m.textOf(m.view)
		for i := first; i < min(end, last); i++ {
			when, words := at(i)
			lines = append(lines, when+words)
		}
	case balancersView, planView, helpView, views:
		for _, l := range m.paper()[first:end] {
			lines = append(lines, strings.TrimRight(ansi.Strip(l), " "))
		}
	}
	return lines
}

// copyLines gives lines to the terminal's clipboard. Nobody tells whether the
// terminal takes them.
func (m *model) copyLines(all bool) tea.Cmd {
	lines := m.lines(all)
	if len(lines) == 0 {
		return m.say(paint.Warn, "there is nothing to copy")
	}
	size, kept := 0, len(lines)
	for kept > 0 && size+len(lines[kept-1])+1 <= longestCopy {
		kept--
		size += len(lines[kept]) + 1
	}
	what := count(len(lines)-kept, "line")
	if kept > 0 {
		what = "the last " + what
	}
	if m.view == serversView || m.view == sidesView && !all {
		what = "the name of " + count(len(lines), "server")
	}
	m.say(paint.Good, what+" sent to the terminal's clipboard")
	return tea.SetClipboard(strings.Join(lines[kept:], "\n"))
}

// saved says where lines have been kept.
type saved struct {
	path string
	err  error
}

// save keeps all lines of the view in a file.
func (m *model) save() tea.Cmd {
	name := m.view.String()
	if s := m.table.selected(); s != nil && m.view == outputView {
		name = s.Name
	}
	lines := m.lines(true)
	if len(lines) == 0 {
		return m.say(paint.Warn, "there is nothing to save")
	}
	return m.do(func(ctx context.Context) tea.Msg {
		path, err := m.cfg.Actions.Save(ctx, name, lines)
		return saved{path, err}
	})
}

func (m *model) notSave() string {
	if m.cfg.Actions == nil {
		return "nothing can be saved from this screen"
	}
	return ""
}

func (m *model) showSaved(s saved) tea.Cmd {
	if s.err != nil {
		return m.fail("nothing was saved", s.err)
	}
	m.run.log.push(entry{at: m.now, role: paint.Quiet, glyph: m.theme.Done, text: "saved to " + s.path})
	return m.say(paint.Good, "saved to "+s.path)
}

// textOf returns the lines of a view that can be searched by their numbers, as
// plain text: what stands before its words, and those.
func (m *model) textOf(v view) (first, end int, at func(int) (before, words string)) {
	if v == eventsView {
		log := &m.run.log
		return log.gone, log.end(), func(i int) (string, string) {
			e := log.at(i)
			return e.at.In(m.now.Location()).Format("15:04:05 ") + e.glyph + " ", e.words()
		}
	}
	if v == pastView {
		return 0, len(m.history.lines), func(i int) (string, string) { return "", m.history.lines[i] }
	}
	if v == helpView {
		lines := m.help()
		return 0, len(lines), func(i int) (string, string) { return "", ansi.Strip(lines[i]) }
	}
	s := m.table.selected()
	if s == nil {
		return 0, 0, nil
	}
	w := m.wanted(s)
	return w.first, w.first + w.len(), func(i int) (string, string) {
		l := w.at(i)
		return fmt.Sprintf("%s %-5s ", l.at.In(m.now.Location()).Format("15:04:05"), l.source), l.text
	}
}
