package plain

import (
	"fmt"
	"slices"
	"strconv"

	"rota/rollout"
)

// What a cell of a plan says, but for versions and numbers.
const (
	does     = "x" // the server has this step
	none     = "-" // it has not
	stays    = "stays out"
	batchRow = "batch"
)

// row is one line of a plan: a step, and what each server has of it.
type row struct {
	words  string
	cells  []string       // in the order of the plan's targets
	action rollout.Action // the step, where it is one of the inventory's
}

// rows lists what happens to the servers of a plan, in the order of time.
func rows(p rollout.Plan) []row {
	all := []row{
		each(p, batchRow, func(t rollout.Target) string { return strconv.Itoa(t.Batch) }),
		each(p, "runs now", func(t rollout.Target) string { return or(t.From, "?") }),
	}
	if p.Version != "" || p.Kind == "rollback" {
		all = append(all, each(p, "will run", func(t rollout.Target) string { return or(t.To, "?") }))
	}
	if p.Kind != "restore" {
		all = append(all, balancers(p, "out of %s, drained")...)
	}
	all = append(all, steps(p)...)
	if p.Kind == "drain" {
		return all
	}
	if p.Health != "" && p.Health != "none" {
		all = append(all, each(p, "health: "+p.Health, func(rollout.Target) string { return does }))
	}
	return append(append(all, balancers(p, "back into %s")...), ladders(p)...)
}

// ladders has a row for each ladder that servers come back by.
func ladders(p rollout.Plan) []row {
	var all []row
	said := map[string]bool{}
	words := func(t rollout.Target) string {
		if t.Batch < 1 || t.Batch > len(p.Batches) || p.Batches[t.Batch-1].Ladder == nil || len(t.Balancers) == 0 {
			return ""
		}
		return "climbs " + p.Batches[t.Batch-1].Ladder.String()
	}
	for _, t := range p.Targets {
		w := words(t)
		if w == "" || said[w] {
			continue
		}
		said[w] = true
		all = append(all, each(p, w, func(t rollout.Target) string {
			if words(t) == w {
				return does
			}
			return none
		}))
	}
	return all
}

func each(p rollout.Plan, words string, cell func(rollout.Target) string) row {
	r := row{words: words}
	for _, t := range p.Targets {
		r.cells = append(r.cells, cell(t))
	}
	return r
}

// balancers has a row for each balancer of the plan.
func balancers(p rollout.Plan, words string) []row {
	var names []string
	for _, t := range p.Targets {
		for _, b := range t.Everywhere() {
			if !slices.Contains(names, b) {
				names = append(names, b)
			}
		}
	}
	var all []row
	for _, b := range names {
		all = append(all, each(p, fmt.Sprintf(words, b), func(t rollout.Target) string {
			switch {
			case slices.Contains(t.LeftOut, b), t.Held != "" && slices.Contains(t.Balancers, b):
				return stays
			case slices.Contains(t.Balancers, b):
				return does
			default:
				return none
			}
		}))
	}
	return all
}

// steps has a row for each step that any server has. Servers with the same
// step share a row, in an order that all of them keep.
func steps(p rollout.Plan) []row {
	var all []row
	for column, t := range p.Targets {
		at := 0 // the row that this server's next step cannot stand above
		for _, a := range t.Steps {
			i := slices.IndexFunc(all[at:], func(r row) bool { return same(r.action, a) })
			if i < 0 {
				empty := each(p, words(a), func(rollout.Target) string { return none })
				empty.action = a
				all, i = slices.Insert(all, at, empty), 0
			}
			at += i
			all[at].cells[column] = does
			at++
		}
	}
	return all
}

// same reports whether two actions do the same, each on its server.
func same(a, b rollout.Action) bool {
	a.ID, a.Server = b.ID, b.Server
	return a == b
}

// shared is a value and the servers that have it.
type shared struct {
	value   string
	servers []string
}

// gather groups servers by the value that each has, in order of appearance.
func gather(values, servers []string) []shared {
	var all []shared
	for i, v := range values {
		at := slices.IndexFunc(all, func(s shared) bool { return s.value == v })
		if at < 0 {
			all, at = append(all, shared{value: v}), len(all)
		}
		all[at].servers = append(all[at].servers, servers[i])
	}
	return all
}

func group(cells []string, targets []rollout.Target) []shared {
	servers := make([]string, len(targets))
	for i, t := range targets {
		servers[i] = t.Server
	}
	return gather(cells, servers)
}
