package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"rota/rollout"
)

// gateWait is how long "wait" puts a gate off.
const gateWait = time.Minute

// gate is the question between two batches, with the evidence.
func (x *run) gate(ctx context.Context, st *rollout.State, n, next int) rollout.Question {
	p := st.Current()
	q := rollout.Question{Kind: rollout.AskGate, Batch: next, WaitMS: gateWait.Milliseconds()}
	var batch []string // goes out next
	goOn := "finish the run"
	if next > 0 {
		batch = st.Pending(next)
		q.Text = fmt.Sprintf("batch %d of %d %s; go on with batch %d (%s)?", n, len(p.Batches), howEnded(st, n), next, few(batch))
		goOn = fmt.Sprintf("take %s out next", few(batch))
		if !p.Batches[next-1].Has(rollout.TakeOut) {
			batch = nil
		}
	}
	wide := false
	switch p.Batches[n-1].Asks {
	case rollout.AsksSwitch:
		but := ""
		if _, without := comers(st); len(without) > 0 {
			but = " but for " + strings.Join(without, ", ")
		}
		q.Text = fmt.Sprintf("%s is proved healthy%s, out of rotation; switch all traffic from %s to %s?", p.Idle, but, p.Live, p.Idle)
		goOn, wide = fmt.Sprintf("put %s in on every balancer, then take %s out", p.Idle, p.Live), true
	case rollout.AsksSwitched:
		q.Text = fmt.Sprintf("%s has all the traffic, %s is out and ready; keep it so?", p.Idle, p.Live)
		goOn = "keep it so: " + goOn
	case rollout.AsksNext:
	}
	q.Facts = append(q.Facts, x.evidence(st, n, batch, x.watch.look(ctx))...)
	if failed := failedOn(st); len(failed) > 0 && next > 0 && p.Version != "" && !st.GoingBack() {
		q.Facts = slices.Insert(q.Facts, 1, fmt.Sprintf("what comes next gets %s too, which failed on %s", p.Version, few(failed)))
	}
	q.Choices = []rollout.Choice{
		{Key: "C", Word: rollout.Continue, Then: goOn, Wide: wide},
		{Key: "W", Word: rollout.Wait, Then: "watch for another minute, then ask again"},
	}
	if next > 0 {
		q.Choices = slices.Insert(q.Choices, 1, rollout.Choice{Key: "A", Word: rollout.ContinueAll, Then: "go on to the end, ask no more gates"})
		q.Choices = append(q.Choices, rollout.Choice{Key: "P", Word: rollout.Pause, Then: "stop here for now; rota resume goes on"})
	}
	if st.MayGoBack() && (len(st.Changed()) > 0 || p.Idle != "") {
		q.Choices = append(q.Choices, x.backChoice(st, n))
	}
	if next == 0 {
		return q
	}
	end := "end for good, with both versions in rotation"
	switch {
	case p.Kind == "roll" || p.Kind == "rehearse":
		end = "end for good; the servers to come stay as they are"
	case p.Batches[n-1].Asks == rollout.AsksSwitch:
		end = fmt.Sprintf("end for good; %s stays in rotation, %s out of it", p.Live, p.Idle)
	}
	q.Choices = append(q.Choices, rollout.Choice{Key: "X", Word: rollout.Abort, Then: end, Wide: true})
	return q
}

// backChoice offers the way back of the whole run from the n-th batch.
func (x *run) backChoice(st *rollout.State, n int) rollout.Choice {
	c := rollout.Choice{Key: "R", Word: rollout.RollBack}
	switch p, changed := &st.Plan, st.Changed(); {
	case n > 0 && p.Idle != "" && p.Batches[n-1].Asks == rollout.AsksSwitch:
		c.Then = fmt.Sprintf("end: %s keeps all the traffic, %s stays out as it is", p.Live, p.Idle)
	case p.Idle != "":
		c.Then = fmt.Sprintf("%s in rotation again, as it was, and %s out", p.Live, p.Idle)
	default:
		c.Then = fmt.Sprintf("end: %s back to the earlier version: %s", plural(len(changed), "server"), few(changed))
	}
	return c
}

// howEnded tells in a word or two how a batch has come to its end.
func howEnded(st *rollout.State, n int) string {
	servers := st.Current().Batches[n-1].Servers
	failed, back := 0, 0
	for _, name := range servers {
		switch sv := st.Server(name); {
		case sv.Phase == rollout.Skipped:
			failed++
		case sv.GoesBack:
			back++
		}
	}
	switch {
	case failed == 0 && back == 0:
		return "is done"
	case failed == len(servers):
		return "has FAILED"
	case back == len(servers):
		return "was sent back"
	}
	said := "is over"
	if failed > 0 {
		said += fmt.Sprintf(", %d failed", failed)
	}
	if back > 0 {
		said += fmt.Sprintf(", %d sent back", back)
	}
	return said
}

// failedOn lists the servers that were left out or sent back.
func failedOn(st *rollout.State) []string {
	var names []string
	for _, sv := range st.Servers {
		if sv.Phase == rollout.Skipped || sv.GoesBack {
			names = append(names, sv.Name)
		}
	}
	return names
}

// few names some, and counts the others.
func few(names []string) string {
	const most = 4
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most-1], ", "), len(names)-most+1)
}
