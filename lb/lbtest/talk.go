package lbtest

import (
	"context"
	"errors"
	"fmt"

	"rota/lb"
)

// words is what a Memory is told by a call, a line for each server.
func (c Call) words() []word {
	var words []word
	for _, change := range c.Changes {
		words = append(words, word{change.Server, change.Server + " " + change.To.String()})
	}
	for _, w := range c.Weights {
		if w.Weight > 0 {
			words = append(words, word{w.Server, fmt.Sprintf("%s weight %d", w.Name, w.Weight)})
		}
	}
	for _, name := range c.Servers {
		words = append(words, word{name, name + " " + c.Method})
	}
	return words
}

type word struct{ server, text string }

func (w word) about() []string {
	if w.server == "" {
		return nil
	}
	return []string{w.server}
}

// talked begins a call that changes something, makes the change with mu held,
// and has both heard. Err is what the call returns.
func (m *Memory) talked(ctx context.Context, call Call, change func(fault Fault, err error) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var servers []string
	for _, w := range call.words() {
		servers = append(servers, w.about()...)
		lb.Told(ctx, w.about(), w.text)
	}
	fault, err := m.begin(ctx, call)
	m.mu.Lock()
	err = change(fault, errors.Join(err, fault.Err))
	m.mu.Unlock()
	answer := "ok"
	if err != nil {
		answer = "(no answer: " + err.Error() + ")"
	}
	lb.Said(ctx, servers, answer)
	return err
}
