package tui

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	tea "charm.land/bubbletea/v2"

	"rota/tui/paint"
)

const playing = "playing"

// replayCommands lists what the keys do beside, where a past run is played.
func replayCommands() []command {
	to := func(n func(*replay) int) func(*model) tea.Cmd {
		return func(m *model) tea.Cmd { m.seek(n(m.replay)); return m.roll() }
	}
	step := func(n func(*replay) int) func(*model) tea.Cmd {
		return func(m *model) tea.Cmd { m.replay.paused = true; m.seek(n(m.replay)); return nil }
	}
	return []command{
		{bind(keys("space"), "space", "pause: or go on"), playing, 0, nil, nil, (*model).pauseOrPlay},
		{bind(keys(">"), ">", "next: batch or question"), playing, 2, nil, nil, to((*replay).nextStop)},
		{bind(keys("<"), "<", "before: the batch or question"), playing, 2, nil, nil, func(m *model) tea.Cmd { m.seek(m.stopBefore()); return m.roll() }},
		{bind(keys("]", "+", "="), "]", "faster"), playing, 3, nil, nil, func(m *model) tea.Cmd { m.speedUp(1); return nil }},
		{bind(keys("[", "-"), "[", "slower"), playing, 3, nil, nil, func(m *model) tea.Cmd { m.speedUp(-1); return nil }},
		{bind(keys("."), ".", "step: one event on, and pause"), playing, 4, nil, nil, step((*replay).stepOn)},
		{bind(keys(","), ",", "one event back, and pause"), playing, -1, nil, nil, step((*replay).stepBack)},
		{bind(keys("home"), "home", "to the beginning of the run"), playing, -1, nil, nil, to(func(*replay) int { return 1 })},
		{bind(keys("end"), "end", "to its end"), playing, -1, nil, nil, to(func(r *replay) int { return len(r.events) })},
		{bind(keys("esc"), "esc", "back to the past runs"), playing, 1, func(m *model) bool { return m.view == serversView && m.replay.back != nil && !m.clears() }, nil, (*model).leaveReplay},
	}
}

func (m *model) leaveReplay() tea.Cmd {
	if m.replay.back != nil {
		return m.replay.back
	}
	return tea.Quit
}

func (m *model) pauseOrPlay() tea.Cmd {
	r := m.replay
	if r.ended() { // once more
		m.seek(1)
		r.paused = true
	}
	r.paused = !r.paused
	r.since = m.wall
	return m.roll()
}

// nextStop is how many events are played up to the next stop.
func (r *replay) nextStop() int {
	for _, i := range r.stops {
		if i >= r.at {
			return i + 1
		}
	}
	return len(r.events)
}

// stopBefore goes to the last stop, or to the one before that where it was only
// just passed: who presses the key again and again goes back and back.
func (m *model) stopBefore() int {
	r := m.replay
	const just = 2 * time.Second
	n, _ := slices.BinarySearch(r.stops, r.at)
	n--
	if n >= 0 && m.now.Sub(r.events[r.stops[n]].Time) <= time.Duration(float64(just)*r.speed) {
		n--
	}
	if n < 0 {
		return 1
	}
	return r.stops[n] + 1
}

// stepOn is how many events are played after the next one; figures alone are no step.
func (r *replay) stepOn() int {
	n := r.at
	for n < len(r.events) && r.events[n].Figures() {
		n++
	}
	return n + 1
}

func (r *replay) stepBack() int {
	n := r.at - 1
	for n > 1 && r.events[n-1].Figures() {
		n--
	}
	return n
}

// speedUp takes the next speed up or down.
func (m *model) speedUp(by int) {
	r := m.replay
	speeds := []float64{.1, .25, .5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000}
	i, exactly := slices.BinarySearch(speeds, r.speed)
	if by > 0 && exactly {
		i++
	}
	if by < 0 {
		i--
	}
	r.speed = speeds[max(min(i, len(speeds)-1), 0)]
}

// replayLine tells where the replay is.
func (m *model) replayLine(p *paint.Pen) string {
	r := m.replay
	g := &m.theme.Glyphs
	glyph, state, long := g.Running, "", time.Duration(0)
	role := paint.Ask
	switch {
	case r.ended() && r.damage != nil:
		glyph, state, role = g.Failed, "damaged here", paint.Bad
	case r.ended():
		glyph, state = g.Done, "the end"
	case r.paused:
		glyph, state = g.Held, "paused"
	default:
		long = r.pace.Shortened(r.at, r.speed)
	}
	part := r.pace.Part(r.at, m.now.Sub(r.events[r.at-1].Time))
	said := fmt.Sprintf("%s replay %s, %d%%, x%s", glyph, m.now.Format(time.TimeOnly), int(part*100), strconv.FormatFloat(r.speed, 'g', 6, 64))
	fields := []paint.Field{paint.F(0, role, join(", ", said, state))}
	if long > 0 {
		fields = append(fields, paint.F(1, paint.Warn, "wait of "+short(long)+" shortened"))
	}
	if r.meanwhile != "" {
		fields = append(fields, paint.F(1, paint.Ask, "now: "+r.meanwhile).AtRight())
	}
	fields = append(fields,
		paint.F(2, paint.Quiet, m.now.Format("2 Jan 2006")),
		paint.F(3, paint.Quiet, "run "+m.run.state.Run))
	p.Begin(m.width).Skip(1)
	if m.width >= medium {
		p.Bar(m.width/6, paint.Part{Role: paint.Ask, Glyph: g.HeavyRule, N: part}, paint.Part{Role: paint.Quiet, Glyph: g.Rule, N: 1 - part}).Skip(1)
	}
	return p.Fields(fields...).End()
}
