package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"rota/engine"
	"rota/health"
	"rota/internal/text"
	"rota/inventory"
	"rota/lb"
	"rota/rollout"
	"rota/survey"
)

func (p *program) checkCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "Look before you leap: every login, right, balancer and server",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := p.open(cmd.Context(), p.asker())
			if err != nil {
				return err
			}
			defer s.close()
			return s.check(cmd.Context())
		},
	}
}

// check looks at everything that a run needs, and names all that is wrong.
func (s *session) check(ctx context.Context) error {
	s.fleet.Connect(ctx)
	var all rollout.Plan
	for _, sv := range s.inv.Servers {
		all.Targets = append(all.Targets, rollout.Target{Server: sv.Name})
	}
	if err := engine.Preflight(ctx, all, s.fleet.Balancers, s.fleet.Store, s.hosts); err != nil {
		return world(fmt.Errorf("%w\nnothing was touched", err))
	}
	if s.inv.Probe != nil {
		p, err := s.newProbe(ctx)
		if err != nil {
			return failed(err)
		}
		for _, c := range p.Counts() {
			s.say("probe: %s answers", c.Route)
		}
		for _, note := range prefixed(p.Notes()) {
			s.say("%s", text.Clean(note))
		}
	}
	snap := s.site.Look(ctx)
	for _, sv := range snap.Servers {
		state := "healthy"
		if !sv.Healthy {
			state = "not healthy: " + sv.Error
		}
		s.say("%s: runs %s, %s, %s", sv.Name, orUnknown(sv.Version), rotationWord(sv.Rotation), state)
	}
	for _, v := range snap.Balancers {
		s.say("%s: %s", v.Name, strings.TrimSpace(v.Info.Kind+" "+v.Info.Version))
	}
	s.say("all is well: %d servers, %d balancers", len(snap.Servers), len(snap.Balancers))
	return nil
}

func rotationWord(state lb.State) string {
	if state == lb.Absent {
		return "in no balancer"
	}
	if state == lb.In {
		return "in rotation"
	}
	return state.String()
}

func orUnknown(version string) string {
	if version == "" {
		return "an unknown version"
	}
	return version
}

// say prints a line of data.
func (p *program) say(format string, args ...any) {
	_, _ = fmt.Fprintf(p.out, format+"\n", args...)
}

// healthy waits until a server has passed its health check.
func (s *session) healthy(ctx context.Context, server string, vars []inventory.Var, each func(string)) error {
	if s.inv.Health.None {
		return nil
	}
	c, err := survey.Health(s.inv, *s.inv.Server(server), vars...)
	if err != nil {
		return err
	}
	host := s.hosts[server]
	return c.Wait(ctx, host, host, func(r health.Result) { each(r.Text) })
}

// version returns how a server is asked what it runs; nil where the inventory
// does not say.
func (s *session) version() func(context.Context, string, []inventory.Var) (string, error) {
	if !s.inv.Deploy.Version.Given() {
		return nil
	}
	return func(ctx context.Context, server string, vars []inventory.Var) (string, error) {
		return survey.Version(ctx, s.inv, *s.inv.Server(server), s.hosts[server], vars...)
	}
}
