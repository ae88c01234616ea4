package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"rota/engine"
	"rota/inventory"
	"rota/rollout"
)

func (p *program) rollCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "roll [JOB]",
		Short: "Do a job of the inventory by the same safe way; without JOB list them",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			inv, err := p.load()
			switch {
			case err != nil:
				return err
			case len(args) == 0:
				return p.listJobs(inv)
			}
			if _, err := inv.Job(args[0]); err != nil { // before anybody is asked
				return usage(err)
			}
			return p.act(cmd.Context(), p.roll(args[0]))
		},
	}
	p.flags.goes(c.Flags())
	return c
}

// roll carries out what the inventory calls a job.
func (p *program) roll(name string) job {
	return job{
		kind: "roll", version: name,
		plan: func(_ context.Context, s *session, f rollout.Facts) (rollout.Plan, error) {
			plan, err := rollout.NewRoll(s.inv, f, name, s.flags.options(""))
			if err == nil {
				err = s.uploadsExist(plan)
			}
			return plan, err
		},
		carry: (*engine.Runner).Run,
	}
}

func (p *program) listJobs(inv *inventory.Inventory) error {
	if len(inv.Jobs) == 0 {
		return usagef("%s has no jobs\n    jobs: {patch: {steps: [{run: COMMAND}]}} adds one", inv.File)
	}
	for _, j := range inv.Jobs {
		var steps []string
		for _, s := range j.Steps {
			steps = append(steps, stepWords(s))
		}
		p.say("%s: %s", j.Name, strings.Join(steps, "; "))
	}
	return nil
}

// stepWords tells a step in a few words.
func stepWords(s inventory.Step) string {
	switch {
	case s.Upload != "":
		return "upload " + s.Upload
	case s.Reboot > 0:
		return "reboot"
	}
	first, rest, _ := strings.Cut(strings.TrimSpace(s.Run), "\n")
	if rest != "" {
		first += " …"
	}
	return first
}
