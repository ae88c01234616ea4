package tui

import (
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"rota/internal/text"
)

// panel is docked under the table, so that the evidence stays in sight.
type panel interface {
	// head is what stands in its upper edge.
	head(m *model) head
	// draw returns at most the given number of lines for below that edge, and
	// where the text cursor stands in them, or nil.
	draw(m *model, most int) ([]string, *tea.Cursor)
	// key takes a key; false: the key was not for it.
	key(m *model, k tea.KeyPressMsg) (tea.Cmd, bool)
	// patience is its quiet period, or nil where it needs none.
	patience() *patience
}

// tall is a panel that may want more of the screen than it gets.
type tall interface {
	// hides reports whether lines of it were left out when it was last drawn.
	hides() bool
	// full reports whether a person wants as much of it as the screen holds.
	full() bool
	// scroll shows what stands n lines further down.
	scroll(n int)
}

// quiet is how long nobody may have touched a key before a panel that opened
// by itself, or a question for a yes, takes one: fingers that were under way
// decide nothing.
const quiet = 400 * time.Millisecond

// patience is a quiet period. The keys that it guards are not shown before
// they are live.
type patience struct {
	since time.Time
	live  bool
}

// quietOver says that a quiet period may have ended.
type quietOver struct{}

// begin begins the period.
func (p *patience) begin(m *model) tea.Cmd {
	p.since, p.live = m.now, false
	return m.after(quiet, quietOver{})
}

// attend begins the period of a panel that has come into sight, and shows the
// servers that it is about.
func (m *model) attend() tea.Cmd {
	p := m.panel()
	if p == m.attended {
		return nil
	}
	m.attended = p
	if p == nil {
		m.letGo()
		return nil
	}
	if d, ok := p.(*dialog); ok && d.ask != nil {
		m.lead(&d.ask.question)
	}
	if p.patience() == nil {
		return nil
	}
	return p.patience().begin(m)
}

// look lets the period end when it is over.
func (p *patience) look(now time.Time) bool {
	if !p.live && !p.since.IsZero() && now.Sub(p.since) >= quiet {
		p.live = true
	}
	return p.live
}

// touch tells that a key was pressed, which begins the period again unless it is over.
func (p *patience) touch(m *model) tea.Cmd {
	if p.look(m.now) {
		return nil
	}
	return p.begin(m)
}

// wrap breaks a text into lines of at most width cells.
func wrap(s string, width int) []string {
	s = text.Clean(s)
	if width < 4 {
		return []string{s}
	}
	return strings.Split(ansi.Wrap(s, width, ""), "\n")
}
