package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"rota/engine"
	"rota/rollout"
)

func (p *program) resumeCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "resume",
		Short: "Go on with a run that was interrupted, from the step where it stood",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return p.act(cmd.Context(), p.resume()) },
	}
	c.Flags().BoolVar(&p.flags.changed, "changed", false, "Go on although the inventory has changed since")
	p.flags.rolls(c.Flags())
	return c
}

// resume is the job of going on with the newest run.
func (p *program) resume() job { return job{kind: "resume", cure: true} }

// resumed finds what there is to go on with, and makes the job of it.
func (s *session) resumed(ctx context.Context, op operator) (job, error) {
	s.fleet.Connect(ctx)
	st, ok, err := s.newest(ctx, rollout.Rolls)
	if err != nil {
		return job{}, failed(err)
	}
	if !ok || !st.Resumable() {
		return job{}, usage(errors.New("there is nothing to resume"))
	}
	j := job{kind: "resume", cure: true, source: st.Run, version: st.Plan.Version}
	j.plan = func(ctx context.Context, s *session, _ rollout.Facts) (rollout.Plan, error) {
		// Read again under the lock: somebody else may have gone on with it.
		st, err := s.state(ctx, st.Run)
		if err != nil {
			return rollout.Plan{}, failed(err)
		}
		return s.refreshed(ctx, op, st)
	}
	j.carry = (*engine.Runner).Resume
	return j, nil
}

// refreshed makes the plan again from today's inventory, and asks where that is
// another one.
func (s *session) refreshed(ctx context.Context, op operator, st rollout.State) (rollout.Plan, error) {
	now, err := rollout.Refresh(s.inv, st.Plan)
	if err != nil {
		return now, err
	}
	if s.flags.confirm != "" {
		now.Policy.Confirm = s.flags.confirm
	}
	if s.flags.onFailure != "" {
		now.Policy.OnFailure = s.flags.onFailure
	}
	was := now
	was.Policy = st.Plan.Policy
	if was.Digest() == st.Plan.Digest() {
		return now, nil
	}
	q := rollout.Question{
		ID: "changed", Kind: rollout.AskChanged, Text: "the inventory has changed since this run began; go on by what it says now?",
		Facts: rollout.Differences(st.Plan, now),
		Choices: []rollout.Choice{
			{Key: "C", Word: rollout.Continue, Then: "go on by the inventory as it is now"},
			{Key: "N", Word: rollout.No, Then: "do nothing"},
		},
	}
	a, err := op.Decide(ctx, q)
	if err == nil && a.Choice == rollout.Continue {
		return now, nil
	}
	return now, &exit{status: statusStopped, err: declinedError{fmt.Errorf(
		"the inventory has changed since this run began:\n    %s\nnothing was touched; rota resume --changed goes on by what it says now",
		strings.Join(q.Facts, "\n    "))}}
}
