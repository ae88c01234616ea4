package command

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"rota/lb"
)

const (
	confirmFor   = 20 * time.Second // how long a change may take to show: the balancer's own check may have to pass first
	confirmEvery = 100 * time.Millisecond
)

// Set implements lb.Balancer. It asks for the states first, runs only what has
// to be run, those that go in before those that go out, and then asks until
// all is as it was wished for.
func (b *Balancer) Set(ctx context.Context, want ...lb.Change) error {
	members, err := b.meant(want)
	if err != nil {
		return err
	}
	select {
	case b.turn <- struct{}{}:
		defer func() { <-b.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	todo, err := b.plan(ctx, want, members)
	if err != nil {
		return err
	}
	for _, d := range todo {
		if err := b.do(ctx, d); err != nil {
			return err
		}
	}
	if len(todo) == 0 {
		return nil
	}
	return b.confirm(ctx, want, members)
}

// Preview implements lb.Previewer: for each change a line with the variables of
// the server, and the command. It asks nobody: whether a command has to be run
// is seen when its time comes, and for what is put back that is after it went
// out.
func (b *Balancer) Preview(_ context.Context, want ...lb.Change) ([]string, error) {
	members, err := b.meant(want)
	if err != nil {
		return nil, err
	}
	var lines []string
	for i, c := range want {
		lines = append(lines, strings.Split(b.way(c.To).of(members[i]), "\n")...)
	}
	return lines, nil
}

// of returns the command for a server as a person would run it.
func (c command) of(m Member) string { return m.exports() + strings.TrimSpace(c.text) }

// way is the command that leads to a state.
func (b *Balancer) way(to lb.State) command {
	if to == lb.In {
		return b.in
	}
	return b.out
}

// deed is a command that is to be run for some servers.
type deed struct {
	command command
	members []Member
}

// meant returns the servers of the changes, in the same order.
func (b *Balancer) meant(want []lb.Change) ([]Member, error) {
	members := make([]Member, len(want))
	for i, c := range want {
		var err error
		if members[i], err = b.find(c); err != nil {
			return nil, err
		}
	}
	return members, nil
}

// find returns the member for a change.
func (b *Balancer) find(c lb.Change) (Member, error) {
	if c.To != lb.Draining && c.To != lb.Out && c.To != lb.In {
		return Member{}, fmt.Errorf("server %s: %v cannot be asked for", c.Server, c.To)
	}
	i := slices.IndexFunc(b.members, func(m Member) bool { return m.Server == c.Server })
	if i < 0 {
		return Member{}, fmt.Errorf("server %q: %w", c.Server, lb.ErrNotFound)
	}
	return b.members[i], nil
}

// plan asks how the servers stand, and returns what has to be run.
func (b *Balancer) plan(ctx context.Context, want []lb.Change, members []Member) ([]deed, error) {
	reports, err := b.look(ctx, members)
	if err != nil {
		return nil, err
	}
	todo := []deed{{command: b.in}, {command: b.out}}
	for i := range todo {
		d := &todo[i]
		for k, c := range want {
			twice := slices.ContainsFunc(d.members, func(m Member) bool { return m.Server == c.Server })
			if b.way(c.To) == d.command && !reports[k].is(c.To) && !twice {
				d.members = append(d.members, members[k])
			}
		}
	}
	return slices.DeleteFunc(todo, func(d deed) bool { return len(d.members) == 0 }), nil
}

// do runs a command for each of its servers, also after it has failed for one.
func (b *Balancer) do(ctx context.Context, d deed) error {
	for _, m := range d.members {
		lb.Told(ctx, []string{m.Server}, d.command.of(m))
	}
	answers, err := b.run(ctx, d.command, d.members)
	for i, m := range d.members {
		lb.Said(ctx, []string{m.Server}, answers[i].words(err))
	}
	if err != nil {
		return err
	}
	errs := make([]error, len(answers))
	for i, a := range answers {
		errs[i] = a.err()
	}
	return d.command.joined(d.members, errs)
}

// words are all that came of a command, where err is what went wrong with those
// that have not ended.
func (a answer) words(err error) string {
	end := fmt.Sprintf("(exit status %d)", a.status)
	if !a.ended {
		end = "(no answer)"
		if err != nil {
			end = "(no answer: " + err.Error() + ")"
		}
	}
	return strings.Join(slices.Concat(a.printed, a.said, []string{end}), "\n")
}

// confirm looks until every change has been taken, or for a while.
func (b *Balancer) confirm(ctx context.Context, want []lb.Change, members []Member) error {
	for end := time.Now().Add(confirmFor); ; {
		reports, err := b.look(ctx, members)
		if err != nil {
			return err
		}
		i := 0
		for i < len(want) && reports[i].is(want[i].To) {
			i++
		}
		if i == len(want) {
			return nil
		}
		c := b.way(want[i].To)
		late := fmt.Sprintf("%s of %s: %s: its state is %v after it", c.key, want[i].Server, c, reports[i].state)
		if time.Now().After(end) {
			return fmt.Errorf("%s, for %v%s", late, confirmFor, hint(reports[i].state, want[i].To))
		}
		if err := wait(ctx, confirmEvery); err != nil {
			return fmt.Errorf("%s: %w", late, err)
		}
	}
}

func hint(is, to lb.State) string {
	if is == lb.Down && to != lb.In {
		return "\nstate must print draining or out of a server that was taken out, also while its check fails"
	}
	return ""
}

// wait waits for d to pass or ctx to end.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
