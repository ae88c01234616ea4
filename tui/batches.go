package tui

import (
	"fmt"
	"slices"
	"strconv"

	"rota/rollout"
	"rota/tui/paint"
)

// batches draws the batches done, running and to come, and the balancers.
func (m *model) batches(p *paint.Pen) string {
	p.Begin(m.width).Skip(1)
	var fields []paint.Field
	inBatches := m.run.state.Seq > 0 && !m.run.byHand()
	if inBatches {
		fields = append(fields, m.batchRow(p.Left()/2))
		left, ok := m.run.state.Left(m.now)
		if ok && left > 0 && m.run.on() {
			fields = append(fields, paint.F(2, paint.Plain, "about "+rollout.Roughly(left)+" to go"))
		}
		if confirm := m.run.state.Plan.Policy.Confirm; confirm != "" && m.run.on() {
			if m.run.noGates {
				confirm = "never"
			}
			if len(m.run.state.Current().Batches) > 1 {
				fields = append(fields, paint.F(3, paint.Quiet, gates(confirm)))
			}
		}
	} else {
		fields = append(fields, paint.F(2, paint.Plain, "balancers"))
	}
	for i := range m.fleet.balancers {
		f := m.balancerField(i)
		if inBatches {
			f = f.AtRight()
		}
		fields = append(fields, f)
	}
	return p.Fields(fields...).End()
}

// gates tells when the run asks.
func gates(confirm string) string {
	switch confirm {
	case "never":
		return "no gates"
	case "first":
		return "gate after the first batch"
	}
	return "gate after each " + confirm
}

// batchRow draws as many batches as fit, around the one in work.
func (m *model) batchRow(width int) paint.Field {
	g := &m.theme.Glyphs
	f := paint.F(1, paint.Plain, "batch ")
	n := len(m.run.state.Current().Batches)
	each := len(strconv.Itoa(n)) + 2
	room := max((width-12)/each, 3)
	first := 1
	if n > room {
		first = max(min(m.run.state.Batch-room/2, n-room+1), 1)
	}
	last := min(first+room-1, n)
	if first > 1 {
		f.More = append(f.More, paint.Span{Role: paint.Quiet, Text: g.Ellipsis + " "})
	}
	f.More = slices.Grow(f.More, 3*room+1)
	for b := first; b <= last; b++ {
		l := m.batchLook(b)
		if b > first {
			f.More = append(f.More, paint.Span{Text: " "})
		}
		f.More = append(f.More, paint.Span{Role: l.role, Text: l.glyph}, paint.Span{Role: l.role, Text: strconv.Itoa(b)})
	}
	if last < n {
		f.More = append(f.More, paint.Span{Role: paint.Quiet, Text: fmt.Sprintf(" %s%d", g.Ellipsis, n)})
	}
	return f
}

// batchLook sums up the servers of a batch.
func (m *model) batchLook(batch int) look {
	g, st := &m.theme.Glyphs, &m.run.state
	if batch > st.Batch {
		return look{g.Waiting, "to come", paint.Quiet}
	}
	servers, back := st.Current().Batches[batch-1].Servers, 0
	for _, name := range servers {
		s := m.fleet.byName[name]
		switch {
		case s == nil || s.run == nil:
		case s.run.GoesBack:
			back++
		case s.run.Phase == rollout.Failed || s.run.Phase == rollout.Uncertain || s.run.Phase == rollout.Skipped:
			return look{g.Failed, "failed", paint.Bad}
		}
	}
	switch over := batch < st.Batch || len(st.Pending(batch)) == 0; {
	case over && back == len(servers):
		return look{g.Back, "sent back", paint.Warn}
	case over:
		return look{g.Done, "done", paint.Good}
	}
	return look{g.Running, "in work", paint.Work}
}

// balancerField tells whether a balancer answers, and when it last did.
func (m *model) balancerField(i int) paint.Field {
	g := &m.theme.Glyphs
	b := &m.fleet.balancers[i]
	text := b.name
	switch {
	case b.err != "":
		return paint.F(1, paint.Bad, g.Down+" "+text+" out of reach")
	case b.at.IsZero():
		return paint.F(2, paint.Quiet, g.Waiting+" "+text+" asking")
	}
	role, glyph := paint.Good, g.In
	age := m.now.Sub(b.at)
	if m.fleet.aged(age) {
		role, glyph = paint.Ask, g.Unknown
	}
	if m.width >= wide && len(m.fleet.balancers) <= manyBalancers {
		text = join(" ", text, b.kind, b.version)
	}
	switch {
	case m.width >= wide:
		text += " " + seconds(age) + " ago"
	case m.width >= medium || m.fleet.aged(age):
		text += " " + seconds(age)
	}
	return paint.F(2, role, glyph+" "+text)
}
