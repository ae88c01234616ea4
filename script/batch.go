package script

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"rota/lb"
	"rota/rollout"
)

// batch writes the function of the n-th batch, after those that it calls again
// and again.
func (p *writer) batch(ctx context.Context, n int) error {
	batch := p.Plan.Batches[n-1]
	servers := strings.Join(batch.Servers, ", ")
	body := &writer{Source: p.Source, words: p.words}
	p.say("")
	for _, verb := range batch.Verbs {
		if err := body.verb(ctx, n, verb, &p.text); err != nil {
			return err
		}
	}
	p.say("batch_%d() {", n)
	p.say("say %s", quote(fmt.Sprintf("batch %d of %d: %s", n, len(p.Plan.Batches), servers)))
	p.say("where=%s", quote(fmt.Sprintf("in batch %d; %s may be out of rotation", n, servers)))
	p.text.WriteString(body.text.String())
	p.say("where=%s\n}", quote(fmt.Sprintf("batch %d is done", n)))
	return nil
}

// verb writes one verb of the n-th batch.
func (p *writer) verb(ctx context.Context, n int, verb rollout.Verb, waits *strings.Builder) error {
	batch := p.Plan.Batches[n-1]
	switch verb {
	case rollout.TakeOut:
		if !slices.ContainsFunc(batch.Servers, func(name string) bool { return !p.Plan.Again(n, name) }) {
			return nil // they have been out since
		}
		for _, d := range []lb.Deed{lb.TakeOut, lb.AwaitEnd, lb.Shut} {
			if err := p.deed(ctx, n, d, waits); err != nil {
				return err
			}
		}
	case rollout.Work:
		worked := p.worked(n)
		for _, name := range batch.Servers {
			if err := p.work(name, !slices.Contains(worked, name)); err != nil {
				return err
			}
		}
	case rollout.PutIn:
		for _, d := range []lb.Deed{lb.Recheck, lb.PutIn} {
			if err := p.deed(ctx, n, d, waits); err != nil {
				return err
			}
		}
	case rollout.Soak:
		if s := p.Plan.Policy.Soak; s > 0 {
			p.say("say %s\nsleep %s", quote("watch them in rotation for "+s.String()), seconds(s))
		}
	case rollout.Climb:
		p.comment("rota lets their weight climb here; by hand they come back at once.")
	case rollout.Keep:
		p.comment("They stay out of rotation, and ready.")
	}
	return nil
}

// worked lists the servers whose steps an earlier batch has done.
func (p *writer) worked(n int) []string {
	var names []string
	for _, b := range p.Plan.Batches[:n-1] {
		if b.Has(rollout.Work) {
			names = append(names, b.Servers...)
		}
	}
	return names
}

// wordsOf is the function that prints what the scripts of the i-th balancer are made of.
func wordsOf(i int) string { return fmt.Sprintf("words_%d", i+1) }

func deedWords(d lb.Deed) string {
	switch d {
	case lb.TakeOut:
		return "out"
	case lb.AwaitEnd:
		return "drained"
	case lb.Shut:
		return "closed"
	case lb.Recheck:
		return "checked afresh"
	case lb.PutIn:
		return "back in"
	}
	return ""
}

// deed writes what every balancer does with the servers of the n-th batch.
func (p *writer) deed(ctx context.Context, n int, d lb.Deed, waits *strings.Builder) error {
	for i, b := range p.Balancers {
		var servers []string
		for _, name := range p.Plan.Batches[n-1].Servers {
			t := p.Plan.Target(name)
			on := t.Everywhere()
			if d == lb.PutIn || d == lb.Recheck {
				on = t.Balancers
			}
			if slices.Contains(on, b.Name) {
				servers = append(servers, name)
			}
		}
		if len(servers) == 0 {
			continue
		}
		scripter, ok := b.Balancer.(lb.Scripter)
		if !ok {
			return fmt.Errorf("%s: it cannot be written down as a script", b.Name)
		}
		made, err := scripter.Script(ctx, d, servers...)
		if err != nil {
			return fmt.Errorf("%s: %w", b.Name, err)
		}
		if made.Text == "" {
			continue
		}
		p.words[i] = made.Words
		p.say("say %s", quote(fmt.Sprintf("  %s: %s: %s", b.Name, deedWords(d), strings.Join(servers, ", "))))
		text := heredoc(p.balancer(i), wordsOf(i)+"\n", made.Text)
		if d != lb.AwaitEnd {
			p.text.WriteString(text)
			continue
		}
		wait := fmt.Sprintf("drained_%d_%d", n, i+1)
		fmt.Fprintf(waits, "%s() {\n%s}\n", wait, text)
		p.say("patient %s", wait)
	}
	return nil
}
