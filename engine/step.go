package engine

import (
	"context"
	"errors"
	"time"

	"rota/lb"
	"rota/rollout"
)

// step is one step while it is taken.
type step struct {
	x     *run
	event rollout.Event
	begun time.Time
	said  string // beside how it went
}

// begin writes that a step begins, in the journal and its copies, before the
// deed. An error means that the deed must not be done.
func (x *run) begin(ctx context.Context, e rollout.Event) (*step, error) {
	st := x.state()
	past, _ := st.Step(e.Step)
	e.Kind, e.Attempt = rollout.StepBegun, past.Attempt+1
	if err := x.ours(ctx); err != nil {
		return nil, err
	}
	err := x.Journal.Add(e)
	if err == nil {
		err = x.shipFor(ctx, e.Step)
	}
	if err == nil { // a laptop may have slept while it was copied
		err = x.ours(ctx)
	}
	if err != nil {
		e.Kind, e.Text, e.State, e.Error = rollout.StepEnded, "", rollout.NotDone, err.Error()
		x.add(e)
		return nil, err
	}
	return &step{x: x, event: e, begun: time.Now()}, nil
}

// shipFor copies the journal before a deed. A step that only looks is copied
// with the next deed.
func (x *run) shipFor(ctx context.Context, id rollout.StepID) error {
	if id.Looks() {
		return nil
	}
	return x.ship(ctx)
}

// beginBack is begin for a step that leads servers back: a full disk or a host
// out of reach does not keep a server out. Only a lost lock does.
func (x *run) beginBack(ctx context.Context, e rollout.Event) (*step, error) {
	if err := x.lost(ctx); err != nil {
		return nil, err
	}
	st := x.state()
	past, _ := st.Step(e.Step)
	e.Kind, e.Attempt = rollout.StepBegun, past.Attempt+1
	err := errors.Join(x.Journal.Add(e), x.shipFor(ctx, e.Step), x.lost(ctx))
	if end, ok := errors.AsType[*ended](err); ok {
		return nil, end
	}
	if err != nil {
		x.note("putting back all the same: " + err.Error())
	}
	return &step{x: x, event: e, begun: time.Now()}, nil
}

// stayed is end for a step that watches servers for a while: it tells where a
// stop has cut that short.
func (s *step) stayed(length time.Duration, err error) {
	if err == nil && s.x.Control.isStopped() && time.Since(s.begun) < length {
		s.said = "cut short by a stop"
	}
	s.end(err)
}

// end writes how the step went.
func (s *step) end(err error) {
	e := s.event
	e.Kind, e.Text = rollout.StepEnded, s.said
	e.ElapsedMS = time.Since(s.begun).Milliseconds()
	if err != nil {
		e.Error = err.Error()
	}
	if unknown(err) {
		e.State = lb.Unknown.String()
	}
	s.x.add(e)
}

// unknown reports whether an error leaves open what has happened.
func unknown(err error) bool {
	var u interface{ Unknown() bool }
	return errors.As(err, &u) && u.Unknown()
}

// batchStep names a batch's step in the direction that the run goes.
func (x *run) batchStep(n int, verb string) rollout.StepID { return x.way(rollout.BatchStep(n, verb)) }

// serverStep names a server's step in the direction that the run goes.
func (x *run) serverStep(server, verb string) rollout.StepID {
	return x.way(rollout.ServerStep(server, verb))
}

func (x *run) way(id rollout.StepID) rollout.StepID {
	if st := x.state(); st.Reverse != nil {
		return id.Reversed()
	}
	return id
}
