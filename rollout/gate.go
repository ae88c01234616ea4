package rollout

import (
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
	return g
}

// Text returns s as one harmless line without secrets.
func (g *Gate) Text(s string) string {
	if g != nil {
		for _, secret := range g.secrets {
			s = strings.ReplaceAll(s, secret, mask)
		}
	}
	return text.Clean(s)
}

func (g *Gate) lines(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = g.Text(l)
	}
	return strings.Join(lines, "\n")
}

func (g *Gate) pass(e *Event) {
	e.Text, e.Line, e.Error = g.lines(e.Text), g.Text(e.Line), g.lines(e.Error)
	e.Version = g.Text(e.Version)
	if e.Question == nil {
		return
	}
	q := *e.Question
	q.Text = g.Text(q.Text)
	q.Facts = g.all(q.Facts)
	q.Output = g.all(q.Output)
	e.Question = &q
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
