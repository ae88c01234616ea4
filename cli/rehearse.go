package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"rota/engine"
	"rota/rollout"
)

func (p *program) rehearseCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "rehearse",
		Short: "The whole way without the steps: what would stop a deploy, and how long it takes",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return p.act(cmd.Context(), p.rehearse()) },
	}
	p.flags.goes(c.Flags())
	return c
}

// rehearse is the job of going the way of a deploy without its steps.
func (p *program) rehearse() job {
	return job{
		kind: "rehearse",
		plan: func(ctx context.Context, s *session, f rollout.Facts) (rollout.Plan, error) {
			asked := rollout.Rehearsal{Confirm: s.flags.confirm, Soak: s.flags.soak}
			if s.flags.batches != "" {
				asked.Batches = s.inv.Rollout.Batches
			}
			plan, err := rollout.NewRehearsal(s.inv, f, s.flags.options(""), asked)
			if err != nil {
				return plan, err
			}
			if err := s.filesExist(rollout.Uploads(s.inv)); err != nil {
				return plan, err
			}
			needs := rollout.Needs(s.inv, plan)
			if err := s.askSudo(ctx, needs); err != nil {
				return plan, err
			}
			if err := engine.Rights(ctx, needs, s.hosts); err != nil {
				return plan, world(fmt.Errorf("%w\nnothing was touched", err))
			}
			return plan, nil
		},
		carry: (*engine.Runner).Run,
	}
}
