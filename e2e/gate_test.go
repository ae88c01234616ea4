package e2e

import (
	"io"
	"os"
	"strings"
	"testing"
)

// answers runs rota with answers on a pipe.
func (o operator) answers(t *testing.T, status int, lines string, args ...string) *call {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	if _, err := io.WriteString(w, lines); err != nil {
		t.Fatal(err)
	}
	_ = w.Close()
	c := o.startWith(t, r, args...)
	c.ends(t, status)
	return c
}

func TestGatesAreAnswered(t *testing.T) {
	heavy(t)
	w := newWorld(t, 3, brisk())
	w.rewrite(t, "batches: [1, 2, 3]", "batches: [1]")
	me := w.operator(t)

	// Nobody can be asked; a line is no answer, and then the pipe ends. Who goes
	// on has answered the gate at which the run stood.
	me.run(t, 4, "deploy", newVersion).says(t, "rota resume", "batch 1 of 3 is done")
	me.versions(t, "web1 1.0.2, web2 1.0.1, web3 1.0.1")
	me.answers(t, 4, "perhaps\n", "resume").says(t, `"perhaps" is not an answer`, "rota resume", "batch 2 of 3 is done")
	me.answers(t, 0, "", "resume")
	w.inPlace(t, me, newVersion)

	me.answers(t, 3, "rollback\n", "deploy", "1.0.3").says(t, "rolled back")
	w.inPlace(t, me, newVersion)
	// Aborted by a person: settled, so that a new deploy may begin.
	me.answers(t, 4, "abort\n", "deploy", "1.0.3").says(t, "aborted")
	me.versions(t, "web1 1.0.3, web2 1.0.2, web3 1.0.2")
	me.answers(t, 0, "continue\n1\n", "deploy", "1.0.4")
	w.inPlace(t, me, "1.0.4")
}

func TestSomeServersOnly(t *testing.T) {
	heavy(t)
	w := newWorld(t, 4, brisk())
	w.rewrite(t, `{name: web1,`, `{name: web1, group: blue,`, `{name: web2,`, `{name: web2, group: blue,`)
	me := w.operator(t)
	me.run(t, 0, "deploy", newVersion, "--yes", "--only", "web1,web3")
	me.versions(t, "web1 1.0.2, web2 1.0.1, web3 1.0.2, web4 1.0.1")
	me.run(t, 0, "deploy", newVersion, "--yes", "--only", "blue", "--output", "json")
	me.versions(t, "web1 1.0.2, web2 1.0.2, web3 1.0.2, web4 1.0.1")
	was := w.server("web1").process(t)
	me.run(t, 0, "deploy", newVersion, "--yes", "--outdated")
	w.inPlace(t, me, newVersion)
	me.run(t, 0, "deploy", newVersion, "--yes") // all run it: nothing is done
	if w.server("web1").process(t) != was {
		t.Error("web1 was touched although it ran the version")
	}
	me.run(t, 2, "deploy", "1.0.3", "--yes", "--only", "web7").says(t, "web7")
	me.run(t, 2, "deploy", "1.0.3", "--yes", "--only", "web7", "--output", "json").says(t, "web7")
	me.run(t, 0, "deploy", newVersion, "--yes", "--exclude", "web[2-4]", "--force")
	if w.server("web1").process(t) == was {
		t.Error("web1 was not touched by force")
	}
	w.inPlace(t, me, newVersion)
}

// TestAServerThatWasOutStaysOut finds a server that somebody took out of one
// balancer.
func TestAServerThatWasOutStaysOut(t *testing.T) {
	heavy(t)
	w := newWorld(t, 3, brisk())
	me := w.operator(t)
	w.haproxy.Ask("set server shop/web2 state maint")
	if out := me.run(t, 0, "plan", newVersion).stdout(); !strings.Contains(out, "web2") || !strings.Contains(out, "left out") {
		t.Errorf("the plan does not tell that web2 is left out:\n%s", out)
	}
	load := w.traffic(t, map[string]string{"lb2": w.nginx.Addr})
	load.everywhere(t, oldVersion)
	me.run(t, 0, "deploy", newVersion, "--yes").says(t, "web2 is not in rotation everywhere: out on lb1, as it was before the run")
	load.everywhere(t, newVersion)
	load.intact(t)
	me.versions(t, "web1 1.0.2, web2 1.0.2, web3 1.0.2")
	if got := w.outside(t, "web2"); got != "lb1: MAINT" {
		t.Errorf("web2 is out in %q, want HAProxy alone", got)
	}
	me.run(t, 0, "restore", "web2")
	w.inPlace(t, me, newVersion)
}

// versions fails the test unless the servers run these: "web1 1.0.2, web2 1.0.1".
func (o operator) versions(t *testing.T, want string) {
	t.Helper()
	var is []string
	for _, s := range o.status(t).Servers {
		is = append(is, s.Name+" "+s.Version)
	}
	if got := strings.Join(is, ", "); got != want {
		t.Errorf("running: %s; want %s", got, want)
	}
}
