package rollout

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"rota/internal/text"
	"rota/inventory"
	"rota/lb"
	"rota/record"
)

// Facts is what was seen before a plan was made.
type Facts struct {
	Views       []lb.View         // what the balancers say
	Versions    map[string]string // by server: what it runs; absent where nobody can tell
	Healthy     map[string]bool   // by server
	Unreachable map[string]string // by server: why it cannot be reached
	Holds       []record.Hold
	Weighings   []Weighing // weights that the newest run has not put back
}

// Options is what a plan is asked for beyond the inventory.
type Options struct {
	Version  string
	Only     []string // servers, groups, globs; empty: all
	Exclude  []string
	Outdated bool     // only servers that do not run Version yet
	Force    bool     // also servers that run it, are healthy and in rotation
	NoSwitch bool     // blue-green: deploy to the group that is not in rotation, and leave it out
	Without  []string // balancers that are dead: nobody is sent through them
}

// New makes the plan of a deploy. It is pure: the same input makes the same
// plan. An error says what in the input is wrong and that nothing was touched.
func New(inv *inventory.Inventory, f Facts, o Options) (Plan, error) {
	if err := checkVersion(o.Version); err != nil {
		return Plan{}, err
	}
	chosen, err := inv.Select(o.Only, o.Exclude)
	if err != nil {
		return Plan{}, err
	}
	p := newPlan(inv, "deploy", o.Without)
	p.Version = o.Version
	m := maker{inv: inv, facts: f, plan: &p}
	switch {
	case p.Strategy == "blue-green":
		err = m.blueGreen(chosen, o)
	case o.NoSwitch:
		err = errors.New("--no-switch is for a blue-green deploy")
	default:
		err = m.rolling(chosen, o)
	}
	if err == nil {
		err = m.climbable()
	}
	if err == nil {
		m.beside()
		err = m.sideSteps()
	}
	if err == nil {
		err = m.reboots()
	}
	if err != nil {
		return Plan{}, err
	}
	return p, nil
}

// rolling makes the targets and batches of a rolling deploy.
func (m *maker) rolling(chosen []inventory.Server, o Options) error {
	p := m.plan
	for _, s := range chosen {
		if why := m.skip(s, o); why != "" {
			p.Skipped = append(p.Skipped, Where{Server: s.Name, State: m.rotation(s.Name).String(), Why: why})
			continue
		}
		m.doing = append(m.doing, s)
	}
	for _, s := range m.doing {
		t, err := m.target(s, o.Version)
		if err != nil {
			return err
		}
		p.Targets = append(p.Targets, t)
	}
	return m.finish()
}

func checkVersion(v string) error {
	switch {
	case v == "":
		return fmt.Errorf("which version? none is given")
	case v != text.Clean(v) || strings.ContainsAny(v, " \t") || strings.HasPrefix(v, "-"):
		return fmt.Errorf("version %q: a version has no blanks or control characters and does not begin with \"-\"", v)
	}
	return nil
}

func newPlan(inv *inventory.Inventory, kind string, without []string) Plan {
	r := inv.Rollout
	return Plan{
		Kind: kind, App: inv.App, Environment: inv.Environment, Protected: inv.Protected,
		Strategy: r.Strategy, Health: healthWords(inv.Health), Probe: probeWords(inv.Probe, kind), Without: without,
		Hooks: newHooks(inv, kind), Around: newAround(inv, without),
		Policy: Policy{
			Confirm: r.Confirm, MaxFailures: r.MaxFailures, DrainTimeout: r.DrainTimeout,
			OnDrainTimeout: r.OnDrainTimeout, Soak: r.Soak, OnFailure: r.OnFailure,
			MaxErrors: newMaxErrors(r.MaxErrors), Warm: newLadder(r.Warm),
		},
	}
}

// probeWords tells what is asked through the balancers while a run of this kind lasts.
func probeWords(p *inventory.Probe, kind string) string {
	if p == nil || kind == "drain" || kind == "restore" {
		return ""
	}
	return fmt.Sprintf("GET %s, %d times a second; more than %d lost hold the run", strings.Join(p.URLs, ", "), p.Rate, p.MaxLost)
}

func healthWords(h inventory.Health) string {
	switch {
	case h.HTTP != "":
		return "GET " + h.HTTP
	case h.TCP != "":
		return "connect to " + h.TCP
	case h.Run != "":
		return h.Run
	}
	return "none"
}

// maker puts one plan together.
type maker struct {
	inv   *inventory.Inventory
	facts Facts
	plan  *Plan
	doing []inventory.Server // the servers that become targets
	was   *Plan              // the plan that is made again, or nil
	turns map[string]string  // by once-step: the server in whose turn it is done
}

// finish fills in floors, order and batches: what depends on all targets.
func (m *maker) finish() error {
	m.floors()
	m.cureFirst()
	return m.batches(names(m.plan.Targets))
}

// skip says why a server is left alone, or "".
func (m *maker) skip(s inventory.Server, o Options) string {
	if why, ok := m.facts.Unreachable[s.Name]; ok && m.hold(s.Name) != nil {
		return "held, and cannot be reached: " + why
	}
	if m.facts.Versions[s.Name] != o.Version || o.Force {
		return ""
	}
	if o.Outdated {
		return "runs " + o.Version + " already"
	}
	serves := !s.Balanced || m.rotation(s.Name) == lb.In || m.hold(s.Name) != nil
	if serves && m.facts.Healthy[s.Name] {
		return "runs " + o.Version + " already, healthy"
	}
	return ""
}

func (m *maker) hold(server string) *record.Hold {
	for i, h := range m.facts.Holds {
		if h.Server == server {
			return &m.facts.Holds[i]
		}
	}
	return nil
}

// rotation sums up what the balancers of the plan say of a server.
func (m *maker) rotation(server string) lb.State {
	var states []lb.State
	for _, b := range m.fronts(server) {
		states = append(states, m.at(b, server).State)
	}
	return lb.Sum(states...)
}

// fronts lists the balancers of the plan that a server stands behind.
func (m *maker) fronts(server string) []string {
	var names []string
	for _, b := range m.inv.Balancers {
		if b.Fronts(server) && !slices.Contains(m.plan.Without, b.Name) {
			names = append(names, b.Name)
		}
	}
	return names
}

// at returns what a balancer says of a server; the zero value is Unknown.
func (m *maker) at(balancer, server string) lb.Server {
	for _, v := range m.facts.Views {
		if v.Name != balancer {
			continue
		}
		for _, s := range v.Servers {
			if s.Name == server {
				return s
			}
		}
	}
	return lb.Server{Name: server}
}

// target makes the target of one server of a deploy.
func (m *maker) target(s inventory.Server, version string) (Target, error) {
	t := Target{Server: s.Name, Host: s.SSH, From: m.facts.Versions[s.Name], To: version}
	if len(s.Groups) > 0 {
		t.Group = s.Groups[0]
	}
	hold := m.hold(s.Name)
	if hold != nil {
		t.Held = orBy(*hold)
	}
	for _, b := range m.fronts(s.Name) {
		at := m.at(b, s.Name)
		switch state := at.State; {
		case hold != nil, (state == lb.Out || state == lb.Draining) && !at.Standby:
			t.LeftOut = append(t.LeftOut, b)
		case state == lb.Mixed && !at.Standby:
			return t, fmt.Errorf("%s: %s: its pools disagree whether it is in rotation: settle that first (rota restore %s, or rota drain %s)",
				s.Name, b, s.Name, s.Name)
		default:
			t.Balancers = append(t.Balancers, b)
		}
	}
	err := m.steps(&t, s)
	return t, err
}

// orBy says why a server is held, or who holds it.
func orBy(h record.Hold) string { return cmp.Or(h.Why, "by "+h.By) }

// cureFirst puts the servers that carry no traffic anyway first: they cost no
// floor, so that the floor never forbids the cure.
func (m *maker) cureFirst() {
	carries := func(t Target) bool {
		for _, b := range t.Balancers {
			if m.at(b, t.Server).State == lb.In {
				return true
			}
		}
		return false
	}
	slices.SortStableFunc(m.plan.Targets, func(a, b Target) int {
		switch ca, cb := carries(a), carries(b); {
		case ca == cb:
			return 0
		case ca:
			return 1
		}
		return -1
	})
}
