package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"rota/engine"
	"rota/record"
	"rota/rollout"
)

func (p *program) drainCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "drain SERVER…",
		Short: "Take servers out of rotation by hand; with -m they are held there",
		Args:  some("SERVER"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.act(cmd.Context(), p.drain(args, p.flags.message))
		},
	}
	p.flags.acts(c.Flags())
	return c
}

func (p *program) restoreCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "restore SERVER…",
		Short: "Put servers back into rotation by hand, proved healthy; ends a hold",
		Args:  some("SERVER"),
		RunE:  func(cmd *cobra.Command, args []string) error { return p.act(cmd.Context(), p.restore(args)) },
	}
	p.flags.acts(c.Flags())
	return c
}

// drain is the job of taking servers out by hand. With a reason they are held:
// every run leaves them out until they are restored.
func (p *program) drain(servers []string, why string) job {
	j := byHand("drain", servers)
	j.carry = (*engine.Runner).Drain
	if why == "" {
		return j
	}
	j.after = func(ctx context.Context, s *session, plan rollout.Plan, _ rollout.Summary) error {
		var errs []error
		for _, t := range plan.Targets {
			errs = append(errs, s.fleet.Store.Hold(ctx, record.Hold{
				Server: t.Server, By: s.self.Owner, Since: time.Now().UTC(), Why: why,
			}))
		}
		if err := errors.Join(errs...); err != nil {
			return fmt.Errorf("out of rotation, but the hold could not be written: %w", err)
		}
		return nil
	}
	return j
}

// restore is the job of putting servers back by hand.
func (p *program) restore(servers []string) job {
	j := byHand("restore", servers)
	j.carry = (*engine.Runner).Restore
	j.after = func(ctx context.Context, s *session, plan rollout.Plan, _ rollout.Summary) error {
		var errs []error
		for _, t := range plan.Targets {
			errs = append(errs, s.fleet.Store.Release(ctx, t.Server))
		}
		return errors.Join(errs...)
	}
	return j
}

func byHand(kind string, servers []string) job {
	return job{
		kind: kind, cure: true,
		plan: func(ctx context.Context, s *session, f rollout.Facts) (rollout.Plan, error) {
			// What an interrupted run has changed of their weights is put back too. A
			// damaged journal keeps nobody from putting a server back.
			if last, ok, err := s.newest(ctx, rollout.Rolls); ok && err == nil {
				f.Weighings = last.Weighings
			}
			return rollout.NewByHand(s.inv, f, kind, servers, s.flags.options(""))
		},
	}
}
