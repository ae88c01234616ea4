package tui

import (
	"fmt"
	"time"

	"rota/tui/paint"
)

// course is how a part of the whole went on over time. However long that is, it
// takes no more than courseColumns: when they are full, two become one.
type course struct {
	begun time.Time
	span  time.Duration // of a column
	parts []int         // in thousandths; -1: not known
	marks []time.Time   // when each batch began
}

const courseColumns = 240

// put takes what the part is now: the newest one of a column stands for it.
func (c *course) put(now time.Time, part int) {
	if c.span == 0 {
		c.begun, c.span = now, time.Second
	}
	at := int(now.Sub(c.begun) / c.span)
	for ; at >= courseColumns; at /= 2 {
		c.span *= 2
		for i := 0; i+1 < len(c.parts); i += 2 {
			c.parts[i/2] = max(c.parts[i], c.parts[i+1])
		}
		c.parts = c.parts[:len(c.parts)/2]
	}
	for len(c.parts) <= at {
		c.parts = append(c.parts, -1)
	}
	if at >= 0 {
		c.parts[at] = part
	}
}

// fit returns at most so many columns, and the time that each stands for.
func (c *course) fit(width int) ([]int, time.Duration) {
	each := (len(c.parts) + width - 1) / max(width, 1)
	if each <= 1 {
		return c.parts, c.span
	}
	var parts []int
	for i := 0; i < len(c.parts); i += each {
		part := -1
		for _, n := range c.parts[i:min(i+each, len(c.parts))] {
			if n >= 0 {
				part = n
			}
		}
		parts = append(parts, part)
	}
	return parts, c.span * time.Duration(each)
}

// record notes what part of the traffic the version of the run gets, and when
// a batch has begun.
func (m *model) record() {
	c, plan := &m.run.course, &m.run.state.Plan
	if !m.run.on() || m.run.brings() == "" && plan.Version == "" {
		return
	}
	part := -1
	for _, s := range m.tally.shares {
		part = max(part, 0)
		if s.version == plan.Version || plan.Version == "" && s.brought {
			part += int(1000*s.part + 0.5)
		}
	}
	c.put(m.now, part)
	if batch := m.run.state.Batch; batch > len(c.marks) {
		c.marks = append(c.marks, m.now)
	}
}

// courseLines draws the course of the run's version in so many rows.
func (m *model) courseLines(rows int) []string {
	c := &m.run.course
	if len(c.parts) == 0 {
		return nil
	}
	const label = 6
	parts, span := c.fit(m.width - label - 1)
	what := "share of " + named(m.run.state.Plan.Version) + " over the run, each column " + seconds(span)
	lines := []string{m.pen.Begin(m.width).Skip(1).Put(paint.Quiet, what).End()}
	now := parts[len(parts)-1]
	cells := make([]int, len(parts))
	for row := rows - 1; row >= 0; row-- {
		p := m.pen.Begin(m.width)
		switch {
		case row == 0 && now >= 0:
			p.Cell(paint.Work, fmt.Sprintf("%5s", percent(float64(now)/1000)), label)
		case row == rows-1:
			p.Cell(paint.Quiet, " 100%", label)
		default:
			p.Skip(label)
		}
		for i, part := range parts {
			cells[i] = min(part*rows-1000*row, 1000)
			if row > 0 && cells[i] == 0 {
				cells[i] = -1
			}
		}
		lines = append(lines, p.Steps(paint.Work, 1000, cells...).End())
	}
	return append(lines, m.courseMarks(label, span), "")
}

// courseMarks draws where each batch began.
func (m *model) courseMarks(label int, span time.Duration) string {
	c := &m.run.course
	p := m.pen.Begin(m.width).Skip(label)
	at := 0 // cells written
	for i, mark := range c.marks {
		column := int(mark.Sub(c.begun) / span)
		next := m.width
		if i+1 < len(c.marks) {
			next = int(c.marks[i+1].Sub(c.begun) / span)
		}
		if column < at {
			continue // no room beside the one before
		}
		p.Skip(column-at).Glyph(paint.Quiet, m.theme.Split)
		at = column + 1
		for _, s := range []string{fmt.Sprintf("batch %d", i+1), fmt.Sprint(i + 1)} {
			if len(s) < next-at {
				p.Put(paint.Quiet, s)
				at += len(s)
				break
			}
		}
	}
	return p.End()
}
