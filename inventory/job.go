package inventory

import (
	"fmt"

	"rota/inventory/yaml"
)

// Job is other work done by the same way.
type Job struct {
	Name  string
	Steps []Step
	Pos   Position
}

// Job returns the job with a name, or an error that tells which there are. It
// points into the inventory.
func (inv *Inventory) Job(name string) (*Job, error) {
	names := make([]string, len(inv.Jobs))
	for i := range inv.Jobs {
		if inv.Jobs[i].Name == name {
			return &inv.Jobs[i], nil
		}
		names[i] = inv.Jobs[i].Name
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("no job is called %q: the inventory has none\njobs: {%s: {steps: [{run: COMMAND}]}} adds it", name, name)
	}
	return nil, fmt.Errorf("no job is called %q\n%s", name, didYouMean(name, names))
}

func (r *reader) jobs(n *yaml.Node) {
	r.pairs(n, "NAME: {steps: [{run: COMMAND}]}", func(p yaml.Pair) {
		j := Job{Name: p.Key, Pos: p.Pos}
		if !isTitle(p.Key) {
			r.wrong(p.Pos, likeTitle, "%q is not a name for a job", p.Key)
		}
		r.object(p.Value, must("steps", "[{run: COMMAND}]", r.steps(&j.Steps)))
		r.inv.Jobs = append(r.inv.Jobs, j)
	})
}
