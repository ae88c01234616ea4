package fleet

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rota/inventory"
	"rota/lb"
)

func TestABalancerByCommandsRunsBesideTheInventory(t *testing.T) {
	t.Setenv("ROTA_VERSION", "of somebody else")
	dir := t.TempDir()
	const state = `. ./ctl; echo "$ROTA_APP,${ROTA_ENV-},$ROTA_SERVER,$ROTA_HOST,$ROTA_ADDRESS,$ROTA_PORT,$ROTA_GROUP,${ROTA_VERSION-},$A,$B" >>told; echo in`
	if err := os.WriteFile(filepath.Join(dir, "ctl"), []byte(":"), 0o600); err != nil {
		t.Fatal(err)
	}
	inv, err := inventory.Load(strings.NewReader(`
app: shop
servers:
  - {name: web1, ssh: "me@web1.example.com:22", address: "10.0.0.1:80", group: [blue, eu], env: {B: own}}
  - {name: web2, address: "10.0.0.2:81", group: green}
balancers:
  - name: box
    exec: {state: '`+state+`', out: o, in: i}
  - {name: far, ssh: web1, sudo: true, exec: {state: s, out: o, in: i}}
deploy: {steps: [{run: "true"}], env: {A: all, B: all}}
health: none
`), filepath.Join(dir, "inventory.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	f, err := Open(inv, Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	servers, err := f.Balancers[0].Balancer.Servers(t.Context())
	if err != nil || len(servers) != 2 || servers[0].Pools[0] != (lb.PoolServer{Pool: inv.Balancers[0].Pools()[0], State: lb.In, Weight: -1, Sessions: -1, Rate: -1}) {
		t.Errorf("servers: %+v, %v", servers, err)
	}
	told, err := os.ReadFile(filepath.Join(dir, "told"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Fields(string(told))
	slices.Sort(lines)
	want := []string{
		"shop,,web1,web1.example.com,10.0.0.1:80,80,blue,eu,,all,own",
		"shop,,web2,web2,10.0.0.2:81,81,green,,all,all",
	}
	if !slices.Equal(lines, want) {
		t.Errorf("got  %q\nwant %q", lines, want)
	}
}
