package tui

import (
	"slices"

	"rota/rollout"
)

// led is the server on which a question has put the cursor of the table.
type led struct {
	server string
	free   bool // nobody had moved the cursor before
}

// lead puts the cursor on the first server that a question is about, and that on
// the first line, unless a person has moved it since the last question.
func (m *model) lead(q *rollout.Question) {
	t := &m.table
	here := t.selected()
	if here == nil || m.view == outputView { // where somebody reads about a server
		return
	}
	if t.moved && here.Name != m.led.server {
		m.led = led{server: here.Name}
		return
	}
	names := m.concerned(q)
	i := slices.IndexFunc(t.rows, func(s *server) bool { return slices.Contains(names, s.Name) })
	if i < 0 {
		return
	}
	m.led = led{t.rows[i].Name, m.led.free || !t.moved}
	t.moved, t.cursor, t.top = true, i, i
}

// letGo puts the cursor back where it was without a question.
func (m *model) letGo() {
	if s := m.table.selected(); s != nil && m.led.free && s.Name == m.led.server && m.view != outputView {
		m.table.home()
	}
	m.led.free = false
}

// looksElsewhere reports whether the cursor is on none of the servers that the
// open question is about.
func (m *model) looksElsewhere() bool {
	s, names := m.table.selected(), m.inQuestion()
	return len(names) > 0 && (s == nil || !slices.Contains(names, s.Name))
}

// outOfSight is the first server that the open question is about, where none of them
// is in sight in the table, or nil.
func (m *model) outOfSight() *server {
	t, names := &m.table, m.inQuestion()
	for _, s := range t.rows[t.top:min(t.top+max(t.seen, 0), len(t.rows))] {
		if slices.Contains(names, s.Name) {
			return nil
		}
	}
	if len(names) == 0 {
		return nil
	}
	return m.fleet.byName[names[0]]
}

// inQuestion lists the servers that the question is about that is shown.
func (m *model) inQuestion() []string {
	d := m.asking()
	if d == nil || d.folded || m.attended != panel(d) {
		return nil
	}
	return m.concerned(&d.ask.question)
}

// concerned lists the servers that a question is about.
func (m *model) concerned(q *rollout.Question) []string {
	st := &m.run.state
	switch {
	case q.Server != "":
		return []string{q.Server}
	case st.Seq > 0 && q.Batch > 0 && q.Batch <= len(st.Current().Batches):
		return st.Pending(q.Batch)
	}
	return nil
}
