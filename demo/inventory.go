package demo

import (
	_ "embed"
	"os"
	"strings"
	"text/template"
)

//go:embed inventory.tmpl
var inventoryText string

// writeInventory writes the inventory of this data centre.
func (s *Site) writeInventory() error {
	type server struct{ Name, Address, Group string }
	data := struct {
		Dir, Balancer, Strategy string
		Servers                 []server
	}{Dir: s.dir, Balancer: s.front.entry, Strategy: s.strategy}
	for _, m := range s.machines {
		group := ""
		switch {
		case m.idle:
			group = "green"
		case s.strategy == "blue-green":
			group = "blue"
		}
		data.Servers = append(data.Servers, server{m.name, m.port.address, group})
	}
	t, err := template.New("inventory").Parse(inventoryText)
	if err != nil {
		return err
	}
	var b strings.Builder
	if err := t.Execute(&b, data); err != nil {
		return err
	}
	return os.WriteFile(s.Inventory(), []byte(b.String()), 0o600)
}
