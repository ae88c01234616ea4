package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"rota/engine"
	"rota/rollout"
)

func (p *program) rollbackCommand() *cobra.Command {
	run := ""
	c := &cobra.Command{
		Use:   "rollback",
		Short: "Take the servers that the last run changed back to what they ran before",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return p.act(cmd.Context(), p.rollback(run)) },
	}
	c.Flags().StringVar(&run, "run", "", "Take this earlier run back, by its id")
	p.flags.rolls(c.Flags())
	return c
}

// rollback is the job of taking a run back; "" is the newest.
func (p *program) rollback(run string) job {
	return job{
		kind: "rollback", cure: true,
		plan: func(ctx context.Context, s *session, f rollout.Facts) (rollout.Plan, error) {
			source, err := s.source(ctx, run)
			if err != nil {
				return rollout.Plan{}, err
			}
			return rollout.NewRollback(s.inv, f, source, s.flags.options(""))
		},
		carry: (*engine.Runner).Run,
	}
}

// source finds the run that is taken back.
func (s *session) source(ctx context.Context, run string) (rollout.State, error) {
	if run != "" {
		return s.state(ctx, run)
	}
	st, ok, err := s.newest(ctx, rollout.Changes)
	switch {
	case err != nil:
		return st, failed(err)
	case !ok:
		return st, errors.New("no run is known that could be taken back")
	case st.Plan.Kind == "rollback" && st.Ended && st.Outcome == rollout.Done:
		return st, errors.New("the last run was itself a rollback; name an earlier one with --run ID (see rota history)")
	case st.Plan.Kind == "rollback":
		return st, errors.New("the last run is a rollback that is not finished: rota resume goes on with it")
	}
	return st, nil
}
