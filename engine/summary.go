package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"rota/lb"
	"rota/rollout"
)

// close ends a run: what is untouched goes back, the summary is made and
// written, and the error says what ended the run early.
func (x *run) close(ctx context.Context, err error) (rollout.Summary, error) {
	end := &ended{outcome: rollout.Done}
	if err != nil && !errors.As(err, &end) {
		end = &ended{outcome: rollout.Paused, why: err.Error()}
	}
	if err != nil {
		if lost, ok := errors.AsType[*ended](x.lost(ctx)); ok {
			end, err = lost, lost // what went wrong may be another's doing
		}
	}
	st := x.state()
	if err != nil && end.outcome != rollout.LockLost && st.Plan.Kind != "drain" { // who lost the lock acts no more
		x.keepLeaving(ctx)
		var all []string
		for _, sv := range st.Servers {
			all = append(all, sv.Name)
		}
		if berr := x.untouchedBack(ctx, all, ""); berr != nil {
			x.note("put back: " + berr.Error())
		}
	}
	if end.outcome != rollout.LockLost {
		x.levelled(x.levelAll(ctx))
	}
	var told []string
	if end.outcome != rollout.LockLost {
		told = x.afterwards(ctx)
	}
	x.endProbe()
	sum := x.summary(end, x.watch.look(ctx))
	sum.ByHand = x.byHandCommands(ctx)
	sum.Told = append(told, x.lastHook(ctx, &sum)...)
	x.timed(&sum)
	x.add(rollout.Event{Kind: rollout.RunEnded, State: string(sum.Outcome), Text: sum.Why, Summary: &sum, Version: x.version()})
	if st := x.state(); st.Summary != nil {
		sum = *st.Summary // as it passed the gate
	}
	if serr := x.ship(ctx); serr != nil && end.outcome != rollout.LockLost {
		x.note(serr.Error())
	}
	return sum, err
}

func (x *run) version() string {
	st := x.state()
	return st.Current().Version
}

// timed fills in how long the run has taken so far.
func (x *run) timed(sum *rollout.Summary) {
	total, asked, unavoidable, own := x.clock.read()
	sum.TotalMS, sum.AskedMS = total.Milliseconds(), asked.Milliseconds()
	sum.WaitMS, sum.OwnMS = unavoidable.Milliseconds(), own.Milliseconds()
}

// running tells which servers run which version.
func running(st *rollout.State) []rollout.Running {
	var all []rollout.Running
	for _, sv := range st.Servers {
		i := slices.IndexFunc(all, func(r rollout.Running) bool { return r.Version == sv.Version })
		switch {
		case sv.Version == "":
		case i < 0:
			all = append(all, rollout.Running{Version: sv.Version, Servers: []string{sv.Name}})
		default:
			all[i].Servers = append(all[i].Servers, sv.Name)
		}
	}
	return all
}

// summary sums up a run, with what the balancers say at its end.
func (x *run) summary(end *ended, views []lb.View) rollout.Summary {
	st := x.state()
	sum := rollout.Summary{
		Outcome: end.outcome, Person: end.person, Why: end.why, Updated: []string{},
		Probe: st.Probe, Compared: st.Compared,
	}
	p := st.Current()
	astray := map[string]string{}
	for _, sv := range st.Servers {
		if sv.Phase == rollout.Idle {
			astray[sv.Name] = inAllTheSame(x.standsBehind(&st, sv.Name, everywhere), views, sv.Name)
		}
	}
	for _, t := range p.Targets {
		switch sv := st.Server(t.Server); {
		case sv.Phase == rollout.Idle && astray[t.Server] != "":
		case sv.Phase == rollout.Failed, sv.Phase == rollout.Skipped, sv.Done && sv.StepsDone < sv.Steps:
			sum.Failed = append(sum.Failed, t.Server)
		case t.Leaves && sv.Phase == rollout.Idle:
			sum.Idle = append(sum.Idle, t.Server)
		case sv.Phase == rollout.Idle:
			sum.Idle = append(sum.Idle, t.Server)
			sum.Updated = append(sum.Updated, t.Server)
		case t.Leaves:
		case sv.Done && sv.GoesBack:
			sum.Back = append(sum.Back, t.Server)
		case sv.Done:
			sum.Updated = append(sum.Updated, t.Server)
		}
	}
	for _, sv := range st.Servers {
		why := orElse(notServing(&st, sv), astray[sv.Name])
		if why == "" && sv.Phase != rollout.Idle && (sv.Phase != rollout.Waiting || !st.Plan.Waits(*st.Plan.Target(sv.Name))) {
			why = notIn(*st.Plan.Target(sv.Name), x.standsBehind(&st, sv.Name, everywhere), views)
		}
		if why != "" {
			sum.Left = append(sum.Left, rollout.Where{Server: sv.Name, State: string(sv.Phase), Why: why})
		}
	}
	sum.Runs = running(&st)
	for _, w := range st.Plan.Skipped {
		if w.State != lb.In.String() && w.State != lb.Absent.String() {
			sum.Left = append(sum.Left, w)
		}
	}
	if sum.Outcome == rollout.Done {
		sum.Outcome = finished(&st, &sum)
	}
	if sum.Outcome == rollout.Done && x.lossy() { // in the last moment, when nobody could be asked any more
		sum.Outcome, sum.Why = rollout.LeftSome, x.probeQuestion(&st).Text
	}
	if sum.Outcome == rollout.Done && len(st.Weighings) > 0 {
		sum.Outcome, sum.Why = rollout.LeftSome, unlevelled(&st)
	}
	sum.GoOn = goOn(&st, &sum)
	if st.Plan.Kind == "rehearse" {
		r := x.Inventory.Rollout
		sum.Timings = st.Timings()
		sum.LikelyMS = rollout.Estimate(sum.Timings, r.BatchSizes(len(sum.Timings)), r.Soak).Milliseconds()
	}
	return sum
}

// finished is the outcome of a run that came to its end.
func finished(st *rollout.State, sum *rollout.Summary) rollout.Outcome {
	switch {
	case len(sum.Failed) > 0 || slices.ContainsFunc(sum.Left, func(w rollout.Where) bool { return w.State == string(rollout.Idle) }) || len(sum.Back) > 0 || st.Reverse != nil && len(st.Changed()) > 0:
		return rollout.LeftSome
	case st.Reverse != nil:
		return rollout.RolledBack
	}
	return rollout.Done
}

// notServing says why a server is not in rotation, or "".
func notServing(st *rollout.State, sv rollout.ServerState) string {
	t := st.Plan.Target(sv.Name)
	switch sv.Phase {
	case rollout.Waiting, rollout.Serving, rollout.Climbing, rollout.Idle:
		return ""
	case rollout.LeftOut:
		if t.Held != "" {
			return "held: " + t.Held
		}
		if st.Plan.Kind == "drain" {
			return "drained by hand"
		}
		return "it was out before the run"
	case rollout.Failed, rollout.Skipped:
		return orElse(sv.Error, "it failed")
	case rollout.Uncertain:
		return "the outcome of " + sv.Doing + " is not known"
	default:
		return orElse(sv.Doing, "its work is not finished")
	}
}

// inAllTheSame says which balancers have a server in rotation that the run has left
// out, or cannot tell, or "".
func inAllTheSame(behind []string, views []lb.View, name string) string {
	var said []string
	for _, b := range behind {
		if s := server(views, b, name); s.Ready() || s.State == lb.Mixed || s.State == lb.Unknown {
			said = append(said, fmt.Sprintf("%s on %s", s.State, b))
		}
	}
	return strings.Join(said, ", ")
}

// notIn says which balancers have a server out of rotation that the run has put
// there or never took out, and why, or "".
func notIn(t rollout.Target, behind []string, views []lb.View) string {
	var said []string
	for _, b := range behind {
		switch s := server(views, b, t.Server); {
		case s.Ready():
		case slices.Contains(t.LeftOut, b):
			said = append(said, fmt.Sprintf("%s on %s, as it was before the run", s.State, b))
		default:
			said = append(said, fmt.Sprintf("%s on %s", s.State, b))
		}
	}
	return strings.Join(said, ", ")
}

// goOn lists the commands that go on from here.
func goOn(st *rollout.State, sum *rollout.Summary) []string {
	var cmds []string
	switch sum.Outcome {
	case rollout.Done, rollout.RolledBack:
		return nil
	case rollout.Paused, rollout.Stopped, rollout.LeftSome, rollout.LockLost:
		cmds = append(again(st, sum), "rota resume")
	case rollout.Aborted:
	}
	if st.Plan.Kind == "deploy" && len(st.Changed()) > 0 || st.Plan.Kind == "switch" {
		cmds = append(cmds, "rota rollback")
	}
	for _, name := range st.LeftBehind() {
		cmds = append(cmds, fmt.Sprintf("rota restore %s", name))
	}
	return cmds
}

// again is the switch that takes out a server which is done with and out no more:
// to resume would find nothing left to do.
func again(st *rollout.State, sum *rollout.Summary) []string {
	i := slices.IndexFunc(sum.Left, func(w rollout.Where) bool { return w.State == string(rollout.Idle) })
	if i < 0 || st.Plan.Idle == "" {
		return nil
	}
	if st.Plan.Target(sum.Left[i].Server).Leaves {
		return []string{"rota switch " + st.Plan.Idle}
	}
	return []string{"rota switch " + st.Plan.Live}
}

const byHandLimit = 5 * time.Second

// byHandCommands lists what a person would type to put back the servers that
// are left out, once they are mended.
func (x *run) byHandCommands(ctx context.Context) []string {
	ctx, cancel := context.WithTimeout(ctx, byHandLimit)
	defer cancel()
	st := x.state()
	var cmds []string
	for _, name := range st.LeftBehind() {
		for _, b := range x.Balancers {
			p, ok := b.Balancer.(lb.Previewer)
			if !ok || !slices.Contains(x.standsBehind(&st, name, where), b.Name) {
				continue
			}
			lines, err := p.Preview(ctx, lb.Change{Server: name, To: lb.In})
			if err != nil {
				continue // it is shown elsewhere that this balancer cannot be asked
			}
			for _, line := range lines {
				cmds = append(cmds, b.Name+": "+line)
			}
		}
	}
	return cmds
}
