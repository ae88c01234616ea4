package rollout

import (
	"fmt"
	"strings"
)

// StepID names one step of a plan, and stays the same when the plan is made
// again from the same inventory: "b2/out", "web3/step1", "+prepare1/web1". The
// steps of the way back begin with "~". Neither sign can stand in a name.
type StepID string

const (
	backward = "~"
	beside   = "+"
	stepWord = "/step"
)

// BatchStep names a step that is taken for all servers of a batch at once.
func BatchStep(batch int, verb string) StepID { return StepID(fmt.Sprintf("b%d/%s", batch, verb)) }

// ServerStep names a step of rota's own on one server, such as "health".
func ServerStep(server, verb string) StepID { return StepID(server + "/" + verb) }

// OwnStep names the n-th of a server's steps, from 1.
func OwnStep(server string, n int) StepID { return StepID(fmt.Sprintf("%s%s%d", server, stepWord, n)) }

// SideStep names the n-th step of a phase ("prepare", "finish") on a server.
func SideStep(phase string, n int, server string) StepID {
	return StepID(fmt.Sprintf("%s%s%d/%s", beside, phase, n, server))
}

// HookStep names a hook of a run; batch is 0 but for the one after a batch.
func HookStep(name string, batch int) StepID {
	if batch > 0 {
		name += fmt.Sprint(batch)
	}
	return StepID(beside + "hook/" + name)
}

// AroundStep names what a balancer wants before or after a run.
func AroundStep(balancer, when string) StepID {
	return StepID(beside + "around/" + balancer + "/" + when)
}

// Reversed names the same step on the way back.
func (id StepID) Reversed() StepID { return backward + id }

// GoesBack reports whether the step is one of the way back.
func (id StepID) GoesBack() bool { return strings.HasPrefix(string(id), backward) }

// Touches reports whether the step changes its server, so that the server is
// no more what it was.
func (id StepID) Touches() bool {
	_, n, ok := strings.Cut(strings.TrimPrefix(string(id), backward), stepWord)
	return ok && n != ""
}

// turn is the server whose step it is, where it is one's.
func (id StepID) turn() string {
	server, _, _ := strings.Cut(strings.TrimPrefix(string(id), backward), "/")
	return server
}

// Prepares reports whether the step is done while its server is in rotation.
func (id StepID) Prepares() bool {
	return strings.HasPrefix(strings.TrimPrefix(string(id), backward), beside)
}

// Looks reports whether the step only waits and looks: it changes nothing that
// the step before it has not changed.
func (id StepID) Looks() bool {
	_, verb, _ := strings.Cut(string(id), "/")
	return verb == "drained" || verb == "health" || verb == "soak" || id.rung() > 0 && strings.HasPrefix(verb, holdWord)
}
