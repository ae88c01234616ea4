package tui

import (
	"strings"

	"rota/internal/text"
	"rota/tui/paint"
)

// head is the upper edge of a panel: its title, and at the other end a few more
// words, which are always shown. The position of the table stands there too.
type head struct {
	role        paint.Role
	title, note string
}

// positionRoom is what the position of the table takes of the edge at most; it
// gives way where less than leastTitle would be left for the title.
const (
	positionRoom = 20
	leastTitle   = 24
)

// shown is what of the title stands in the edge of a screen, and whether that is
// all of it. Of one that is too long it is the part before the first colon or
// semicolon, where that fits.
func (h head) shown(t *paint.Theme, width int) (title string, whole bool) {
	room := width - 5
	if h.note != "" {
		room -= text.Width(h.note) + 4
	}
	if room-positionRoom >= leastTitle {
		room -= positionRoom
	}
	title = text.Clean(h.title)
	if text.Width(title) <= room {
		return title, true
	}
	for _, end := range []string{": ", "; "} {
		if before, _, ok := strings.Cut(title, end); ok && text.Width(before) <= room {
			title = before
		}
	}
	return t.Cut(title, room), false
}

// headLine draws the upper edge of a panel. The position is left out where there
// is no room for it.
func (m *model) headLine(h head, position string) string {
	g := m.theme.HeavyRule
	title, _ := h.shown(m.theme, m.width)
	p := m.pen.Begin(m.width).Repeat(h.role, g, 2).Skip(1).Put(h.role, title).Skip(1)
	ends := []paint.Span{{Role: h.role, Text: h.note}, {Role: paint.Quiet, Text: position}}
	room := 0
	for i := range ends {
		width := text.Width(ends[i].Text) + 4
		if ends[i].Text == "" || room+width >= p.Left() {
			ends[i].Text = ""
			continue
		}
		room += width
	}
	p.Repeat(h.role, g, p.Left()-room)
	for _, end := range ends {
		if end.Text != "" {
			p.Skip(1).Put(end.Role, end.Text).Skip(1).Repeat(h.role, g, 2)
		}
	}
	return p.End()
}
