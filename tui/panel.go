package tui

import (
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"rota/internal/text"
	"rota/tui/paint"
)

// panel is docked under the table, so that the evidence stays in sight.
type panel interface {
	// draw returns at most the given number of lines, and where the text
	// cursor stands in them, or nil.
	draw(m *model, most int) ([]string, *tea.Cursor)
	// key takes a key; false: the key was not for it.
	key(m *model, k tea.KeyPressMsg) (tea.Cmd, bool)
	// patience is its quiet period, or nil where it needs none.
	patience() *patience
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

// rule draws the upper edge of a panel with its title.
func rule(p *paint.Pen, width int, r paint.Role, title string) string {
	return ruleWith(p, width, r, title, "")
}

// ruleWith draws it with a few more words at its end.
func ruleWith(p *paint.Pen, width int, r paint.Role, title, more string) string {
	g := p.Theme().HeavyRule
	room := 0
	if more != "" {
		room = text.Width(more) + 5
	}
	p.Begin(width).Repeat(r, g, 2).Skip(1)
	p.Put(r, p.Theme().Cut(title, width-6-room)).Skip(1)
	if room > 0 {
		p.Repeat(r, g, p.Left()-room+1).Skip(1).Put(r, more).Skip(1)
	}
	return p.Fill(r, g).End()
}

// fits tells whether a title can be read in full in a rule.
func fits(width int, title string) bool { return text.Width(title) <= width-6 }

// wrap breaks a text into lines of at most width cells.
func wrap(s string, width int) []string {
	s = text.Clean(s)
	if width < 4 {
		return []string{s}
	}
	return strings.Split(ansi.Wrap(s, width, ""), "\n")
}
