package rollout

import (
	"strings"
	"testing"
)

func TestStepsThatAreMadeAgainKeepWhatIsKnownOfThem(t *testing.T) {
	actions := func(words string) []Action {
		var all []Action
		for i, w := range strings.Fields(words) {
			all = append(all, Action{ID: OwnStep("web1", i+1), Server: "web1", Run: w, Once: w == "migrate"})
		}
		return all
	}
	for _, tt := range []struct {
		name, old, now string
		done           int
		want           int
		known          string // of the steps now, those that are known to be done
	}{
		{"nothing has changed", "unpack migrate start", "unpack migrate start", 2, 2, "unpack migrate"},
		{"one more at the end", "unpack migrate", "unpack migrate start", 2, 2, "unpack migrate"},
		{"one more in front: all again, but the once-step", "unpack migrate start", "check unpack migrate start", 3, 0, "unpack migrate start"},
		{"one less", "unpack migrate start", "unpack start", 2, 1, "unpack"},
		{"the second is another one", "unpack migrate start", "unpack prepare start", 2, 1, "unpack"},
		{"the order is another one", "unpack migrate start", "migrate unpack start", 2, 0, "migrate unpack"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := *onePlan()
			p.Targets = []Target{{Server: "web1", Batch: 1, Balancers: []string{"lb1"}, Steps: actions(tt.old)}}
			now := p
			now.Targets = []Target{{Server: "web1", Batch: 1, Balancers: []string{"lb1"}, Steps: actions(tt.now)}}
			events := []Event{
				{Kind: RunBegun, Plan: &p},
				{Kind: Moved, Server: "web1", State: "draining"},
				{Kind: Moved, Server: "web1", State: "out"},
				{Kind: Moved, Server: "web1", State: "deploying"},
			}
			for _, a := range p.Targets[0].Steps[:tt.done] {
				events = append(events, Event{Kind: StepBegun, Step: a.ID, Server: "web1"}, Event{Kind: StepEnded, Step: a.ID, Server: "web1"})
			}
			events = append(events, Event{Kind: Resumed, Plan: &now})
			for i := range events {
				events[i].Seq, events[i].Run = i+1, "r1"
			}
			st, err := Replay(events)
			if err != nil {
				t.Fatal(err)
			}
			var known []string
			for _, a := range now.Targets[0].Steps {
				if past, begun := st.Step(a.ID); begun && past.Ended {
					known = append(known, a.Run)
				}
			}
			if sv := st.Server("web1"); sv.StepsDone != tt.want || sv.Steps != len(now.Targets[0].Steps) {
				t.Errorf("%d of %d steps done, want %d", sv.StepsDone, sv.Steps, tt.want)
			}
			if got := strings.Join(known, " "); got != tt.known {
				t.Errorf("known to be done: %q, want %q", got, tt.known)
			}
		})
	}
}
