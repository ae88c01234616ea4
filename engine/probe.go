package engine

import (
	"context"
	"fmt"
	"sync"
	"time"

	"rota/rollout"
)

// Probe asks through the balancers as long as a run lasts, and counts.
type Probe interface {
	// Run asks until ctx ends and tells each lost request, from one goroutine and
	// once it is counted.
	Run(ctx context.Context, lost func(rollout.Lost))
	// Count returns the figures since the Probe was made.
	Count() rollout.Probe
}

const (
	probedEvery = 5 * time.Second
	toldAtMost  = 10 // lost requests in a second are told one by one, the others in figures
)

// prober is the run's probe at work.
type prober struct {
	*run
	before rollout.Probe // what the run had come to before this process

	turn   turn // for all below, and so that no figures overtake others
	sent   time.Time
	second time.Time // since which told counts
	told   int
	untold int // lost requests that no event has told yet
}

// probe starts the run's probe and returns what ends it: it waits for the
// answers that are under way, and tells the last figures.
func (x *run) probe(ctx context.Context) (end func()) {
	if x.Probe == nil {
		return func() {}
	}
	p := &prober{run: x, turn: newTurn(), sent: time.Now()}
	if st := x.state(); st.Probe != nil {
		p.before = *st.Probe
	}
	x.prober = p
	ctx, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { x.Probe.Run(ctx, p.lose) })
	wg.Go(func() { p.tick(ctx) })
	return sync.OnceFunc(func() {
		defer x.clock.wait()()
		stop()
		wg.Wait()
		p.tell()
	})
}

// tick tells the figures every now and then, and those of lost requests that
// were not told one by one within a second.
func (p *prober) tick(ctx context.Context) {
	every := time.NewTicker(time.Second)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		}
		if p.due() {
			p.tell()
		}
	}
}

func (p *prober) due() bool {
	defer p.turn.take()()
	return p.untold > 0 || time.Since(p.sent) >= probedEvery
}

// lose tells a lost request, unless too many were told in this second.
func (p *prober) lose(l rollout.Lost) {
	defer p.turn.take()()
	if time.Since(p.second) >= time.Second {
		p.second, p.told = time.Now(), 0
	}
	if p.told == toldAtMost {
		p.untold++
		return
	}
	p.told++
	st, figures := p.state(), p.figures()
	l.During = st.During(l.At)
	p.add(rollout.Event{Kind: rollout.Missed, Balancer: l.Balancer, Text: l.String(), Lost: &l, Probe: &figures})
}

// tell tells the figures.
func (p *prober) tell() {
	defer p.turn.take()()
	figures, words := p.figures(), ""
	if p.untold > 0 {
		words = fmt.Sprintf("%s more: no more than %d in a second are told one by one", plural(p.untold, "lost request"), toldAtMost)
	}
	p.sent, p.untold = time.Now(), 0
	p.add(rollout.Event{Kind: rollout.Probed, Text: words, Probe: &figures})
}

func (p *prober) figures() rollout.Probe { return p.before.Plus(p.Probe.Count()) }

// undecided is how many requests the probe has lost that nobody has decided
// about.
func (x *run) undecided() int {
	st := x.state()
	return st.Undecided()
}

// lossy reports whether more requests are lost than may be, so that nothing new
// must begin before somebody has decided.
func (x *run) lossy() bool {
	return x.prober != nil && x.Inventory.Probe != nil && x.undecided() > x.Inventory.Probe.MaxLost
}

// reckon asks how to go on once the probe has lost more than it may. It is
// called where nothing is under way; a run that a person has stopped ends
// without it.
func (x *run) reckon(ctx context.Context) error {
	if !x.lossy() || x.Control.isStopped() {
		return nil
	}
	x.prober.tell() // what is asked, and decided, is about the figures of now
	st := x.state()
	q := x.probeQuestion(&st)
	answer, err := x.choose(ctx, &st, q)
	if err != nil {
		return err
	}
	switch answer {
	case rollout.Continue:
		return nil
	case rollout.RollBack:
		return x.turn(ctx)
	case rollout.Abort:
		return &ended{outcome: rollout.Aborted, person: st.Plan.Policy.OnFailure == "ask", why: q.Text}
	}
	return &ended{outcome: rollout.Paused, why: q.Text}
}

// choose decides about lost requests, by policy or by the operator. The
// question is told in any case: it has the evidence.
func (x *run) choose(ctx context.Context, st *rollout.State, q rollout.Question) (string, error) {
	word := st.Plan.Policy.OnFailure
	if word == "ask" {
		return x.ask(ctx, q)
	}
	q.ID = fmt.Sprintf("%s-%d", st.Run, st.Seq+1)
	x.add(rollout.Event{Kind: rollout.Asked, Batch: q.Batch, Text: q.Text, Choices: q.Choices, Question: &q})
	x.add(rollout.Event{Kind: rollout.Answered, State: word, Text: "by policy on_failure"})
	return word, x.lost(ctx)
}

func (x *run) probeQuestion(st *rollout.State) rollout.Question {
	n := st.Undecided()
	q := rollout.Question{
		Kind: rollout.AskProbe, Batch: st.Batch,
		Text: fmt.Sprintf("the probe has lost %s, and max_lost is %d", plural(n, "request"), x.Inventory.Probe.MaxLost),
	}
	if n < st.Probe.Lost {
		q.Text = fmt.Sprintf("the probe has lost %s more, and max_lost is %d", plural(n, "request"), x.Inventory.Probe.MaxLost)
	}
	q.Facts = append(x.probeFacts(st), lastLost(st)...)
	back := x.backChoice(st, st.Batch)
	if len(st.Changed()) == 0 {
		back.Then = "put back what is out; no server was changed yet"
	}
	q.Choices = []rollout.Choice{
		{Key: "C", Word: rollout.Continue, Then: "go on; it is asked again after as many more"},
		back,
		{Key: "P", Word: rollout.Pause, Then: "stop here for now; rota resume goes on"},
		{Key: "X", Word: rollout.Abort, Then: "end for good: the untouched go back in, the rest stays", Wide: true},
	}
	return q
}

// lastLost tells the last requests that were lost.
func lastLost(st *rollout.State) []string {
	var said []string
	for _, l := range st.Lost {
		said = append(said, "lost at "+l.At.Local().Format(time.TimeOnly)+": "+l.String())
	}
	return said
}

// probeFacts tells the probe's figures, where there is one.
func (x *run) probeFacts(st *rollout.State) []string {
	if st.Probe == nil {
		return nil
	}
	return []string{"probe: " + st.Probe.String()}
}

// soaked soaks a batch, and anew where somebody has decided meanwhile to go on
// although requests were lost.
func (x *run) soaked(ctx context.Context, n int, names []string) (failed []string, err error) {
	for {
		failed, err = x.soak(ctx, n, names)
		if err != nil || len(failed) > 0 || !x.lossy() || x.Control.isStopped() {
			return failed, err
		}
		if err = x.reckon(ctx); err != nil {
			return nil, err
		}
	}
}
