package nginx

import (
	"context"
	_ "embed"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"

	"rota/lb"
)

//go:embed script/hand.sh
var handScript string

// Script implements lb.Scripter: sed for the words in the files, the test, the
// reload, and a look at the workers.
func (b *Balancer) Script(ctx context.Context, d lb.Deed, servers ...string) (lb.Script, error) {
	script := lb.Script{Words: "pid=" + quote(b.cfg.PID) + "\n" + handScript}
	var s strings.Builder
	switch d {
	case lb.AwaitEnd:
		if b.cfg.Drained != "connections" {
			script.Text = "ended"
			return script, nil
		}
		for _, m := range b.cfg.Members {
			if host, port, err := net.SplitHostPort(m.Address); err == nil && slices.Contains(servers, m.Server) {
				fmt.Fprintf(&s, "unconnected %s %s\n", quote(host), quote(port))
			}
		}
		script.Text = s.String()
		return script, nil
	case lb.Shut, lb.Recheck: // down is down for everybody, and nginx checks nothing
		return lb.Script{}, nil
	case lb.TakeOut, lb.PutIn:
	}
	files, err := b.byHand(ctx, servers)
	if err != nil {
		return lb.Script{}, err
	}
	s.WriteString("changed=\n")
	for _, file := range slices.Sorted(maps.Keys(files)) {
		lines := files[file]
		if strings.ContainsAny(file, " \t\n*?[") {
			return lb.Script{}, fmt.Errorf("nginx: %q: a script cannot change a file of that name", file)
		}
		fmt.Fprintf(&s, "file=%s\n", quote(file))
		var expressions []string
		for _, n := range slices.Sorted(maps.Keys(lines)) {
			l := lines[n]
			was, is := l.in, l.out
			if d == lb.PutIn {
				was, is = l.out, l.in
			}
			fmt.Fprintf(&s, "line %d %s %s\n", n, quote(was), quote(is))
			expressions = append(expressions, quote(fmt.Sprintf("%ds/.*/%s/", n, sedText.Replace(is))))
		}
		fmt.Fprintf(&s, "change %s\n", strings.Join(expressions, " \\\n\t"))
	}
	// A reload must be seen to be younger than the file.
	fmt.Fprintf(&s, "( %s\n) || undo\nbefore=$(workers | tr '\\n' ' ')\nsleep 0.2 2>/dev/null || sleep 1\n( %s\n)\nreloaded\n", b.cfg.Test, b.cfg.Reload)
	script.Text = s.String()
	return script, nil
}

// sedText writes a text for the right side of an s command of sed.
var sedText = strings.NewReplacer(`\`, `\\`, `/`, `\/`, `&`, `\&`)

// sides is how one line of a file reads while its servers are in, and while they are out.
type sides struct{ in, out string }

// byHand lists the lines of servers by file and number.
func (b *Balancer) byHand(ctx context.Context, servers []string) (map[string]map[int]sides, error) {
	t, _, err := b.load(ctx)
	if err != nil {
		return nil, err
	}
	files := map[string]map[int]sides{}
	for _, to := range []lb.State{lb.In, lb.Out} {
		var want []lb.Change
		for _, name := range servers {
			want = append(want, lb.Change{Server: name, To: to})
		}
		p, err := b.plan(t, want)
		if err != nil {
			return nil, err
		}
		for _, e := range p.edits {
			for _, h := range e.edit.Hunks() {
				if len(h.Old) != len(h.New) {
					return nil, fmt.Errorf("nginx: %s:%d: a server stands on several lines: a script cannot change it", e.file.name, h.OldLine)
				}
				for i := range h.Old {
					note(files, e.file.real, h.OldLine+i, to, h.Old[i], h.New[i])
				}
			}
		}
	}
	return files, nil
}

// note takes in what a line becomes. Until it is told otherwise it stays as it is.
func note(files map[string]map[int]sides, file string, n int, to lb.State, was, is string) {
	if files[file] == nil {
		files[file] = map[int]sides{}
	}
	s, known := files[file][n]
	if !known {
		s = sides{was, was}
	}
	if to == lb.In {
		s.in = is
	} else {
		s.out = is
	}
	files[file][n] = s
}
