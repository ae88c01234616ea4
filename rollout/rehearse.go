package rollout

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"rota/inventory"
)

// Rehearsal is what a rehearsal goes by where it is asked to. It takes it from
// nowhere else: an inventory is written for deploys.
type Rehearsal struct {
	Batches []inventory.Size // nil: one server after the other
	Confirm string           // "": never
	Soak    time.Duration
}

// NewRehearsal makes the plan of the whole way of a deploy without its steps. It
// is refused where a server that would go out is not healthy: it would not come
// back.
func NewRehearsal(inv *inventory.Inventory, f Facts, o Options, r Rehearsal) (Plan, error) {
	m, err := newAsIs(inv, f, "rehearse", o)
	if err != nil {
		return Plan{}, err
	}
	if r.Batches == nil {
		r.Batches = []inventory.Size{{N: 1}}
	}
	m.inv.SetBatches(r.Batches)
	p := m.plan
	p.Policy.Confirm, p.Policy.Soak, p.Policy.Warm = cmp.Or(r.Confirm, "never"), r.Soak, nil
	if err := m.asTheyAre(o); err != nil {
		return Plan{}, err
	}
	var sick []string
	for _, t := range p.Targets {
		if _, told := f.Unreachable[t.Server]; !told && !f.Healthy[t.Server] {
			sick = append(sick, t.Server)
		}
	}
	if len(sick) > 0 {
		return Plan{}, &Refused{fmt.Errorf("%s: not healthy now (%s), and what goes out must be to come back\n--exclude %s leaves it out",
			strings.Join(sick, ", "), p.Health, strings.Join(sick, ","))}
	}
	return *p, nil
}

// Timing is how long the parts of one server's way took, in milliseconds.
type Timing struct {
	Server   string `json:"server"`
	DrainMS  int64  `json:"drain_ms"`  // out of every balancer, and drained
	CheckMS  int64  `json:"check_ms"`  // its own health check
	ProveMS  int64  `json:"prove_ms"`  // the balancers' fresh checks
	ReturnMS int64  `json:"return_ms"` // back in rotation, read back
}

// Timings lists how long the servers that have gone the whole way took, in the
// order of the plan. What a batch does together counts for each of its servers.
func (s *State) Timings() []Timing {
	took := func(id StepID) int64 {
		st := s.steps[id]
		if !st.Ended {
			return 0
		}
		return st.ends.Sub(st.Begun).Milliseconds()
	}
	var all []Timing
	for _, t := range s.Plan.Targets {
		if sv := s.Server(t.Server); !sv.Done || sv.Phase == Skipped {
			continue
		}
		batch := func(verb string) int64 { return took(BatchStep(t.Batch, verb)) }
		all = append(all, Timing{
			Server: t.Server, DrainMS: batch("out") + batch("drained"),
			CheckMS: took(ServerStep(t.Server, "health")), ProveMS: batch("prove"), ReturnMS: batch("in"),
		})
	}
	return all
}

// Estimate is how long the same way would take in batches of other sizes, with
// a soak after each: all that a deploy takes beside its steps.
func Estimate(all []Timing, sizes []int, soak time.Duration) time.Duration {
	var sum time.Duration
	for _, size := range sizes {
		size = min(size, len(all))
		batch := all[:size]
		all = all[size:]
		for _, part := range []func(Timing) int64{
			func(t Timing) int64 { return t.DrainMS }, func(t Timing) int64 { return t.CheckMS },
			func(t Timing) int64 { return t.ProveMS }, func(t Timing) int64 { return t.ReturnMS },
		} {
			longest := int64(0)
			for _, t := range batch {
				longest = max(longest, part(t))
			}
			sum += time.Duration(longest) * time.Millisecond
		}
		sum += soak
	}
	return sum
}

// Need is something that the steps of a deploy need on a server and that can be
// asked for without doing them.
type Need struct {
	Server string
	Sudo   string // the user to become; "" for the login user
	Folder string // an upload goes into it; "": a command is run
}

// Needs lists what the steps of a deploy need on the servers of a plan, in the
// order of the plan. Versions in a path are those that the servers run now.
func Needs(inv *inventory.Inventory, p Plan) []Need {
	d := inv.Deploy
	var all []Need
	for _, t := range p.Targets {
		s := *inv.Server(t.Server)
		vars := Vars(inv, s, t, "deploy", "")
		for _, step := range slices.Concat(d.Prepare, d.Steps, d.Finish, d.Rollback) {
			if !step.For(s) || step.Once && step.On != "" && step.On != s.Name {
				continue
			}
			n := Need{Server: s.Name, Sudo: step.Sudo}
			if step.Upload != "" {
				n.Folder = folder(step.To, vars)
			}
			if !slices.Contains(all, n) {
				all = append(all, n)
			}
		}
	}
	return all
}

// Becomes lists whom the plan's own steps become, on each server once.
func (p *Plan) Becomes() []Need {
	actions := slices.Clone(p.Prepare)
	for _, t := range p.Targets {
		actions = append(actions, t.Steps...)
	}
	var all []Need
	for _, a := range append(actions, p.Finish...) {
		if n := (Need{Server: a.Server, Sudo: a.Sudo}); a.Sudo != "" && !slices.Contains(all, n) {
			all = append(all, n)
		}
	}
	return all
}

// Uploads lists the local files of a deploy's uploads that are known before its
// version is.
func Uploads(inv *inventory.Inventory) []string {
	d := inv.Deploy
	var all []string
	for _, step := range slices.Concat(d.Prepare, d.Steps, d.Finish, d.Rollback) {
		if step.Upload != "" && !strings.Contains(step.Upload, "${") {
			all = append(all, step.Upload)
		}
	}
	return all
}

// folder is the folder that an upload goes into, as far as its name is known.
func folder(to string, vars []inventory.Var) string {
	for _, v := range vars {
		to = strings.ReplaceAll(to, "${"+v.Name+"}", v.Value)
	}
	known, _, _ := strings.Cut(to, "${")
	if i := strings.LastIndexByte(known, '/'); i > 0 {
		return known[:i]
	} else if i == 0 {
		return "/"
	}
	return "."
}
