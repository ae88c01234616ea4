package inventory

import (
	"cmp"
	"slices"
	"strings"

	"rota/inventory/yaml"
)

// Server is one server of the application.
type Server struct {
	Name     string
	SSH      string // [user@]host[:port] or a Host alias
	Address  string // host:port, how the balancers reach it; "" where it is in no balancer
	Groups   []string
	Env      []Var
	Pools    []PoolName
	Balanced bool
	Pos      Position
}

// PoolName is another name or address that a server has in one pool.
type PoolName struct{ Pool, Name, Address string }

// Member returns the name and the address that the server has in a pool.
func (s Server) Member(pool string) (name, address string) {
	name, address = s.Name, s.Address
	for _, p := range s.Pools {
		if p.Pool == pool {
			name, address = cmp.Or(p.Name, name), cmp.Or(p.Address, address)
		}
	}
	return name, address
}

// In reports whether one of the names is that of the server or of a group of it.
func (s Server) In(names []string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return n == s.Name || slices.Contains(s.Groups, n) })
}

// maxServers is how many servers an inventory may have.
const maxServers = 1000

// entry is one entry of the file; the range in its name makes it several
// servers.
type entry struct {
	name, ssh, address pattern
	groups             []string
	env, pools         []labelled
	balanced           bool
}

// labelled is a value under a name of the user's.
type labelled struct {
	name string
	pattern
}

func (r *reader) servers(n *yaml.Node) {
	items := r.items(n, "a list of servers, such as - name: web1")
	r.unsure = len(items) == 0
	for _, item := range items {
		r.server(item)
		if len(r.inv.Servers) > maxServers {
			r.wrong(item.Pos, "", "there are more than %d servers", maxServers)
			r.unsure = true
			break
		}
	}
	for group, node := range r.groups {
		if r.inv.Server(group) != nil {
			r.wrong(node.Pos, "rename one of the two", "%q is a server, so no group can have this name", group)
		}
	}
}

func (r *reader) server(n *yaml.Node) {
	e := entry{balanced: true}
	noHost := func() bool { return len(e.name.texts) > 0 && strings.Contains(e.name.at(0), ":") }
	balanced := func() bool { return e.balanced }
	r.object(n,
		must("name", "web1", set(&e.name, r.pattern)),
		key{"ssh", "web1.example.com, as the name is no host", noHost, set(&e.ssh, r.pattern)},
		may("balanced", set(&e.balanced, r.yes)),
		key{"address", "10.0.0.11:8080, or balanced: false", balanced, set(&e.address, r.pattern)},
		may("group", set(&e.groups, r.memberOf)),
		may("env", func(n *yaml.Node) { e.env = r.serverEnv(n, e.name) }),
		may("pools", func(n *yaml.Node) { e.pools = r.serverPools(n) }),
	)
	if e.name.node == nil {
		r.unsure = true
		return
	}
	servers := make([]Server, max(1, e.name.count()))
	for i := range servers {
		servers[i] = Server{Groups: e.groups, Balanced: e.balanced, Pos: n.Pos}
	}
	r.fill(e, servers)
	r.add(n, e, servers)
}

// fill gives the servers of an entry their values.
func (r *reader) fill(e entry, servers []Server) {
	each := func(p pattern, what, like string, fits func(string) bool, put func(s *Server, text string)) {
		if p.node == nil || !r.inStep(e.name, p) {
			return
		}
		for i := range servers {
			text := p.at(i)
			if !fits(text) {
				r.wrong(p.node.Pos, like, "%q is not %s", text, what)
				return
			}
			put(&servers[i], text)
		}
	}
	each(e.name, "a name for a server", likeName, isName, func(s *Server, text string) { s.Name, s.SSH = text, text })
	each(e.ssh, "a target for ssh", likeTarget, isTarget, func(s *Server, text string) { s.SSH = text })
	each(e.address, "an address", likeAddress, isAddress, func(s *Server, text string) {
		s.Address = text
		r.addresses[s.Name] = e.address.node
	})
	for _, v := range e.env {
		each(v.pattern, "", "", isAny, func(s *Server, text string) { s.Env = append(s.Env, Var{v.name, text}) })
	}
	for _, v := range e.pools {
		each(v.pattern, "another name or address", "write name@host:port, a name, or host:port", isMember, func(s *Server, text string) {
			name, address := splitMember(text)
			s.Pools = append(s.Pools, PoolName{v.name, name, address})
			r.members[[2]string{s.Name, v.name}] = v.node
		})
	}
}

// add puts the servers of an entry into the inventory.
func (r *reader) add(n *yaml.Node, e entry, servers []Server) {
	for _, s := range servers {
		switch {
		case s.Name == "":
			r.unsure = true
			return
		case r.inv.Server(s.Name) != nil:
			r.wrong(e.name.node.Pos, "rename one of the two", "there is already a server %q", s.Name)
			r.unsure = true
			return
		}
		r.inv.Servers = append(r.inv.Servers, s)
	}
	if !e.balanced && len(e.pools) > 0 {
		r.wrong(n.Value("pools").Under, "remove it", "a server that is not balanced has no pools")
	}
}

// memberOf reads the groups of a server: one, or a list.
func (r *reader) memberOf(n *yaml.Node) ([]string, bool) {
	name := r.form("a name for a group", likeName, isName)
	var groups []string
	if n.Kind == yaml.List {
		list(r, &groups, "[blue, green]", name)(n)
	} else if group, ok := name(n); ok {
		groups = []string{group}
	}
	for i, g := range groups {
		if r.groups[g] == nil {
			r.groups[g] = n
			if len(n.Items) == len(groups) {
				r.groups[g] = n.Items[i]
			}
		}
	}
	return groups, len(groups) > 0
}

// serverEnv reads the variables of a server. Braces in a value are a range
// only where the name has one, so that other values may be JSON.
func (r *reader) serverEnv(n *yaml.Node, name pattern) []labelled {
	var all []labelled
	r.pairs(n, `{INSTANCE: "1"}`, func(p yaml.Pair) {
		text, ok := r.raw(p.Value)
		if !r.envName(p) || !ok {
			return
		}
		value := pattern{node: p.Value, texts: []string{text}}
		if name.count() > 0 {
			value, ok = r.ranges(p.Value, text)
		}
		if ok {
			all = append(all, labelled{p.Key, value})
		}
	})
	return all
}

// serverPools reads other names and addresses of a server.
func (r *reader) serverPools(n *yaml.Node) []labelled {
	var all []labelled
	r.pairs(n, `{shop_ws: "app01@10.0.0.11:8081"}`, func(p yaml.Pair) {
		if !isName(p.Key) {
			r.wrong(p.Pos, likeName, "%q is not a name for a pool", p.Key)
		} else if value, ok := r.pattern(p.Value); ok {
			all = append(all, labelled{p.Key, value})
		}
	})
	return all
}

// envName checks the name of a variable.
func (r *reader) envName(p yaml.Pair) bool {
	switch {
	case !isEnv(p.Key):
		r.wrong(p.Pos, likeEnv, "%q is not a name for a variable", p.Key)
	case strings.HasPrefix(p.Key, "ROTA_"):
		r.wrong(p.Pos, "rename it", "%q: the names that begin with ROTA_ are given by rota", p.Key)
	default:
		return true
	}
	return false
}

func isAny(string) bool { return true }

// isMember tells whether a text is name@host:port, or one of both.
func isMember(s string) bool {
	name, address := splitMember(s)
	return (name != "" || address != "") && (name == "" || isName(name)) && (address == "" || isAddress(address))
}

// splitMember takes name@host:port apart. One part alone is an address where
// it can be one.
func splitMember(s string) (name, address string) {
	if name, address, ok := strings.Cut(s, "@"); ok {
		if name == "" || address == "" {
			return "", ""
		}
		return name, address
	}
	if isAddress(s) {
		return "", s
	}
	return s, ""
}
