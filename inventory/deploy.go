package inventory

import (
	"strings"

	"rota/inventory/yaml"
)

// Deploy is how a version gets onto a server.
type Deploy struct {
	Prepare  []Step
	Steps    []Step
	Finish   []Step
	Rollback []Step // nil: not given, then Steps without the once-steps
	Version  VersionCheck
	Versions string
	Env      []Var
	Secrets  []string // names of variables in the operator's environment
}

// VersionCheck asks a server what it runs. The zero value is none.
type VersionCheck struct {
	Run  string
	HTTP string // a URL, names unexpanded
}

// Given reports whether the inventory says how to ask.
func (v VersionCheck) Given() bool { return v.Run != "" || v.HTTP != "" }

func (r *reader) deploy(n *yaml.Node) {
	d := &r.inv.Deploy
	r.object(n,
		may("prepare", r.sideSteps(&d.Prepare)),
		must("steps", "[{run: COMMAND}]", r.steps(&d.Steps)),
		may("finish", r.sideSteps(&d.Finish)),
		may("rollback", r.anySteps(&d.Rollback)),
		may("version", set(&d.Version, r.version)),
		may("versions", set(&d.Versions, r.text)),
		may("env", set(&d.Env, r.env)),
		may("secrets", list(r, &d.Secrets, "[REGISTRY_TOKEN]", r.secret)),
	)
}

// version reads a command, or the address to ask.
func (r *reader) version(n *yaml.Node) (VersionCheck, bool) {
	var v VersionCheck
	if n.Kind == yaml.Mapping {
		r.object(n, must("http", `"http://${ROTA_ADDRESS}/version"`, set(&v.HTTP, r.named("a URL", likeURL, isURL, everywhere))))
		return v, v.Given()
	}
	run, ok := r.text(n)
	return VersionCheck{Run: run}, ok
}

// env reads variables for commands.
func (r *reader) env(n *yaml.Node) ([]Var, bool) {
	var all []Var
	r.pairs(n, "{RAILS_ENV: production}", func(p yaml.Pair) {
		if value, ok := r.raw(p.Value); r.envName(p) && ok {
			all = append(all, Var{p.Key, value})
		}
	})
	return all, true
}

// secret reads the name of a variable of the operator's.
func (r *reader) secret(n *yaml.Node) (string, bool) {
	s, ok := r.form("a name for a variable", likeEnv, isEnv)(n)
	if ok && strings.HasPrefix(s, "ROTA_") {
		r.wrong(n.Pos, "rename it", "%q: the names that begin with ROTA_ are given by rota", s)
		return "", false
	}
	return s, ok
}

// everywhere is for what is done on every server.
func everywhere(Server) bool { return true }
