package tui

import (
	"slices"
	"strings"
	"time"

	"rota/internal/text"
	"rota/lb"
	"rota/record"
	"rota/rollout"
	"rota/survey"
)

// old is the age after which nobody should trust what a balancer said.
const old = 15 * time.Second

// fleet is what is known of every server and every balancer, whoever told it.
type fleet struct {
	servers   []*server // in the inventory's order
	byName    map[string]*server
	log       ring[line] // what each one begins with, empty
	balancers []balancer // in the inventory's order
	shares    []survey.Share
	groups    []string // the two that take turns, or none
	lock      string   // who holds the lock, in words
	lasting   bool     // what was told holds until something else is told
	busiest   int      // the largest figure of all trends
	errors    int64    // of all servers; -1: no balancer counts any
}

type balancer struct {
	name    string
	kind    string
	version string
	err     string
	at      time.Time // of its last answer
}

type server struct {
	Row
	order    int
	turn     int    // which of the groups that take turns it is in, or -1
	seats    []seat // one a balancer, in the order of fleet.balancers
	version  string // what the survey says that it runs
	asked    bool
	heard    time.Time            // when it was asked
	trouble  string               // why it is not reachable or not healthy
	hold     string               // who holds it out, and why
	idle     bool                 // it is out because the other group is in rotation, as wanted
	run      *rollout.ServerState // nil outside a run
	target   *rollout.Target      // nil outside a run
	checked  string               // what came of its last health check, while it is under way
	steps    []step               // in the order in which they began
	log      ring[line]           // its output, and what was done with it
	marked   bool
	shown    bool     // it has a row in the table
	state    string   // in a word, as the table shows it
	health   string   // in a word, where it is told beside the state
	rotation lb.State // what the balancers say, summed up
	finished bool     // the run is done with it, and well
	atRest   bool     // no run has anything to do with it now
	alert    string   // a balancer says otherwise than what the run did
	rank     int      // how much it wants to be looked at, the smallest first
	trend    trend    // of its requests a second
}

// seat is one server at one balancer. Figures of -1 are not known.
type seat struct {
	behind                 bool      // it stands behind this balancer
	told                   lb.State  // what the balancer said
	at                     time.Time // when; zero: never
	state                  lb.State  // what is to be believed of that now
	weight, sessions, rate int
	errors                 int64 // since the balancer began to count
	before                 int64 // errors that are of no news: told before the screen opened or the run began
	note                   string
}

// step is one step of a run on a server.
type step struct {
	id      rollout.StepID
	text    string
	begun   time.Time
	took    time.Duration
	ended   bool
	unknown bool
	attempt int
	err     string
}

// line is one line of a server's log.
type line struct {
	at     time.Time
	source string // "out", "lb", or "rota" for what the run did
	text   string
	colors []rollout.Color
}

func newFleet(cfg Config) fleet {
	f := fleet{byName: map[string]*server{}, groups: cfg.Groups, log: ringFor(len(cfg.Servers))}
	for _, name := range cfg.Balancers {
		f.balancers = append(f.balancers, balancer{name: name})
	}
	for _, row := range cfg.Servers {
		f.add(row)
	}
	return f
}

func (f *fleet) add(row Row) *server {
	s := &server{Row: row, order: len(f.servers), log: f.log, seats: make([]seat, len(f.balancers))}
	for i := range s.seats {
		s.seats[i] = seat{
			behind: slices.Contains(row.Balancers, f.balancers[i].name),
			weight: -1, sessions: -1, rate: -1, errors: -1, before: -1,
		}
	}
	s.turn = slices.IndexFunc(f.groups, func(group string) bool {
		return len(row.Balancers) > 0 && slices.Contains(strings.Split(row.Group, ","), group)
	})
	f.servers = append(f.servers, s)
	f.byName[row.Name] = s
	return s
}

func (f *fleet) balancer(name string) int {
	return slices.IndexFunc(f.balancers, func(b balancer) bool { return b.name == name })
}

// see takes what balancers said, unless something newer is known.
func (f *fleet) see(views []lb.View) {
	for _, v := range views {
		i := f.balancer(v.Name)
		if i < 0 || v.At.Before(f.balancers[i].at) {
			continue
		}
		b := &f.balancers[i]
		if v.Err != nil {
			b.err = v.Err.Error()
			continue
		}
		b.err, b.at = "", v.At
		if v.Info.Kind != "" {
			b.kind, b.version = v.Info.Kind, v.Info.Version
		}
		for _, told := range v.Servers {
			s := f.byName[told.Name]
			if s == nil || v.At.Before(s.seats[i].at) {
				continue
			}
			seat := &s.seats[i]
			seat.behind = seat.behind || told.State != lb.Absent
			seat.told, seat.at, seat.note = told.State, v.At, told.Note
			seat.figures(told.Weight, told.Sessions, told.Rate, told.Errors)
		}
	}
}

// survey takes what the servers said.
func (f *fleet) survey(snap survey.Snapshot) {
	f.see(snap.Balancers)
	f.shares, f.lock = snap.Versions, ""
	if snap.Lock != nil {
		f.lock = lockWords(*snap.Lock)
	}
	for _, told := range snap.Servers {
		s := f.byName[told.Name]
		if s == nil {
			continue
		}
		s.hold, s.idle = "", told.Idle
		if told.Hold != nil {
			s.hold = "held by " + told.Hold.By
			if told.Hold.Why != "" {
				s.hold += ": " + told.Hold.Why
			}
		}
		if !told.Asked {
			continue
		}
		s.asked, s.heard, s.version, s.trouble = true, told.Since, told.Version, text.After(s.Name, told.Error)
		if s.trouble == "" && !told.Reachable {
			s.trouble = "out of reach"
		}
		if s.trouble == "" && !told.Healthy {
			s.trouble = "not healthy"
		}
	}
}

// lockWords tells who holds the lock, for what, and whether there is life in it.
func lockWords(l record.Held) string {
	words := "locked by " + l.Owner
	if l.Version != "" {
		words += " for " + l.Version
	}
	if l.Stale() {
		return words + ", silent for " + short(l.Beat)
	}
	return join(": ", words, l.Message)
}

// observe takes what an event of a run tells about servers at balancers.
func (f *fleet) observe(e rollout.Event) {
	s, i := f.byName[e.Server], f.balancer(e.Balancer)
	if s == nil || i < 0 || e.Time.Before(s.seats[i].at) {
		return
	}
	seat := &s.seats[i]
	seat.behind = true
	if b := &f.balancers[i]; f.lasting && (e.Kind == rollout.Observed || e.Kind == rollout.Sampled) && e.Time.After(b.at) && e.State != lb.Unknown.String() {
		b.at = e.Time
	}
	switch e.Kind {
	case rollout.Observed:
		if seat.told.UnmarshalText([]byte(e.State)) != nil {
			return
		}
		seat.at = e.Time
	case rollout.Sampled:
	default:
		return
	}
	if e.Sample != nil {
		seat.figures(e.Sample.Weight, e.Sample.Sessions, e.Sample.Rate, e.Sample.Errors)
	}
}

// figures takes what a balancer counts. A balancer that was started anew counts
// its errors from nothing.
func (s *seat) figures(weight, sessions, rate int, errors int64) {
	s.weight, s.sessions, s.rate, s.errors = weight, sessions, rate, errors
	switch {
	case errors < 0:
	case s.before < 0:
		s.before = errors
	case errors < s.before:
		s.before = 0
	}
}

// count begins to count errors anew.
func (f *fleet) count() {
	for _, s := range f.servers {
		for i := range s.seats {
			s.seats[i].before = s.seats[i].errors
		}
	}
}
