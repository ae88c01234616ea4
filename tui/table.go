package tui

import (
	"slices"
	"strings"

	"rota/lb"
	"rota/rollout"
)

// table is which servers are shown, in what order, and where the cursor is.
// The cursor stays on its server, and that server on its line, when the order
// changes; only a cursor that nobody has moved yet stays on the first line.
type table struct {
	all    []*server // in order; kept, because sorting what is sorted costs little
	rows   []*server // shown, in order
	cursor int       // index in rows
	top    int       // the first row that is seen
	seen   int       // how many rows can be seen
	above  int       // lines above the first of them
	moved  bool      // a person has moved the cursor
	sort   sorting
	filter string
	picked bool // only the marked ones are shown
}

// sorting is an order of the table.
type sorting int

const (
	byActivity sorting = iota
	byName
	byGroup
	byVersion
	sortings
)

func (s sorting) String() string { return [...]string{"activity", "name", "group", "version"}[s] }

// order fills and sorts the rows anew.
func (t *table) order(f *fleet) {
	here := t.selected()
	offset := t.cursor - t.top
	terms := readFilter(t.filter, f)
	t.all = append(t.all, f.servers[len(t.all):]...)
	for _, s := range t.all {
		s.rank = s.urgency()
	}
	slices.SortFunc(t.all, t.compare)
	t.rows = t.rows[:0]
	for _, s := range t.all {
		if s.shown = terms.match(s, f) && (s.marked || !t.picked); s.shown {
			t.rows = append(t.rows, s)
		}
	}
	if i := slices.Index(t.rows, here); i >= 0 && t.moved {
		t.cursor, t.top = i, i-offset
	} else if !t.moved {
		t.cursor, t.top = 0, 0
	}
	t.clamp()
}

func (t *table) compare(a, b *server) int {
	by := 0
	switch t.sort {
	case byActivity:
		if by = a.rank - b.rank; by == 0 {
			by = a.batch() - b.batch()
		}
	case byName:
		by = strings.Compare(a.Name, b.Name)
	case byGroup:
		by = strings.Compare(a.Group, b.Group)
	case byVersion, sortings:
		by = strings.Compare(a.runs(), b.runs())
	}
	if by == 0 {
		by = a.order - b.order
	}
	return by
}

// urgency sorts by activity: what failed first, then what is in work, what is
// still to come, and what is done.
func (s *server) urgency() int {
	if s.atRest {
		switch s.rotation {
		case lb.Down, lb.Mixed:
			return 0
		case lb.Draining:
			return 3
		case lb.Out:
			if s.idle {
				return 6
			}
			return 4
		default:
		}
		if s.trouble != "" || s.hold != "" {
			return 4
		}
		return 6
	}
	switch s.run.Phase {
	case rollout.Failed, rollout.Uncertain:
		return 0
	case rollout.Held:
		return 2
	case rollout.Draining, rollout.Out, rollout.Deploying, rollout.Checking, rollout.Returning, rollout.Climbing:
		return 3
	case rollout.Skipped:
		return 4
	case rollout.Waiting:
		return 5
	default:
	}
	if s.alert != "" {
		return 1
	}
	return 6
}

func (s *server) batch() int {
	if s.run == nil {
		return 0
	}
	return s.run.Batch
}

func (t *table) selected() *server {
	if t.cursor < 0 || t.cursor >= len(t.rows) {
		return nil
	}
	return t.rows[t.cursor]
}

// move moves the cursor by n rows.
func (t *table) move(n int) {
	t.moved = true
	t.cursor += n
	t.clamp()
}

// choose puts the cursor on a server that is shown.
func (t *table) choose(s *server) {
	if i := slices.Index(t.rows, s); i >= 0 {
		t.move(i - t.cursor)
	}
}

// home puts the cursor on the first row, where it stays.
func (t *table) home() {
	t.moved, t.cursor, t.top = false, 0, 0
}

func (t *table) clamp() {
	t.cursor = max(min(t.cursor, len(t.rows)-1), 0)
	t.top = min(t.top, t.cursor, len(t.rows)-t.seen)
	t.top = max(t.top, t.cursor-max(t.seen, 1)+1, 0)
}
