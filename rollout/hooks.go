package rollout

import (
	"slices"

	"rota/inventory"
)

// Hooks are the commands of a plan that run here.
type Hooks struct {
	Before     string `json:"before,omitempty"`      // before the first change; not again where a run goes on
	AfterBatch string `json:"after_batch,omitempty"` // after each batch, before its gate
	After      string `json:"after,omitempty"`       // when the run is done
	OnFailure  string `json:"on_failure,omitempty"`  // when it has ended otherwise
}

// Around is what one balancer wants around a run, on its host or, where it has
// none, here.
type Around struct {
	Balancer string `json:"balancer"`
	Before   string `json:"before,omitempty"`
	After    string `json:"after,omitempty"`
	Sudo     string `json:"sudo,omitempty"`
}

// newHooks are the hooks of one kind of plan. What must be right before
// something new is begun is not asked where it is taken back, and a drain or a
// restore by hand tells nobody.
func newHooks(inv *inventory.Inventory, kind string) Hooks {
	h := Hooks(inv.Hooks)
	switch kind {
	case "deploy", "roll", "switch":
		return h
	case "rollback":
		h.Before = ""
		return h
	}
	return Hooks{}
}

func newAround(inv *inventory.Inventory, without []string) []Around {
	var all []Around
	for _, b := range inv.Balancers {
		if (b.Before != "" || b.After != "") && !slices.Contains(without, b.Name) {
			all = append(all, Around{Balancer: b.Name, Before: b.Before, After: b.After, Sudo: b.Sudo})
		}
	}
	return all
}

// Errand is a command of a plan that is about no server.
type Errand struct{ Name, Command, Sudo string }

// Errands lists them in the order in which they are done.
func (p *Plan) Errands() []Errand {
	all := []Errand{{Name: "hooks.before", Command: p.Hooks.Before}}
	for _, a := range p.Around {
		all = append(all, Errand{a.Balancer + ": before", a.Before, a.Sudo})
	}
	all = append(all, Errand{Name: "hooks.after-batch", Command: p.Hooks.AfterBatch})
	for _, a := range p.Around {
		all = append(all, Errand{a.Balancer + ": after", a.After, a.Sudo})
	}
	all = append(all, Errand{Name: "hooks.after", Command: p.Hooks.After}, Errand{Name: "hooks.on-failure", Command: p.Hooks.OnFailure})
	return slices.DeleteFunc(all, func(e Errand) bool { return e.Command == "" })
}

func (p *Plan) errand(name string) string {
	for _, e := range p.Errands() {
		if e.Name == name {
			return e.Command
		}
	}
	return ""
}
