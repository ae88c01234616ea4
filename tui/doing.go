package tui

import (
	"fmt"
	"strconv"
	"strings"

	"rota/internal/text"
	"rota/rollout"
	"rota/tui/paint"
)

// doing tells what happens to a server now, or what a person should know of it.
// Where that can be told in more or fewer words, it has room for so many cells.
func (m *model) doing(s *server, room int) (paint.Role, string) {
	if s.atRest {
		switch {
		case s.trouble != "":
			return paint.Bad, s.trouble
		case s.hold != "":
			return paint.Ask, s.hold
		case s.idle:
			return paint.Quiet, "out, as wanted"
		}
		return m.notes(s)
	}
	if s.alert != "" {
		return paint.Ask, m.theme.Alert + " " + s.alert
	}
	switch s.run.Phase {
	case rollout.Waiting:
		if s.run.Doing != "" {
			return paint.Work, s.run.Doing
		}
		if s.target == nil {
			return paint.Quiet, "not touched"
		}
		if s.target.Held != "" {
			return paint.Ask, s.target.Held
		}
		if s.trouble != "" {
			return paint.Bad, s.trouble
		}
		if m.width >= wide {
			return paint.Quiet, "" // the batch has a column of its own
		}
		return paint.Quiet, "batch " + strconv.Itoa(s.run.Batch)
	case rollout.Draining:
		sessions, _ := s.figures()
		if sessions < 0 {
			return paint.Warn, s.run.Doing
		}
		return paint.Warn, count(sessions, "session") + " left"
	case rollout.Checking:
		if s.checked != "" {
			return paint.Plain, s.checked
		}
		return paint.Plain, m.working(s)
	case rollout.Deploying, rollout.Returning:
		return paint.Plain, m.working(s)
	case rollout.Climbing:
		if said := m.climbing(s, room); said != "" {
			return paint.Work, said
		}
		return paint.Plain, m.working(s)
	case rollout.Failed, rollout.Uncertain, rollout.Skipped:
		return paint.Bad, s.run.Error
	case rollout.Held:
		return paint.Ask, "waits for the decision"
	case rollout.Idle:
		return paint.Quiet, "out, as wanted"
	case rollout.LeftOut:
		if s.target != nil {
			return paint.Warn, join("; ", s.target.Held, strings.Join(s.target.LeftOut, ", "))
		}
	case rollout.Serving:
		if s.trouble != "" && s.heard.After(s.run.Since) {
			return paint.Bad, s.trouble
		}
		if s.run.Doing != "" {
			return paint.Quiet, s.run.Doing
		}
	default:
	}
	return m.notes(s)
}

// climbing tells which share of its weight a server is given and for how long,
// and what it gets by that, as far as there is room; "" where it has no rung.
func (m *model) climbing(s *server, room int) string {
	share, since, hold := m.run.state.Climbs(s.Name)
	if share == 0 {
		return ""
	}
	held := seconds(m.now.Sub(since))
	for _, said := range []string{
		fmt.Sprintf("%d%% of its weight for %s of %s%s", share, held, seconds(hold), m.gets(s)),
		fmt.Sprintf("%d%% of its weight for %s of %s", share, held, seconds(hold)),
		fmt.Sprintf("%d%% for %s of %s", share, held, seconds(hold)),
	} {
		if text.Width(said) <= room {
			return said
		}
	}
	return fmt.Sprintf("%d%% for %s", share, held)
}

// gets tells which part of all requests a server gets; "" where no balancer counts them.
func (m *model) gets(s *server) string {
	own, all := 0.0, 0.0
	byRate := m.fleet.amounts(-1, func(of *server, amount float64) {
		all += amount
		if of == s {
			own += amount
		}
	})
	if !byRate {
		return ""
	}
	return ", gets " + percent(own/all) + " of the requests"
}

// working tells the step that runs: which of how many, and what.
func (m *model) working(s *server) string {
	what := s.run.Doing
	if what != "" && s.run.Step.Touches() {
		what = strconv.Itoa(min(s.run.StepsDone+1, s.run.Steps)) + "/" + strconv.Itoa(s.run.Steps) + " " + what
	}
	if s.run.Attempt > 1 {
		what += fmt.Sprintf(", try %d", s.run.Attempt)
	}
	return what
}

// lasts tells since when the step runs, or how long the server is in its phase.
func (m *model) lasts(s *server) string {
	if s.run == nil || !m.run.on() {
		return ""
	}
	switch s.run.Phase {
	case rollout.Draining, rollout.Out, rollout.Deploying, rollout.Checking, rollout.Returning:
	case rollout.Climbing:
		return "" // it tells it itself
	default:
		if s.run.Doing == "" {
			return ""
		}
	}
	since := s.run.Since
	if st, ok := m.run.state.Step(s.run.Step); ok && !st.Ended && st.Begun.After(since) {
		since = st.Begun
	}
	return seconds(m.now.Sub(since))
}

// notes tells what the balancers add to the state of a server.
func (m *model) notes(s *server) (paint.Role, string) {
	for _, seat := range s.seats {
		if seat.note != "" {
			return paint.Warn, seat.note
		}
	}
	return paint.Quiet, ""
}
