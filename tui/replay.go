package tui

import (
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"rota/rollout"
	"rota/tui/paint"
)

// replay is a past run that is played on the screen: which of its events the
// model has been told, and how it goes on.
type replay struct {
	events []rollout.Event
	damage error // what is wrong with the journal after these events
	pace   rollout.Pace
	stops  []int   // the events that begin a batch, ask a question, or turn or end the run
	at     int     // how many have been played; at least one
	speed  float64 // how many times as fast as it was
	paused bool
	since  time.Time // until when it was played, by the clock of whoever looks
	rolls  bool      // a reel is under way
	back   tea.Cmd   // leads back to the screen that it was opened from; nil: there is none

	meanwhile string // what the screen behind it has to tell

	asked    int       // the event that asked the question that is shown; -1: none
	shown    time.Time // since when
	lingers  time.Time // until when it is shown after it was answered
	recalled recalled
}

// reel lets a replay go on for a moment.
type reel struct{ of *replay }

// NewReplay makes a screen that plays the events of a past run, of which there
// is at least one and each follows the one before it, at a speed: 10 is ten
// times as fast as it was, 0 shows its end at once. What is known of the app and
// its servers is taken from the events; of c count only how to draw, the clock,
// the input and the output. damage is what is wrong with the journal after the
// events, or nil; it is told at the end.
func NewReplay(c Config, events []rollout.Event, damage error, speed float64) *Screen {
	if c.Now == nil {
		c.Now = time.Now
	}
	s := &Screen{cfg: c, feed: newFeed()}
	s.model = newReplay(c, s.feed, events, damage, speed)
	return s
}

func newReplay(c Config, f *feed, events []rollout.Event, damage error, speed float64) *model {
	plan := events[0].Plan
	c.App, c.Environment, c.Protected = plan.App, plan.Environment, plan.Protected
	c.ReadOnly, c.Actions, c.Extra, c.Groups, c.Jobs = false, nil, nil, nil, nil
	c.Servers, c.Balancers = rowsOf(events)
	m := newModel(c, f)
	r := &replay{events: events, damage: damage, pace: rollout.PaceOf(events), speed: speed, asked: -1}
	r.stops = stopsOf(events)
	m.replay = r
	m.commands = append(replayCommands(), m.commands...)
	m.rewind()
	m.play()
	if speed <= 0 {
		r.speed = 1
		m.seek(len(events))
	}
	r.since = m.wall
	m.settle()
	m.frame = m.draw()
	return m
}

// rowsOf lists the servers and the balancers that a run tells of: those of its
// plan first.
func rowsOf(events []rollout.Event) (rows []Row, balancers []string) {
	at := map[string]int{}
	server := func(name, group string) *Row {
		i, known := at[name]
		if !known {
			i, at[name] = len(rows), len(rows)
			rows = append(rows, Row{Name: name, Group: group})
		}
		return &rows[i]
	}
	behind := func(r *Row, names ...string) {
		for _, name := range names {
			if !slices.Contains(r.Balancers, name) {
				r.Balancers = append(r.Balancers, name)
			}
			if !slices.Contains(balancers, name) {
				balancers = append(balancers, name)
			}
		}
	}
	for _, e := range events {
		if e.Plan == nil {
			continue
		}
		for _, t := range e.Plan.Targets {
			behind(server(t.Server, t.Group), t.Everywhere()...)
		}
		for _, s := range e.Plan.Skipped {
			server(s.Server, "")
		}
	}
	for _, e := range events {
		if (e.Kind == rollout.Observed || e.Kind == rollout.Sampled) && e.Server != "" && e.Balancer != "" {
			behind(server(e.Server, ""), e.Balancer)
		}
	}
	return rows, balancers
}

// stopsOf lists the events that a person may want to jump to.
func stopsOf(events []rollout.Event) []int {
	var stops []int
	var st rollout.State
	for i, e := range events {
		before := st.Batch
		if st.Apply(e) != nil {
			break
		}
		switch e.Kind {
		case rollout.RunBegun, rollout.Resumed, rollout.Asked, rollout.Reversed, rollout.RunEnded:
			stops = append(stops, i)
		default:
			if st.Batch != before {
				stops = append(stops, i)
			}
		}
	}
	return stops
}

// rewind forgets what was played. What balancers said first of a server is how
// they found it, so it is known from the beginning.
func (m *model) rewind() {
	r := m.replay
	m.now = r.events[0].Time.In(m.wall.Location())
	m.fleet = newFleet(m.cfg)
	m.fleet.lasting = true
	m.run = run{}
	r.at, r.asked = 0, -1
	type place struct{ server, balancer string }
	seen := map[place]bool{}
	for _, e := range r.events {
		at := place{e.Server, e.Balancer}
		if e.Kind == rollout.Observed && !seen[at] {
			seen[at] = true
			e.Time = r.events[0].Time
			m.fleet.observe(e)
		}
	}
	here, below := m.table.selected(), m.table.cursor-m.table.top
	m.table.all, m.table.rows = nil, nil
	m.settle()
	if here != nil {
		m.table.point(here.Name, below)
	}
}

// play plays the next event.
func (m *model) play() {
	r := m.replay
	e := r.events[r.at]
	m.pass(e.Time)
	m.observe(e)
	r.at++
	switch e.Kind {
	case rollout.Asked:
		r.recall(r.at - 1)
		r.shown = m.wall
	case rollout.Answered:
		r.answered(m.wall)
	default:
	}
	if r.ended() && r.damage != nil {
		m.run.log.push(entry{at: m.now, role: paint.Bad, glyph: m.theme.Failed, text: r.damage.Error()})
	}
}

// pass lets the time of the run go on. What is drawn over time is kept up second
// by second, but in larger steps where the run or this part of it is long: a
// thousand servers take half a millisecond each time, and a key must not wait.
func (m *model) pass(to time.Time) {
	const wholeSteps, steps = 1500, 64
	events := m.replay.events
	whole := events[len(events)-1].Time.Sub(events[0].Time)
	step := min(max(time.Second, whole/wholeSteps), trendSpan)
	step = max(step, to.Sub(m.now)/steps)
	for at := m.now.Truncate(step).Add(step); at.Before(to); at = at.Add(step) {
		m.now = at
		m.settle()
	}
	m.now = to.In(m.wall.Location())
}

// seek shows the run as it was after n events.
func (m *model) seek(n int) {
	r := m.replay
	n = max(min(n, len(r.events)), 1)
	if n < r.at {
		m.rewind()
	}
	for r.at < n {
		m.play()
	}
	if r.asked >= 0 && m.run.state.Question == nil && r.events[r.at-1].Kind != rollout.Answered {
		r.asked = -1
	}
	r.since = m.wall
	m.now = r.events[r.at-1].Time.In(m.wall.Location())
	m.settle()
}

// roll has the replay go on by itself, unless it does, is paused or has ended.
func (m *model) roll() tea.Cmd {
	r := m.replay
	if r == nil || r.rolls || r.paused || r.ended() {
		return nil
	}
	r.rolls = true
	return m.after(frame, reel{r})
}

func (r *replay) ended() bool { return r.at == len(r.events) }

// turn plays what has become due since the last time.
func (m *model) turn(msg reel) tea.Cmd {
	r := m.replay
	if r == nil || msg.of != r {
		return nil
	}
	r.rolls = false
	due := min(m.wall.Sub(r.since), time.Second) // a laptop may have slept
	r.since = m.wall
	for due > 0 && !r.paused && !r.ended() {
		next := r.events[r.at]
		rate := r.pace.Rate(r.at, r.speed)
		wait := time.Duration(float64(max(next.Time.Sub(m.now), 0)) / rate)
		if wait > due {
			m.pass(m.now.Add(time.Duration(float64(due) * rate)))
			break
		}
		due -= wait
		m.play()
	}
	m.settle()
	return m.roll()
}

// point puts the cursor on a server, and that so many lines below the first one
// that is seen, if a person has moved the cursor.
func (t *table) point(name string, below int) {
	if i := slices.IndexFunc(t.rows, func(s *server) bool { return s.Name == name }); i >= 0 && t.moved {
		t.cursor, t.top = i, i-below
		t.clamp()
	}
}
