package tui

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"rota/internal/text"
	"rota/tui/paint"
)

// The smallest screen that everything is drawn on.
const (
	leastWidth  = 60
	leastHeight = 16
)

// View returns the frame that the last Update has made: the program asks for it
// after every message, also where nothing visible has changed.
func (m *model) View() tea.View { return m.frame }

// draw makes the frame. It also settles how far each view can be scrolled, so
// it is for Update to call.
func (m *model) draw() tea.View {
	if m.playing != nil {
		v := m.playing.frame
		v.ProgressBar, v.WindowTitle = m.taskbar(), m.windowTitle()
		return v
	}
	v := tea.View{AltScreen: true, ReportFocus: true, MouseMode: m.mouseMode()}
	b := m.badge()
	var lines []string
	switch {
	case m.width == 0 || m.height == 0: // the terminal has not told its size yet
	case m.small():
		lines = m.tooSmall(b)
	default:
		lines, v.Cursor = m.compose()
	}
	v.SetContent(joinLines(lines))
	v.WindowTitle = m.windowTitle()
	v.ProgressBar, v.ProgramStatus = m.taskbar(), m.programStatus()
	return v
}

// windowTitle tells the least, where the terminal shows its windows' titles.
func (m *model) windowTitle() string {
	what := ""
	if m.replay != nil {
		what = "replay"
	}
	return text.Clean(join(" ", what, m.cfg.App, m.cfg.Environment, m.far(), m.badge().word))
}

func joinLines(lines []string) string {
	n := 0
	for _, l := range lines {
		n += len(l) + 1
	}
	out := make([]byte, 0, n)
	for i, l := range lines {
		if i > 0 {
			out = append(out, '\n')
		}
		out = append(out, l...)
	}
	return string(out)
}

// small says whether the screen is too small for all that must be seen.
func (m *model) small() bool { return m.width < leastWidth || m.height < leastHeight }

// tooSmall says so, and what is asked; the run goes on all the same.
func (m *model) tooSmall(b look) []string {
	p := m.pen.Begin(m.width)
	state := b.glyph + " " + b.word
	if m.height == 1 && m.question() != "" {
		return []string{p.Put(b.role, state).Skip(2).Put(paint.Plain, m.question()).End()}
	}
	p.Fields(paint.F(0, b.role, state),
		paint.F(1, paint.Plain, m.far()),
		paint.F(2, paint.Plain, fmt.Sprintf("needs %dx%d, has %dx%d", leastWidth, leastHeight, m.width, m.height)))
	lines := append(make([]string, 0, m.height), p.End())
	for _, part := range wrap(m.question(), m.width) {
		lines = append(lines, p.Begin(m.width).Put(paint.Plain, part).End())
	}
	for len(lines) < m.height {
		lines = append(lines, "")
	}
	return lines[:m.height]
}

// far tells how far the run is.
func (m *model) far() string {
	if m.run.state.Seq == 0 {
		return ""
	}
	return fmt.Sprintf("%d/%d", m.tally.updated, m.tally.total)
}

// taskbar is the progress that terminals show outside of the screen.
func (m *model) taskbar() *tea.ProgressBar {
	if !m.run.on() || m.replay != nil {
		return nil
	}
	state := tea.ProgressBarDefault
	switch {
	case len(m.asks) > 0 && m.asks[0].trouble():
		state = tea.ProgressBarError
	case len(m.asks) > 0:
		state = tea.ProgressBarWarning
	}
	return tea.NewProgressBar(state, 100*m.tally.updated/max(m.tally.total, 1))
}

// tabs draws the names of the views, and how the table is sorted and filtered.
// While the filter is typed it also tells where the cursor stands, else -1.
func (m *model) tabs() (string, int) {
	p := m.pen.Begin(m.width)
	if m.filtering {
		label := " filter: "
		p.Put(paint.Strong, label).Put(m.filter.role(), m.filter.value())
		return p.End(), inputCursor(m, label, m.filter).X
	}
	if m.search.typing {
		label := " search: "
		p.Put(paint.Strong, label).Put(m.search.input.role(), m.search.input.value())
		if m.search.text != "" {
			p.Skip(2).Fields(paint.F(1, paint.Plain, m.hitsWords()).AtRight())
		}
		return p.End(), inputCursor(m, label, m.search.input).X
	}
	p.Skip(1)
	if m.view >= historyView || m.view == helpView && m.from >= historyView {
		return m.historyTab(p), -1
	}
	for v := serversView; v <= m.lastTab(); v++ {
		role := paint.Quiet
		if v == m.view || m.view == helpView && v == m.from {
			role = paint.Chosen
		}
		p.Put(role, m.tabWord(v))
	}
	if !m.inServers() {
		if m.search.text != "" && m.view.searched() {
			p.Skip(1).Fields(m.searchFields()...)
		}
		return p.End(), -1
	}
	fields := []paint.Field{paint.F(2, paint.Quiet, "sort "+m.table.sort.String()+" "+m.theme.Sorted).AtRight()}
	if m.table.picked {
		fields = append(fields, paint.F(1, paint.Ask, "only the marked").AtRight())
	}
	if marks := m.marks(); marks != "" && m.panel() != nil { // in the place of the line that tells it
		fields = append(fields, paint.F(1, paint.Ask, marks).AtRight())
	}
	if m.table.filter != "" {
		fields = append(fields, paint.F(1, paint.Ask, "filter "+m.table.filter).AtRight())
	}
	return p.Skip(1).Fields(fields...).End(), -1
}

// edge draws the lower edge of the body.
func (m *model) edge(s string) string {
	g := m.theme.Rule
	return m.pen.Begin(m.width).Repeat(paint.Quiet, g, 2).Skip(1).Put(paint.Quiet, s).Skip(1).Fill(paint.Quiet, g).End()
}

// typedKeys tells the keys that are no text while one is typed above; a panel
// tells its own.
func (m *model) typedKeys() string {
	p := m.pen.Begin(m.width).Skip(1)
	switch {
	case m.filtering:
		esc := "esc shows all"
		if m.filterWas != "" {
			esc = "esc leaves it as it was"
		}
		p.Put(paint.Quiet, "enter keeps the filter   "+esc+"   "+m.theme.Up+" move")
	case m.search.typing:
		p.Put(paint.Quiet, "enter keeps it (then n and N)   esc ends it   "+m.theme.Up+" the one before, the next one")
	}
	return p.End()
}

// footer draws the keys that mean something now, or the answer to the last one.
func (m *model) footer() string {
	p := m.pen.Begin(m.width).Skip(1)
	switch {
	case m.toast != "":
		return p.Put(m.toastRole, m.toast).End()
	case m.typing():
		return m.typedKeys()
	}
	fields := make([]paint.Field, 0, len(m.commands))
	for _, c := range m.commands {
		if c.rank < 0 || c.on != nil && !c.on(m) || m.idle(&c) != "" {
			continue
		}
		if c.group == acting && m.panel() != nil {
			continue // its own keys are meant first
		}
		does, _, _ := strings.Cut(c.Help().Desc, ":")
		if m.width < wide {
			does, _, _ = strings.Cut(does, " ")
		}
		fields = append(fields, paint.Field{
			Rank: c.rank, Span: paint.Span{Role: paint.Strong, Text: c.Help().Key},
			More: []paint.Span{{Text: " "}, {Role: paint.Quiet, Text: does}},
		})
	}
	return p.Fields(fields...).End()
}
