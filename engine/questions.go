package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"rota/lb"
	"rota/rollout"
)

// failureQuestion is asked about one server that failed.
func (x *run) failureQuestion(ctx context.Context, st *rollout.State, n int, name string, views []lb.View) rollout.Question {
	sv, t := st.Server(name), st.Current().Target(name)
	untouched := sv.Phase == rollout.Waiting
	stands := x.stands(st, name, views)
	if untouched {
		stands = "it is in rotation, untouched"
	}
	what := name + " has failed"
	if sv.GoesBack {
		what += " on its way back to " + t.From
	}
	q := rollout.Question{
		Kind: rollout.AskFailure, Server: name, Batch: n,
		Text:   what + ": " + sv.Error,
		Facts:  []string{stands},
		Output: x.tails.of(name), ByHand: x.byHandCommands(ctx),
		Choices: []rollout.Choice{
			{Key: "T", Word: rollout.Retry, Then: "try it again: " + orElse(sv.Doing, "the check")},
			{Key: "S", Word: rollout.Skip, Then: skipped(sv, untouched)},
		},
	}
	q.Facts = append(q.Facts, compared(st)...)
	if held := others(st, name); len(held) > 0 {
		q.Facts = append(q.Facts, "held until this is decided: "+strings.Join(held, ", "))
	}
	if !st.GoingBack() {
		if sv.Touched && t.NoWayBack == "" && !sv.GoesBack {
			q.Choices = append(q.Choices, rollout.Choice{
				Key: "B", Word: rollout.Back, Then: t.From + " again on " + name + ", then go on with the others",
			})
		}
		if t.NoWayBack != "" {
			q.Facts = append(q.Facts, "way back: none, because "+t.NoWayBack)
		}
		if batch := touchedIn(st, n); len(batch) > 1 && noneIsStuck(st, batch) {
			q.Choices = append(q.Choices, rollout.Choice{
				Key: "G", Word: rollout.BackBatch, Then: "the earlier version again on " + few(batch) + ", then go on",
			})
		}
		if len(st.Changed()) > 0 && st.MayGoBack() {
			q.Choices = append(q.Choices, x.backChoice(st, n))
		}
	}
	q.Choices = append(q.Choices,
		rollout.Choice{Key: "P", Word: rollout.Pause, Then: "stop here for now; rota resume tries " + name + " again"},
		rollout.Choice{Key: "X", Word: rollout.Abort, Then: "end for good: the untouched go back in, the rest stays", Wide: true})
	return q
}

// skipped tells what becomes of a failed server that is left out.
func skipped(sv *rollout.ServerState, untouched bool) string {
	switch {
	case untouched:
		return "go on without it; it stays in rotation as it is"
	case sv.Version != "":
		return "go on without it; it stays out, with " + sv.Version
	}
	return "go on without it; it stays out"
}

// comers lists the servers that are ready to come into rotation, and those of
// them that were left out.
func comers(st *rollout.State) (ready, without []string) {
	for _, t := range st.Current().Targets {
		switch {
		case !t.Comes:
		case st.Server(t.Server).Phase == rollout.Idle:
			ready = append(ready, t.Server)
		default:
			without = append(without, t.Server)
		}
	}
	return ready, without
}

// touchedIn lists the servers of a batch that have changed and not gone back.
func touchedIn(st *rollout.State, n int) []string {
	changed := st.Changed()
	return slices.DeleteFunc(slices.Clone(st.Current().Batches[n-1].Servers), func(name string) bool {
		return !slices.Contains(changed, name) || st.Server(name).GoesBack
	})
}

// noneIsStuck reports whether all these servers have a way back.
func noneIsStuck(st *rollout.State, names []string) bool {
	return !slices.ContainsFunc(names, func(name string) bool { return st.Current().Target(name).NoWayBack != "" })
}

// stands tells where a server stands, as the balancers say it.
func (x *run) stands(st *rollout.State, name string, views []lb.View) string {
	if x.all(views, []string{name}, everywhere, leaving) {
		return "it is out of rotation and takes no traffic"
	}
	var said []string
	for _, b := range x.standsBehind(st, name, everywhere) {
		said = append(said, fmt.Sprintf("%s on %s", server(views, b, name).State, b))
	}
	return "it is " + strings.Join(said, ", ")
}

// others lists the servers that wait for the decision about another.
func others(st *rollout.State, name string) []string {
	var names []string
	for _, sv := range st.Servers {
		if sv.Name != name && !sv.Done && (sv.Phase == rollout.Held || sv.Phase == rollout.Checking || sv.Phase == rollout.Out) {
			names = append(names, sv.Name)
		}
	}
	return names
}

func (x *run) askFloor(ctx context.Context, n int, servers []string, why error) (string, error) {
	return x.ask(ctx, rollout.Question{
		Kind: rollout.AskFailure, Batch: n,
		Text:  fmt.Sprintf("batch %d cannot be taken out: %v", n, why),
		Facts: []string{strings.Join(servers, ", ") + " wait in rotation, untouched"},
		Choices: []rollout.Choice{
			{Key: "T", Word: rollout.Retry, Then: "look again, for as long as a drain may take"},
			{Key: "P", Word: rollout.Pause, Then: "stop here for now; rota resume goes on"},
			{Key: "X", Word: rollout.Abort, Then: "end for good; nothing of this batch was touched", Wide: true},
		},
	})
}

// askDrain asks what to do about connections that do not end, or follows
// on_drain_timeout.
func (x *run) askDrain(ctx context.Context, n int, open, facts []string) (string, error) {
	st := x.state()
	if p := st.Plan.Policy.OnDrainTimeout; p != "ask" {
		a := rollout.Answer{Choice: p, By: "policy on_drain_timeout"}
		return a.Choice, x.answered(ctx, rollout.Question{Batch: n}, a)
	}
	return x.ask(ctx, rollout.Question{
		Kind: rollout.AskDrain, Batch: n,
		Text:  fmt.Sprintf("%s still had connections after %s", strings.Join(open, ", "), st.Plan.Policy.DrainTimeout),
		Facts: facts,
		Choices: []rollout.Choice{
			{Key: "W", Word: rollout.Wait, Then: "wait as long again"},
			{Key: "M", Word: rollout.Move, Then: "close them for sticky sessions too, which then go elsewhere, and wait"},
			{Key: "F", Word: rollout.PutBack, Then: "put them back; they are untouched"},
			{Key: "C", Word: rollout.Continue, Then: "deploy all the same; what is under way is lost"},
			{Key: "U", Word: rollout.Cut, Then: "end their connections; what is under way is lost"},
			{Key: "X", Word: rollout.Abort, Then: "end for good: untouched servers go back in", Wide: true},
		},
	})
}

func (x *run) askOnce(ctx context.Context, name string, a rollout.Action) error {
	answer, err := x.ask(ctx, rollout.Question{
		Kind: rollout.AskOnce, Server: name,
		Text:  fmt.Sprintf("%s: %s is to run once, and whether it has is not known", name, a.Words()),
		Facts: []string{"its connection was lost, or rota was killed, while it ran"},
		Choices: []rollout.Choice{
			{Key: "T", Word: rollout.Retry, Then: "run it again"},
			{Key: "D", Word: rollout.Skip, Then: "count it as done"},
			{Key: "P", Word: rollout.Pause, Then: "stop here, to look at it by hand"},
		},
	})
	switch {
	case err != nil:
		return err
	case answer == rollout.Pause:
		return &ended{outcome: rollout.Stopped, person: true, why: "stopped at " + a.Words()}
	case answer == rollout.Skip:
		x.countDone(name, a)
	}
	return nil
}

// countDone notes a step as done that is not run again.
func (x *run) countDone(name string, a rollout.Action) {
	x.add(rollout.Event{Kind: rollout.StepBegun, Step: a.ID, Server: name, Attempt: 1, Text: a.Words()})
	x.add(rollout.Event{Kind: rollout.StepEnded, Step: a.ID, Server: name, Text: "counted as done"})
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
