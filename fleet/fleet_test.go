package fleet

import (
	"strings"
	"testing"

	"rota/inventory"
	"rota/record"
)

const yaml = `
app: shop
servers:
  - {name: web1, address: "10.0.0.1:80", pools: {ws: "app01@10.0.0.1:81"}}
  - {name: web2, ssh: "deploy@web2.example.com:2222", address: "10.0.0.2:80"}
balancers:
  - {name: lb1, ssh: lb1, haproxy: {socket: /run/haproxy.sock, backends: [web, ws]}}
  - {name: lb2, ssh: lb2, nginx: {upstreams: [web]}}
  - {name: lb3, haproxy: {socket: "tcp://127.0.0.1:9", backends: [web]}}
deploy: {steps: [{run: "true"}]}
health: none
`

func load(t *testing.T) *inventory.Inventory {
	t.Helper()
	inv, err := inventory.Load(strings.NewReader(yaml), "inventory.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return inv
}

func TestOpenMakesEverythingThatTheInventoryNames(t *testing.T) {
	f, err := Open(load(t), Config{Self: record.Identity{Owner: "me@here"}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var names []string
	for _, b := range f.Balancers {
		names = append(names, b.Name)
	}
	if got := strings.Join(names, " "); got != "lb1 lb2 lb3" {
		t.Errorf("balancers %s", got)
	}
	if f.Hosts["web1"] == nil || f.Hosts["web2"] == nil || f.Hosts["web1"] == f.Hosts["web2"] {
		t.Error("each server has a host of its own")
	}
	if len(f.Machines) != 3 || f.Machines["lb3"] != f.Here || f.Machines["lb1"] == f.Here {
		t.Errorf("the commands of a balancer run on its host, or here where it has none: %v", f.Machines)
	}
	if f.Operator(record.Identity{Owner: "me@here"}) != "me@here" {
		t.Error("an operator without a connection is told by login and machine")
	}
}

func TestABalancerCanBeLeftOut(t *testing.T) {
	f, err := Open(load(t), Config{Without: []string{"lb1"}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if len(f.Balancers) != 2 || f.Balancers[0].Name != "lb2" {
		t.Errorf("balancers: %v", f.Balancers)
	}
	if _, err := Open(load(t), Config{Without: []string{"lb9"}}); err == nil {
		t.Error("a balancer that the inventory does not name cannot be left out")
	}
}

func TestMembersAreNamedAsTheirPoolKnowsThem(t *testing.T) {
	inv := load(t)
	got := members(inv, inv.Balancers[0])
	if len(got) != 4 || got[0].Name != "web1" || got[2].Name != "app01" || got[2].Address != "10.0.0.1:81" {
		t.Errorf("members: %+v", got)
	}
}

func TestOnlyLoopbackIsHere(t *testing.T) {
	for address, want := range map[string]bool{"127.0.0.1:9": true, "[::1]:9": true, "localhost:9": true, "10.0.0.1:9": false, "lb1:9": false} {
		if isHere(address) != want {
			t.Errorf("isHere(%q) = %v", address, !want)
		}
	}
}

func TestASudoPasswordComesFromWhereTheInventorySays(t *testing.T) {
	c := Config{Getenv: func(name string) string { return map[string]string{"PW": "secret"}[name] }}
	if sudoPassword("never", c) != nil {
		t.Error("never means never")
	}
	if p, err := sudoPassword("env:PW", c)(t.Context(), ""); p != "secret" || err != nil {
		t.Errorf("%q, %v", p, err)
	}
	if _, err := sudoPassword("env:NONE", c)(t.Context(), ""); err == nil || !strings.Contains(err.Error(), "NONE") {
		t.Errorf("a variable that is not set: %v", err)
	}
	if _, err := sudoPassword("ask", c)(t.Context(), ""); err == nil || !strings.Contains(err.Error(), "env:NAME") {
		t.Errorf("nobody to ask: %v", err)
	}
}
