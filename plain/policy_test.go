package plain

import (
	"errors"
	"io"
	"strings"
	"testing"

	"rota/rollout"
)

func TestPolicyDecides(t *testing.T) {
	once := asking(rollout.AskOnce, rollout.Retry, rollout.Skip, rollout.Pause)
	hold := asking(rollout.AskHold, rollout.Continue, rollout.Pause)
	floor := asking(rollout.AskFloor, rollout.Continue, rollout.No)
	plan := asking(rollout.AskPlan, rollout.Continue, rollout.No)
	changed := asking(rollout.AskChanged, rollout.Continue, rollout.No)
	noWayBack := asking(rollout.AskFailure, rollout.Retry, rollout.Pause)
	wide := asking(rollout.AskPlan, rollout.Continue, rollout.No)
	wide.Choices[0].Wide, wide.TypeName = true, "shop"

	tests := []struct {
		name   string
		policy Policy
		q      rollout.Question
		want   string // "": no answer
		by     string
	}{
		{"yes confirms the plan", Policy{Yes: true}, plan, "continue", "--yes"},
		{"yes confirms a gate", Policy{Yes: true}, gate(), "continue", "--yes"},
		{"yes confirms a drain below the floor", Policy{Yes: true}, floor, "continue", "--yes"},
		{"yes alone does not confirm another inventory without a terminal", Policy{Yes: true}, changed, "", ""},
		{"yes confirms another inventory on a terminal", Policy{Yes: true, Terminal: true}, changed, "continue", "--yes"},
		{"changed confirms another inventory", Policy{Changed: true}, changed, "continue", "--changed"},
		{"changed confirms no gate", Policy{Changed: true}, gate(), "", ""},
		{"yes never repeats a once-step", Policy{Yes: true}, once, "", ""},
		{"yes never repeats a once-step for a pipe either", Policy{Yes: true, Answers: strings.NewReader("retry\n")}, once, "", ""},
		{"yes needs the name of a protected app", Policy{Yes: true}, wide, "", ""},
		{"yes is not helped by another app's name", Policy{Yes: true, AppName: "ship"}, wide, "", ""},
		{"yes with the name of a protected app confirms", Policy{Yes: true, AppName: "shop"}, wide, "continue", "--yes"},
		{"nobody confirms a gate", Policy{}, gate(), "", ""},
		{"a failure follows the policy", Policy{OnFailure: "rollback"}, failureQuestion(), "rollback", "policy on_failure"},
		{"yes changes nothing about that", Policy{Yes: true, OnFailure: "rollback"}, failureQuestion(), "rollback", "policy on_failure"},
		{"a failure pauses where the policy cannot be followed", Policy{OnFailure: "rollback"}, noWayBack, "pause", "policy, nobody to ask"},
		{"ask becomes pause where nobody is there", Policy{OnFailure: "ask"}, failureQuestion(), "pause", "policy, nobody to ask"},
		{"ask becomes pause with yes on a terminal", Policy{Yes: true, Terminal: true, Answers: strings.NewReader("retry\n")}, failureQuestion(), "pause", "policy, nobody to ask"},
		{"a slow drain follows the policy", Policy{OnDrainTimeout: "cut"}, drainQuestion(), "cut", "policy on_drain_timeout"},
		{"a slow drain may be deployed to", Policy{OnDrainTimeout: "continue"}, drainQuestion(), "continue", "policy on_drain_timeout"},
		{"ask becomes fail for a slow drain", Policy{OnDrainTimeout: "ask"}, drainQuestion(), "fail", "policy, nobody to ask"},
		{"yes does not deploy over open connections", Policy{Yes: true}, drainQuestion(), "fail", "policy, nobody to ask"},
		{"a disturbed run is paused", Policy{Yes: true}, hold, "pause", "policy, nobody to ask"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			op := NewJSON(io.Discard, io.Discard, tt.policy)
			defer op.Close()
			got, err := op.Decide(t.Context(), tt.q)
			if tt.want == "" {
				if !errors.Is(err, ErrNoAnswer) {
					t.Fatalf("got %v, %v; want no answer", got, err)
				}
				return
			}
			if want := (rollout.Answer{Choice: tt.want, By: tt.by}); err != nil || got != want {
				t.Fatalf("got %v, %v; want %v", got, err, want)
			}
		})
	}
}
