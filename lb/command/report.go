package command

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"rota/lb"
)

// report is how one server stands, as its state command says.
type report struct {
	state    lb.State
	sessions int // -1: not told
	weight   int // -1: not told
	drained  bool
}

const wanted = "in, draining, out or down, and after it at most sessions=N and weight=N"

// report reads what a state command has printed. What cannot be read is an
// error, not left out: a mistyped "session=3" must not pass for none.
func (a answer) report() (report, error) {
	r := report{sessions: -1, weight: -1}
	if err := a.err(); err != nil {
		return r, err
	}
	printed := strings.Join(strings.Fields(strings.Join(a.printed, " ")), " ")
	word, figures, _ := strings.Cut(printed, " ")
	switch word {
	case "in":
		r.state = lb.In
	case "draining":
		r.state = lb.Draining
	case "out":
		r.state = lb.Out
	case "down":
		r.state = lb.Down
	case "":
		return r, errors.New("it printed nothing, and should print " + wanted)
	default:
		return r, unreadable(printed)
	}
	for figure := range strings.FieldsSeq(figures) {
		name, value, _ := strings.Cut(figure, "=")
		n, err := strconv.Atoi(value)
		switch {
		case err != nil || n < 0:
			return r, unreadable(printed)
		case name == "sessions" && r.sessions < 0:
			r.sessions = n
		case name == "weight" && r.weight < 0:
			r.weight = n
		default:
			return r, unreadable(printed)
		}
	}
	return r, nil
}

func unreadable(printed string) error {
	if len(printed) > 100 {
		printed = printed[:100] + "…"
	}
	return fmt.Errorf("it printed %q, and should print %s", printed, wanted)
}

// is tells whether a wish has been taken.
func (r report) is(to lb.State) bool {
	if to == lb.In {
		return r.state == lb.In
	}
	return r.state == lb.Draining || r.state == lb.Out
}

// still tells whether nothing reaches the server at the moment.
func (r report) still() bool {
	return r.state == lb.Out && r.sessions <= 0 || r.state == lb.Draining && r.sessions == 0
}

// server is the report in the words of lb.
func (r report) server(m Member) lb.Server {
	s := lb.Server{
		Name: m.Server, State: r.state, Drained: r.drained,
		Weight: r.weight, Sessions: r.sessions, Rate: -1, Errors: -1,
	}
	switch {
	case r.state == lb.Out && r.sessions > 0:
		s.State = lb.Draining
	case r.state == lb.Draining && r.drained:
		s.State = lb.Out
	case r.state == lb.Draining && r.sessions < 0:
		s.Note = "its state command tells no sessions: it is drained when that says out"
	}
	s.Pools = []lb.PoolServer{{Pool: m.Pool, State: s.State, Weight: s.Weight, Sessions: s.Sessions, Rate: -1}}
	return s
}

const (
	// window is how long a server must have been still to count as drained.
	window = time.Second
	// apart is how far apart two looks may be, to tell of the time between them.
	apart = 15 * time.Second
)

// quiet remembers since when servers have been still.
type quiet struct {
	mu      sync.Mutex
	servers map[string]stretch
}

// stretch is an unbroken time.
type stretch struct {
	since time.Time // zero: the server was not still
	asked time.Time // when it was looked at last
}

// long takes a report into account that was given between two moments, and
// tells whether the server has been still for the window.
func (q *quiet) long(server string, r report, asked, told time.Time) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	s := q.servers[server]
	if !asked.Before(s.asked) { // else it was overtaken by a later question
		if !r.still() {
			s.since = time.Time{}
		} else if s.since.IsZero() || asked.Sub(s.asked) > apart {
			s.since = told
		}
		s.asked = asked
		q.servers[server] = s
	}
	return r.still() && !s.since.IsZero() && asked.Sub(s.since) >= window
}
