package tui

import (
	"fmt"
	"strconv"
	"time"

	"rota/lb"
	"rota/rollout"
	"rota/tui/paint"
)

// look is how a state is shown: a sign, a word and a colour, so that none of
// them has to be seen alone.
type look struct {
	glyph, word string
	role        paint.Role
}

// stateLook shows what a balancer says. A server that gets less than its full
// share of traffic is warming.
func stateLook(s lb.State, g *paint.Glyphs) look {
	switch s {
	case lb.In:
		return look{g.In, "in", paint.Good}
	case lb.Draining:
		return look{g.Draining, "drain", paint.Warn}
	case lb.Out:
		return look{g.Out, "out", paint.Quiet}
	case lb.Down:
		return look{g.Down, "down", paint.Bad}
	case lb.Absent:
		return look{g.Waiting, "absent", paint.Warn}
	case lb.Mixed:
		return look{g.Alert, "mixed", paint.Ask}
	case lb.Unknown:
	}
	return look{g.Unknown, "unknown", paint.Ask}
}

// phaseLook shows where a server stands in a run.
func phaseLook(p rollout.Phase, g *paint.Glyphs) look {
	switch p {
	case rollout.Waiting:
		return look{g.Waiting, "waiting", paint.Quiet}
	case rollout.Draining:
		return look{g.Draining, "draining", paint.Warn}
	case rollout.Out:
		return look{g.Out, "out", paint.Work}
	case rollout.Deploying:
		return look{g.Deploying, "deploying", paint.Work}
	case rollout.Checking:
		return look{g.Checking, "checking", paint.Work}
	case rollout.Returning:
		return look{g.Warming, "returning", paint.Work}
	case rollout.Climbing:
		return look{g.Warming, "climbing", paint.Work}
	case rollout.Serving:
		return look{g.Done, "serving", paint.Good}
	case rollout.Idle:
		return look{g.Out, "idle", paint.Quiet}
	case rollout.LeftOut:
		return look{g.Skipped, "left out", paint.Warn}
	case rollout.Failed:
		return look{g.Failed, "FAILED", paint.Bad}
	case rollout.Held:
		return look{g.Held, "held", paint.Ask}
	case rollout.Skipped:
		return look{g.Skipped, "skipped", paint.Warn}
	case rollout.Uncertain:
		return look{g.Unknown, "unknown", paint.Ask}
	}
	return look{g.Unknown, string(p), paint.Plain}
}

// runLook shows where a server stands in a run, and that it is done with it.
func (m *model) runLook(s *server) look {
	l := phaseLook(s.run.Phase, &m.theme.Glyphs)
	switch {
	case s.run.GoesBack && s.run.Phase == rollout.Failed: // once all failures are decided
		l = look{m.theme.Back, "goes back", paint.Warn}
	case !s.finished:
	case m.run.byHand():
		l.glyph, l.role = m.theme.Done, paint.Good
	case s.run.GoesBack && s.run.Phase == rollout.Serving:
		l = look{m.theme.Back, "back", paint.Warn}
	case m.run.back() && s.run.Phase == rollout.Serving:
		l = look{m.theme.Back, "back", paint.Good}
	case s.run.Phase == rollout.Serving:
		l.word = "updated"
	}
	return l
}

// outcomeLook shows how a run has ended.
func outcomeLook(o rollout.Outcome, g *paint.Glyphs) look {
	switch o {
	case rollout.Done:
		return look{g.Done, "DONE", paint.Good}
	case rollout.LeftSome:
		return look{g.Alert, "DONE, BUT SOME", paint.Warn}
	case rollout.Paused:
		return look{g.Held, "PAUSED", paint.Ask}
	case rollout.Aborted:
		return look{g.Failed, "ABORTED", paint.Bad}
	case rollout.RolledBack:
		return look{g.Back, "ROLLED BACK", paint.Warn}
	case rollout.Stopped:
		return look{g.Held, "STOPPED", paint.Warn}
	case rollout.LockLost:
		return look{g.Failed, "LOCK LOST", paint.Bad}
	}
	return look{g.Unknown, string(o), paint.Plain}
}

// short tells a duration in at most two units.
func short(d time.Duration) string {
	switch {
	case d < 0:
		return "0s"
	case d < 10*time.Second:
		return fmt.Sprintf("%.1fs", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
}

// seconds tells how long something has lasted, without tenths that flicker.
func seconds(d time.Duration) string {
	if d < time.Minute {
		return strconv.Itoa(max(int(d.Seconds()), 0)) + "s"
	}
	return short(d)
}

// count tells a number of things: "1 server", "3 servers".
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return strconv.Itoa(n) + " " + thing + "s"
}
