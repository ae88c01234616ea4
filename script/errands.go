package script

import (
	"fmt"
	"strings"

	"rota/inventory"
	"rota/rollout"
)

// An errand is a command of a run that is about no server: a hook, which runs
// here, or what a balancer wants around the run.

// varsOfRun is the call of what prints the variables of errands.
const varsOfRun = "vars_run"

// errand writes one; more are commands that set further variables.
func (p *writer) errand(name, where, more, command string) {
	if command == "" {
		return
	}
	p.say("say %s", quote("  "+name))
	p.text.WriteString(heredoc(where, varsOfRun+"\n", more+"set -eu\n"+command))
}

func (p *writer) hook(name, more, command string) { p.errand("hooks."+name, "here", more, command) }

// around writes what the balancers want, by when.
func (p *writer) around(when string) {
	for i, b := range p.Balancers {
		for _, a := range p.Plan.Around {
			command := a.Before
			if when == "after" {
				command = a.After
			}
			if a.Balancer == b.Name {
				p.errand(b.Name+": "+when, p.balancer(i), "", command)
			}
		}
	}
}

// before writes what comes before the first change: the hook once.
func (p *writer) before() {
	if p.Plan.Hooks.Before != "" {
		p.say("if [ \"$from\" = 1 ]; then")
		p.hook("before", "", p.Plan.Hooks.Before)
		p.say("fi")
	}
	p.around("before")
}

// finally writes the function that is called at every end once it has begun.
func (p *writer) finally() {
	p.say("\nfinally() {")
	p.around("after")
	h := p.Plan.Hooks
	p.say("if [ \"$1\" = 0 ]; then\n:")
	p.hook("after", outcome(rollout.Done), h.After)
	p.say("else\n:")
	p.hook("on-failure", outcome(rollout.Paused), h.OnFailure)
	p.say("fi\n}")
}

func outcome(o rollout.Outcome) string { return "export ROTA_OUTCOME=" + quote(string(o)) + "\n" }

// runVars writes the function that prints the variables of errands.
func (p *writer) runVars() {
	vars := rollout.Vars(p.Inventory, inventory.Server{}, rollout.Target{To: p.Plan.Version}, p.Plan.Kind, byHand)
	p.varsAre("the run", varsOfRun, vars)
}

// varsAre writes the function that prints variables, and the secrets with them.
func (p *writer) varsAre(whose, function string, vars []inventory.Var) {
	p.say("\n# %s\n%s() {", clean(whose), function)
	for _, name := range p.Inventory.Deploy.Secrets {
		p.say("secret %s", name)
	}
	var b strings.Builder
	for _, v := range vars {
		fmt.Fprintf(&b, "export %s=%s\n", v.Name, quote(v.Value))
	}
	p.say("cat %s}", verbatim(b.String()))
}
