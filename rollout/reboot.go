package rollout

import (
	"fmt"
	"slices"
	"strings"

	"rota/inventory"
	"rota/lb"
)

// Beside lists what a reboot of a server's host takes down with it: the other
// servers and the balancers on the same machine.
func Beside(inv *inventory.Inventory, server string) (servers, balancers []string) {
	on := Machine(inv.Server(server).SSH)
	for _, s := range inv.Servers {
		if s.Name != server && Machine(s.SSH) == on {
			servers = append(servers, s.Name)
		}
	}
	for _, b := range inv.Balancers {
		if b.SSH != "" && Machine(b.SSH) == on {
			balancers = append(balancers, b.Name)
		}
	}
	return servers, balancers
}

// Machine tells where a target of ssh leads to, whoever logs in: two targets with
// the same one are on one host.
func Machine(target string) string {
	if _, after, ok := strings.Cut(target, "@"); ok {
		target = after
	}
	return strings.TrimSuffix(strings.ToLower(target), ":22")
}

// reboots refuses a plan in which a reboot would take something down that is in
// use: servers of one host are in one batch, so that all are out meanwhile.
func (m *maker) reboots() error {
	for _, t := range m.plan.Targets {
		if !slices.ContainsFunc(slices.Concat(t.Steps, t.Back), func(a Action) bool { return a.Reboot > 0 }) {
			continue
		}
		servers, balancers := Beside(m.inv, t.Server)
		for _, b := range balancers {
			if !m.without(b) {
				return fmt.Errorf("%s and the balancer %s are on one host (%s): a reboot would take both down", t.Server, b, t.Host)
			}
		}
		for _, name := range servers {
			const both = "%s and %s are on one host (%s): a reboot would take both down"
			switch o := m.plan.Target(name); {
			case o == nil && m.rotation(name) != lb.Out && m.rotation(name) != lb.Absent:
				return fmt.Errorf(both+", and this run leaves %s in rotation (rota drain %s)", t.Server, name, t.Host, name, name)
			case o != nil && len(o.Balancers) > 0 && o.Batch != t.Batch && (!o.Comes || !t.Comes): // those are out until the switch
				return fmt.Errorf(both+"; put them in one batch (side by side in the inventory, and rollout.batches)", t.Server, name, t.Host)
			}
		}
	}
	return nil
}
