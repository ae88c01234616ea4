package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"github.com/muesli/cancelreader"

	"rota/engine"
	"rota/plain"
	"rota/rollout"
	"rota/tui"
)

// act does a job on the screen or without one, by the mode.
func (p *program) act(ctx context.Context, j job) error {
	if err := p.mayAct(); err != nil {
		return err
	}
	mode, err := p.mode()
	if err != nil {
		return err
	}
	if mode == "tui" {
		return p.onScreen(ctx, &j, nil)
	}
	return p.inLines(ctx, mode, j)
}

// lineOperator is an operator without a screen.
type lineOperator interface {
	rollout.Operator
	Close()
}

// inLines does a job in text or JSON lines.
func (p *program) inLines(ctx context.Context, mode string, j job) error {
	s, err := p.open(ctx, p.asker())
	if err != nil {
		return err
	}
	defer s.close()
	op := s.lineOperator(mode)
	sum, err := p.underSignals(ctx, func(ctx context.Context, stop *stops) (rollout.Summary, error) {
		if t, ok := op.(*plain.Text); ok {
			beat, end := context.WithCancel(ctx)
			var wg sync.WaitGroup
			defer wg.Wait()
			defer end()
			wg.Go(func() { t.Run(beat) })
		}
		return s.do(ctx, op, j, stop.use)
	})
	op.Close()
	return p.conclude(sum, err)
}

// do performs a job; for resume it first finds what to go on with.
func (s *session) do(ctx context.Context, op operator, j job, started func(*engine.Runner)) (rollout.Summary, error) {
	if j.kind == "resume" {
		var err error
		if j, err = s.resumed(ctx, op); err != nil {
			return rollout.Summary{}, err
		}
	}
	return s.perform(ctx, op, j, started)
}

func (s *session) lineOperator(mode string) lineOperator {
	r := s.inv.Rollout
	policy := plain.Policy{
		Yes: s.flags.yes, Changed: s.flags.changed, AppName: s.flags.app,
		OnFailure: r.OnFailure, OnDrainTimeout: r.OnDrainTimeout,
		Terminal: isTerminal(s.in), Answers: s.answers(),
	}
	if mode == "json" {
		return plain.NewJSON(s.out, s.err, policy)
	}
	return plain.NewText(s.out, s.err, s.color(), policy)
}

// answers is where answers come from: a terminal, a pipe or a file; nil where
// standard input is neither.
func (p *program) answers() io.Reader {
	if p.in == nil {
		return nil
	}
	info, err := p.in.Stat()
	if err != nil || info.Mode()&os.ModeDevice != 0 && !isTerminal(p.in) {
		return nil
	}
	r, err := cancelreader.NewReader(p.in)
	if err != nil {
		return p.in
	}
	return r
}

// conclude prints the last lines of a run and turns its outcome into an exit
// status.
func (p *program) conclude(sum rollout.Summary, err error) error {
	if sum.Outcome == "" {
		return err
	}
	if p.passing {
		sum.GoOn, sum.ByHand = nil, nil
	}
	plain.Summary(p.err, sum)
	if e, ok := errors.AsType[*exit](err); ok {
		return e
	}
	if err != nil && sum.Outcome == rollout.Done { // done, but what follows failed
		return failed(err)
	}
	if status := sum.ExitStatus(); status != statusDone {
		return &exit{status: status, err: fmt.Errorf("%s", sum.Outcome), quiet: true}
	}
	return nil
}

// stops passes a person's stops on to the run, once there is one.
type stops struct {
	mu     sync.Mutex
	runner *engine.Runner
	early  context.CancelFunc // before there is a run
}

func (s *stops) use(r *engine.Runner) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.runner = r
}

// stop asks the run to end; before there is one, it ends everything: nothing
// was touched yet.
func (s *stops) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.runner == nil {
		s.early()
		return
	}
	s.runner.Control.Stop()
}

// underSignals runs do; SIGINT, SIGTERM and SIGHUP are a person's stop.
func (p *program) underSignals(ctx context.Context, do func(context.Context, *stops) (rollout.Summary, error)) (rollout.Summary, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	st := &stops{early: cancel}
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for n := 1; ; n++ {
			select {
			case <-done:
				return
			case sig := <-signals:
				if n == 1 {
					p.tell("%v: the servers in flight are finished and put back; once more starts no further step", sig)
				}
				st.stop()
			}
		}
	})
	sum, err := do(ctx, st)
	signal.Stop(signals)
	close(done)
	wg.Wait()
	return sum, err
}

// tell prints a line for a person.
func (p *program) tell(format string, args ...any) {
	_, _ = fmt.Fprintf(p.err, format+"\n", args...)
}

// recall tells an operator what a run that goes on has come to.
func recall(op operator, past []rollout.Event) error {
	switch op := op.(type) {
	case *plain.Text:
		st, err := rollout.Replay(past)
		if err != nil {
			return err
		}
		op.Resume(st)
	case *tui.Screen:
		for _, e := range past {
			op.Observe(e)
		}
	}
	return nil
}
