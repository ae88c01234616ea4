package tui

import (
	"slices"
	"strings"
	"time"

	"rota/rollout"
)

// run is what is known of the run that is shown: the fold of its events, and
// those events in words.
type run struct {
	state    rollout.State
	broken   string // why events could not be folded
	log      ring[entry]
	told     map[string]int            // by run: the last of its events that was logged
	words    map[rollout.StepID]string // what each step that has begun does
	noGates  bool                      // a person wants no more of them
	failures failures
	course   course    // of the part of the traffic that its version gets
	errors   [2]course // of the shares of errors of the new version and the old one, in hundredths of a per cent
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
		*r = run{log: r.log, told: r.told, words: map[rollout.StepID]string{}}
	}
	if e.Kind == rollout.StepBegun && e.Text != "" && r.words != nil {
		r.words[e.Step] = e.Text
	}
	r.failures.observe(e)
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

// folded reports whether the state holds the event already: where a run is gone
// on with, all of its journal is told again.
func (r *run) folded(e rollout.Event) bool {
	return r.broken == "" && e.Run == r.state.Run && e.Seq <= r.state.Seq
}

// logs reports whether the event is to be logged: once, also where another run
// was shown since, and the journal of this one is folded anew.
func (r *run) logs(e rollout.Event) bool {
	if e.Seq <= r.told[e.Run] {
		return false
	}
	if r.told == nil {
		r.told = map[string]int{}
	}
	r.told[e.Run] = e.Seq
	return true
}

// observe takes an event into the run and the servers that it is about.
func (m *model) observe(e rollout.Event) {
	if m.run.folded(e) {
		return
	}
	m.run.apply(e)
	isNew := m.run.logs(e)
	switch e.Kind {
	case rollout.RunBegun:
		if s := m.table.selected(); s != nil {
			m.led = led{server: s.Name} // where the cursor was before it counts no more
		}
		m.adopt()
		if isNew {
			m.fleet.count()
		}
		m.exact = exact{} // of another plan
	case rollout.Resumed, rollout.Reversed: // by another plan, too
		m.target()
		m.exact = exact{}
	case rollout.Asked, rollout.RunEnded:
		m.holding = false
	default:
	}
	if e.Kind == rollout.RunBegun || e.Kind == rollout.Resumed || e.Kind == rollout.RunEnded {
		m.vain.observe(&m.run.state)
	}
	m.fleet.observe(e)
	var told entry
	if isNew {
		told = m.run.tell(e, &m.theme.Glyphs)
	}
	if told.text != "" {
		m.run.log.push(told)
	}
	for _, name := range about(e) {
		if s := m.fleet.byName[name]; s != nil {
			s.observe(e)
			if isNew {
				s.keep(e, told)
			}
		}
	}
	if e.Kind == rollout.Resumed && isNew {
		m.parted(e.Time)
	}
}

// parted marks in the log of each server of the run where it was gone on with.
func (m *model) parted(at time.Time) {
	rule := strings.Repeat(m.theme.Rule, 2)
	for _, s := range m.fleet.servers {
		if s.run != nil {
			s.log.push(line{at: at, source: "rota", text: rule + " the run goes on " + rule})
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

// observe takes an event into the steps of the server.
func (s *server) observe(e rollout.Event) {
	switch e.Kind {
	case rollout.Output:
		if e.Stream == "check" { // what was asked is told where the step begins
			parts := strings.SplitN(e.Line, ": ", 2)
			s.checked = parts[len(parts)-1]
		}
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
}

// keep takes an event into the log of the server; told is the event in words.
func (s *server) keep(e rollout.Event, told entry) {
	if e.Kind == rollout.Output {
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
		s.log.push(line{e.Time, source, e.Line, e.Colors})
		return
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

func join(sep string, parts ...string) string {
	kept := parts[:0]
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, sep)
}
