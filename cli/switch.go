package cli

import (
	"context"

	"github.com/spf13/cobra"

	"rota/engine"
	"rota/rollout"
)

func (p *program) switchCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "switch GROUP",
		Short: "Put one of two groups in rotation everywhere, then take the other out",
		Args:  one("GROUP"),
		RunE:  func(cmd *cobra.Command, args []string) error { return p.act(cmd.Context(), p.switchTo(args[0])) },
	}
	p.flags.acts(c.Flags())
	p.flags.policies(c.Flags())
	return c
}

// switchTo is the job of moving all traffic to one of the two groups.
func (p *program) switchTo(group string) job {
	return job{
		kind: "switch", version: group,
		plan: func(_ context.Context, s *session, f rollout.Facts) (rollout.Plan, error) {
			return rollout.NewSwitch(s.inv, f, group, s.flags.options(""))
		},
		carry: (*engine.Runner).Run,
	}
}
