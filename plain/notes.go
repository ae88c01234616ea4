package plain

import (
	"fmt"
	"strings"

	"rota/rollout"
)

// notes tells what a plan keeps to, whom it leaves out or alone, and which way
// leads back, a line each.
func notes(p rollout.Plan) []string {
	var said []string
	add := func(format string, args ...any) { said = append(said, fmt.Sprintf(format, args...)) }
	for _, f := range p.Floors {
		add("floor: at least %d of %d stay in %s of %s", f.Least, f.Meant, f.Pool, f.Balancer)
	}
	if d := p.Policy; d.Confirm != "" {
		add("confirm: %s; soak: %s; a drain may take %s, then: %s", d.Confirm, d.Soak, d.DrainTimeout, or(d.OnDrainTimeout, "ask"))
		add("on failure: %s%s", or(d.OnFailure, "ask"), tolerated(d.MaxFailures))
	}
	if m := p.Policy.MaxErrors; m != nil && p.Kind == "deploy" {
		add("the new version fails with over %d%% more errors than the old one, of at least %d requests", m.OverOld, m.MinRequests)
	}
	if p.Probe != "" {
		add("probe: %s", p.Probe)
	}
	for _, b := range p.Without {
		add("without %s: it is left as it is, nobody must be sent through it", b)
	}
	for _, t := range p.Targets {
		switch {
		case t.Held != "":
			add("held: %s stays out everywhere: %s", t.Server, t.Held)
		case len(t.LeftOut) > 0:
			add("left out: %s was found out in %s and stays so", t.Server, strings.Join(t.LeftOut, ", "))
		}
	}
	for _, s := range p.Skipped {
		add("skipped: %s: %s", s.Server, s.Why)
	}
	var ways []string
	for _, t := range p.Targets {
		ways = append(ways, wayBack(t))
	}
	for _, g := range group(ways, p.Targets) {
		if g.value != "" {
			add("way back: %s  (%s)", g.value, strings.Join(g.servers, ", "))
		}
	}
	return said
}

func tolerated(failures int) string {
	if failures == 0 {
		return ""
	}
	return fmt.Sprintf(", once more than %s failed", count(failures, "server"))
}

// wayBack says how a server could return to what it runs now.
func wayBack(t rollout.Target) string {
	if t.NoWayBack != "" {
		return "none, because " + t.NoWayBack
	}
	if len(t.Back) == 0 {
		return ""
	}
	steps := make([]string, len(t.Back))
	for i, a := range t.Back {
		steps[i] = words(a)
	}
	return or(t.From, "what it ran before") + " by " + strings.Join(steps, "; ")
}
