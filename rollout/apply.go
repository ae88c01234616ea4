package rollout

import (
	"fmt"
	"slices"
	"time"

	"rota/lb"
)

// Replay returns what events add up to.
func Replay(events []Event) (State, error) {
	var s State
	for _, e := range events {
		if err := s.Apply(e); err != nil {
			return State{}, err
		}
	}
	return s, nil
}

// Apply folds one event into s. It is the only place where a phase changes. An
// event that cannot follow is an error and changes nothing.
func (s *State) Apply(e Event) error {
	if e.Seq != s.Seq+1 {
		return fmt.Errorf("event %d follows event %d", e.Seq, s.Seq)
	}
	if (e.Kind == RunBegun) != (s.Seq == 0) {
		return fmt.Errorf("event %d: %q cannot stand here", e.Seq, e.Kind)
	}
	if err := s.apply(e); err != nil {
		return fmt.Errorf("event %d: %w", e.Seq, err)
	}
	s.timing.observe(s, e, s.Last)
	s.Seq, s.Last, s.Operator = e.Seq, e.Time, e.Operator
	return nil
}

func (s *State) apply(e Event) error {
	switch e.Kind {
	case RunBegun:
		return s.begin(e)
	case Resumed:
		s.resume(e)
	case StepBegun:
		s.beginStep(e)
	case StepEnded:
		return s.endStep(e)
	case Moved:
		return s.move(e)
	case Observed, Sampled:
		return s.observe(e)
	case Found:
		s.found(e)
	case Booted:
		return s.boot(e)
	case Asked:
		s.Question, s.Again = e.Question, time.Time{}
	case Answered:
		if q := s.Question; q != nil && q.WaitMS > 0 && e.State == Wait {
			s.Again = e.Time.Add(time.Duration(q.WaitMS) * time.Millisecond)
		}
		if q := s.Question; q != nil && q.Kind == AskProbe && e.State != Unanswered && s.Probe != nil {
			s.decided = s.Probe.Lost
		}
		s.Question = nil
		if e.State == Back || e.State == BackBatch {
			for _, name := range e.about() {
				if sv, t := s.Server(name), s.Plan.Target(name); sv != nil && t != nil {
					sv.GoesBack, sv.Done, sv.StepsDone, sv.Steps = true, false, 0, len(t.Back)
				}
			}
		}
	case Reversed:
		return s.reverse(e)
	case RunEnded:
		s.Ended, s.Outcome, s.Summary, s.Question, s.Again = true, Outcome(e.State), e.Summary, nil, time.Time{}
	case Probed, Missed:
		return s.probed(e)
	case Weighed:
		return s.weigh(e)
	case Compared:
		s.Compared = e.Comparison
	case Output, Disturbed, Noted:
	default:
		return fmt.Errorf("%q is not a kind of event", e.Kind)
	}
	return nil
}

func (s *State) begin(e Event) error {
	if e.Plan == nil {
		return fmt.Errorf("the run has no plan")
	}
	s.Run, s.Plan, s.Begun = e.Run, *e.Plan, e.Time
	s.steps = map[StepID]StepState{}
	s.Weighings = slices.Clone(s.Plan.Weighings)
	for _, t := range s.Plan.Targets {
		sv := ServerState{
			Name: t.Server, Phase: Waiting, Since: e.Time, Batch: t.Batch,
			Version: t.From, Steps: len(t.Steps),
		}
		for _, b := range t.Everywhere() {
			sv.Observed = append(sv.Observed, Observation{Balancer: b})
		}
		s.Servers = append(s.Servers, sv)
	}
	return nil
}

// resume opens the run again, with the steps of today's inventory where they
// are others.
func (s *State) resume(e Event) {
	s.Ended, s.Outcome, s.Summary, s.Question, s.Again = false, "", nil, nil, time.Time{}
	if e.Plan == nil {
		return
	}
	was := s.Plan
	s.Plan = *e.Plan
	if s.Reverse != nil {
		r := *s.Reverse
		r.Targets = slices.Clone(r.Targets)
		for i := range r.Targets {
			if t := s.Plan.Target(r.Targets[i].Server); t != nil && !t.Comes && !t.Leaves && !s.Plan.Waits(*t) {
				r.Targets[i].Host, r.Targets[i].Steps = t.Host, t.Back
			}
		}
		s.Reverse = &r
	}
	s.renew(was.Prepare, s.Plan.Prepare)
	s.renew(was.Finish, s.Plan.Finish)
	for i := range s.Servers {
		sv := &s.Servers[i]
		old, now := was.Target(sv.Name), s.Plan.Target(sv.Name)
		if old == nil || now == nil {
			continue
		}
		there, back := s.renew(old.Steps, now.Steps), s.renew(old.Back, now.Back)
		if sv.Done {
			continue
		}
		same := there
		if sv.GoesBack || s.Reverse != nil {
			same = back
		}
		sv.StepsDone = min(sv.StepsDone, same)
		sv.Steps = len(s.Actions(sv.Name))
	}
}

func (s *State) beginStep(e Event) {
	now := StepState{Attempt: e.Attempt, Begun: e.Time, words: e.Text, about: e.about()}
	if before, begun := s.steps[e.Step]; begun {
		before.before = nil
		now.before, now.Boot = &before, before.Boot
	}
	s.steps[e.Step] = now
	if e.Batch > 0 && !e.Step.Prepares() {
		s.Batch = e.Batch
	}
	for _, name := range e.about() {
		if sv := s.Server(name); sv != nil {
			sv.Step, sv.Doing, sv.Attempt, sv.Error = e.Step, e.Text, e.Attempt, ""
			sv.Touched = sv.Touched || e.Step.Touches()
			if rung := e.Step.rung(); rung > 0 {
				sv.Rung, sv.RungSince = rung, e.Time
			}
		}
	}
}

func (s *State) endStep(e Event) error {
	st, ok := s.steps[e.Step]
	if !ok {
		return fmt.Errorf("step %s ends without having begun", e.Step)
	}
	if e.State == NotDone {
		s.undone(e, st)
		return nil
	}
	st.Ended, st.Unknown, st.Error = true, e.State == lb.Unknown.String(), e.Error
	st.ends = e.Time
	if e.Error == "" {
		st.Boot = ""
	}
	s.steps[e.Step] = st
	for _, name := range e.about() {
		sv := s.Server(name)
		if sv == nil {
			continue
		}
		sv.Error = e.Error
		if e.Error != "" {
			continue
		}
		sv.Doing = ""
		if e.Step.Touches() {
			sv.StepsDone++
		}
	}
	return nil
}

// undone forgets an attempt whose deed was not done, since its begin could not
// be written everywhere.
func (s *State) undone(e Event, st StepState) {
	delete(s.steps, e.Step)
	if st.before != nil {
		s.steps[e.Step] = *st.before
	}
	for _, name := range e.about() {
		sv := s.Server(name)
		if sv == nil {
			continue
		}
		sv.Error = e.Error
		sv.Touched = false
		for id := range s.steps {
			sv.Touched = sv.Touched || id.Touches() && id.turn() == name
		}
	}
}

func (s *State) move(e Event) error {
	sv := s.Server(e.Server)
	if sv == nil {
		return fmt.Errorf("server %q is not in the plan", e.Server)
	}
	to := Phase(e.State)
	if !sv.Phase.May(to) {
		return fmt.Errorf("%s cannot go from %s to %s", e.Server, sv.Phase, to)
	}
	sv.Phase, sv.Since = to, e.Time
	if e.Error != "" {
		sv.Error = e.Error
	}
	sv.Done = to.Settled()
	if !to.comes() {
		sv.Rung = 0
	}
	if sv.Done {
		sv.Doing = ""
	}
	return nil
}

func (s *State) observe(e Event) error {
	var state lb.State
	if err := state.UnmarshalText([]byte(e.State)); err != nil && e.Kind == Observed {
		return err
	}
	sv := s.Server(e.Server)
	if sv == nil {
		return nil
	}
	for i := range sv.Observed {
		o := &sv.Observed[i]
		if o.Balancer != e.Balancer {
			continue
		}
		o.At = e.Time
		if e.Sample != nil {
			o.Sample = *e.Sample
		}
		if e.Kind == Observed {
			o.State = state
		}
	}
	return nil
}

// found notes what a server runs. Where its steps have not brought the version
// that they should, none of them counts as done.
func (s *State) found(e Event) {
	sv := s.Server(e.Server)
	if sv == nil {
		return
	}
	sv.Version = e.Version
	if sv.Touched && e.Version != s.Wanted(e.Server) {
		sv.StepsDone = 0
	}
}

// boot notes the boot that a step reboots its host from.
func (s *State) boot(e Event) error {
	st, ok := s.steps[e.Step]
	if !ok {
		return fmt.Errorf("step %s reboots without having begun", e.Step)
	}
	st.Boot = e.State
	s.steps[e.Step] = st
	return nil
}

// reverse turns the run round: the servers of the new plan go back, each to
// what it ran before.
func (s *State) reverse(e Event) error {
	if e.Plan == nil {
		return fmt.Errorf("the way back has no plan")
	}
	for _, t := range e.Plan.Targets {
		if s.Server(t.Server) == nil {
			return fmt.Errorf("server %q is not in the plan", t.Server)
		}
	}
	s.Reverse, s.Batch, s.Compared = e.Plan, 0, nil
	for _, t := range e.Plan.Targets {
		sv := s.Server(t.Server)
		sv.Batch, sv.StepsDone, sv.Steps = t.Batch, 0, len(t.Steps)
		sv.Done, sv.GoesBack = false, false
	}
	return nil
}

// about lists the servers that an event is about.
func (e Event) about() []string {
	if e.Server != "" {
		return []string{e.Server}
	}
	return e.Servers
}
