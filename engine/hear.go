package engine

import (
	"context"

	"rota/lb"
	"rota/rollout"
)

// hear returns a context under which what a balancer is told, and says, becomes
// events. So a command stands in the journal before it is sent.
func (x *run) hear(ctx context.Context, balancer string) context.Context {
	return lb.Hear(ctx, func(t lb.Talk) {
		e := rollout.Event{Kind: rollout.Output, Balancer: balancer, Stream: "lb", Said: t.Said, Line: t.Text}
		if len(t.Servers) == 1 {
			e.Server = t.Servers[0]
		} else {
			e.Servers = t.Servers
		}
		x.add(e)
	})
}
