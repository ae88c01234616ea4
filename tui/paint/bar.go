package paint

// Part is one part of a bar.
type Part struct {
	Role  Role
	Glyph string
	N     float64 // its size against the others
}

// Bar writes a bar of width cells, shared out among its parts by size. A part
// that is not empty has at least one cell while there are enough.
func (p *Pen) Bar(width int, parts ...Part) *Pen {
	width = min(width, p.left)
	for i, n := range shares(width, parts) {
		p.Repeat(parts[i].Role, parts[i].Glyph, n)
	}
	return p
}

// Steps writes a cell for each figure, as high as it is beside most. A figure
// that is not known (negative) leaves its cell empty; one that is something is
// never as low as nothing.
func (p *Pen) Steps(r Role, most int, figures ...int) *Pen {
	top := len(p.theme.Steps) - 1
	for i := 0; i < len(figures); {
		if figures[i] < 0 {
			p.Skip(1)
			i++
			continue
		}
		p.open(r)
		for ; i < len(figures) && figures[i] >= 0; i++ {
			if p.left == 0 {
				continue
			}
			step := min((figures[i]*top+max(most, 1)-1)/max(most, 1), top)
			p.buf = append(p.buf, p.theme.Steps[step]...)
			p.left--
		}
		p.shut(r)
	}
	return p
}

func shares(width int, parts []Part) []int {
	cells := make([]int, len(parts))
	total := 0.0
	for _, part := range parts {
		total += max(part.N, 0)
	}
	if total <= 0 || width <= 0 {
		return cells
	}
	used, largest := 0, 0
	for i, part := range parts {
		cells[i] = int(max(part.N, 0) / total * float64(width))
		if cells[i] == 0 && part.N > 0 {
			cells[i] = 1
		}
		used += cells[i]
		if part.N > parts[largest].N {
			largest = i
		}
	}
	cells[largest] = max(cells[largest]+width-used, 0)
	return cells
}
