package tui

// sheet is which lines of a panel's evidence are shown, where not all of them
// have room.
type sheet struct {
	large bool // a person wants as much of it as the screen holds
	top   int  // the first line that is then seen
	room  int  // how many lines can be seen
	total int
	seen  int  // how many of them have been seen, from the first on without a gap
	read  bool // all of them were
}

// passage is a part of the evidence that belongs together, in lines as they are
// drawn.
type passage []string

func (s *sheet) hides() bool { return s.total > s.room }
func (s *sheet) full() bool  { return s.large }

// fill tells how many lines there are, and how many have room.
func (s *sheet) fill(total, room int) {
	if total != s.total {
		s.seen = 0
	}
	s.total, s.room = total, room
}

// look notes that n lines are seen, from a line on.
func (s *sheet) look(from, n int) {
	if from <= s.seen {
		s.seen = max(s.seen, from+n)
	}
	s.read = s.read || s.seen >= s.total
}

// all shows all lines.
func (s *sheet) all(parts []passage) []string {
	lines := flat(parts)
	s.fill(len(lines), len(lines))
	s.look(0, len(lines))
	return lines
}

// page shows the lines that a person has scrolled to.
func (s *sheet) page(parts []passage, room int) []string {
	lines := flat(parts)
	s.fill(len(lines), room)
	s.scroll(0)
	s.look(s.top, room)
	return lines[s.top : s.top+room]
}

// best shows what matters most, by an order of the passages. The one that has
// room no more is shown in part.
func (s *sheet) best(parts []passage, order []int, room int) []string {
	s.fill(lineCount(parts), room)
	shown := make([]passage, len(parts))
	for _, i := range order {
		shown[i] = parts[i][:min(len(parts[i]), room)]
		room -= len(shown[i])
	}
	first := 0
	for i := range parts {
		first += len(shown[i])
		if len(shown[i]) < len(parts[i]) {
			break
		}
	}
	s.look(0, first)
	return flat(shown)
}

// key takes the keys that show more of it, and false for others.
func (s *sheet) key(k press) bool {
	switch k {
	case "e":
		switch {
		case !s.large && !s.hides():
			return false
		case !s.large:
			s.large, s.top = true, 0
		case !s.hides():
			s.large = false
		case s.top+s.room >= s.total:
			s.top = 0
		default:
			s.scroll(s.room)
		}
		return true
	case "esc":
		was := s.large
		s.large = false
		return was
	}
	by := map[press]int{
		"up": -1, "k": -1, "down": 1, "j": 1, "pgup": -s.room, "ctrl+u": -s.room, "pgdown": s.room, "ctrl+d": s.room,
		"home": -s.total, "g": -s.total, "end": s.total, "G": s.total,
	}[k]
	if by == 0 || !s.large || !s.hides() {
		return false
	}
	s.scroll(by)
	return true
}

func (s *sheet) scroll(n int) { s.top = max(min(s.top+n, s.total-s.room), 0) }

func lineCount(parts []passage) int {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	return n
}

func flat(parts []passage) []string {
	var lines []string
	for _, p := range parts {
		lines = append(lines, p...)
	}
	return lines
}
