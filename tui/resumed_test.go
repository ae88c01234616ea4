package tui

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"rota/rollout"
)

// paused is a run that was paused in its second batch.
func paused(t testing.TB, c ...func(*Config)) *story {
	st := running(t, 120, 40, c...)
	st.event(rollout.Event{Kind: rollout.RunEnded, State: string(rollout.Paused)})
	return st
}

// recall tells a screen a journal, as it is before its run is gone on with.
func (st *story) recall(past []rollout.Event) {
	for part := range slices.Chunk(slices.Clone(past), 7) {
		st.send(news{events: part})
	}
}

// goOn goes on with the run of the story, in the same screen.
func (st *story) goOn() {
	st.recall(st.past)
	st.event(rollout.Event{Kind: rollout.Resumed, Plan: &st.plan})
}

// logOf is the log of a server without its times.
func (st *story) logOf(server string) []string {
	log := &st.fleet.byName[server].log
	var lines []string
	for i := log.gone; i < log.end(); i++ {
		lines = append(lines, log.at(i).text)
	}
	return lines
}

func (st *story) entries() []string {
	var lines []string
	for i := st.run.log.gone; i < st.run.log.end(); i++ {
		lines = append(lines, st.run.log.at(i).words())
	}
	return lines
}

func TestAResumedRunIsToldOnce(t *testing.T) {
	t.Parallel()
	st := paused(t)
	output, events := st.logOf("web3"), st.entries()
	for range 2 {
		st.goOn()
		output, events = append(output, "── the run goes on ──"), append(events, "the run goes on")
		if got := st.logOf("web3"); !slices.Equal(got, output) {
			t.Fatalf("the output of web3 is\n%q, want\n%q", got, output)
		}
		if got := st.entries(); !slices.Equal(got, events) {
			t.Fatalf("the events are\n%q, want\n%q", got, events)
		}
		want, err := rollout.Replay(st.past)
		if err != nil || !reflect.DeepEqual(st.run.state, want) {
			t.Fatalf("the state is another one than that of the journal: %v", err)
		}
		if n := len(st.fleet.byName["web1"].steps); n != 4 {
			t.Errorf("web1 has %d steps, want 4", n)
		}
		st.event(rollout.Event{Kind: rollout.RunEnded, State: string(rollout.Paused)})
		events = append(events, "the run has ended: paused")
	}
}

// Between a run and its resume another one may have been shown: the state is
// folded anew, and nothing is logged twice.
func TestAResumedRunIsToldOnceAfterAnother(t *testing.T) {
	t.Parallel()
	st := paused(t)
	drain := rollout.Plan{Kind: "drain", App: "shop", Batches: []rollout.Batch{{Servers: []string{"web6"}}}, Targets: []rollout.Target{{Server: "web6", Batch: 1}}}
	st.send(news{events: []rollout.Event{
		{Seq: 1, Time: st.now, Run: "other", Kind: rollout.RunBegun, Plan: &drain},
		{Seq: 2, Time: st.now, Run: "other", Kind: rollout.RunEnded, State: string(rollout.Done)},
	}})
	output, events := st.logOf("web3"), st.entries()
	st.goOn()
	if got, want := st.logOf("web3"), append(output, "── the run goes on ──"); !slices.Equal(got, want) {
		t.Errorf("the output of web3 is\n%q, want\n%q", got, want)
	}
	if got, want := st.entries(), append(events, "the run goes on"); !slices.Equal(got, want) {
		t.Errorf("the events are\n%q, want\n%q", got, want)
	}
	if want, err := rollout.Replay(st.past); err != nil || !reflect.DeepEqual(st.run.state, want) {
		t.Errorf("the state is another one than that of the journal: %v", err)
	}
	if n := len(st.fleet.byName["web1"].steps); n != 4 {
		t.Errorf("web1 has %d steps, want 4", n)
	}
}

func TestAScreenOpenedForAResumeShowsAll(t *testing.T) {
	t.Parallel()
	was := paused(t)
	st := newStory(t, 6, 120, 40)
	st.past, st.seq, st.now = was.past, was.seq, was.now
	st.goOn()
	if got, want := st.logOf("web3"), append(was.logOf("web3"), "── the run goes on ──"); !slices.Equal(got, want) {
		t.Errorf("the output of web3 is\n%q, want\n%q", got, want)
	}
	if got, want := st.entries(), append(was.entries(), "the run goes on"); !slices.Equal(got, want) {
		t.Errorf("the events are\n%q, want\n%q", got, want)
	}
}

// A run goes on by the inventory of today, which may have other steps.
func TestAResumedRunShowsTheStepsOfToday(t *testing.T) {
	t.Parallel()
	st := paused(t)
	today := st.plan
	today.Targets = slices.Clone(today.Targets)
	today.Targets[4].Steps = []rollout.Action{{ID: rollout.OwnStep("web5", 1), Server: "web5", Run: "/opt/shop/bin/activate-by-today"}}
	st.recall(st.past)
	st.event(rollout.Event{Kind: rollout.Resumed, Plan: &today})
	st.wait(time.Second)
	st.press("3")
	for st.table.selected().Name != "web5" {
		st.press("right")
	}
	st.shows(t, "activate-by-today")
}
