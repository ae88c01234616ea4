package tui

import "rota/tui/paint"

// help draws all keys from the one list of them. A key that cannot be used now
// says why.
func (m *model) help() []string {
	var lines []string
	group := ""
	for _, c := range m.commands {
		if c.group != group {
			group = c.group
			if len(lines) > 0 {
				lines = append(lines, "")
			}
			lines = append(lines, m.pen.Begin(m.width).Skip(1).Put(paint.Strong, group).End())
		}
		p := m.pen.Begin(m.width).Skip(3).Cell(paint.Ask, c.Help().Key, 8).Skip(1)
		if why := c.why(m); why == "" {
			lines = append(lines, p.Put(paint.Plain, c.Help().Desc).End())
		} else {
			lines = append(lines, p.Put(paint.Quiet, c.Help().Desc+" (not now: "+why+")").End())
		}
	}
	g := &m.theme.Glyphs
	lines = append(lines, "", m.pen.Begin(m.width).Skip(1).Put(paint.Strong, "signs").End())
	for _, l := range []look{
		{g.In, "in rotation", paint.Good},
		{g.Draining, "draining: no new requests, those under way end", paint.Warn},
		{g.Out, "out of rotation", paint.Quiet},
		{g.Down, "down: the balancer's own check has failed", paint.Bad},
		{g.Unknown, "not known: not asked yet, out of reach, or too long ago", paint.Ask},
		{g.Alert, "a balancer says otherwise than what the run did", paint.Ask},
	} {
		lines = append(lines, m.pen.Begin(m.width).Skip(3).Glyph(l.role, l.glyph).Skip(2).Put(paint.Plain, l.word).End())
	}
	return lines
}
