package plain

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"rota/internal/text"
	"rota/rollout"
)

// quietTime is how long nothing is printed before a heartbeat tells that the
// run is alive.
const quietTime = 30 * time.Second

// Text is an operator that tells a run in lines of text: the time, a word, the
// server, a sentence. Its methods may be called concurrently, and none but
// Close waits for whoever reads the lines.
type Text struct {
	*asker
	mu      sync.Mutex
	out     io.Writer
	color   bool
	state   rollout.State
	lost    bool                      // the events do not add up: state tells nothing
	doing   map[rollout.StepID]string // what the steps under way are, in words
	names   int                       // cells that the server's name gets
	printed time.Time
}

// NewText returns an operator that prints a run to out, and what it asks, with
// wrong answers, to errs. Close it when the run is over.
func NewText(out, errs io.Writer, color bool, p Policy) *Text {
	a := newAsker(p, errs)
	return &Text{
		asker: a, out: a.feed.to(out), color: color,
		doing: map[rollout.StepID]string{}, names: len("batch 1"), printed: time.Now(),
	}
}

// Resume tells the operator what a run that goes on has come to, before its
// next event.
func (t *Text) Resume(s rollout.State) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.state = s.Clone()
	t.measure(&s.Plan)
}

// Observe prints an event. Figures of balancers and of the probe are left out.
func (t *Text) Observe(e rollout.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.lost && t.state.Apply(e) != nil {
		t.lost = true
	}
	if e.Kind == rollout.RunBegun && e.Plan != nil {
		t.measure(e.Plan)
	}
	if e.Kind == rollout.StepBegun {
		t.doing[e.Step] = step(e)
	}
	if e.Kind != rollout.Sampled && (e.Kind != rollout.Probed || e.Text != "") {
		t.tell(e)
	}
	if e.Kind == rollout.StepEnded {
		delete(t.doing, e.Step)
	}
}

// Run prints a heartbeat whenever nothing was printed for half a minute while
// a run is under way. It returns when ctx ends.
func (t *Text) Run(ctx context.Context) {
	for {
		timer := time.NewTimer(t.beat(time.Now()))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

// beat prints a heartbeat if one is due, and returns how long it is to the next.
func (t *Text) beat(now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	if wait := t.printed.Add(quietTime).Sub(now); wait > 0 {
		return wait
	}
	t.printed = now
	if t.state.Seq > 0 && !t.state.Ended {
		t.line(now, "beat", "", t.standing(now))
	}
	return quietTime
}

// standing says how far the run is.
func (t *Text) standing(now time.Time) string {
	if t.lost {
		return "the run goes on"
	}
	done, failed := 0, 0
	var work []string
	for _, s := range t.state.Servers {
		switch {
		case s.Phase == rollout.Failed:
			failed++
		case s.Phase.Settled():
			done++
		case s.Phase != rollout.Waiting:
			work = append(work, fmt.Sprintf("%s %s for %s", s.Name, s.Phase, short(now.Sub(s.Since))))
		}
	}
	said := []string{fmt.Sprintf("%d of %d servers done, %d failed, %d in work", done, len(t.state.Servers), failed, len(work))}
	said = append(said, work...)
	if p := t.state.Probe; p != nil {
		said = append(said, "probe "+p.Short())
	}
	if q := t.state.Question; q != nil {
		said = append(said, "waits for an answer: "+q.Text)
	}
	return strings.Join(said, "; ")
}

// measure makes room for the longest name of a plan.
func (t *Text) measure(p *rollout.Plan) {
	const most = 24
	for _, target := range p.Targets {
		t.names = max(t.names, min(text.Width(text.Clean(target.Server)), most))
	}
}

// tell prints an event. What is known about a question is printed below it,
// unless whoever is asked is told that anyway.
func (t *Text) tell(e rollout.Event) {
	word, sentence := describe(e, t.doing[e.Step])
	if name := one(e); name != "" { // it stands beside it
		sentence = text.After(name, sentence)
	}
	t.line(e.Time, word, whose(e), sentence)
	if q := e.Question; e.Kind == rollout.Asked && q != nil && !t.willAsk(*q) {
		for _, line := range evidence(*q) {
			t.line(e.Time, "|", whose(e), line)
		}
	}
}

// line prints one line, and what further lines the sentence has below it.
func (t *Text) line(at time.Time, word, server, sentence string) {
	const room = 10 // for the longest usual word
	t.printed = time.Now()
	clock := at.Local().Format(time.TimeOnly)
	for sentence := range strings.SplitSeq(strings.TrimRight(sentence, "\n"), "\n") {
		word = text.Clean(word)
		said := fill(word, room)
		if t.color {
			said = wordStyle(word).on(word) + said[len(word):]
		}
		all := clock + " " + said + " " + fill(text.Clean(server), t.names) + "  " + text.Clean(sentence)
		_, _ = io.WriteString(t.out, strings.TrimRight(all, " ")+"\n")
		word = "|"
	}
}

// fill returns s in at least width cells.
func fill(s string, width int) string {
	return s + strings.Repeat(" ", max(width-text.Width(s), 0))
}
