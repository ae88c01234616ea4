package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"rota/engine"
	"rota/rollout"
)

func (p *program) deployCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "deploy VERSION",
		Short: "Carry a plan out, batch by batch",
		Args:  one("VERSION"),
		RunE:  func(cmd *cobra.Command, args []string) error { return p.act(cmd.Context(), p.deploy(args[0])) },
	}
	p.flags.rolls(c.Flags())
	p.flags.deploys(c.Flags())
	return c
}

// deploys are the flags of a deploy alone.
func (f *flags) deploys(fs *pflag.FlagSet) {
	fs.StringVar(&f.strategy, "strategy", "", "How to go through the servers: rolling, blue-green or canary")
	fs.BoolVar(&f.noSwitch, "no-switch", false, "Blue-green: deploy to the group that is not in rotation, and leave it out")
	fs.BoolVar(&f.outdated, "outdated", false, "Only servers that do not run VERSION yet")
}

// options is what the flags say about a plan. Servers that a person has chosen
// go before those that the flags name.
func (f *flags) options(version string, only ...string) rollout.Options {
	if len(only) == 0 {
		only = f.only
	}
	return rollout.Options{
		Version: version, Only: only, Exclude: f.exclude,
		Outdated: f.outdated, Force: f.force, NoSwitch: f.noSwitch, Without: f.withoutBalancer,
	}
}

// deploy is the job of bringing a version onto the servers.
func (p *program) deploy(version string, only ...string) job {
	return job{
		kind: "deploy", version: version,
		plan: func(_ context.Context, s *session, f rollout.Facts) (rollout.Plan, error) {
			plan, err := rollout.New(s.inv, f, s.flags.options(version, only...))
			if err == nil {
				err = s.uploadsExist(plan)
			}
			return plan, err
		},
		carry: (*engine.Runner).Run,
	}
}

// uploadsExist looks for the local files of a plan before anything is changed.
func (s *session) uploadsExist(plan rollout.Plan) error {
	lists := [][]rollout.Action{plan.Prepare, plan.Finish}
	for _, t := range plan.Targets {
		lists = append(lists, t.Steps)
	}
	var paths []string
	for _, a := range slices.Concat(lists...) {
		if a.Upload != "" {
			paths = append(paths, a.Upload)
		}
	}
	return s.filesExist(paths)
}

// filesExist looks for local files, each once. Relative paths are relative to the inventory.
func (s *session) filesExist(paths []string) error {
	var errs []error
	slices.Sort(paths)
	for _, path := range slices.Compact(paths) {
		if !filepath.IsAbs(path) {
			path = filepath.Join(s.folder(), path)
		}
		if _, err := os.Stat(path); err != nil {
			errs = append(errs, fmt.Errorf("upload: %w", err))
		}
	}
	if errs != nil {
		return usage(errors.Join(errs...))
	}
	return nil
}
