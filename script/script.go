// Package script writes a plan down as a POSIX sh script that a person could run
// by hand: the way of last resort, and for whoever wants to see every word.
//
// The script does what a run does, in the same order: out of every balancer,
// drained, the steps, healthy, the version proved, back. It wants ssh and scp
// here, and on the machines sh, awk, sed and ps, socat for HAProxy and curl for
// checks over the network. What it cannot do is what needs somebody who watches:
// it holds no lock, keeps no journal, does not see a colleague who puts a server
// back, and where it stops, things stay as they are. It works on the servers of
// a batch one after the other, and climbs no weights.
package script

import (
	"context"
	_ "embed"
	"fmt"
	"io"
	"strings"

	"rota/inventory"
	"rota/lb"
	"rota/rollout"
)

//go:embed head.sh
var head string

// Source is what a script is made of.
type Source struct {
	Inventory *inventory.Inventory
	Plan      rollout.Plan
	Balancers []lb.Named // each must be an lb.Scripter
	Folder    string     // what relative upload paths are relative to
}

// Write writes the script. It asks the balancers how they stand, and touches
// nothing. Secrets are taken from the environment of whoever runs the script:
// their values are not in it.
func Write(ctx context.Context, w io.Writer, s Source) error {
	body := &writer{Source: s, words: make([]string, len(s.Balancers))}
	for n := range s.Plan.Batches {
		if err := body.batch(ctx, n+1); err != nil {
			return err
		}
	}
	body.finally()
	body.run()
	p := &writer{Source: s}
	p.head()
	p.hosts()
	for i, words := range body.words {
		if words != "" {
			p.say("\n%s() {\ncat %s}", wordsOf(i), verbatim("set -eu\nlimit="+whole(s.Plan.Policy.DrainTimeout)+"\n"+words))
		}
	}
	p.allVars(body.text.String())
	p.text.WriteString(body.text.String())
	_, err := io.WriteString(w, p.text.String())
	return err
}

// byHand is the run's id in a script: it has no other.
const byHand = "by-hand"

// writer puts one script together.
type writer struct {
	Source
	text  strings.Builder
	words []string // by balancer: what its scripts are made of, once one was written
}

func (p *writer) say(format string, args ...any) { fmt.Fprintf(&p.text, format+"\n", args...) }

// head says what the script is, and holds the functions that all of it uses.
func (p *writer) head() {
	plan := &p.Plan
	p.say("#!/bin/sh")
	p.comment(fmt.Sprintf("%s: %s, %d servers in %d batches.", plan.Title(),
		strings.TrimSpace(plan.App+" "+plan.Environment), len(plan.Targets), len(plan.Batches)))
	p.comment("")
	p.comment("Written by rota: what it would do itself, for a person to do by hand. There is no\n" +
		"lock (rota lock -m 'by hand' holds one), no journal, and nobody watches what others\n" +
		"do meanwhile. Where it stops, things stay as they are: the last line says where.")
	for _, f := range plan.Floors {
		p.comment(fmt.Sprintf("At least %d of %d stay in %s of %s.", f.Least, f.Meant, f.Pool, f.Balancer))
	}
	for _, w := range plan.Skipped {
		p.comment(fmt.Sprintf("%s is left alone: %s.", w.Server, w.Why))
	}
	if p.Inventory.SSH.SudoPassword != "never" {
		p.comment("sudo must want no password here.")
	}
	p.text.WriteString(head)
}

// hosts writes the functions that reach machines.
func (p *writer) hosts() {
	ssh := p.Inventory.SSH
	options := []string{"-o", fmt.Sprintf("ConnectTimeout=%d", max(int(ssh.ConnectTimeout.Seconds()), 1))}
	file := ""
	if ssh.Config != "" {
		file = " -F " + path(ssh.Config)
	}
	p.say("")
	for _, f := range [][2]string{{"reach", "ssh"}, {"copy", "scp"}} {
		p.say("%s() { %s%s %s \"$@\"; }", f[0], f[1], file, words(options))
	}
	p.say("here() { ( cd %s && sh -s ); }", quote(p.Folder))
	p.say("here_as() { ( cd %s && sudo -n -H -u \"$1\" -- sh -s ); }", quote(p.Folder))
	for _, name := range p.Inventory.Deploy.Secrets {
		p.say(": \"${%s?is not set}\"", name)
	}
}

// run writes what calls the functions of the batches, with the gates between.
func (p *writer) run() {
	plan := &p.Plan
	st := rollout.State{Plan: p.Plan}
	p.say("")
	if len(plan.Batches) == 0 {
		p.say("say 'nothing to do'")
		return
	}
	if plan.Policy.Confirm != "never" {
		p.say("sure %s", quote(fmt.Sprintf("%s: begin at batch", plan.Title()))+`" $from?"`)
	}
	p.say("entered=yes")
	p.before()
	if len(plan.Prepare) > 0 {
		p.say("if [ \"$from\" = 1 ]; then")
		p.say("say 'prepare'\nwhere='preparing: every server is in rotation'")
		p.actions(plan.Prepare)
		p.say("fi")
	}
	for n := range plan.Batches {
		p.say("if [ \"$from\" -le %d ]; then", n+1)
		p.say("\tbatch_%d", n+1)
		p.hook("after-batch", fmt.Sprintf("export ROTA_BATCH=%d\n", n+1), plan.Hooks.AfterBatch)
		if next := n + 1; next < len(plan.Batches) && st.Gate(n+1) {
			p.say("\tsure %s", quote(gate(plan, n+1)))
		}
		p.say("fi")
	}
	if len(plan.Finish) > 0 {
		p.say("say 'finish'\nwhere='finishing: every batch is done'")
		p.actions(plan.Finish)
	}
	p.say("say 'done'")
}

// gate is the question after the n-th batch.
func gate(plan *rollout.Plan, n int) string {
	next := strings.Join(plan.Batches[n].Servers, ", ")
	if plan.Batches[n-1].Asks == rollout.AsksSwitch {
		return fmt.Sprintf("%s is healthy; switch all traffic from %s to %s?", plan.Idle, plan.Live, plan.Idle)
	}
	return fmt.Sprintf("batch %d is done; go on with batch %d (%s)?", n, n+1, next)
}

func (p *writer) comment(text string) {
	for line := range strings.SplitSeq(text, "\n") {
		p.say("%s", strings.TrimRight("# "+clean(line), " "))
	}
}
