package tui

import (
	"context"
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"rota/internal/text"
	"rota/rollout"
	"rota/tui/paint"
)

// Past is one past run, read from its journal.
type Past struct {
	Events []rollout.Event // that can be read
	Lines  []string        // the run as it is printed: its steps, decisions and outputs
	Damage error           // what is wrong with the journal after the events, or nil
}

// history is the list of past runs, and the one of them that is read.
type history struct {
	runs    []rollout.State // newest first
	trouble string          // why some are missing
	asked   bool            // they are being looked for
	cursor  int
	top     int
	seen    int
	head    int // lines above the first run

	run   string // whose journal is, or is to be, read
	plays bool   // it is to be played as soon as it is there
	past  *Past  // nil: not there yet
	lines []string
	width int // that the lines were wrapped for
}

// runsTold are the past runs, and pastTold is one of them.
type runsTold struct {
	runs []rollout.State
	err  error
}

type pastTold struct {
	run  string
	past Past
	err  error
}

func (m *model) notHistory() string {
	if m.cfg.Actions == nil {
		return "past runs cannot be asked for from here"
	}
	return ""
}

// openHistory shows the past runs, and asks for them anew.
func (m *model) openHistory() tea.Cmd {
	m.show(historyView)
	m.history.asked = true
	return m.do(func(ctx context.Context) tea.Msg {
		runs, err := m.cfg.Actions.Runs(ctx)
		return runsTold{runs, err}
	})
}

func (m *model) takeRuns(t runsTold) {
	h := &m.history
	here := ""
	if st := h.selected(); st != nil && h.cursor > 0 {
		here = st.Run
	}
	h.runs, h.asked, h.trouble = t.runs, false, ""
	if t.err != nil {
		h.trouble, _, _ = strings.Cut(t.err.Error(), "\n")
	} else {
		m.vain.learn(t.runs)
	}
	if i := slices.IndexFunc(h.runs, func(st rollout.State) bool { return st.Run == here }); i >= 0 {
		h.cursor = i
	}
	h.move(0)
}

func (h *history) selected() *rollout.State {
	if h.cursor >= len(h.runs) {
		return nil
	}
	return &h.runs[h.cursor]
}

func (h *history) move(n int) {
	h.cursor = max(min(h.cursor+n, len(h.runs)-1), 0)
	h.top = max(min(h.top, h.cursor), h.cursor-max(h.seen, 1)+1, 0)
}

func (m *model) notPast() string {
	if m.view == historyView && m.history.selected() == nil {
		return "no run is chosen"
	}
	return ""
}

// readRun opens the run under the cursor, or plays it.
func (m *model) readRun(plays bool) tea.Cmd {
	h := &m.history
	if m.view == pastView && h.past != nil && plays {
		return m.playPast()
	}
	run := h.run
	if st := h.selected(); m.view == historyView && st != nil {
		run = st.Run
	}
	if !plays {
		m.show(pastView)
		m.pages[pastView] = page{}
	}
	h.run, h.past, h.lines, h.plays = run, nil, nil, plays
	return m.do(func(ctx context.Context) tea.Msg {
		past, err := m.cfg.Actions.Past(ctx, run)
		return pastTold{run, past, err}
	})
}

func (m *model) takePast(t pastTold) tea.Cmd {
	h := &m.history
	if t.run != h.run {
		return nil // another one was asked for meanwhile
	}
	if t.err != nil {
		if m.view == pastView {
			m.show(historyView)
		}
		h.run, h.plays = "", false
		return m.fail("run "+t.run+" cannot be read", t.err)
	}
	h.past = &t.past
	if h.plays && (m.view == historyView || m.view == pastView) {
		return m.playPast()
	}
	return nil
}

// historyTab draws what stands in the place of the views' names.
func (m *model) historyTab(p *paint.Pen) string {
	h := &m.history
	fields := []paint.Field{paint.F(0, paint.Chosen, " history ")}
	if h.past != nil && (m.view == pastView || m.view == helpView && m.from == pastView) {
		fields = append(fields, paint.F(1, paint.Strong, "run "+h.run))
	}
	if m.search.text != "" && m.view == pastView {
		fields = append(fields, m.searchFields()...)
	}
	return p.Fields(fields...).End()
}

func (h *history) position() string {
	if h.asked {
		return "asking for past runs"
	}
	return fmt.Sprintf("%d-%d of %s", min(h.top+1, len(h.runs)), min(h.top+h.seen, len(h.runs)), count(len(h.runs), "run"))
}

// runLines draws the list in n lines.
func (m *model) runLines(n int) []string {
	h := &m.history
	lines := []string{m.runHead()}
	switch {
	case h.trouble != "":
		for _, part := range wrap(h.trouble, m.width-4) {
			lines = append(lines, m.pen.Begin(m.width).Skip(2).Put(paint.Warn, part).End())
		}
	case h.asked && len(h.runs) == 0:
		lines = append(lines, m.pen.Begin(m.width).Skip(2).Put(paint.Quiet, "asking").End())
	case len(h.runs) == 0:
		lines = append(lines, m.pen.Begin(m.width).Skip(2).Put(paint.Quiet, "no run is known yet").End())
	}
	h.head, h.seen = len(lines), max(n-len(lines), 1)
	h.move(0)
	for i := h.top; i < min(h.top+h.seen, len(h.runs)); i++ {
		lines = append(lines, m.runRow(&h.runs[i], i == h.cursor))
	}
	return lines
}

// The widths of the columns of the list. Those that come last are left out on a
// narrow screen.
const (
	runWhen    = 16
	runOutcome = 14
	runTook    = 8
	runLost    = 4
	runID      = 23
)

func (m *model) runHead() string {
	p := m.pen.Begin(m.width).Skip(2)
	p.Cell(paint.Strong, "BEGUN", runWhen).Skip(1).Cell(paint.Strong, "WHAT", m.runWhat()).Skip(1).Cell(paint.Strong, "OUTCOME", runOutcome).Skip(1)
	if m.width >= medium {
		p.Cell(paint.Strong, "    TOOK", runTook).Skip(1).Cell(paint.Strong, "LOST", runLost).Skip(1)
	}
	if m.width >= wide {
		p.Cell(paint.Strong, "RUN", runID).Skip(1)
	}
	if m.width >= medium {
		p.Put(paint.Strong, "BY")
	}
	return p.End()
}

func (m *model) runRow(st *rollout.State, selected bool) string {
	p := m.pen
	if selected {
		p.BeginIn(paint.Chosen, m.width).Glyph(paint.Plain, m.theme.Cursor).Skip(1)
	} else {
		p.Begin(m.width).Skip(2)
	}
	how, role := look{m.theme.Unknown, "not ended", paint.Ask}, paint.Ask
	if st.Ended {
		how = outcomeLook(st.Outcome, &m.theme.Glyphs)
		how.word, role = string(st.Outcome), how.role
	}
	p.Cell(paint.Plain, st.Begun.In(m.now.Location()).Format("2006-01-02 15:04"), runWhen).Skip(1)
	p.Cell(paint.Strong, whatOf(&st.Plan, m.runWhat()), m.runWhat()).Skip(1)
	p.Glyph(role, how.glyph).Skip(1).Cell(role, how.word, runOutcome-2).Skip(1)
	if m.width >= medium {
		took := seconds(st.Last.Sub(st.Begun))
		p.Skip(max(runTook-len(took), 0)).Put(paint.Plain, took).Skip(1)
		lost, role := int64(-1), paint.Plain
		if st.Probe != nil {
			lost = int64(st.Probe.Lost)
		}
		if lost > 0 {
			role = paint.Bad
		}
		p.Number(role, lost, runLost).Skip(1)
	}
	if m.width >= wide {
		p.Cell(paint.Quiet, st.Run, runID).Skip(1)
	}
	if m.width >= medium {
		by, _, _ := strings.Cut(st.Operator, " as ") // the login and the key are read in the run
		p.Put(paint.Quiet, by)
	}
	return p.End()
}

// runWhat is the width of the column that tells what a run did: more of it where
// there is room to name servers.
func (m *model) runWhat() int {
	const least, most, others = 20, 40, 97
	return min(max(m.width-others, least), most)
}

// whatOf tells what a run did, in about so many cells: by hand, to which servers.
func whatOf(p *rollout.Plan, room int) string {
	if p.Kind != "drain" && p.Kind != "restore" {
		return p.Title()
	}
	var names []string
	for _, t := range p.Targets {
		names = append(names, t.Server)
	}
	said := p.Kind + " " + strings.Join(names, ", ")
	for n := len(names) - 1; n > 0 && text.Width(said) > room; n-- {
		said = fmt.Sprintf("%s %s +%d", p.Kind, strings.Join(names[:n], ", "), len(names)-n)
	}
	return said
}

// pastLines draws the run that is read in n lines.
func (m *model) pastLines(n int) []string {
	h := &m.history
	if h.past == nil {
		return []string{m.pen.Begin(m.width).Skip(1).Put(paint.Quiet, "reading").End()}
	}
	if h.lines == nil || h.width != m.width {
		h.lines, h.width = []string{}, m.width
		for _, l := range h.past.Lines {
			h.lines = append(h.lines, wrap(l, m.width-2)...)
		}
	}
	p := &m.pages[pastView]
	p.at(0, len(h.lines), n)
	var lines []string
	for i := p.top; i < min(p.top+n, len(h.lines)); i++ {
		m.found(m.pen.Begin(m.width), i)
		m.putFound(m.pen, paint.Plain, h.lines[i])
		lines = append(lines, m.pen.End())
	}
	return lines
}
