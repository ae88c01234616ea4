package e2e

import (
	"os"
	"syscall"
	"testing"
)

// TestAPersonStops sends signals while web2 and web3, the second batch of four
// servers, are in flight.
func TestAPersonStops(t *testing.T) {
	for n, row := range []struct {
		name    string
		when    func(event) bool
		signals []os.Signal
		stand   string
		updated map[string]string
	}{
		{
			"SIGTERM finishes the servers in flight", begins("web2/step1"),
			[]os.Signal{syscall.SIGTERM},
			"web1 in, web2 in, web3 in, web4 in",
			map[string]string{"web1": newVersion, "web2": newVersion, "web3": newVersion, "web4": oldVersion},
		},
		{
			"SIGINT finishes the servers in flight", begins("web2/health"),
			[]os.Signal{syscall.SIGINT},
			"web1 in, web2 in, web3 in, web4 in",
			map[string]string{"web1": newVersion, "web2": newVersion, "web3": newVersion, "web4": oldVersion},
		},
		{
			"SIGHUP puts servers back that are untouched", begins("b2/drained"),
			[]os.Signal{syscall.SIGHUP},
			"web1 in, web2 in, web3 in, web4 in",
			map[string]string{"web1": newVersion, "web2": oldVersion, "web3": oldVersion, "web4": oldVersion},
		},
		{
			"two of them leave out what is not proved", begins("web2/health"),
			[]os.Signal{syscall.SIGINT, syscall.SIGINT},
			"web1 in, web2 out, web3 out, web4 in",
			map[string]string{"web1": newVersion, "web2": newVersion, "web3": newVersion, "web4": oldVersion},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			some(t, n)
			heavy(t)
			w := newWorld(t, 4, brisk())
			w.rewrite(t, "batches: [1, 2, 3]", "batches: [1, 2]")
			me := w.operator(t)
			load := w.traffic(t, w.balancers())
			load.everywhere(t, oldVersion)

			c := me.start(t, "deploy", newVersion, "--yes", "--output", "json")
			c.reaches(t, row.name, row.when)
			for i, signal := range row.signals {
				if i > 0 {
					eventually(t, "the first signal is told", func() bool { return c.stderr() != "" })
				}
				if err := c.cmd.Process.Signal(signal); err != nil {
					t.Fatal(err)
				}
			}
			c.ends(t, 4)
			c.says(t, "rota resume")
			s := me.status(t)
			if got := s.rotation(); got != row.stand {
				t.Errorf("afterwards: %s; want %s", got, row.stand)
			}
			for _, sv := range s.Servers {
				if want := row.updated[sv.Name]; sv.Version != want {
					t.Errorf("%s runs %q, want %q", sv.Name, sv.Version, want)
				}
			}
			me.run(t, 0, "resume", "--yes")
			load.everywhere(t, newVersion)
			load.intact(t)
			w.inPlace(t, me, newVersion)
		})
	}
}
