package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"rota/engine"
	"rota/rollout"
	"rota/tui"
)

// job is one thing to do that acts: what differs between the commands.
type job struct {
	kind    string
	version string // told to whoever meets the lock
	source  string // resume: the run to go on with
	cure    bool   // may be done while an earlier run is not settled
	shown   bool   // its plan was shown and confirmed already

	plan  func(ctx context.Context, s *session, f rollout.Facts) (rollout.Plan, error)
	carry func(r *engine.Runner, ctx context.Context, p rollout.Plan) (rollout.Summary, error) // a method of the runner
	after func(ctx context.Context, s *session, p rollout.Plan, sum rollout.Summary) error     // may be nil
}

// operator is whoever watches and decides.
type operator interface {
	rollout.Operator
}

// perform does a job: it takes the lock, looks, plans, looks before it leaps,
// asks, and carries out. started is told the runner, so that it can be
// stopped.
func (s *session) perform(ctx context.Context, op operator, j job, started func(*engine.Runner)) (rollout.Summary, error) {
	var none rollout.Summary
	secrets, values, err := s.secrets()
	if err != nil {
		return none, err
	}
	id := j.source
	if id == "" {
		id = newRunID()
	}
	s.fleet.Connect(ctx)
	lease, err := engine.Take(ctx, s.fleet.Store, s.lock(id, j), s.flags.lockWait)
	if err != nil {
		return none, world(err)
	}
	defer keep(ctx, lease)()
	give := sync.OnceValue(func() error { return lease.Give(ctx) })
	defer func() { _ = give() }()

	f := facts(s.site.Look(ctx))
	var past []rollout.Event
	if j.source != "" {
		if past, err = s.events(ctx, j.source); err != nil {
			return none, failed(err)
		}
	} else if !j.cure {
		if err := s.refuseUnsettled(ctx, f); err != nil {
			return none, err
		}
	}
	plan, err := j.plan(ctx, s, f)
	if err != nil {
		return none, planned(err)
	}
	if err := s.askSudo(ctx, plan.Becomes()); err != nil {
		return none, err
	}
	if err := engine.Preflight(ctx, plan, s.fleet.Balancers, s.fleet.Store, s.hosts); err != nil {
		return none, world(fmt.Errorf("%w\nnothing was touched", err))
	}
	asked, notes, err := s.probe(ctx, plan, j)
	if err != nil {
		return none, failed(fmt.Errorf("%w\nnothing was touched", err))
	}
	if err := s.confirm(ctx, op, plan, j); err != nil {
		return none, err
	}
	journal, err := rollout.OpenJournal(rollout.JournalConfig{
		Path: s.journalPath(id), Run: id, Operator: s.fleet.Operator(s.self), Store: s.fleet.Store,
		Observer: op, Gate: rollout.NewGate(values...),
	}, past)
	if err != nil {
		return none, failed(err)
	}
	defer func() { _ = journal.Close() }()
	if err := recall(op, past); err != nil {
		return none, failed(err)
	}
	runner := &engine.Runner{
		Inventory: s.inv, Balancers: s.fleet.Balancers, Hosts: s.hosts, Store: s.fleet.Store,
		Here: s.fleet.Here, Machines: s.machines(),
		Lease: lease, Journal: journal, Operator: again{op, s.fleet}, Secrets: secrets, Folder: s.folder(),
		Healthy: s.healthy, Version: s.version(), Probe: asked, Notes: notes,
	}
	started(runner)
	sum, err := j.carry(runner, ctx, plan)
	if j.after != nil && err == nil {
		err = j.after(ctx, s, plan, sum)
	}
	if gerr := give(); gerr != nil && sum.Outcome != rollout.LockLost {
		sum.Told = append(sum.Told, fmt.Sprintf("the lock could not be given back (rota unlock frees it): %v", gerr))
	}
	return sum, err
}

// keep renews a lease until what it returns is called.
func keep(ctx context.Context, l *engine.Lease) func() {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		l.Keep(ctx)
	}()
	return func() {
		cancel()
		<-done
	}
}

// confirm shows the plan and asks once before the first change, where a person
// sits at a terminal. A protected app wants its name when --yes answers.
func (s *session) confirm(ctx context.Context, op operator, p rollout.Plan, j job) error {
	yes := s.flags.yes
	if s.inv.Protected && yes && !s.terminal() && s.flags.app != s.inv.App {
		return usagef("%s is protected: say --app %s beside --yes", s.inv.App, s.inv.App)
	}
	byHand := p.Kind == "drain" || p.Kind == "restore"
	ask := s.terminal() && !yes && !j.shown && (byHand && s.inv.Protected || !byHand && j.source == "" && (p.Policy.Confirm != "never" || p.Kind == "rehearse"))
	if !ask || len(p.Targets) == 0 {
		return nil
	}
	q := rollout.Question{
		ID: "plan", Kind: rollout.AskPlan, Text: planQuestion(p), Facts: planFacts(p),
		Choices: []rollout.Choice{
			{Key: "C", Word: rollout.Continue, Then: "begin with " + strings.Join(p.Batches[0].Servers, ", ")},
			{Key: "N", Word: rollout.No, Then: "do nothing"},
		},
	}
	if screen, ok := op.(*tui.Screen); ok {
		screen.Propose(p)
	}
	a, err := op.Decide(ctx, q)
	switch {
	case err != nil:
		return &exit{status: statusStopped, err: fmt.Errorf("nothing was touched: %w", err)}
	case a.Choice != rollout.Continue:
		return &exit{status: statusStopped, err: declinedError{errors.New("nothing was touched")}}
	}
	return nil
}

func planQuestion(p rollout.Plan) string {
	n := 0
	for _, t := range p.Targets {
		if !t.Leaves || p.Kind == "switch" {
			n++
		}
	}
	servers, batches := fmt.Sprintf("%d servers", n), fmt.Sprintf("%d batches", len(p.Batches))
	if n == 1 {
		servers = "1 server"
	}
	if len(p.Batches) == 1 {
		batches = "1 batch"
	}
	switch {
	case p.Kind == "roll", p.Kind == "rehearse":
		return fmt.Sprintf("%s: %s in %s?", p.Title(), servers, batches)
	case p.Version == "":
		return fmt.Sprintf("%s %s?", p.Kind, servers)
	}
	return fmt.Sprintf("%s to %s in %s?", p.Title(), servers, batches)
}

func planFacts(p rollout.Plan) []string {
	var facts []string
	for i, b := range p.Batches {
		facts = append(facts, fmt.Sprintf("batch %d: %s", i+1, p.Words(b)))
	}
	for _, t := range p.Targets {
		if len(t.LeftOut) > 0 {
			facts = append(facts, fmt.Sprintf("%s is out of %s and will be left out", t.Server, strings.Join(t.LeftOut, ", ")))
		}
	}
	for _, w := range p.Skipped {
		facts = append(facts, w.Server+" is left alone: "+w.Why)
	}
	return facts
}
