package inventory

import (
	"fmt"
	"time"

	"rota/inventory/yaml"
)

// Step is one command, upload or reboot: exactly one of Run, Upload and Reboot is set.
type Step struct {
	Run     string
	Upload  string // path relative to the inventory file, names unexpanded
	To      string // names unexpanded; one that ends in "/" is a folder
	Reboot  time.Duration
	Timeout time.Duration // 0: none
	Sudo    string        // "": no; else the user to become
	Retry   int           // further tries
	Only    []string      // servers and groups; empty: all
	Once    bool
	On      string // once: the server to run on; "": the first that has the step
	Pos     Position
}

// For reports whether a server has the step. A once-step is still run on only
// one of them.
func (s Step) For(server Server) bool { return len(s.Only) == 0 || server.In(s.Only) }

// steps returns what reads a list of steps.
func (r *reader) steps(to *[]Step) func(*yaml.Node) {
	return func(n *yaml.Node) {
		*to = each(r, r.items(n, "a list of steps, such as - run: COMMAND"), r.step)
	}
}

// anySteps returns what reads a list of steps that may be empty.
func (r *reader) anySteps(to *[]Step) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if n.Kind == yaml.List && len(n.Items) == 0 {
			*to = []Step{}
			return
		}
		r.steps(to)(n)
	}
}

// sideSteps returns what reads steps that are done while the servers are in
// rotation.
func (r *reader) sideSteps(to *[]Step) func(*yaml.Node) {
	return func(n *yaml.Node) {
		r.anySteps(to)(n)
		for _, s := range *to {
			if s.Reboot > 0 {
				r.wrong(s.Pos, `move it to "steps"`, "a reboot while the server is in rotation")
			}
		}
	}
}

func (r *reader) step(n *yaml.Node) (Step, bool) {
	const usual = 10 * time.Minute
	s := Step{Pos: n.Pos}
	here := func(server Server) bool { return s.For(server) } // asked once "only" is read
	isKeys := r.object(n,
		may("run", set(&s.Run, r.text)),
		may("only", list(r, &s.Only, "[web1, web2], or groups of them", r.reference)),
		may("upload", set(&s.Upload, r.named("a path", "write a path", isPath, here))),
		may("to", set(&s.To, r.named("a path", "write a path", isPath, here))),
		may("reboot", set(&s.Reboot, r.duration)),
		may("timeout", set(&s.Timeout, r.duration)),
		may("sudo", set(&s.Sudo, r.sudo)),
		may("retry", set(&s.Retry, r.number(0))),
		may("once", set(&s.Once, r.yes)),
		may("on", set(&s.On, r.one)),
	)
	if !isKeys {
		return s, false
	}
	deed := r.oneOf(n, "run", "upload", "reboot")
	if n.Value("timeout") == nil && !s.Once && deed != "reboot" {
		s.Timeout = usual
	}
	r.together(n, deed, s)
	return s, true
}

// together checks the keys of a step beside each other.
func (r *reader) together(n *yaml.Node, deed string, s Step) {
	refuse := func(key, hint, format string, args ...any) {
		if v := n.Value(key); v != nil {
			r.wrong(v.Under, hint, "%q %s", key, fmt.Sprintf(format, args...))
		}
	}
	switch deed {
	case "upload":
		if n.Value("to") == nil {
			r.wrong(n.Value("upload").Under, "add it, such as to: /opt/shop/", "missing key %q", "to")
		}
	case "run", "reboot":
		refuse("to", "remove it", "belongs to an upload")
	}
	if deed == "reboot" {
		refuse("timeout", "write it as reboot: 10m", "cannot stand beside a reboot")
		refuse("once", "remove it", "is not for a reboot: every host is rebooted in its own turn")
	}
	if s.Once && s.Retry > 0 {
		refuse("retry", "remove it", "is not for a once-step: it is never run again unasked")
	}
	if !s.Once {
		refuse("on", "add once: true, or write only: [web1]", "is for a once-step")
	} else if on := r.inv.Server(s.On); on != nil && !s.For(*on) {
		refuse("on", `add it to "only"`, "names %s, which does not have this step", s.On)
	}
}

// one reads the name of a server.
func (r *reader) one(n *yaml.Node) (string, bool) {
	s, ok := r.raw(n)
	if !ok || r.unsure || r.inv.Server(s) != nil {
		return s, ok
	}
	var names []string
	for _, server := range r.inv.Servers {
		names = append(names, server.Name)
	}
	hint := didYouMean(s, names)
	if r.groups[s] != nil {
		hint = "it is a group; write one server"
	}
	r.wrong(n.Pos, hint, "no server is called %q", s)
	return "", false
}
