package inventory

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestServerRefusals(t *testing.T) {
	const first = "  - name: web1\n    address: 10.0.0.1:80\n"
	refused(t, []bad{
		{"no list", "servers:\n" + first, "servers: web1\nx-rest:\n" + first, []string{`2:10 a single value where a list is needed (write a list of servers, such as - name: web1)`}},
		{"an empty list", "servers:\n" + first, "servers: []\nx-rest:\n" + first, []string{
			`2:10 the list is empty (write a list of servers, such as - name: web1)`,
		}},
		{"a server that is a text", first, "  - web1\n", []string{`3:5 a single value where keys are needed (the keys here: "name", "ssh", "balanced", "address", "group", "env", "pools")`}},
		{"a name with a blank", "web1", "web 1", []string{`3:11 "web 1" is not a name for a server (write letters, digits, "_", ".", ":" and "-", not beginning with "-")`}},
		{"a name that is an option", "web1", "-web1", []string{`3:11 "-web1" is not a name for a server (write letters, digits, "_", ".", ":" and "-", not beginning with "-")`}},
		{"a name with a shell in it", "web1", "web1;id", []string{`3:11 "web1;id" is not a name for a server (write letters, digits, "_", ".", ":" and "-", not beginning with "-")`}},
		{"a name with a slash", "web1", "pool/web1", []string{`3:11 "pool/web1" is not a name for a server (write letters, digits, "_", ".", ":" and "-", not beginning with "-")`}},
		{"one name twice", "web2", "web1", []string{`5:11 there is already a server "web1" (rename one of the two)`}},
		{"one name twice by a range", "web2", "web{1..2}", []string{
			`5:11 there is already a server "web1" (rename one of the two)`,
		}},
		{"no address", "    address: 10.0.0.1:80\n", "", []string{`3:5 missing key "address" (add it, such as address: 10.0.0.11:8080, or balanced: false)`}},
		{"an address that is mistyped", "    address: 10.0.0.1:80\n", "    addr_ess: 10.0.0.1:80\n", []string{`4:5 unknown key "addr_ess" (did you mean "address"?)`}},
		{"an address without a port", "10.0.0.1:80", "10.0.0.1", []string{`4:14 "10.0.0.1" is not an address (write host:port, such as 10.0.0.11:8080 or [::1]:80)`}},
		{"an address with port 0", "10.0.0.1:80", "10.0.0.1:0", []string{`4:14 "10.0.0.1:0" is not an address (write host:port, such as 10.0.0.11:8080 or [::1]:80)`}},
		{"an address with a port too high", "10.0.0.1:80", "10.0.0.1:65536", []string{`4:14 "10.0.0.1:65536" is not an address (write host:port, such as 10.0.0.11:8080 or [::1]:80)`}},
		{"an address that is no IPv4", "10.0.0.1:80", "10.0.0.300:80", []string{`4:14 "10.0.0.300:80" is not an address (write host:port, such as 10.0.0.11:8080 or [::1]:80)`}},
		{"an IPv6 address without brackets", "10.0.0.1:80", "::1:80", []string{`4:14 "::1:80" is not an address (write host:port, such as 10.0.0.11:8080 or [::1]:80)`}},
		{"one address twice", "10.0.0.2:80", "10.0.0.1:80", []string{`6:14 web1 and web2 have the same address, 10.0.0.1:80 (every server of a pool needs its own address)`}},
		{"one address twice in one pool", "10.0.0.2:80", "10.0.0.2:80\n    pools: {shop: 10.0.0.1:80}", []string{`7:19 web1 and web2 have the same address, 10.0.0.1:80 (every server of a pool needs its own address)`}},
		{"one name twice in one pool", "10.0.0.2:80", "10.0.0.2:80\n    pools: {shop: web1}", []string{`7:19 web1 and web2 have the same name, web1 (every server of a pool needs its own name)`}},
		{"a pool that nobody has", "10.0.0.2:80", "10.0.0.2:80\n    pools: {shp: web9}", []string{`7:13 no balancer has a pool "shp" (did you mean "shop"?)`}},
		{"a pool name that is none", "10.0.0.2:80", "10.0.0.2:80\n    pools: {a b: web9}", []string{`7:13 "a b" is not a name for a pool (write letters, digits, "_", ".", ":" and "-", not beginning with "-")`}},
		{"a member that is none", "10.0.0.2:80", "10.0.0.2:80\n    pools: {shop: '@10.0.0.1:80'}", []string{`7:19 "@10.0.0.1:80" is not another name or address (write name@host:port, a name, or host:port)`}},
		{"pools of a server in none", "10.0.0.2:80", "10.0.0.2:80\n    pools: {shop: web9}\n    balanced: false", []string{
			`7:5 a server that is not balanced has no pools (remove it)`,
			`10:5 every server behind "lb1" would have to stay in rotation (1 of 1), so none could be deployed (with one server it must be said that none need stay: min_in_rotation: 0)`,
		}},
		{"an ssh target that is an option", "web1\n", "web1\n    ssh: -oProxyCommand=id\n", []string{`4:10 "-oProxyCommand=id" is not a target for ssh (write host, user@host, host:port or an alias of ssh_config, such as deploy@web1.example.com:22)`}},
		{"an ssh target whose user is an option", "web1\n", "web1\n    ssh: -l@web1\n", []string{`4:10 "-l@web1" is not a target for ssh (write host, user@host, host:port or an alias of ssh_config, such as deploy@web1.example.com:22)`}},
		{"an ssh target that is a URL", "web1\n", "web1\n    ssh: ssh://web1\n", []string{`4:10 "ssh://web1" is not a target for ssh (write host, user@host, host:port or an alias of ssh_config, such as deploy@web1.example.com:22)`}},
		{"an ssh port too high", "web1\n", "web1\n    ssh: web1:70000\n", []string{`4:10 "web1:70000" is not a target for ssh (write host, user@host, host:port or an alias of ssh_config, such as deploy@web1.example.com:22)`}},
		{"a name that is no host", "web1\n", "web1:80\n", []string{`3:5 missing key "ssh" (add it, such as ssh: web1.example.com, as the name is no host)`}},
		{"a group that is a server", "web1\n", "web1\n    group: web2\n", []string{`4:12 "web2" is a server, so no group can have this name (rename one of the two)`}},
		{"a group twice", "web1\n", "web1\n    group: [a, a]\n", []string{`4:16 "a" stands here twice (remove one of the two)`}},
		{"a group with a blank", "web1\n", "web1\n    group: [a, b c]\n", []string{`4:16 "b c" is not a name for a group (write letters, digits, "_", ".", ":" and "-", not beginning with "-")`}},
		{"a group that is a mapping", "web1\n", "web1\n    group: {a: b}\n", []string{`4:12 keys and values where a single value is needed`}},
		{"a variable with a hyphen", "web1\n", "web1\n    env: {A-B: 1}\n", []string{`4:11 "A-B" is not a name for a variable (write letters, digits and "_", not beginning with a digit)`}},
		{"a variable of rota's", "web1\n", "web1\n    env: {ROTA_HOST: x}\n", []string{`4:11 "ROTA_HOST": the names that begin with ROTA_ are given by rota (rename it)`}},
		{"a variable that is a list", "web1\n", "web1\n    env: {A: [1]}\n", []string{`4:14 a list where a single value is needed`}},
		{"variables that are a list", "web1\n", "web1\n    env: [A=1]\n", []string{`4:10 a list where names and values are needed (write {INSTANCE: "1"})`}},
		{"a variable without a value", "web1\n", "web1\n    env: {A: }\n", []string{`4:11 nothing where a single value is needed`}},
	})
}

func TestAServerAsItIsWritten(t *testing.T) {
	inv := load(t, changed(t, "10.0.0.1:80\n", `10.0.0.1:80
    ssh: deploy@[fe80::1%eth0]:2222
    group: [blue, eu]
    env: {INSTANCE: 1, JSON: '{"a": 1,"b": 2}', LIST: "{a,b}", EMPTY: ""}
    pools: {shop: "app01@[::1]:81"}
`))
	want := Server{
		Name: "web1", SSH: "deploy@[fe80::1%eth0]:2222", Address: "10.0.0.1:80", Balanced: true,
		Groups: []string{"blue", "eu"},
		Env:    []Var{{"INSTANCE", "1"}, {"JSON", `{"a": 1,"b": 2}`}, {"LIST", "{a,b}"}, {"EMPTY", ""}},
		Pools:  []PoolName{{"shop", "app01", "[::1]:81"}},
	}
	if diff := cmp.Diff(want, inv.Servers[0], cmpopts.IgnoreFields(Server{}, "Pos")); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestMemberIsTheNameAndAddressInAPool(t *testing.T) {
	s := Server{Name: "web1", Address: "a:80", Pools: []PoolName{{"x", "app01", ""}, {"y", "", "b:81"}, {"z", "app02", "c:82"}}}
	for pool, want := range map[string][2]string{
		"shop": {"web1", "a:80"}, "x": {"app01", "a:80"}, "y": {"web1", "b:81"}, "z": {"app02", "c:82"},
	} {
		if name, address := s.Member(pool); name != want[0] || address != want[1] {
			t.Errorf("%s: got %s@%s, want %v", pool, name, address, want)
		}
	}
}

func TestTargetsAreTakenApart(t *testing.T) {
	for target, want := range map[string][3]string{
		"web1":                  {"", "web1", ""},
		"deploy@web1":           {"deploy", "web1", ""},
		"web1:22":               {"", "web1", "22"},
		"a@b.example.com:2222":  {"a", "b.example.com", "2222"},
		"10.0.0.1:22":           {"", "10.0.0.1", "22"},
		"fe80::1":               {"", "fe80::1", ""},
		"[fe80::1]":             {"", "fe80::1", ""},
		"root@[fe80::1%e0]:22":  {"root", "fe80::1%e0", "22"},
		"me@corp.example@web1":  {"me@corp.example", "web1", ""},
		"web_1-a.example.com:1": {"", "web_1-a.example.com", "1"},
	} {
		if !isTarget(target) {
			t.Errorf("%q is refused", target)
		}
		if user, host, port := splitTarget(target); want != [3]string{user, host, port} {
			t.Errorf("%q: got %q %q %q", target, user, host, port)
		}
	}
	for _, target := range []string{
		"", "-web1", "@web1", "a@", "web1:", "web1:x", "web1:0", "web1:65536", "web1:+22", "[web1]", "[::1", "[::1]22", "[::1]:", "a b", "a;b", "a/b", "$(a)", "-a@b", "a@-b", "::1:x", "..",
	} {
		if isTarget(target) {
			t.Errorf("%q is taken", target)
		}
	}
}

func TestAddresses(t *testing.T) {
	for _, a := range []string{"10.0.0.1:80", "web1:8080", "web1.example.com:65535", "[::1]:80", "[fe80::1%eth0]:1", "web_1:80", "1web:80"} {
		if !isAddress(a) {
			t.Errorf("%q is refused", a)
		}
	}
	for _, a := range []string{"", ":80", "a", "a:", "a:0", "a:65536", "a:080x", "::1:80", "[::1:80", "[::1]80", "[]:80", "[10.0.0.1]:80", "10.0.0.1.1:80", "256.0.0.1:80", "80:80", "a b:80", "-a:80", "a:-1", "a:+1", "unix:/run/x", "http://a:80"} {
		if isAddress(a) {
			t.Errorf("%q is taken", a)
		}
	}
}

func TestURLs(t *testing.T) {
	for _, u := range []string{"http://a", "https://shop.example.com/ping?x=%20y", "http://127.0.0.1:8080/healthz", "http://[::1]:80/", "https://user:pass@a/"} {
		if !isURL(u) {
			t.Errorf("%q is refused", u)
		}
	}
	for _, u := range []string{"", "a", "/a", "ftp://a", "http:a", "http://", "http:///x", "http://a b", "http://a/b c", "http://a:", "http://a:0", "http://a:99999", "http://-a", "HTTPS//a", "http://a\n", "http://%zz"} {
		if isURL(u) {
			t.Errorf("%q is taken", u)
		}
	}
}
