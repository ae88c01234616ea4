package engine

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"rota/lb"
	"rota/rollout"
)

// evidence is what a person needs to decide whether to go on after the n-th
// batch: what was done and how long it took, what the balancers say of it, and
// what it will mean for the servers that stay when others go out next.
func (x *run) evidence(st *rollout.State, n int, out []string, views []lb.View) []string {
	facts := []string{x.progress(st, n)}
	facts = append(facts, x.standing(st, n, views)...)
	if said := traffic(st, views); said != "" {
		facts = append(facts, said)
	}
	facts = append(facts, x.mistakes(views)...)
	facts = append(facts, compared(st)...)
	facts = append(facts, x.probeFacts(st)...)
	return append(facts, x.burden(st, out, views)...)
}

// progress tells how far the run is, and how long it took and will take.
func (x *run) progress(st *rollout.State, n int) string {
	p := st.Current()
	done, failed, back, batches := 0, 0, 0, 0
	all := 0
	for _, t := range p.Targets {
		if t.Leaves {
			continue // nothing is done on it
		}
		all++
		switch sv := st.Server(t.Server); {
		case sv.Phase == rollout.Skipped:
			failed++
		case sv.Done && sv.GoesBack:
			back++
		case sv.Done:
			done++
		}
	}
	for i := n; i < len(p.Batches); i++ {
		if len(st.Pending(i+1)) > 0 {
			batches++
		}
	}
	said := fmt.Sprintf("%d of %s done, %d failed", done, plural(all, "server"), failed)
	if back > 0 {
		said += fmt.Sprintf(", %d sent back", back)
	}
	said += fmt.Sprintf(", %s so far", time.Since(st.Begun).Round(time.Second))
	if took, ok := st.Took(time.Now()); ok {
		said += fmt.Sprintf("; this batch took %s", took.Round(time.Second))
	}
	if left, ok := st.LeftAfter(time.Now()); ok && batches > 0 {
		others := "the last one"
		if batches > 1 {
			others = fmt.Sprintf("the other %d", batches)
		}
		said += fmt.Sprintf(", %s will take about %s", others, rollout.Roughly(left))
	}
	return said
}

// standing tells of each server of a batch what it runs and where it is.
func (x *run) standing(st *rollout.State, n int, views []lb.View) []string {
	byState := map[string][]string{}
	var order []string
	for _, name := range st.Current().Batches[n-1].Servers {
		sv := st.Server(name)
		var states []string
		for _, b := range x.standsBehind(st, name, everywhere) {
			s := server(views, b, name)
			word := s.State.String() + " on " + b
			if s.Check != "" && s.Ready() {
				word += " (" + s.Check + ")"
			}
			states = append(states, word)
		}
		said := string(sv.Phase)
		if sv.Version != "" {
			said += ", runs " + sv.Version
		}
		if len(states) > 0 {
			said += ", " + strings.Join(states, ", ")
		}
		if byState[said] == nil {
			order = append(order, said)
		}
		byState[said] = append(byState[said], name)
	}
	facts := make([]string, len(order))
	for i, said := range order {
		facts[i] = strings.Join(byState[said], ", ") + ": " + said
	}
	return facts
}

// traffic tells which part of it each version gets, by the rates that the
// balancers tell, else by the weights of the servers in rotation.
func traffic(st *rollout.State, views []lb.View) string {
	sum := 0
	by := map[string]int{}
	for _, measure := range []func(lb.Server) int{
		func(s lb.Server) int { return max(s.Rate, 0) },
		func(s lb.Server) int {
			if s.State != lb.In {
				return 0
			}
			return max(s.Weight, 1)
		},
	} {
		clear(by)
		sum = 0
		for _, v := range views {
			for _, s := range v.Servers {
				n := measure(s)
				version := "another version"
				if sv := st.Server(s.Name); sv != nil && sv.Version != "" {
					version = sv.Version
				}
				by[version] += n
				sum += n
			}
		}
		if sum > 0 {
			break
		}
	}
	if sum == 0 {
		return ""
	}
	type share struct {
		version string
		n       int
	}
	var shares []share
	for v, n := range by {
		shares = append(shares, share{v, n})
	}
	brought := st.Current().Version
	slices.SortFunc(shares, func(a, b share) int {
		switch { // what the run brings first, whatever it gets
		case a.version == brought:
			return -1
		case b.version == brought:
			return 1
		}
		return cmp.Or(b.n-a.n, strings.Compare(a.version, b.version))
	})
	said := make([]string, len(shares))
	for i, s := range shares {
		said[i] = fmt.Sprintf("%s %.0f%%", s.version, 100*float64(s.n)/float64(sum))
	}
	return "traffic: " + strings.Join(said, ", ")
}

// mistakes tells which servers made errors since the run, or this part of it,
// began, as far as the balancers count them.
func (x *run) mistakes(views []lb.View) []string {
	var facts []string
	for _, v := range views {
		var more []string
		counted := false
		for _, s := range v.Servers {
			was, known := x.watch.firstErrors(v.Name, s.Name)
			if s.Errors < 0 || !known {
				continue
			}
			counted = true
			if s.Errors > was {
				more = append(more, fmt.Sprintf("%s %d", s.Name, s.Errors-was))
			}
		}
		switch {
		case len(more) > 0:
			facts = append(facts, fmt.Sprintf("%s: errors since the run began: %s", v.Name, strings.Join(more, ", ")))
		case counted:
			facts = append(facts, v.Name+": no errors since the run began")
		case v.Err == nil:
			facts = append(facts, v.Name+" counts no errors")
		}
	}
	return facts
}

// burden tells for each pool how many servers stay when some go out, and what
// that puts on each of them.
func (x *run) burden(st *rollout.State, out []string, views []lb.View) []string {
	var facts []string
	for _, f := range st.FloorsNow(views, x.Inventory.Least) {
		i := slices.IndexFunc(views, func(v lb.View) bool { return v.Name == f.Balancer })
		if i < 0 {
			continue
		}
		stay, goes, sessions, peak, limit := 0, 0, 0, 0, 0
		for _, s := range views[i].Servers {
			if rollout.InPool(s, f.Pool) != lb.In {
				continue
			}
			sessions += max(s.Sessions, 0)
			if slices.Contains(out, s.Name) {
				goes++
				continue
			}
			stay++
			peak = max(peak, s.Peak)
			if limit == 0 || s.Limit > 0 && s.Limit < limit {
				limit = s.Limit
			}
		}
		said := fmt.Sprintf("%s %s: %d stay in rotation, floor %d", f.Balancer, f.Pool, stay, f.Least)
		if goes > 0 && stay > 0 {
			said += fmt.Sprintf("; %s now, then about %d on each", plural(sessions, "session"), (sessions+stay-1)/stay)
			if peak > 0 {
				said += fmt.Sprintf(" (most seen on one %d", peak)
				if limit > 0 {
					said += fmt.Sprintf(", maxconn %d", limit)
				}
				said += ")"
			}
		}
		facts = append(facts, said)
	}
	return facts
}
