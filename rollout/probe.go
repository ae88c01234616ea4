package rollout

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"rota/internal/text"
)

// Probe is what has become of the requests of a run's probe, since the run
// began. It is never changed once it is part of an event.
type Probe struct {
	Sent   int     `json:"sent"` // all of them
	Lost   int     `json:"lost"`
	Resent int     `json:"resent"` // whose kept connection had been closed, as a browser sends again; no loss
	Routes []Route `json:"routes,omitempty"`
}

// Route is what has become of the requests for one URL by way of one address.
type Route struct {
	URL      string `json:"url"`
	Address  string `json:"address"`
	Balancer string `json:"balancer,omitempty"` // whose address it is, where that is known
	Sent     int    `json:"sent"`
	Lost     int    `json:"lost"`
	Resent   int    `json:"resent"`
}

// via names what the requests go through.
func (r Route) via() string {
	if r.Balancer != "" {
		return r.Balancer
	}
	return r.Address
}

// Plus returns the sum of what two probes have counted.
func (p Probe) Plus(more Probe) Probe {
	routes := slices.Clone(p.Routes)
	for _, r := range more.Routes {
		i := slices.IndexFunc(routes, func(o Route) bool {
			return o.URL == r.URL && o.Address == r.Address && o.Balancer == r.Balancer
		})
		if i < 0 {
			routes = append(routes, r)
			continue
		}
		routes[i].Sent += r.Sent
		routes[i].Lost += r.Lost
		routes[i].Resent += r.Resent
	}
	return Probe{p.Sent + more.Sent, p.Lost + more.Lost, p.Resent + more.Resent, routes}
}

// Short tells the two figures that matter: "4,312 sent, 0 lost".
func (p Probe) Short() string { return text.Number(p.Sent) + " sent, " + text.Number(p.Lost) + " lost" }

// String tells the figures, and those of each balancer:
// "4,312 requests, 0 lost (lb1 2,156, lb2 2,156; 3 sent again as a browser would)".
func (p Probe) String() string {
	var each []string
	for _, r := range p.byVia() {
		said := r.via() + " " + text.Number(r.Sent)
		if r.Lost > 0 {
			said += ", of which " + text.Number(r.Lost) + " lost"
		}
		each = append(each, said)
	}
	var more []string
	if len(each) > 1 || p.Lost == 0 && len(each) == 1 {
		more = append(more, strings.Join(each, ", "))
	}
	if len(each) == 1 && p.Lost > 0 { // the figures are told already
		more = append(more, p.byVia()[0].via())
	}
	if p.Resent > 0 {
		more = append(more, text.Number(p.Resent)+" sent again as a browser would")
	}
	said := text.Number(p.Sent) + " requests, " + text.Number(p.Lost) + " lost"
	if more != nil {
		said += " (" + strings.Join(more, "; ") + ")"
	}
	return said
}

// byVia sums up the routes that lead through the same balancer.
func (p Probe) byVia() []Route {
	var all []Route
	for _, r := range p.Routes {
		i := slices.IndexFunc(all, func(o Route) bool { return o.via() == r.via() })
		if i < 0 {
			all = append(all, r)
			continue
		}
		all[i].Sent += r.Sent
		all[i].Lost += r.Lost
	}
	return all
}

// Lost is one request of the probe that was not answered as it should.
type Lost struct {
	At       time.Time `json:"at"` // when it was to be sent
	URL      string    `json:"url"`
	Address  string    `json:"address"`
	Balancer string    `json:"balancer,omitempty"` // whose address it is, where that is known
	Kept     bool      `json:"kept"`               // on a connection that is kept, else on one of its own
	Reason   string    `json:"reason"`
	During   []string  `json:"during,omitempty"` // what was going on then, see State.During
}

// String tells all but the time: "https://shop.example.com/ping through lb1
// (192.0.2.1:443), fresh connection: no answer in 10s, while web2 was being put
// back in rotation".
func (l Lost) String() string {
	through, kind := l.Address, "fresh"
	if l.Balancer != "" {
		through = fmt.Sprintf("%s (%s)", l.Balancer, l.Address)
	}
	if l.Kept {
		kind = "kept"
	}
	said := fmt.Sprintf("%s through %s, %s connection: %s", l.URL, through, kind, l.Reason)
	if len(l.During) > 0 {
		said += ", while " + strings.Join(l.During, ", ")
	}
	return said
}

// lastLost is how many of the lost requests a state keeps.
const lastLost = 5

// probed takes in what the probe has told.
func (s *State) probed(e Event) error {
	if e.Probe == nil || e.Kind == Missed && e.Lost == nil {
		return fmt.Errorf("%q without its figures", e.Kind)
	}
	s.Probe = e.Probe
	if e.Lost != nil {
		all := append(slices.Clone(s.Lost), *e.Lost)
		s.Lost = all[max(0, len(all)-lastLost):]
	}
	return nil
}

// Undecided is how many requests the probe has lost since somebody last decided
// about them. Nobody decides about what is lost on the way back: it is the cure.
func (s *State) Undecided() int {
	if s.Probe == nil || s.GoingBack() {
		return 0
	}
	return s.Probe.Lost - s.decided
}

// doing is what a step does with its servers.
type doing struct {
	step    StepID
	begun   time.Time
	servers []string
	what    string
}

// mostDoings is how many things at once are told.
const mostDoings = 4

// During tells what has been going on since a moment, each as a sentence's
// part after "while": "web1, web2 were draining". There is always something.
func (s *State) During(since time.Time) []string {
	var all []doing
	for id, st := range s.steps {
		if !st.Ended || st.ends.After(since) {
			all = append(all, doing{id, st.Begun, st.about, id.doing(st.words)})
		}
	}
	slices.SortFunc(all, func(a, b doing) int {
		if c := a.begun.Compare(b.begun); c != 0 {
			return c
		}
		return strings.Compare(string(a.step), string(b.step))
	})
	var told []doing
	for _, d := range all {
		if i := slices.IndexFunc(told, func(o doing) bool { return o.what == d.what }); i >= 0 {
			told[i].servers = slices.Concat(told[i].servers, d.servers)
			continue
		}
		told = append(told, d)
	}
	var said []string
	for _, d := range told {
		said = append(said, d.String())
	}
	switch {
	case len(said) > mostDoings:
		said = append(said[:mostDoings-1], fmt.Sprintf("%d other things were going on", len(said)-mostDoings+1))
	case len(said) == 0 && s.Question != nil:
		said = append(said, "the run waited for an answer")
	case len(said) == 0:
		said = append(said, "no step was under way")
	}
	return said
}

func (d doing) String() string {
	switch len(d.servers) {
	case 0:
		return "it was " + d.what
	case 1:
		return d.servers[0] + " was " + d.what
	}
	return strings.Join(d.servers, ", ") + " were " + d.what
}

// doing says what a step does with its servers, after "was".
func (id StepID) doing(words string) string {
	_, verb, _ := strings.Cut(strings.TrimPrefix(string(id), backward), "/")
	switch {
	case id.Touches(), id.Prepares():
		return "running " + text.Cut(text.Clean(words), 60)
	case id.rung() > 0:
		return "climbing by weights"
	case verb == "out":
		return "being taken out of rotation"
	case verb == "drained":
		return "draining"
	case verb == "prove":
		return "being checked by the balancers"
	case verb == "in":
		return "being put back in rotation"
	case verb == "soak":
		return "being watched in rotation"
	case verb == "health":
		return "being checked"
	case strings.HasSuffix(string(id), "untouched"):
		return "being put back untouched"
	}
	return "at this: " + text.Cut(text.Clean(words), 60)
}
