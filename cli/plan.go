package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"rota/engine"
	"rota/lb"
	"rota/plain"
	"rota/rollout"
)

func (p *program) planCommand() *cobra.Command {
	commands := false
	c := &cobra.Command{
		Use:   "plan VERSION",
		Short: "What a deploy would do, touching nothing",
		Args:  one("VERSION"),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := p.open(cmd.Context(), p.asker())
			if err != nil {
				return err
			}
			defer s.close()
			return s.plan(cmd.Context(), args[0], commands)
		},
	}
	c.Flags().BoolVar(&commands, "commands", false, "Print the exact socket lines, nginx diffs and remote commands")
	p.flags.rolls(c.Flags())
	p.flags.deploys(c.Flags())
	return c
}

func (s *session) plan(ctx context.Context, version string, commands bool) error {
	mode := "sh"
	if s.flags.output != mode {
		var err error
		if mode, err = s.mode(); err != nil {
			return err
		}
	}
	plan, err := s.makePlan(ctx, version)
	if err != nil {
		return err
	}
	switch {
	case mode == "json":
		return plain.PlanJSON(s.out, plan)
	case mode == "sh":
		return s.script(ctx, plan)
	case commands:
		sections, err := s.commands(ctx, plan)
		if err != nil {
			return world(err)
		}
		plain.Commands(s.out, sections...)
	default:
		plain.Plan(s.out, plan, s.width())
	}
	return nil
}

// makePlan looks and plans a deploy, and touches nothing.
func (s *session) makePlan(ctx context.Context, version string, only ...string) (rollout.Plan, error) {
	s.fleet.Connect(ctx)
	plan, err := rollout.New(s.inv, facts(s.site.Look(ctx)), s.flags.options(version, only...))
	if err != nil {
		return plan, planned(err)
	}
	if err := engine.Preflight(ctx, plan, s.fleet.Balancers, s.fleet.Store, s.hosts); err != nil {
		return plan, world(fmt.Errorf("%w\nnothing was touched", err))
	}
	return plan, s.uploadsExist(plan)
}

// commands asks every balancer what it would be told, batch by batch, and lists
// what would run on the servers.
func (s *session) commands(ctx context.Context, plan rollout.Plan) ([]plain.Section, error) {
	sections := errands(plan, "", "before")
	sections = append(sections, actions("prepare", plan.Prepare)...)
	for i, batch := range plan.Batches {
		title := fmt.Sprintf("batch %d (%s)", i+1, strings.Join(batch.Servers, ", "))
		fresh := batch // of those that were in an earlier batch, the work is done
		fresh.Servers = slices.DeleteFunc(slices.Clone(batch.Servers), func(name string) bool { return plan.Again(i+1, name) })
		for _, verb := range batch.Verbs {
			which := batch
			if verb == rollout.TakeOut || verb == rollout.Work {
				which = fresh
			}
			more, err := s.verb(ctx, plan, which, verb, title)
			if err != nil {
				return nil, err
			}
			sections = append(sections, more...)
		}
		sections = append(sections, errands(plan, title+": ", "after-batch")...)
	}
	sections = append(sections, actions("finish", plan.Finish)...)
	return append(sections, errands(plan, "", "after", "on-failure")...), nil
}

// errands lists the commands that are about no server, of some moments of a run.
func errands(plan rollout.Plan, title string, moments ...string) []plain.Section {
	sections := []plain.Section{}
	for _, e := range plan.Errands() {
		if !slices.ContainsFunc(moments, func(m string) bool { return strings.HasSuffix(e.Name, "."+m) || strings.HasSuffix(e.Name, ": "+m) }) {
			continue
		}
		sections = append(sections, actions(title+e.Name, []rollout.Action{{Run: e.Command, Sudo: e.Sudo}})...)
	}
	return sections
}

// verb lists what one verb sends, or runs, for the servers of a batch.
func (s *session) verb(ctx context.Context, plan rollout.Plan, batch rollout.Batch, verb rollout.Verb, title string) ([]plain.Section, error) {
	var sections []plain.Section
	switch verb {
	case rollout.TakeOut:
		for _, to := range []lb.State{lb.Draining, lb.Out} {
			more, err := s.preview(ctx, plan, batch.Servers, to, title)
			if err != nil {
				return nil, err
			}
			sections = append(sections, more...)
		}
	case rollout.Work:
		for _, name := range batch.Servers {
			sections = append(sections, actions(title+": on "+name, plan.Target(name).Steps)...)
		}
	case rollout.PutIn:
		low, err := s.weights(ctx, plan, batch, 0, 1, title)
		if err != nil {
			return nil, err
		}
		in, err := s.preview(ctx, plan, batch.Servers, lb.In, title)
		return append(low, in...), err
	case rollout.Climb:
		return s.weights(ctx, plan, batch, 1, len(batch.Ladder.Percents)+1, title)
	case rollout.Soak, rollout.Keep:
	}
	return sections, nil
}

func (s *session) preview(ctx context.Context, plan rollout.Plan, batch []string, to lb.State, title string) ([]plain.Section, error) {
	var sections []plain.Section
	for _, b := range s.fleet.Balancers {
		var want []lb.Change
		for _, name := range batch {
			t := plan.Target(name)
			on := t.Everywhere()
			if to == lb.In {
				on = t.Balancers
			}
			for _, balancer := range on {
				if balancer == b.Name {
					want = append(want, lb.Change{Server: name, To: to})
				}
			}
		}
		p, ok := b.Balancer.(lb.Previewer)
		if !ok || len(want) == 0 {
			continue
		}
		lines, err := p.Preview(ctx, want...)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", b.Name, err)
		}
		if len(lines) > 0 {
			sections = append(sections, plain.Section{Title: fmt.Sprintf("%s: %s: %s", title, b.Name, to), Lines: lines})
		}
	}
	return sections, nil
}

func actions(title string, list []rollout.Action) []plain.Section {
	var sections []plain.Section
	for _, a := range list {
		words := a.Words()
		if a.Sudo != "" {
			words = "sudo (" + a.Sudo + "): " + words
		}
		if !strings.Contains(title, a.Server) {
			words = a.Server + ": " + words
		}
		lines := strings.Split(strings.TrimSuffix(words, "\n"), "\n")
		if n := len(sections); n > 0 {
			sections[n-1].Lines = append(sections[n-1].Lines, lines...)
			continue
		}
		sections = append(sections, plain.Section{Title: title, Lines: lines})
	}
	return sections
}
