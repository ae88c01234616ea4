package tui

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"rota/internal/text"
	"rota/rollout"
	"rota/tui/paint"
)

// run is what is known of the run that is shown: the fold of its events, and
// those events in words.
type run struct {
	state   rollout.State
	broken  string // why events could not be folded
	log     ring[entry]
	words   map[rollout.StepID]string // what each step that has begun does
	noGates bool                      // a person wants no more of them
	course  course                    // of the part of the traffic that its version gets
	errors  [2]course                 // of the shares of errors of the new version and the old one, in hundredths of a per cent
}

// entry is one event in words.
type entry struct {
	at     time.Time
	role   paint.Role
	glyph  string
	server string
	text   string
}

// on says whether a run is under way.
func (r *run) on() bool { return r.state.Seq > 0 && !r.state.Ended }

// byHand says whether it is a drain or a restore, which have no version.
func (r *run) byHand() bool { return r.state.Plan.Kind == "drain" || r.state.Plan.Kind == "restore" }

// asIs says whether it leaves the versions as they are, and takes servers out all the same.
func (r *run) asIs() bool { return r.state.Plan.Kind == "roll" || r.state.Plan.Kind == "rehearse" }

// back says whether the run brings an earlier version back.
func (r *run) back() bool { return r.state.Current().Kind == "rollback" }

// brings is the version that the run brings; "" where it brings none that is new.
func (r *run) brings() string {
	plan := r.state.Current()
	if !slices.ContainsFunc(plan.Targets, func(t rollout.Target) bool { return t.From != t.To }) {
		return ""
	}
	return plan.Version
}

// judge decides what the run and the balancers together say of a server.
func (m *model) judge(s *server) {
	s.finished, s.atRest, s.alert = false, s.run == nil, ""
	if s.run == nil {
		return
	}
	switch s.run.Phase {
	case rollout.Out:
		s.finished = m.run.state.Plan.Kind == "drain"
	case rollout.Serving, rollout.Idle, rollout.LeftOut:
		s.finished = s.target != nil && (s.run.Touched || len(s.target.Steps) == 0)
		if m.run.state.Reverse != nil { // it may be back from the way out only
			s.finished = s.finished && s.run.StepsDone >= s.run.Steps
		}
	default:
	}
	s.atRest = !m.run.on() && (s.finished || s.run.Phase == rollout.Serving || s.run.Phase == rollout.Waiting)
	if !s.atRest {
		s.alert = s.differs(&m.fleet)
	}
}

// apply folds an event. The first event of another run begins anew.
func (r *run) apply(e rollout.Event) {
	if e.Kind == rollout.RunBegun && e.Seq == 1 {
		*r = run{log: r.log, words: map[rollout.StepID]string{}}
	}
	if e.Kind == rollout.StepBegun && e.Text != "" && r.words != nil {
		r.words[e.Step] = e.Text
	}
	if r.broken != "" {
		return
	}
	if err := r.state.Apply(e); err != nil {
		r.broken = "this screen lost track of the run: " + err.Error()
		return
	}
	switch {
	case e.Kind == rollout.Answered && e.State == rollout.ContinueAll:
		r.noGates = true
	case e.Kind == rollout.Resumed:
		r.noGates = false // whoever goes on with it is asked again
	}
	if c := r.state.Compared; e.Kind == rollout.Compared && c != nil && c.Verdict != rollout.Unmeasured {
		r.errors[0].put(e.Time, int(100*c.New.Percent()+0.5))
		r.errors[1].put(e.Time, int(100*c.Old.Percent()+0.5))
	}
}

// observe takes an event into the run and the servers that it is about.
func (m *model) observe(e rollout.Event) {
	m.run.apply(e)
	if e.Kind == rollout.RunBegun || e.Kind == rollout.Reversed {
		m.exact = exact{} // of another plan
	}
	if e.Kind == rollout.RunBegun {
		m.adopt()
		m.fleet.count()
	}
	if e.Kind == rollout.Reversed {
		m.target()
	}
	m.fleet.observe(e)
	if e.Kind == rollout.Asked || e.Kind == rollout.RunEnded {
		m.holding = false
	}
	told := m.run.tell(e, &m.theme.Glyphs)
	if told.text != "" {
		m.run.log.push(told)
	}
	for _, name := range about(e) {
		if s := m.fleet.byName[name]; s != nil {
			s.observe(e, told)
		}
	}
}

// adopt ties the servers to the run that has begun.
func (m *model) adopt() {
	for _, s := range m.fleet.servers {
		s.run, s.target, s.steps = nil, nil, nil
	}
	for i := range m.run.state.Servers {
		sv := &m.run.state.Servers[i]
		s := m.fleet.byName[sv.Name]
		if s == nil {
			s = m.fleet.add(Row{Name: sv.Name})
		}
		s.run = sv
	}
	m.target()
}

// target gives the servers their part in the plan that the run walks now.
func (m *model) target() {
	plan := m.run.state.Current()
	for _, s := range m.fleet.servers {
		s.target = nil
	}
	for i := range plan.Targets {
		t := &plan.Targets[i]
		s := m.fleet.byName[t.Server]
		if s == nil {
			continue
		}
		s.target = t
		for _, name := range t.Everywhere() {
			if i := m.fleet.balancer(name); i >= 0 {
				s.seats[i].behind = true
			}
		}
	}
}

// observe takes an event into the server's own log and steps.
func (s *server) observe(e rollout.Event, told entry) {
	switch e.Kind {
	case rollout.Output:
		source := e.Stream
		if source == "" {
			source = "out"
		}
		if source == "lb" && e.Balancer != "" {
			way := " > "
			if e.Said {
				way = " < "
			}
			e.Line, e.Colors = e.Balancer+way+e.Line, nil
		}
		if source == "check" { // what was asked is told where the step begins
			parts := strings.SplitN(e.Line, ": ", 2)
			s.checked = parts[len(parts)-1]
		}
		s.log.push(line{e.Time, source, e.Line, e.Colors})
		return
	case rollout.StepBegun:
		s.checked = ""
		s.steps = append(s.steps, step{id: e.Step, text: e.Text, begun: e.Time, attempt: e.Attempt})
	case rollout.StepEnded:
		for i := len(s.steps) - 1; i >= 0; i-- {
			if st := &s.steps[i]; st.id == e.Step && !st.ended {
				st.ended, st.err, st.unknown = true, e.Error, e.State == "unknown"
				st.took = time.Duration(e.ElapsedMS) * time.Millisecond
				break
			}
		}
	default:
	}
	if told.text != "" {
		source := "rota"
		if e.Kind == rollout.Observed || e.Kind == rollout.Disturbed { // what a balancer answers beside what it was sent
			source = "lb"
		}
		s.log.push(line{at: e.Time, source: source, text: told.text})
	}
}

// about lists the servers that an event is about.
func about(e rollout.Event) []string {
	if e.Server != "" {
		return []string{e.Server}
	}
	return e.Servers
}

// tell puts an event into words. Figures and output have none: they are shown elsewhere.
func (r *run) tell(e rollout.Event, g *paint.Glyphs) entry {
	t := r.describe(e, g)
	t.text = text.After(t.server, t.text) // the name stands beside it
	return t
}

func (r *run) describe(e rollout.Event, g *paint.Glyphs) entry {
	t := entry{at: e.Time, role: paint.Quiet, glyph: g.Waiting, server: e.Server, text: e.Text}
	if t.server == "" && len(e.Servers) == 1 {
		t.server = e.Servers[0]
	}
	say := func(role paint.Role, glyph, text string) {
		t.role, t.glyph = role, glyph
		if t.text == "" {
			t.text = text
		}
	}
	switch e.Kind {
	case rollout.Output, rollout.Sampled:
		return entry{}
	case rollout.RunBegun:
		say(paint.Work, g.Running, "run "+e.Run+" has begun")
	case rollout.Resumed:
		say(paint.Work, g.Running, "the run goes on")
	case rollout.StepBegun:
		say(paint.Quiet, g.Waiting, string(e.Step))
		if e.Attempt > 1 {
			t.text += fmt.Sprintf(" (try %d)", e.Attempt)
		}
	case rollout.StepEnded:
		what := cmp.Or(r.words[e.Step], string(e.Step))
		if e.Error == "" {
			say(paint.Quiet, g.Done, "done: "+what)
		} else {
			say(paint.Bad, g.Failed, "failed: "+what)
			t.text = join(": ", t.text, e.Error)
		}
		if e.ElapsedMS >= 100 {
			t.text += ", after " + short(time.Duration(e.ElapsedMS)*time.Millisecond)
		}
	case rollout.Moved:
		look := phaseLook(rollout.Phase(e.State), g)
		say(look.role, look.glyph, look.word)
		if e.Error != "" && !strings.Contains(t.text, e.Error) {
			t.text = join(": ", t.text, e.Error)
		}
	case rollout.Observed:
		say(paint.Quiet, g.In, e.Balancer+" says "+e.State)
	case rollout.Probed:
		if e.Text == "" {
			return entry{}
		}
		say(paint.Bad, g.Alert, "")
	case rollout.Missed:
		say(paint.Bad, g.Alert, "a request was lost")
		if l := e.Lost; l != nil { // in few words, the most telling first
			t.text = fmt.Sprintf("lost through %s, while %s: %s", cmp.Or(l.Balancer, l.Address), strings.Join(l.During, ", "), l.Reason)
		}
	case rollout.Weighed:
		if e.State != rollout.WeightsRestored { // the step tells of those that are asked for
			return entry{}
		}
		say(paint.Quiet, g.Done, "the weights on "+e.Balancer+" are as they were found")
	case rollout.Compared:
		if e.Error != "" {
			say(paint.Bad, g.Alert, "")
		}
	case rollout.Found:
		say(paint.Quiet, g.Done, "runs "+e.Version)
	case rollout.Booted:
		say(paint.Quiet, g.Done, "up since boot "+e.State)
	case rollout.Disturbed:
		say(paint.Ask, g.Alert, "was changed at "+e.Balancer+" by somebody else")
	case rollout.Asked:
		say(paint.Ask, g.Held, "a question")
		if e.Text == "" && e.Question != nil {
			t.text = e.Question.Text
		}
	case rollout.Answered:
		say(paint.Ask, g.Done, "")
		t.text = join(", ", "answer: "+e.State, e.Text)
	case rollout.Reversed:
		say(paint.Ask, g.Back, "rolling back")
	case rollout.RunEnded:
		look := outcomeLook(rollout.Outcome(e.State), g)
		say(look.role, look.glyph, "the run has ended: "+e.State)
	case rollout.Noted:
		if e.Error != "" {
			say(paint.Warn, g.Alert, "")
			t.text = join(": ", t.text, e.Error)
		}
	}
	return t
}

func join(sep string, parts ...string) string {
	kept := parts[:0]
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, sep)
}
