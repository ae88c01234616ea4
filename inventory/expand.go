package inventory

import (
	"fmt"
	"slices"
	"strings"

	"rota/inventory/yaml"
)

// Names returns the names of the variables that rota gives to commands, and
// that "${NAME}" may name in uploads, their destinations and URLs.
func Names() []string {
	return []string{
		"ROTA_APP", "ROTA_ENV", "ROTA_VERSION", "ROTA_PREVIOUS", "ROTA_FROM", "ROTA_SERVER",
		"ROTA_HOST", "ROTA_ADDRESS", "ROTA_PORT", "ROTA_GROUP", "ROTA_BATCH", "ROTA_RUN",
	}
}

// Vars returns the variables of a server that are known from the inventory
// alone, in the order of Names. One that has no value is left out. ROTA_HOST is
// the host that ssh goes to, without user and port; several groups are
// separated by commas.
func (inv *Inventory) Vars(s Server) []Var {
	_, host, _ := splitTarget(s.SSH)
	_, port, _ := splitAddress(s.Address)
	vars := []Var{
		{"ROTA_APP", inv.App},
		{"ROTA_ENV", inv.Environment},
		{"ROTA_SERVER", s.Name},
		{"ROTA_HOST", host},
		{"ROTA_ADDRESS", s.Address},
		{"ROTA_PORT", port},
		{"ROTA_GROUP", strings.Join(s.Groups, ",")},
	}
	return slices.DeleteFunc(vars, func(v Var) bool { return v.Value == "" })
}

// Expand puts values in the places of "${NAME}". It is an error when a name is
// none of Names, or has no value. A "$" without a brace stays as it is.
func Expand(s string, value func(name string) (string, bool)) (string, error) {
	var b strings.Builder
	for {
		before, name, after, err := nextName(s)
		b.WriteString(before)
		switch {
		case err != nil:
			return "", err
		case name == "":
			return b.String(), nil
		case !slices.Contains(Names(), name):
			return "", fmt.Errorf("unknown name ${%s}", name)
		}
		v, ok := value(name)
		if !ok {
			return "", fmt.Errorf("${%s} has no value", name)
		}
		b.WriteString(v)
		s = after
	}
}

// nextName cuts a text at its first "${NAME}".
func nextName(s string) (before, name, after string, err error) {
	before, rest, ok := strings.Cut(s, "${")
	if !ok {
		return s, "", "", nil
	}
	name, after, ok = strings.Cut(rest, "}")
	switch {
	case !ok:
		return before, "", "", fmt.Errorf(`"${" without "}"`)
	case name == "":
		return before, "", "", fmt.Errorf("${} without a name")
	}
	return before, name, after, nil
}

// named returns what reads a text in which "${NAME}" may stand; with values in
// their places it must be written in a certain way. Each of the servers must
// have a value for every name that the inventory gives a value to.
func (r *reader) named(what, like string, fits func(string) bool, servers func(Server) bool) func(*yaml.Node) (string, bool) {
	return func(n *yaml.Node) (string, bool) {
		s, ok := r.raw(n)
		if !ok || !r.names(n, s, servers) {
			return "", false
		}
		full, err := Expand(s, sample)
		if err != nil || !fits(full) {
			r.wrong(n.Pos, like, "%q is not %s", s, what)
			return "", false
		}
		return s, true
	}
}

// sample returns a value that a name might have.
func sample(name string) (string, bool) {
	switch name {
	case "ROTA_ADDRESS":
		return "127.0.0.1:80", true
	case "ROTA_PORT":
		return "80", true
	}
	return "x", true
}

// names checks the names in a text.
func (r *reader) names(n *yaml.Node, s string, servers func(Server) bool) bool {
	for {
		_, name, after, err := nextName(s)
		switch {
		case err != nil:
			r.wrong(r.doc.Find(n, "${"), "write ${NAME}", "%v", err)
			return false
		case name == "":
			return true
		case !slices.Contains(Names(), name):
			r.wrong(r.doc.Find(n, "${"+name), didYouMean(name, Names()), "unknown name ${%s}", name)
			return false
		case !r.valued(n, name, servers):
			return false
		}
		s = after
	}
}

// valued checks that a name has a value on each of the servers.
func (r *reader) valued(n *yaml.Node, name string, servers func(Server) bool) bool {
	if !slices.Contains([]string{"ROTA_ENV", "ROTA_ADDRESS", "ROTA_PORT", "ROTA_GROUP"}, name) {
		return true
	}
	for _, s := range r.inv.Servers {
		has := slices.ContainsFunc(r.inv.Vars(s), func(v Var) bool { return v.Name == name })
		if !has && servers(s) {
			r.wrong(r.doc.Find(n, "${"+name), "", "${%s} has no value on %s", name, s.Name)
			return false
		}
	}
	return true
}
