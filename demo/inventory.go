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
	type server struct{ Name, Address string }
	data := struct {
		Dir, Balancer string
		Servers       []server
	}{Dir: s.dir, Balancer: s.front.entry}
	for _, m := range s.machines {
		data.Servers = append(data.Servers, server{m.name, m.port.address})
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
