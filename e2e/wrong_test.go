package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestWhatIsWrongIsFoundBeforeAnythingIsTouched asks check, plan and deploy
// about one fault at a time. Each names it, and what to do, in a few lines.
func TestWhatIsWrongIsFoundBeforeAnythingIsTouched(t *testing.T) {
	for _, row := range []struct {
		name   string
		spoil  func(t *testing.T, w *world)
		status int
		says   []string
	}{
		{
			"an unknown key", func(t *testing.T, w *world) { w.rewrite(t, "\nrollout:", "\nrolout:") }, 2,
			[]string{"inventory.yaml:", "rolout:", `did you mean "rollout"?`},
		},
		{
			"a server that is in no balancer", func(t *testing.T, w *world) {
				w.rewrite(t, "balancers:\n", "  - {name: web9, address: 127.0.0.1:9}\nbalancers:\n")
			}, 2,
			[]string{"lb1", "lb2", "web9", "not found"},
		},
		{
			"a backend that does not exist", func(t *testing.T, w *world) { w.rewrite(t, "[shop]", "[shopp]") }, 2,
			[]string{"lb1", `backend "shopp"`, `did you mean "shop"?`},
		},
		{
			"an upstream that does not exist", func(t *testing.T, w *world) { w.rewrite(t, "upstreams: [app]", "upstreams: [application]") }, 2,
			[]string{"lb2", `upstream "application"`, "there are: app"},
		},
		{
			"a socket that does not exist", func(t *testing.T, w *world) { w.rewrite(t, "admin.sock", "admim.sock") }, 2,
			[]string{"lb1", "admim.sock: socket not found"},
		},
		{
			"an nginx file that does not exist", func(t *testing.T, w *world) { w.rewrite(t, "nginx.conf", "ngimx.conf") }, 2,
			[]string{"lb2", "ngimx.conf: not found"},
		},
		{
			"a host key that has changed", func(t *testing.T, w *world) {
				known := read(t, w.sshd.KnownHosts)
				other := strings.Fields(read(t, w.sshd.Key+".pub"))[1]
				write(t, w.sshd.KnownHosts, strings.Replace(known, strings.Fields(known)[2], other, 1))
			}, 1,
			[]string{"host key", "changed", "known_hosts"},
		},
		{
			"a socket that this login may not use", func(t *testing.T, w *world) {
				if os.Geteuid() == 0 {
					w.rewrite(t, "    haproxy: {socket", "    sudo: nobody\n    haproxy: {socket")
				} else if err := os.Chmod(w.haproxy.Socket, 0); err != nil {
					t.Fatal(err)
				}
			}, 1,
			[]string{"lb1", "permission denied", "admin.sock"},
		},
		{
			"a file that this login may not write", func(t *testing.T, w *world) {
				dir := filepath.Dir(w.nginx.ConfigFile)
				if os.Geteuid() != 0 {
					if err := os.Chmod(w.nginx.Upstreams, 0o400); err != nil {
						t.Fatal(err)
					}
					return
				}
				for _, path := range []string{filepath.Dir(dir), dir} {
					if err := os.Chmod(path, 0o755); err != nil {
						t.Fatal(err)
					}
				}
				if err := os.Chmod(w.nginx.ConfigFile, 0o644); err != nil {
					t.Fatal(err)
				}
				w.rewrite(t, "    nginx:\n", "    sudo: nobody\n    nginx:\n")
			}, 1,
			[]string{"lb2", "permission denied", "upstreams.conf"},
		},
		{
			"a machine that nobody answers on", func(t *testing.T, w *world) { w.sshd.Stop() }, 1,
			[]string{"lb1: dial tcp", "connection refused"},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			heavy(t)
			w := newWorld(t, 2, brisk())
			untouched := w.untouched(t)
			row.spoil(t, w)
			me := w.operator(t)
			for _, args := range [][]string{{"check"}, {"plan", newVersion}, {"deploy", newVersion, "--yes"}} {
				c := me.run(t, row.status, args...)
				c.says(t, row.says...)
				if lines := strings.Count(c.stderr(), "\n"); lines > 6 {
					t.Errorf("rota %s needs %d lines for it:\n%s", args[0], lines, c.stderr())
				}
			}
			untouched(t)
		})
	}
}
