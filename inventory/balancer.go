package inventory

import (
	"fmt"
	"slices"
	"strings"

	"rota/inventory/yaml"
)

// Balancer is one load balancer: exactly one of HAProxy, Nginx and Exec is set.
type Balancer struct {
	Name    string
	SSH     string // "": none (exec here, or HAProxy over TCP from here)
	HAProxy *HAProxy
	Nginx   *Nginx
	Exec    *Exec
	Sudo    string   // "": no; else the user to become, "root" for true
	Servers []string // the names of the servers behind it, in the inventory's order
	Before  string
	After   string
	Pos     Position
}

// HAProxy is reached by its runtime API.
type HAProxy struct {
	Socket   string // an absolute path, or tcp://host:port
	Backends []string
}

// Nginx is changed by an edit of its files and a reload.
type Nginx struct {
	Config    string
	Upstreams []string
	Test      string
	Reload    string
	PID       string
	Drained   string // "workers" or "connections"
}

// Exec is any other balancer, driven by commands. State prints how a server
// stands, the others take it out and put it in.
type Exec struct{ State, Out, In string }

// Kind returns the key that the balancer has in the file: "haproxy", "nginx" or "exec".
func (b Balancer) Kind() string {
	switch {
	case b.HAProxy != nil:
		return "haproxy"
	case b.Nginx != nil:
		return "nginx"
	}
	return "exec"
}

// onePool is what the pool of an exec balancer is called: all its servers.
const onePool = "servers"

// Pools returns the names of the backends or upstreams. An exec balancer has
// one, so that its servers are counted too; nothing in the file can name it.
func (b Balancer) Pools() []string {
	switch {
	case b.HAProxy != nil:
		return b.HAProxy.Backends
	case b.Nginx != nil:
		return b.Nginx.Upstreams
	}
	return []string{onePool}
}

// named returns the pools that the file names.
func (b Balancer) named() []string {
	if b.Exec != nil {
		return nil
	}
	return b.Pools()
}

// Fronts reports whether a server stands behind the balancer.
func (b Balancer) Fronts(server string) bool { return slices.Contains(b.Servers, server) }

// allBalancers reads the balancers. Where no server is balanced, none are needed.
func (r *reader) allBalancers(n *yaml.Node) {
	sound := len(r.problems)
	for _, item := range r.items(n, "a list of balancers, such as - name: lb1") {
		r.balancer(item)
	}
	if r.fronted = len(r.problems) == sound && !r.unsure; r.fronted {
		r.poolsKnown()
		r.noneAlone()
	}
	for _, b := range r.inv.Balancers {
		servers := slices.DeleteFunc(slices.Clone(r.inv.Servers), func(s Server) bool { return !b.Fronts(s.Name) })
		for _, pool := range b.named() {
			r.noneTwice(servers, pool)
		}
	}
}

func (r *reader) balancer(n *yaml.Node) {
	b := Balancer{Pos: n.Pos}
	var own []string
	local := func() bool { return b.Exec != nil || b.HAProxy != nil && strings.HasPrefix(b.HAProxy.Socket, "tcp://") }
	noHost := func() bool { return strings.Contains(b.Name, ":") && !local() }
	isKeys := r.object(n,
		must("name", "lb1", set(&b.Name, r.form("a name for a balancer", likeName, isName))),
		may("haproxy", func(n *yaml.Node) { b.HAProxy = r.haproxy(n) }),
		may("nginx", func(n *yaml.Node) { b.Nginx = r.nginx(n) }),
		may("exec", func(n *yaml.Node) { b.Exec = r.exec(n) }),
		key{"ssh", "lb1.example.com, as the name is no host", noHost, set(&b.SSH, r.form("a target for ssh", likeTarget, isTarget))},
		may("sudo", set(&b.Sudo, r.sudo)),
		may("servers", list(r, &own, "[web1, web2], or groups of them", r.reference)),
		may("before", set(&b.Before, r.text)),
		may("after", set(&b.After, r.text)),
	)
	if !isKeys {
		return
	}
	r.oneOf(n, "haproxy", "nginx", "exec")
	if slices.ContainsFunc(r.inv.Balancers, func(o Balancer) bool { return o.Name == b.Name && b.Name != "" }) {
		r.wrong(n.Value("name").Pos, "rename one of the two", "there is already a balancer %q", b.Name)
		return
	}
	if n.Value("ssh") == nil && !local() {
		b.SSH = b.Name
	}
	for _, s := range r.inv.Servers {
		if s.Balanced && (n.Value("servers") == nil || s.In(own)) {
			b.Servers = append(b.Servers, s.Name)
		}
	}
	if len(b.Servers) == 0 && !r.unsure {
		r.wrong(n.Pos, "", "no balanced server stands behind %q", b.Name)
	}
	if node := n.Value("servers"); node != nil {
		r.allBalanced(node)
	}
	r.inv.Balancers = append(r.inv.Balancers, b)
}

// allBalanced checks that no server is named as standing behind a balancer
// that is in none.
func (r *reader) allBalanced(n *yaml.Node) {
	for _, item := range n.Items {
		if s := r.inv.Server(item.Text); s != nil && !s.Balanced {
			r.wrong(item.Pos, "remove it here, or its balanced: false", "%q is in no balancer", s.Name)
		}
	}
}

func (r *reader) haproxy(n *yaml.Node) *HAProxy {
	h := &HAProxy{Socket: "/run/haproxy/admin.sock"}
	r.object(n,
		may("socket", set(&h.Socket, r.form("a socket", likeSocket, isSocket))),
		must("backends", "[shop_web]", list(r, &h.Backends, "[shop_web]", r.form("a name for a backend", likeName, isName))),
	)
	return h
}

func (r *reader) nginx(n *yaml.Node) *Nginx {
	x := &Nginx{
		Config:  "/etc/nginx/nginx.conf",
		Test:    "nginx -t",
		Reload:  "nginx -s reload",
		PID:     "/run/nginx.pid",
		Drained: "workers",
	}
	r.object(n,
		may("config", set(&x.Config, r.form("an absolute path", likePath, isAbsolute))),
		must("upstreams", "[shop_web]", list(r, &x.Upstreams, "[shop_web]", r.form("a name for an upstream", likeName, isName))),
		may("test", set(&x.Test, r.text)),
		may("reload", set(&x.Reload, r.text)),
		may("pid", set(&x.PID, r.form("an absolute path", likePath, isAbsolute))),
		may("drained", set(&x.Drained, r.word("workers", "connections"))),
	)
	return x
}

func (r *reader) exec(n *yaml.Node) *Exec {
	x := &Exec{}
	r.object(n,
		must("state", `f5ctl state "$ROTA_SERVER"`, set(&x.State, r.text)),
		must("out", `f5ctl disable "$ROTA_SERVER"`, set(&x.Out, r.text)),
		must("in", `f5ctl enable "$ROTA_SERVER"`, set(&x.In, r.text)),
	)
	return x
}

// poolsKnown checks that the pools that servers name are in some balancer.
func (r *reader) poolsKnown() {
	var all []string
	for _, b := range r.inv.Balancers {
		all = append(all, b.named()...)
	}
	for _, s := range r.inv.Servers {
		for _, p := range s.Pools {
			if !slices.Contains(all, p.Pool) {
				r.wrong(r.members[[2]string{s.Name, p.Pool}].Under, didYouMean(p.Pool, all), "no balancer has a pool %q", p.Pool)
			}
		}
	}
}

// noneAlone checks that every balanced server stands behind some balancer: it
// would be deployed to while it serves.
func (r *reader) noneAlone() {
	for _, s := range r.inv.Servers {
		behind := slices.ContainsFunc(r.inv.Balancers, func(b Balancer) bool { return b.Fronts(s.Name) })
		if s.Balanced && !behind {
			r.wrong(s.Pos, `add it to the "servers" of a balancer, or say balanced: false`, "%q stands behind no balancer", s.Name)
		}
	}
}

// noneTwice checks that no two servers are the same member of a pool.
func (r *reader) noneTwice(servers []Server, pool string) {
	names, addresses := map[string]string{}, map[string]string{}
	for _, s := range servers {
		name, address := s.Member(pool)
		at := r.members[[2]string{s.Name, pool}]
		if at == nil {
			at = r.addresses[s.Name]
		}
		if at == nil {
			continue
		}
		for _, c := range [...]struct {
			what, value string
			seen        map[string]string
		}{{"name", name, names}, {"address", strings.ToLower(address), addresses}} {
			if other, twice := c.seen[c.value]; twice && c.value != "" {
				r.wrong(at.Pos, fmt.Sprintf("every server of a pool needs its own %s", c.what), "%s and %s have the same %s, %s", other, s.Name, c.what, c.value)
				continue
			}
			c.seen[c.value] = s.Name
		}
	}
}

// reference reads the name of a server or of a group.
func (r *reader) reference(n *yaml.Node) (string, bool) {
	s, ok := r.raw(n)
	if !ok || r.unsure || r.groups[s] != nil || r.inv.Server(s) != nil {
		return s, ok
	}
	r.wrong(n.Pos, didYouMean(s, r.inv.names()), "no server or group is called %q", s)
	return "", false
}
