package tui

import (
	"strings"

	"rota/internal/text"
	"rota/tui/paint"
)

// columns is what the table shows on a screen of some width. A column of width
// 0 is left out.
type columns struct {
	host, batch, deploy, version, step, figure int
	group                                      int // of those that take turns
	health, errors, trend                      int
	balancer                                   []int // a column each, or
	rotation                                   int   // one for all of them
	weight                                     bool  // the weight stands beside the state
}

// The widths from which on more columns are shown.
const (
	wide   = 110
	medium = 78
)

// longestStep keeps the figures within sight of their server on a wide screen;
// what is nice to have leaves leastStep for the words, and news may take some of it.
const (
	longestStep = 72
	leastStep   = 26
	newsStep    = 24
	groupStep   = 16
)

const manyBalancers = 3 // more of them share one column

func (m *model) columns() columns {
	c := columns{host: 16, deploy: 12}
	longest, version := 0, 7
	for _, s := range m.fleet.servers {
		longest = max(longest, text.Width(s.Name))
		version = max(version, text.Width(s.runs()))
	}
	left := m.width - 2
	if m.width >= medium {
		c.version = min(version, 12)
	}
	if m.width >= wide {
		c.host = min(max(12, longest), m.width/5)
		c.figure, c.weight = 6, true
		if m.run.state.Seq > 0 && !m.run.byHand() {
			c.batch = 3
		}
	}
	if len(m.fleet.balancers) > manyBalancers {
		c.rotation = 8 + len(m.fleet.balancers)
	} else {
		for _, b := range m.fleet.balancers {
			w := min(max(text.Width(b.name), 9), 12)
			if c.weight {
				w = min(max(text.Width(b.name), 13), 16)
			}
			c.balancer = append(c.balancer, w)
		}
	}
	for _, w := range append([]int{c.host, c.batch, c.deploy, c.version, c.rotation, c.figure, c.figure}, c.balancer...) {
		if w > 0 {
			left -= w + 1
		}
	}
	if m.width < medium {
		c.host += max(left, 0)
		return c
	}
	if c.figure > 0 {
		left = m.extras(&c, left)
	}
	c.step = min(max(left, 0), longestStep)
	return c
}

// extras adds the columns that are drawn where there is room, and returns what
// room is left.
func (m *model) extras(c *columns, left int) int {
	add := func(column *int, width, least int) {
		if left-width-1 >= least {
			*column = width
			left -= width + 1
		}
	}
	if len(m.cfg.Groups) == 2 {
		add(&c.group, min(max(len("GROUP"), text.Width(m.cfg.Groups[0]), text.Width(m.cfg.Groups[1])), 10), groupStep)
	}
	if m.fleet.errors > 0 {
		add(&c.errors, 6, newsStep)
	}
	add(&c.trend, trendCells, leastStep+trendCells/2)
	if c.trend == 0 {
		add(&c.trend, trendCells/2, leastStep)
	}
	if m.fleet.errors == 0 {
		add(&c.errors, 6, leastStep)
	}
	if m.run.state.Seq > 0 && m.replay == nil { // nobody asks the servers
		add(&c.health, 9, leastStep)
	}
	return left
}

// head draws the names of the columns.
func (m *model) head(p *paint.Pen, c columns) string {
	p.Begin(m.width).Skip(2)
	cell := func(title string, width int) {
		if width > 0 {
			p.Cell(paint.Strong, title, width).Skip(1)
		}
	}
	cell("SERVER", c.host)
	cell("GROUP", c.group)
	cell("#", c.batch)
	if m.run.state.Seq > 0 {
		cell("DEPLOY", c.deploy)
	} else {
		cell("STATE", c.deploy)
	}
	for i, w := range c.balancer {
		if c.weight {
			p.Cell(paint.Strong, strings.ToUpper(m.fleet.balancers[i].name), w-3).Skip(1).Put(paint.Strong, "WT").Skip(1)
			continue
		}
		cell(strings.ToUpper(m.fleet.balancers[i].name), w)
	}
	cell("ROTATION", c.rotation)
	cell("VERSION", c.version)
	cell("HEALTH", c.health)
	step := "NOTE"
	if m.run.state.Seq > 0 {
		step = "STEP"
	}
	cell(step, c.step)
	if c.figure > 0 {
		p.Skip(2).Put(paint.Strong, "SESS").Skip(2).Put(paint.Strong, "REQ/S")
	}
	if c.errors > 0 {
		p.Skip(1).Put(paint.Strong, "ERRORS")
	}
	switch c.trend {
	case 0:
	case trendCells:
		p.Skip(1).Put(paint.Strong, "REQ/S 60 s")
	default:
		p.Skip(1).Put(paint.Strong, "TREND")
	}
	return p.End()
}
