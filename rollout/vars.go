package rollout

import (
	"fmt"
	"net"
	"strings"

	"rota/inventory"
)

// Vars lists the variables that the commands of a server get, in this order:
// rota's own, the inventory's, the server's. One that has no value is left
// out. run is the run's id.
func Vars(inv *inventory.Inventory, s inventory.Server, t Target, kind, run string) []inventory.Var {
	previous := t.From
	if kind == "rollback" {
		previous = t.To
	}
	_, port, _ := net.SplitHostPort(s.Address)
	batch := ""
	if t.Batch > 0 {
		batch = fmt.Sprint(t.Batch)
	}
	all := []inventory.Var{
		{Name: "ROTA_APP", Value: inv.App},
		{Name: "ROTA_ENV", Value: inv.Environment},
		{Name: "ROTA_VERSION", Value: t.To},
		{Name: "ROTA_PREVIOUS", Value: previous},
		{Name: "ROTA_FROM", Value: t.From},
		{Name: "ROTA_SERVER", Value: s.Name},
		{Name: "ROTA_HOST", Value: hostOf(s.SSH)},
		{Name: "ROTA_ADDRESS", Value: s.Address},
		{Name: "ROTA_PORT", Value: port},
		{Name: "ROTA_GROUP", Value: strings.Join(s.Groups, ",")},
		{Name: "ROTA_BATCH", Value: batch},
		{Name: "ROTA_RUN", Value: run},
	}
	vars := all[:0]
	for _, v := range all {
		if v.Value != "" {
			vars = append(vars, v)
		}
	}
	vars = append(vars, inv.Deploy.Env...)
	return append(vars, s.Env...)
}

// hostOf returns the host of [user@]host[:port].
func hostOf(target string) string {
	if _, after, ok := strings.Cut(target, "@"); ok {
		target = after
	}
	if host, _, err := net.SplitHostPort(target); err == nil {
		return host
	}
	return strings.Trim(target, "[]")
}
