package inventory

import "slices"

// Group lists the servers of a group that stand behind a balancer.
func (inv *Inventory) Group(name string) []string {
	var servers []string
	for _, s := range inv.Servers {
		if s.Balanced && slices.Contains(s.Groups, name) {
			servers = append(servers, s.Name)
		}
	}
	return servers
}
