package tui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"rota/internal/text"
	"rota/rollout"
	"rota/tui/paint"
)

const label = 9 // cells before the figures

// comparedTitle names what the new version is looked at by.
func (m *model) comparedTitle() string {
	title := "new beside old"
	if c := m.run.state.Compared; c != nil && len(c.Counted) > 0 {
		title += ", counted by " + strings.Join(c.Counted, ", ")
	}
	return title
}

// comparedLines draws how the new version does beside the old one, with the
// limits, and the ladder by which it comes. There are none where a run does
// not compare.
func (m *model) comparedLines() []string {
	var lines []string
	if at := m.ladderAt(); at > 0 {
		lines = append(lines, m.ladderLine(m.pen.Begin(m.width), at))
	}
	c := m.run.state.Compared
	switch {
	case c == nil:
		return lines
	case c.Verdict == rollout.Unmeasured:
		said := m.theme.Unknown + " " + c.String() + "; this is not to say that all is well"
		return append(lines, m.pen.Begin(m.width).Skip(1).Put(paint.Ask, said).End())
	}
	limit := m.run.state.Plan.Policy.MaxErrors
	figure := 10
	if m.width >= medium {
		figure = 14
	}
	row := func(what string, neu, old, differs, limit string, l look) {
		p := m.pen.Begin(m.width).Skip(1).Cell(paint.Plain, what, label).Skip(1)
		p.Cell(paint.Work, neu, figure).Skip(1).Cell(paint.Old, old, figure).Skip(1)
		if m.width >= medium {
			p.Cell(paint.Plain, differs, 10).Skip(1)
		}
		p.Cell(paint.Quiet, limit, 13).Skip(1)
		if l.word != "" {
			p.Put(l.role, l.glyph+" "+l.word)
		}
		lines = append(lines, p.End())
	}
	row("", "NEW "+c.New.Version, "OLD "+c.Old.Version, "DIFFERENCE", "LIMIT", look{})

	most, least := "none", "none"
	if limit != nil {
		most, least = fmt.Sprintf("at most %+d%%", limit.OverOld), "at least "+text.Number(limit.MinRequests)
	}
	errors, enough := m.verdictLook(c, limit)
	row("errors", errorShare(c.New), errorShare(c.Old), fmt.Sprintf("%+.1f%%", c.New.Percent()-c.Old.Percent()), most, errors)
	row("requests", text.Number(c.New.Requests), text.Number(c.Old.Requests), "", least, enough)
	if c.New.TimeMS >= 0 && c.Old.TimeMS >= 0 {
		row("answer in", millis(c.New), millis(c.Old), fmt.Sprintf("%+d ms", c.New.TimeMS-c.Old.TimeMS), "none", look{})
	}
	if m.run.errors[0].begun != (time.Time{}) {
		lines = append(lines, m.errorCourses())
	}
	if len(c.Blind) > 0 {
		p := m.pen.Begin(m.width).Skip(1)
		lines = append(lines, p.Put(paint.Ask, m.theme.Unknown+" not counted: what goes through "+strings.Join(c.Blind, ", ")).End())
	}
	return lines
}

// verdictLook shows what the comparison comes to: how the errors are, and whether
// there are requests enough to tell.
func (m *model) verdictLook(c *rollout.Comparison, limit *rollout.MaxErrors) (errors, enough look) {
	g := &m.theme.Glyphs
	switch c.Verdict {
	case rollout.Worse:
		return look{g.Failed, "WORSE", paint.Bad}, look{g.In, "enough", paint.Good}
	case rollout.NotWorse:
		return look{g.In, "not worse", paint.Good}, look{g.In, "enough", paint.Good}
	case rollout.TooFew:
		return look{g.Waiting, "not judged", paint.Quiet}, look{g.Waiting, "too few yet", paint.Warn}
	case rollout.NoOld:
		return look{g.Unknown, "not judged", paint.Ask}, look{g.Unknown, "the old one has none", paint.Ask}
	case rollout.Unmeasured, rollout.Unjudged:
	}
	if limit == nil {
		errors = look{g.Waiting, "not judged: no max_errors", paint.Quiet}
	}
	return errors, enough
}

// errorCourses draws the share of errors of both versions over the run.
func (m *model) errorCourses() string {
	p := m.pen.Begin(m.width).Skip(1).Cell(paint.Plain, "over time", label).Skip(1)
	each := max((min(m.width, 100)-40)/2, 4)
	var parts [2][]int
	most := 1
	for i := range parts {
		fit, _ := m.run.errors[i].fit(each)
		parts[i] = slices.Clone(fit)
		for j, n := range parts[i] {
			if n < 0 && j > 0 { // as it was counted last
				n = parts[i][j-1]
				parts[i][j] = n
			}
			most = max(most, n)
		}
	}
	for i, role := range []paint.Role{paint.Work, paint.Old} {
		p.Put(role, []string{"new ", "old "}[i]).Steps(role, most, parts[i]...).Skip(2)
	}
	return p.Put(paint.Quiet, fmt.Sprintf("highest %.1f%%", float64(most)/100)).End()
}

// ladderAt is the batch whose ladder is shown: the one in work, or else the
// last one that had one; 0 where none has.
func (m *model) ladderAt() int {
	plan, at := m.run.state.Current(), 0
	for i, b := range plan.Batches[:min(max(m.run.state.Batch, 1), len(plan.Batches))] {
		if b.Ladder != nil {
			at = i + 1
		}
	}
	return at
}

// ladderLine draws the rungs of a batch: done, held now, and to come.
func (m *model) ladderLine(p *paint.Pen, batch int) string {
	g := &m.theme.Glyphs
	b := m.run.state.Current().Batches[batch-1]
	now, gone := 0, batch < m.run.state.Batch
	var since time.Time
	for _, name := range b.Servers {
		s := m.run.state.Server(name)
		switch {
		case s == nil:
		case s.Rung > now:
			now, since = s.Rung, s.RungSince
		case s.Rung == 0 && (s.Phase == rollout.Serving || s.Phase == rollout.Idle) && s.Done:
			gone = true
		}
	}
	p.Skip(1).Cell(paint.Plain, "ladder", label).Skip(1)
	for i, part := range append(slices.Clip(b.Ladder.Percents), 100) {
		rung := i + 1
		l := look{g.Waiting, "", paint.Quiet}
		switch {
		case gone && now == 0 || rung < now:
			l = look{g.Done, "", paint.Good}
		case rung == now:
			l = look{g.Running, " for " + seconds(m.now.Sub(since)) + " of " + seconds(b.Ladder.Hold), paint.Work}
		}
		p.Put(l.role, fmt.Sprintf("%s %d%%%s", l.glyph, part, l.word)).Skip(3)
	}
	return p.End()
}

func errorShare(f rollout.Figures) string { return fmt.Sprintf("%.1f%%", f.Percent()) }

func millis(f rollout.Figures) string { return fmt.Sprintf("%d ms", f.TimeMS) }
