package inventory

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestBalancerRefusals(t *testing.T) {
	const haproxy = "    haproxy: {backends: [shop]}\n"
	refused(t, []bad{
		{"none at all", "balancers:\n  - name: lb1\n" + haproxy, "", []string{`1:1 missing key "balancers" (add it, such as balancers: [{name: lb1, haproxy: {backends: [shop_web]}}])`}},
		{"an empty list", "balancers:\n  - name: lb1\n" + haproxy, "balancers: []\n", []string{`7:12 the list is empty (write a list of balancers, such as - name: lb1)`}},
		{"no kind", haproxy, "", []string{`8:5 one of "haproxy", "nginx", "exec" is needed here`}},
		{"two kinds", haproxy, haproxy + "    nginx: {upstreams: [shop]}\n", []string{`10:5 "nginx" cannot stand beside "haproxy" (keep one of them)`}},
		{"a kind that is mistyped", "haproxy:", "haprox:", []string{
			`8:5 one of "haproxy", "nginx", "exec" is needed here`,
			`9:5 unknown key "haprox" (did you mean "haproxy"?)`,
		}},
		{"no name", "name: lb1", "sudo: true", []string{`8:5 missing key "name" (add it, such as name: lb1)`}},
		{"one name twice", haproxy, haproxy + "  - name: lb1\n    nginx: {upstreams: [shop]}\n", []string{`10:11 there is already a balancer "lb1" (rename one of the two)`}},
		{"a name that is no host", "lb1", "lb1:80", []string{`8:5 missing key "ssh" (add it, such as ssh: lb1.example.com, as the name is no host)`}},
		{"no backends", "{backends: [shop]}", "{socket: /run/h.sock}", []string{`9:5 missing key "backends" (add it, such as backends: [shop_web])`}},
		{"one backend without brackets", "[shop]", "shop", []string{`9:25 a single value where a list is needed (write [shop_web])`}},
		{"a backend twice", "[shop]", "[shop, shop]", []string{`9:32 "shop" stands here twice (remove one of the two)`}},
		{"a backend with a command in it", "[shop]", "['shop; shutdown']", []string{`9:26 "shop; shutdown" is not a name for a backend (write letters, digits, "_", ".", ":" and "-", not beginning with "-")`}},
		{"a socket that is relative", "{backends", "{socket: run/h.sock, backends", []string{`9:23 "run/h.sock" is not a socket (write an absolute path, or tcp://host:port)`}},
		{"a socket without a port", "{backends", "{socket: 'tcp://h', backends", []string{`9:23 "tcp://h" is not a socket (write an absolute path, or tcp://host:port)`}},
		{"an upstream of haproxy", "{backends: [shop]}", "{upstreams: [shop]}", []string{
			`9:5 missing key "backends" (add it, such as backends: [shop_web])`,
			`9:15 unknown key "upstreams" (the keys here: "socket", "backends")`,
		}},
		{"nginx, all wrong", haproxy, "    nginx:\n      config: nginx.conf\n      upstreams: [a b]\n      test: ''\n      reload: [x]\n      pid: ../pid\n      drained: worker\n", []string{
			`10:15 "nginx.conf" is not an absolute path (write an absolute path)`,
			`11:19 "a b" is not a name for an upstream (write letters, digits, "_", ".", ":" and "-", not beginning with "-")`,
			`12:13 an empty text (give it a value, or remove the key)`,
			`13:15 a list where a single value is needed`,
			`14:12 "../pid" is not an absolute path (write an absolute path)`,
			`15:16 unknown value "worker" (did you mean "workers"?)`,
		}},
		{"exec without its commands", haproxy, "    exec: {state: a}\n", []string{
			`9:5 missing key "in" (add it, such as in: f5ctl enable "$ROTA_SERVER")`,
			`9:5 missing key "out" (add it, such as out: f5ctl disable "$ROTA_SERVER")`,
		}},
		{
			"a pool of an exec balancer, which has no names", "    address: 10.0.0.2:80\nbalancers:\n  - name: lb1\n" + haproxy,
			"    address: 10.0.0.2:80\n    pools: {servers: other}\nbalancers:\n  - name: lb1\n    exec: {state: a, out: b, in: c}\n",
			[]string{`7:13 no balancer has a pool "servers"`},
		},
		{"sudo with a list", haproxy, haproxy + "    sudo: [a]\n", []string{`10:11 a list where a single value is needed`}},
		{"sudo with a blank", haproxy, haproxy + "    sudo: a b\n", []string{`10:11 "a b" is not a user (write true, false, or the login name of a user)`}},
		{"a server that nobody knows", haproxy, haproxy + "    servers: [web1, webb2]\n", []string{
			`10:21 no server or group is called "webb2" (did you mean "web2"?)`,
		}},
		{"a server behind no balancer", haproxy, haproxy + "    servers: [web1]\nrollout: {min_in_rotation: 0}\n", []string{
			`5:5 "web2" stands behind no balancer (add it to the "servers" of a balancer, or say balanced: false)`,
		}},
		{
			"a server that is not balanced", "    address: 10.0.0.2:80\nbalancers:\n  - name: lb1\n",
			"    address: 10.0.0.2:80\n  - name: web3\n    balanced: false\nbalancers:\n  - name: lb1\n    servers: [web1, web2, web3]\n",
			[]string{`11:27 "web3" is in no balancer (remove it here, or its balanced: false)`},
		},
		{"no server is balanced", "    address: 10.0.0.1:80\n  - name: web2\n    address: 10.0.0.2:80\n", "    balanced: false\n", []string{`6:5 no balanced server stands behind "lb1"`}},
	})
}

func TestWhereNoServerIsBalancedNoBalancerIsNeeded(t *testing.T) {
	inv := load(t, "app: a\nservers: [{name: w, balanced: false}]\ndeploy: {steps: [{run: x}]}\nhealth: none\n")
	if len(inv.Balancers) > 0 || inv.Servers[0].Balanced {
		t.Errorf("got %+v", inv)
	}
}

func TestBalancersAsTheyAreWritten(t *testing.T) {
	inv := load(t, `app: shop
servers:
  - {name: w1, address: 'w1:80', group: blue}
  - {name: w2, address: 'w2:80', group: [green, eu]}
  - {name: w3, address: 'w3:80', group: green}
  - {name: job, balanced: false, group: green}
balancers:
  - name: tcp
    haproxy: {socket: 'tcp://127.0.0.1:9999', backends: [a, b]}
  - name: tcp-by-ssh
    ssh: root@lb:22
    haproxy: {socket: 'tcp://[::1]:9999', backends: [a]}
  - name: web
    nginx: {upstreams: [a]}
    servers: [green, w1]
    sudo: true
  - name: web-too
    nginx: {upstreams: [a], config: /a, test: b, reload: c, pid: /d, drained: connections}
    servers: [eu, w3]
    sudo: admin
  - name: box
    exec: {state: s, out: o, in: i}
    before: b
    after: a
    sudo: false
deploy: {steps: [{run: x}]}
health: none
`)
	all := []string{"w1", "w2", "w3"}
	want := []Balancer{
		{Name: "tcp", HAProxy: &HAProxy{"tcp://127.0.0.1:9999", []string{"a", "b"}}, Servers: all},
		{Name: "tcp-by-ssh", SSH: "root@lb:22", HAProxy: &HAProxy{"tcp://[::1]:9999", []string{"a"}}, Servers: all},
		{Name: "web", SSH: "web", Nginx: &Nginx{"/etc/nginx/nginx.conf", []string{"a"}, "nginx -t", "nginx -s reload", "/run/nginx.pid", "workers"}, Sudo: "root", Servers: all},
		{Name: "web-too", SSH: "web-too", Nginx: &Nginx{"/a", []string{"a"}, "b", "c", "/d", "connections"}, Sudo: "admin", Servers: []string{"w2", "w3"}},
		{Name: "box", Exec: &Exec{"s", "o", "i"}, Before: "b", After: "a", Servers: all},
	}
	if diff := cmp.Diff(want, inv.Balancers, cmpopts.IgnoreFields(Balancer{}, "Pos")); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	for i, want := range []struct {
		kind  string
		pools []string
	}{{"haproxy", []string{"a", "b"}}, {"haproxy", []string{"a"}}, {"nginx", []string{"a"}}, {"nginx", []string{"a"}}, {"exec", []string{"servers"}}} {
		b := inv.Balancers[i]
		if b.Kind() != want.kind || !slices.Equal(b.Pools(), want.pools) {
			t.Errorf("%s: %s %v", b.Name, b.Kind(), b.Pools())
		}
	}
	if b := inv.Balancers[3]; b.Fronts("w1") || !b.Fronts("w2") || b.Fronts("job") {
		t.Errorf("%s fronts the wrong ones of %v", b.Name, b.Servers)
	}
}
