package inventory

import (
	"fmt"
	"slices"
	"time"

	"rota/inventory/yaml"
)

// Rollout is how a run goes through the servers.
type Rollout struct {
	Strategy       string   // "rolling", "blue-green" or "canary"
	BlueGreen      []string // the two groups that can take turns; nil where there are not two
	Batches        []Size
	Confirm        string // "never", "first", "batch" or "server"
	MinInRotation  *Size  // nil: all but the largest batch, never under 1
	MaxFailures    int
	DrainTimeout   time.Duration
	OnDrainTimeout string // "ask", "continue", "fail", "move" or "cut"
	Soak           time.Duration
	OnFailure      string // "ask", "pause", "rollback" or "abort"
	MaxErrors      *MaxErrors
	Canary         *Climb // of the first batch; never nil where the strategy is canary
	Warm           *Climb // of every other server that comes back; nil: at once
}

// MaxErrors is how many more errors the new version may make than the old one.
type MaxErrors struct {
	OverOld     Size
	MinRequests int
}

// Climb is a ladder of shares of a server's own weight, each held for a while.
type Climb struct {
	Weights []Size
	Hold    time.Duration
}

// BatchSizes returns how many servers each batch of a run over n servers has:
// the sizes in turn, the last one again and again.
func (r Rollout) BatchSizes(n int) []int {
	var all []int
	for left := n; left > 0; {
		size := Size{N: 1}
		if len(r.Batches) > 0 {
			size = r.Batches[min(len(all), len(r.Batches)-1)]
		}
		k := min(size.Batch(n), left)
		all = append(all, k)
		left -= k
	}
	return all
}

// Least returns how many servers must stay in rotation in a pool in which so
// many are meant to be: MinInRotation, or where it is not given all but the
// largest batch, and never under 1.
func (r Rollout) Least(meant int) int {
	if r.MinInRotation != nil {
		return r.MinInRotation.Floor(meant)
	}
	largest := 0
	for _, k := range r.BatchSizes(meant) {
		largest = max(largest, k)
	}
	return max(meant-largest, 1)
}

func (r *reader) rollout(n *yaml.Node) {
	ro := &r.inv.Rollout
	var floor Size
	r.object(n,
		may("strategy", set(&ro.Strategy, r.word("rolling", "blue-green", "canary"))),
		may("blue_green", set(&ro.BlueGreen, r.blueGreen)),
		may("batches", func(n *yaml.Node) { ro.Batches = each(r, r.items(n, "[1, 25%, 50%]"), r.size) }),
		may("confirm", set(&ro.Confirm, r.word("never", "first", "batch", "server"))),
		may("min_in_rotation", func(n *yaml.Node) {
			if size, ok := r.floor(n); ok {
				floor = size
				ro.MinInRotation = &floor
			}
		}),
		may("max_failures", set(&ro.MaxFailures, r.number(0))),
		may("drain_timeout", set(&ro.DrainTimeout, r.duration)),
		may("on_drain_timeout", set(&ro.OnDrainTimeout, r.word("ask", "continue", "fail", "move", "cut"))),
		may("soak", set(&ro.Soak, r.wait)),
		may("on_failure", set(&ro.OnFailure, r.word("ask", "pause", "rollback", "abort"))),
		may("max_errors", func(n *yaml.Node) { ro.MaxErrors = r.maxErrors(n) }),
		may("canary", func(n *yaml.Node) { ro.Canary = r.climb(n, defaultCanary()) }),
		may("warm", func(n *yaml.Node) {
			ro.Warm = r.climb(n, Climb{[]Size{{10, true}, {50, true}}, 5 * time.Second})
		}),
	)
}

func defaultCanary() Climb {
	return Climb{[]Size{{1, true}, {10, true}, {50, true}}, time.Minute}
}

// blueGreen reads the two groups.
func (r *reader) blueGreen(n *yaml.Node) ([]string, bool) {
	var two []string
	list(r, &two, "[blue, green]", r.group)(n)
	if len(two) == len(n.Items) && len(two) > 0 && len(two) != 2 {
		r.wrong(n.Pos, "write [blue, green]", "two groups are needed here")
		return nil, false
	}
	for _, s := range r.inv.Servers {
		if len(two) == 2 && s.In(two[:1]) && s.In(two[1:]) {
			r.wrong(n.Pos, "a server is in one of the two", "%s is in both groups", s.Name)
		}
	}
	return two, len(two) == 2
}

// group reads the name of a group.
func (r *reader) group(n *yaml.Node) (string, bool) {
	s, ok := r.raw(n)
	if !ok || r.unsure || r.groups[s] != nil {
		return s, ok
	}
	r.wrong(n.Pos, didYouMean(s, r.inv.groups()), "no group is called %q", s)
	return "", false
}

func (r *reader) maxErrors(n *yaml.Node) *MaxErrors {
	m := &MaxErrors{OverOld: Size{1, true}, MinRequests: 200}
	r.object(n,
		may("over_old", set(&m.OverOld, r.share)),
		may("min_requests", set(&m.MinRequests, r.number(1))),
	)
	return m
}

// climb reads a ladder of weights.
func (r *reader) climb(n *yaml.Node, c Climb) *Climb {
	r.object(n,
		may("weights", func(n *yaml.Node) {
			c.Weights = each(r, r.items(n, "[10%, 50%]"), r.share)
			if !slices.IsSortedFunc(c.Weights, func(a, b Size) int { return a.N - b.N }) {
				r.wrong(n.Pos, "write the smallest first", "these weights do not climb")
			}
		}),
		may("hold", set(&c.Hold, r.duration)),
	)
	return &c
}

// settle fills what depends on the rest, and checks that the floor lets some
// server go out.
func (r *reader) settle(root *yaml.Node) {
	ro := &r.inv.Rollout
	r.inv.batches, r.inv.blueGreen = ro.Batches, ro.BlueGreen
	err := r.inv.SetStrategy(ro.Strategy)
	if ro.Strategy == "blue-green" {
		node := root.Value("rollout")
		if err != nil && !r.unsure && node.Value("blue_green") == nil { // else it is told already
			r.wrong(node.Value("strategy").Pos, "add blue_green: [blue, green]", "%v", err)
		}
		return
	}
	for _, b := range r.inv.Balancers {
		n := len(b.Servers)
		if least := ro.Least(n); r.fronted && least >= n {
			pos, hint := b.Pos, "with one server it must be said that none need stay: min_in_rotation: 0"
			if ro.MinInRotation != nil {
				pos, hint = root.Value("rollout").Value("min_in_rotation").Pos, "write less, or leave it out"
			}
			r.wrong(pos, hint, "every server behind %q would have to stay in rotation (%d of %d), so none could be deployed", b.Name, least, n)
		}
	}
}

// SetBatches makes the sizes of the batches others, whatever the strategy is.
func (inv *Inventory) SetBatches(sizes []Size) {
	inv.batches, inv.Rollout.Batches = sizes, sizes
}

// SetStrategy makes the strategy of the inventory another one, with the defaults
// that belong to it. An error says why the inventory cannot be rolled out so.
func (inv *Inventory) SetStrategy(strategy string) error {
	ro := &inv.Rollout
	ro.Strategy, ro.Batches, ro.BlueGreen = strategy, inv.batches, inv.blueGreen
	if ro.BlueGreen == nil {
		if two := inv.balancedGroups(); len(two) == 2 {
			ro.BlueGreen = two
		}
	}
	if strategy == "blue-green" {
		if ro.Batches == nil {
			ro.Batches = []Size{{100, true}}
		}
		if ro.BlueGreen == nil {
			return fmt.Errorf("blue-green needs two groups, and there are %d", len(inv.balancedGroups()))
		}
		return nil
	}
	if ro.Batches == nil {
		ro.Batches = []Size{{N: 1}}
	}
	if strategy == "canary" && ro.Canary == nil {
		c := defaultCanary()
		ro.Canary = &c
	}
	return nil
}

// balancedGroups lists the groups with a server that stands behind a balancer.
func (inv *Inventory) balancedGroups() []string {
	return slices.DeleteFunc(inv.groups(), func(group string) bool {
		return len(inv.Group(group)) == 0
	})
}
