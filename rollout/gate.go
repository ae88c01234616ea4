package rollout

import (
	"cmp"
	"slices"
	"strings"

	"rota/internal/text"
)

// Gate is the one place that every text from outside passes before it becomes
// part of an event: it is made harmless to print, and secrets are masked. A
// nil Gate knows no secrets.
type Gate struct{ secrets []string }

const mask = "***"

// NewGate returns a gate that masks these values. Values of less than four
// bytes are not masked: they would hide ordinary words and protect nothing.
func NewGate(secrets ...string) *Gate {
	g := &Gate{}
	for _, s := range secrets {
		// A secret of several lines is printed a line at a time.
		for line := range strings.Lines(s) {
			if line = strings.TrimSpace(line); len(line) >= 4 {
				g.secrets = append(g.secrets, line)
			}
		}
	}
	// One that is part of another must not leave the rest of that one to be read.
	slices.SortFunc(g.secrets, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	return g
}

// Text returns s as one harmless line without secrets. It masks before and after
// the cleaning: a secret may hold what is cleaned away, or be cut in two by it.
func (g *Gate) Text(s string) string { return g.masked(text.Clean(g.masked(s))) }

func (g *Gate) masked(s string) string {
	if g != nil {
		for _, secret := range g.secrets {
			s = strings.ReplaceAll(s, secret, mask)
		}
	}
	return s
}

func (g *Gate) lines(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = g.Text(l)
	}
	return strings.Join(lines, "\n")
}

// colors returns the colours of a line that was let through as it is: beside one
// that was masked they could tell where.
func (g *Gate) colors(raw, passed string) []Color {
	found := text.Colors(raw)
	if len(found) == 0 || passed != text.Clean(raw) {
		return nil
	}
	colors := make([]Color, len(found))
	for i, c := range found {
		colors[i] = Color(c)
	}
	return colors
}

func (g *Gate) pass(e *Event) {
	raw := e.Line
	e.Text, e.Line, e.Error = g.lines(e.Text), g.Text(raw), g.lines(e.Error)
	e.Colors = g.colors(raw, e.Line)
	e.Version = g.Text(e.Version)
	e.Choices = g.choices(e.Choices)
	if e.Question != nil {
		q := *e.Question
		q.Text, q.Facts, q.Output, q.ByHand = g.Text(q.Text), g.all(q.Facts), g.all(q.Output), g.all(q.ByHand)
		q.Choices = g.choices(q.Choices)
		e.Question = &q
	}
	e.Probe = g.probe(e.Probe)
	if e.Lost != nil {
		l := *e.Lost
		l.URL, l.Address, l.Balancer, l.Reason, l.During = g.Text(l.URL), g.Text(l.Address), g.Text(l.Balancer), g.Text(l.Reason), g.all(l.During)
		e.Lost = &l
	}
	if e.Summary != nil {
		sum := *e.Summary
		sum.Probe = g.probe(sum.Probe)
		sum.Why, sum.ByHand, sum.Told = g.lines(sum.Why), g.all(sum.ByHand), g.all(sum.Told)
		sum.Left = slices.Clone(sum.Left)
		for i := range sum.Left {
			sum.Left[i].Why = g.lines(sum.Left[i].Why)
		}
		e.Summary = &sum
	}
}

func (g *Gate) probe(p *Probe) *Probe {
	if p == nil {
		return nil
	}
	q := *p
	q.Routes = slices.Clone(p.Routes)
	for i := range q.Routes {
		r := &q.Routes[i]
		r.URL, r.Address, r.Balancer = g.Text(r.URL), g.Text(r.Address), g.Text(r.Balancer)
	}
	return &q
}

func (g *Gate) choices(in []Choice) []Choice {
	out := slices.Clone(in)
	for i := range out {
		out[i].Then = g.Text(out[i].Then)
	}
	return out
}

func (g *Gate) all(in []string) []string {
	if in == nil {
		return nil
	}
	out := make([]string, len(in))
	for i, s := range in {
		out[i] = g.Text(s)
	}
	return out
}
