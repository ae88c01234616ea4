package rollout

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"rota/inventory"
	"rota/lb"
)

// Ladder is how servers come back that are not to have all of their traffic at
// once: with a share of their own weight, which rises. At its end the weights
// are as they were found.
type Ladder struct {
	Percents []int         `json:"percents"`        // each is a rung
	Hold     time.Duration `json:"hold"`            // at each
	Trial    bool          `json:"trial,omitempty"` // of the new version, before the others get it
}

func newLadder(c *inventory.Climb) *Ladder {
	if c == nil {
		return nil
	}
	l := &Ladder{Hold: c.Hold}
	for _, w := range c.Weights {
		l.Percents = append(l.Percents, w.N)
	}
	return l
}

// String tells the ladder in words: "1%, 10%, 50%, each 1m".
func (l *Ladder) String() string {
	var rungs []string
	for _, p := range l.Percents {
		rungs = append(rungs, fmt.Sprintf("%d%%", p))
	}
	hold := l.Hold.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(hold, zero) {
			hold = strings.TrimSuffix(hold, zero[1:])
		}
	}
	return strings.Join(rungs, ", ") + ", each " + hold
}

// On gives the batch a ladder; nil is none.
func (b Batch) On(l *Ladder) Batch {
	if l == nil {
		return b
	}
	b.Ladder = l
	b.Verbs = slices.Clone(b.Verbs)
	if i := slices.Index(b.Verbs, PutIn); i >= 0 {
		b.Verbs = slices.Insert(b.Verbs, i+1, Climb)
	}
	return b
}

// RungStep names the step to a rung of a batch's ladder, from 1.
func RungStep(batch, rung int) StepID { return BatchStep(batch, rungWord+strconv.Itoa(rung)) }

// HoldStep names the stay at a rung.
func HoldStep(batch, rung int) StepID { return BatchStep(batch, holdWord+strconv.Itoa(rung)) }

const (
	rungWord = "rung"
	holdWord = "hold"
)

// rung is the rung that the step leads to or stays at, or 0.
func (id StepID) rung() int {
	_, verb, _ := strings.Cut(string(id), "/")
	for _, word := range []string{rungWord, holdWord} {
		if digits, ok := strings.CutPrefix(verb, word); ok {
			n, _ := strconv.Atoi(digits)
			return n
		}
	}
	return 0
}

// Climbs tells the share of its weight that a server has on its ladder, since
// when, and for how long; 0 where it is on none.
func (s *State) Climbs(server string) (percent int, since time.Time, hold time.Duration) {
	sv, p := s.Server(server), s.Current()
	if sv == nil || sv.Rung == 0 || sv.Batch < 1 || sv.Batch > len(p.Batches) {
		return 0, time.Time{}, 0
	}
	l := p.Batches[sv.Batch-1].Ladder
	if l == nil || sv.Rung > len(l.Percents) {
		return 0, time.Time{}, 0
	}
	return l.Percents[sv.Rung-1], sv.RungSince, l.Hold
}

// Weighing is what a run has found and asked for on a balancer whose weights it
// has changed and not put back.
type Weighing struct {
	Balancer string        `json:"balancer"`
	Servers  []string      `json:"servers"` // that climb
	Found    []lb.Weight   `json:"found"`
	Asked    [][]lb.Weight `json:"asked"` // in turn; it may not have come to the last
}

// The states of a Weighed event.
const (
	WeightsFound    = "found"    // before the first change: Weights
	WeightsAsked    = "asked"    // before each change: Weights, Servers climb
	WeightsRestored = "restored" // they are as they were found; Weights are another's since, and left alone
)

// weigh folds an event about the weights of a balancer into s.
func (s *State) weigh(e Event) error {
	i := slices.IndexFunc(s.Weighings, func(w Weighing) bool { return w.Balancer == e.Balancer })
	if (i < 0) != (e.State == WeightsFound) {
		return fmt.Errorf("weights of %q cannot be %s here", e.Balancer, e.State)
	}
	all := slices.Clone(s.Weighings)
	switch e.State {
	case WeightsFound:
		all = append(all, Weighing{Balancer: e.Balancer, Found: e.Weights})
	case WeightsAsked:
		w := &all[i]
		w.Asked = append(slices.Clip(w.Asked), e.Weights)
		w.Servers = slices.Clone(w.Servers)
		for _, name := range e.Servers {
			if !slices.Contains(w.Servers, name) {
				w.Servers = append(w.Servers, name)
			}
		}
	case WeightsRestored:
		all = slices.Delete(all, i, i+1)
	default:
		return fmt.Errorf("weights cannot be %q", e.State)
	}
	s.Weighings = slices.Clip(all)
	return nil
}

// Ours parts the members of a balancer, by what their weights are now: those
// that have the weights that they were found with or that were asked for, and
// those whose weight is another's, which must be left alone. A member of which a
// pool has several lines is one or the other as a whole.
func (w Weighing) Ours(now []lb.Weight) (ours, others []lb.Weight) {
	known := map[line][]int{}
	for _, list := range append(slices.Clip(w.Asked), w.Found) {
		for l, weight := range lines(list) {
			known[l] = append(known[l], weight)
		}
	}
	foreign := map[line]bool{}
	for l, weight := range lines(now) {
		if !slices.Contains(known[l], weight) {
			foreign[l.first()] = true
		}
	}
	for _, m := range now {
		switch l := (line{m.Pool, m.Name, 0}); {
		case !foreign[l]:
			ours = append(ours, m)
		case known[l] != nil: // else it was not there
			others = append(others, m)
		}
	}
	return ours, others
}

// Back lists what must be asked for so that members have the weights again that
// they were found with: of each that has others, all lines.
func (w Weighing) Back(ours []lb.Weight) []lb.Weight {
	now, due := lines(ours), map[line]bool{}
	for l, was := range lines(w.Found) {
		if is, there := now[l]; there && is != was {
			due[l.first()] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(w.Found), func(m lb.Weight) bool { return !due[line{m.Pool, m.Name, 0}] })
}

// Among lists the wanted weights of these members alone.
func Among(want, members []lb.Weight) []lb.Weight {
	there := lines(members)
	return slices.DeleteFunc(slices.Clone(want), func(m lb.Weight) bool {
		_, is := there[line{m.Pool, m.Name, 0}]
		return !is
	})
}

// line is one of the lines that a pool has of a member, from 0.
type line struct {
	pool, name string
	nth        int
}

func (l line) first() line { return line{l.pool, l.name, 0} }

// lines returns the weights by line.
func lines(list []lb.Weight) map[line]int {
	all := map[line]int{}
	for _, m := range list {
		l := line{m.Pool, m.Name, 0}
		for _, taken := all[l]; taken; _, taken = all[l] {
			l.nth++
		}
		all[l] = m.Weight
	}
	return all
}

// Unweighed lists the servers whose climb balancers still show: there are members with
// a weight that the run asked for, and not the one that it found.
func (s *State) Unweighed(views []lb.View) []string {
	var names []string
	for _, w := range s.Weighings {
		for _, v := range views {
			if v.Name != w.Balancer {
				continue
			}
			if ours, _ := w.Ours(w.shown(v)); len(w.Back(ours)) > 0 {
				names = append(names, w.Servers...)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// shown is what a look at a balancer tells of the weights of its members: of
// those that the inventory names.
func (w Weighing) shown(v lb.View) []lb.Weight {
	var now []lb.Weight
	for _, m := range w.Found {
		for _, s := range v.Servers {
			for _, p := range s.Pools {
				if s.Name == m.Server && p.Pool == m.Pool && p.Weight > 0 {
					m.Weight = p.Weight
					now = append(now, m)
				}
			}
		}
	}
	return now
}

// ladder is the one by which the next batch comes back: in a canary deploy the
// first batch that has a share of the traffic has its own.
func (m *maker) ladder(batch []string) *Ladder {
	p := m.plan
	weighs := func(name string) bool { return len(p.Target(name).Balancers) > 0 }
	switch {
	case !slices.ContainsFunc(batch, weighs), p.Kind != "deploy" && m.fixed(batch) != "":
		return nil
	case p.Kind != "deploy" || p.Strategy != "canary":
		return p.Policy.Warm
	}
	for _, b := range p.Batches {
		if slices.ContainsFunc(b.Servers, weighs) {
			return p.Policy.Warm
		}
	}
	l := newLadder(m.inv.Rollout.Canary)
	l.Trial = true
	return l
}

// fixed names a balancer that these servers come back into and that cannot
// change weights, or is "".
func (m *maker) fixed(batch []string) string {
	for _, b := range m.inv.Balancers {
		if b.Exec != nil && slices.ContainsFunc(batch, func(name string) bool { return slices.Contains(m.plan.Target(name).Balancers, b.Name) }) {
			return b.Name
		}
	}
	return ""
}

// climbable refuses a plan whose ladders a balancer cannot do.
func (m *maker) climbable() error {
	for _, b := range m.plan.Batches {
		if b.Ladder == nil {
			continue
		}
		if fixed := m.fixed(b.Servers); fixed != "" {
			return fmt.Errorf("%s: it is driven by commands, which set no weights, and %s would climb by weights: %s\nleave rollout.warm out and take --strategy rolling",
				fixed, strings.Join(b.Servers, ", "), b.Ladder)
		}
	}
	return nil
}
