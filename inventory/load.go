package inventory

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"rota/inventory/yaml"
)

// least is what an inventory cannot do without, as a hint.
const least = "an inventory needs at least app, servers, balancers, deploy and health"

// Load reads an inventory, checks all of it and fills what is not given. The
// name is that of the file, for messages; Load opens no file itself. What is
// wrong comes as Problems, all of it at once; any other error is the reader's.
func Load(from io.Reader, name string) (*Inventory, error) {
	// One byte more than the most that is allowed shows that there is too much.
	src, err := io.ReadAll(io.LimitReader(from, yaml.MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	doc, bad := yaml.Parse(src)
	r := newReader(name, doc)
	for _, e := range bad {
		r.wrong(e.Pos, e.Hint, "%s", e.Text)
	}
	switch {
	case doc.Root != nil:
		r.root(doc.Root)
	case len(bad) == 0:
		r.wrong(Position{Line: 1, Column: 1}, least, "the file is empty")
	}
	if len(r.problems) > 0 {
		return nil, Problems(inOrder(r.problems))
	}
	return r.inv, nil
}

// defaults returns what stands for the keys that are not given. Those that
// depend on others are filled in settle and root.
func defaults(name string) *Inventory {
	return &Inventory{
		File: name,
		SSH:  SSH{ConnectTimeout: 10 * time.Second, SudoPassword: "never"},
		Rollout: Rollout{
			Strategy:       "rolling",
			Confirm:        "batch",
			DrainTimeout:   time.Minute,
			OnDrainTimeout: "ask",
			Soak:           10 * time.Second,
			OnFailure:      "ask",
		},
	}
}

// root reads the whole file: servers first, as all the rest refers to them.
func (r *reader) root(n *yaml.Node) {
	if n.Kind != yaml.Mapping {
		r.misshapen(n, "keys", least)
		return
	}
	own := *n // without the keys that are the user's
	own.Pairs = nil
	for _, p := range n.Pairs {
		if !strings.HasPrefix(p.Key, "x-") {
			own.Pairs = append(own.Pairs, p)
		}
	}
	inv := r.inv
	title := r.form("a name", likeTitle, isTitle)
	r.object(&own,
		must("app", "shop", set(&inv.App, title)),
		may("environment", set(&inv.Environment, title)),
		may("protected", set(&inv.Protected, r.yes)),
		may("ssh", r.ssh),
		must("servers", "[{name: web1, address: 10.0.0.11:8080}]", r.servers),
		key{"balancers", "[{name: lb1, haproxy: {backends: [shop_web]}}]", r.anyBalanced, r.allBalancers},
		must("deploy", "{steps: [{run: COMMAND}]}", r.deploy),
		may("jobs", r.jobs),
		must("health", "none, or {http: http://127.0.0.1:8080/healthz}", r.health),
		may("probe", r.probe),
		may("rollout", r.rollout),
		may("hooks", r.hooks),
		may("lock", set(&inv.Lock, title)),
		may("record", set(&inv.Record, r.form("an absolute path", likePath, isAbsolute))),
	)
	if own.Value("protected") == nil {
		inv.Protected = inv.Environment == "production" || inv.Environment == "prod"
	}
	if own.Value("lock") == nil {
		inv.Lock = strings.TrimSuffix(inv.App+"-"+inv.Environment, "-")
	}
	r.settle(&own)
}

// anyBalanced tells whether there must be a balancer.
func (r *reader) anyBalanced() bool {
	return r.unsure || slices.ContainsFunc(r.inv.Servers, func(s Server) bool { return s.Balanced })
}

func (r *reader) ssh(n *yaml.Node) {
	s := &r.inv.SSH
	r.object(n,
		may("user", set(&s.User, r.form("a user", "write a login name", isLogin))),
		may("config", set(&s.Config, r.form("a path", "write a path, such as ~/.ssh/config", isPath))),
		may("connect_timeout", set(&s.ConnectTimeout, r.duration)),
		may("sudo_password", set(&s.SudoPassword, r.form("a way to get a password", "write never, ask or env:NAME", isPasswordWay))),
	)
}

func isPasswordWay(s string) bool {
	name, env := strings.CutPrefix(s, "env:")
	return s == "never" || s == "ask" || env && isEnv(name)
}

func (r *reader) hooks(n *yaml.Node) {
	h := &r.inv.Hooks
	r.object(n,
		may("before", set(&h.Before, r.text)),
		may("after-batch", set(&h.AfterBatch, r.text)),
		may("after", set(&h.After, r.text)),
		may("on-failure", set(&h.OnFailure, r.text)),
	)
}
