package plain

import (
	"fmt"
	"io"

	"rota/rollout"
)

// meaning is what one kind of event tells, and in which fields.
type meaning struct {
	kind   rollout.Kind
	tells  string
	fields string
}

// meanings is the one place that says what each kind of event is about.
func meanings() []meaning {
	return []meaning{
		{rollout.RunBegun, "the run begins; always the first", "plan version text"},
		{rollout.Resumed, "another process goes on with the run", "text"},
		{rollout.StepBegun, "a step begins; written before anything is done", "step server servers batch attempt text"},
		{rollout.StepEnded, "the step has ended; with error it failed, with state unknown nobody knows, with text a stop has cut it short", "step server servers batch elapsed_ms error state text"},
		{rollout.Moved, "the server is now in the phase state", "server batch state error"},
		{rollout.Observed, "the balancer says that the server is in state", "server balancer state"},
		{rollout.Sampled, "figures of the server at the balancer; -1: it cannot tell", "server balancer sample"},
		{rollout.Output, "a line that a step printed; with stream lb one that the balancer was told, and with said one that it said", "server servers balancer step stream said line"},
		{rollout.Found, "the server runs version", "server version"},
		{rollout.Booted, "the boot that the server's host has right before a step reboots it", "server step state"},
		{rollout.Disturbed, "somebody else changed the server at the balancer while it was worked on", "server balancer state text"},
		{rollout.Weighed, "weights at the balancer: found (before the first change), asked, or restored (weights: others', left alone)", "balancer state weights servers"},
		{rollout.Compared, "how the new version does beside the old one since it came in; with error it is worse than it may be", "comparison servers batch version text error"},
		{rollout.Asked, "a person or a policy is asked; nothing moves until it is answered", "question choices server batch"},
		{rollout.Answered, "the choice state was made; text tells by whom", "state text"},
		{rollout.Reversed, "from here on the run takes its changes back", "plan text"},
		{rollout.Noted, "something worth knowing", "text server balancer"},
		{rollout.Probed, "what the probe has sent and lost since the run began", "probe text"},
		{rollout.Missed, "the probe has lost a request; lost tells when, where, why and what was going on then", "lost probe balancer text"},
		{rollout.RunEnded, "the run has ended with the outcome state; always the last", "state summary error"},
	}
}

// Events prints what each kind of event means: the text of `rota help events`.
func Events(w io.Writer) {
	_, _ = fmt.Fprint(w, `A run is told in events. The journal keeps them, --output json prints them,
one JSON object a line, and the screen and history draw them.

Every event has:
  seq         1, 2, 3, and so on
  time        RFC 3339
  run         the run's id
  event       its kind, see below
  operator    login and machine, and the key that ssh used where it is known

The kinds, and the fields that they may have:
`)
	var t table
	for _, m := range meanings() {
		t.add("  "+string(m.kind), m.tells)
		t.add("", "  "+m.fields)
	}
	t.print(w, 0, nil)
}
