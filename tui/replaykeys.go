package tui

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	tea "charm.land/bubbletea/v2"

	"rota/rollout"
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
		{bind(keys("]", "+", "="), "]", "faster"), playing, 3, nil, nil, func(m *model) tea.Cmd { return m.speedUp(1) }},
		{bind(keys("[", "-"), "[", "slower"), playing, 3, nil, nil, func(m *model) tea.Cmd { return m.speedUp(-1) }},
		{bind(keys("."), ".", "step: one event on, and pause"), playing, 4, nil, nil, step((*replay).stepOn)},
		{bind(keys(","), ",", "one event back, and pause"), playing, -1, nil, nil, step((*replay).stepBack)},
		{bind(keys("home"), "home", "to the beginning of the run"), playing, -1, nil, nil, to(func(*replay) int { return 1 })},
		{bind(keys("end"), "end", "to its end"), playing, -1, nil, nil, to(func(r *replay) int { return len(r.events) })},
		{bind(keys("esc"), "esc", "back to the past runs"), playing, 1, func(m *model) bool { return m.view == serversView && m.replay.back != nil }, nil, (*model).leaveReplay},
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
func (m *model) speedUp(by int) tea.Cmd {
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
	return m.say(paint.Plain, "played "+times(r.speed))
}

func times(speed float64) string {
	switch {
	case speed == 1:
		return "as fast as it was"
	case speed < 1:
		return strconv.FormatFloat(1/speed, 'g', 3, 64) + " times as slow as it was"
	}
	return strconv.FormatFloat(speed, 'g', 6, 64) + " times as fast as it was"
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
	said := fmt.Sprintf("%s replay %s, %d %%, x%s", glyph, m.now.Format(time.TimeOnly), int(part*100), strconv.FormatFloat(r.speed, 'g', 6, 64))
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

// lingering is how long a question is shown after it was answered: where a
// policy did that, nobody could read it.
const lingering = 3 * time.Second

// recalled is a question of the run that is played, with the answer that it got.
// It takes no answer.
type recalled struct {
	*dialog
	answer *rollout.Event // nil: the journal has none
	after  time.Duration
}

// recall shows the question of an event.
func (r *replay) recall(i int) {
	if r.events[i].Question == nil {
		return
	}
	r.asked = i
	r.recalled = recalled{dialog: newDialog(&ask{question: *r.events[i].Question})}
	for _, e := range r.events[i+1:] {
		switch e.Kind {
		case rollout.Answered:
			r.recalled.answer, r.recalled.after = &e, e.Time.Sub(r.events[i].Time)
			return
		case rollout.Asked, rollout.Resumed, rollout.RunEnded:
			return
		default:
		}
	}
}

// asks is the question that the run waits for an answer to.
func (r *replay) asks(m *model) *ask {
	if q := m.run.state.Question; q != nil {
		return &ask{question: *q}
	}
	return &ask{}
}

// question is the panel of the question that is open, or was until just now.
func (r *replay) question(m *model) panel {
	if r.asked < 0 || m.run.state.Question == nil && !r.paused && m.wall.After(r.lingers) {
		return nil
	}
	return r.recalled
}

func (r recalled) patience() *patience { return nil }

func (r recalled) key(m *model, k tea.KeyPressMsg) (tea.Cmd, bool) {
	press := pressed(k)
	switch {
	case press == "tab":
		r.folded = !r.folded
		return nil, true
	case r.find(string(press)) != nil:
		return m.say(paint.Warn, "this is a replay: it takes no answer"), true
	}
	return nil, false
}

func (r recalled) draw(m *model, most int) ([]string, *tea.Cursor) {
	if r.folded {
		return r.dialog.draw(m, most)
	}
	p := m.pen
	said := "nobody has answered"
	given := ""
	if r.answer != nil {
		given = r.answer.State
		said = join(", ", "answered: "+given, r.answer.Text, "after "+short(r.after))
	}
	var end []string
	for _, c := range r.choices {
		p.Begin(m.width).Skip(1)
		role := paint.Quiet
		if c.Word == given {
			role = paint.Strong
			p.Glyph(paint.Ask, m.theme.Cursor)
		} else {
			p.Skip(1)
		}
		end = append(end, p.Skip(1).Put(role, c.Key+" "+c.Word).Skip(2).Put(paint.Quiet, c.Then).End())
	}
	if len(end) > most-2 {
		end = nil
	}
	end = append(end, p.Begin(m.width).Skip(1).Put(paint.Ask, said).End())
	return r.around(m, most, end), nil
}
