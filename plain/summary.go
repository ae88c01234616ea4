package plain

import (
	"fmt"
	"io"
	"strings"
	"time"

	"rota/rollout"
)

// Summary prints the last lines of a run: what it proved, where each server
// stands that is not in rotation, how long it took, and how to go on.
func Summary(w io.Writer, s rollout.Summary) {
	first := string(s.Outcome)
	if s.Why != "" {
		first += ": " + s.Why
	}
	say(w, "%s", first)
	named(w, "servers done", s.Updated)
	named(w, "servers failed", s.Failed)
	named(w, "servers sent back to their earlier version", s.Back)
	named(w, "out of rotation and ready, as wanted", s.Idle)
	if len(s.Runs) > 1 {
		for _, r := range s.Runs {
			named(w, "running "+r.Version, r.Servers)
		}
	}
	if len(s.Left) == 0 {
		say(w, "no server is left out of rotation")
	}
	for _, l := range s.Left {
		say(w, "%s", standing(l))
	}
	if s.Compared != nil {
		say(w, "compared: %s", s.Compared)
	}
	if s.Probe != nil {
		say(w, "probe: %s", s.Probe)
	}
	say(w, "%s", times(s))
	rehearsed(w, s)
	below(w, "what went wrong beside", s.Told)
	below(w, "go on with", s.GoOn)
	below(w, "or by hand", s.ByHand)
}

// standing tells where a server stands. The run is done with one that serves, or
// never took it out: then it is a balancer that says otherwise.
func standing(l rollout.Where) string {
	switch rollout.Phase(l.State) {
	case rollout.Idle:
		return l.Server + " is to be out of rotation: " + l.Why
	case rollout.Waiting, rollout.Serving:
		return l.Server + " is not in rotation everywhere: " + l.Why
	default:
		line := l.Server + " is not in rotation: " + l.State
		if l.Why != "" {
			line += ", " + l.Why
		}
		return line
	}
}

func named(w io.Writer, what string, servers []string) {
	if len(servers) > 0 {
		say(w, "%s: %s", what, strings.Join(servers, ", "))
	}
}

func times(s rollout.Summary) string {
	said := fmt.Sprintf("%s, took %s, of which rota: %s", count(len(s.Updated), "server"), ms(s.TotalMS), ms(s.OwnMS))
	if s.WaitMS > 0 {
		said += "; drains, steps and checks: " + ms(s.WaitMS)
	}
	if s.AskedMS > 0 {
		said += "; waiting for an answer: " + ms(s.AskedMS)
	}
	return said
}

func ms(n int64) string { return short(time.Duration(n) * time.Millisecond) }

func below(w io.Writer, title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	say(w, "%s:", title)
	for _, line := range lines {
		_, _ = fmt.Fprintln(w, "  "+exact(line))
	}
}
