package e2e

import (
	"strings"
	"testing"
)

// TestAServerThatFails lets the second server of four fail, under load.
func TestAServerThatFails(t *testing.T) {
	for n, row := range []struct {
		name   string
		fault  string
		policy string
		status int
		stand  string // afterwards
		says   []string
	}{
		{
			"a step that fails pauses the run", "broken", "pause", 1,
			"web1 in, web2 out, web3 in, web4 in",
			[]string{"web2", "activate", "exit status 7", "rota resume", "rota rollback", "rota restore web2"},
		},
		{
			"a step that fails is rolled back", "broken", "rollback", 3,
			"web1 in, web2 in, web3 in, web4 in",
			[]string{"web2", "rolled back"},
		},
		{
			"a step that fails aborts the run", "broken", "abort", 1,
			"web1 in, web2 out, web3 in, web4 in",
			[]string{"web2", "activate", "exit status 7", "rota restore web2"},
		},
		{
			"a server that is never healthy pauses the run", "sick", "pause", 1,
			"web1 in, web2 out, web3 in, web4 in",
			[]string{"web2", "health", "503", "rota resume"},
		},
		{
			"a server that runs another version pauses the run", "stale", "pause", 1,
			"web1 in, web2 out, web3 in, web4 in",
			[]string{"web2", `it runs "1.0.1", not "1.0.2"`, "rota resume"},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			some(t, n)
			heavy(t)
			w := newWorld(t, 4, brisk())
			w.rewrite(t, "timeout: 15s", "timeout: 4s", "batches: [1, 2, 3]", "batches: [1]")
			w.server("web2").fault(t, row.fault)
			me := w.operator(t)
			load := w.traffic(t, w.balancers())
			load.everywhere(t, oldVersion)

			c := me.run(t, row.status, "deploy", newVersion, "--yes", "--on-failure", row.policy)
			c.says(t, row.says...)
			s := me.status(t)
			if got := s.rotation(); got != row.stand {
				t.Errorf("afterwards: %s; want %s", got, row.stand)
			}

			// The way on that was told leads to the end.
			w.server("web2").fault(t, "")
			switch row.policy {
			case "pause":
				me.run(t, 1, "deploy", "1.0.3", "--yes").says(t, "web2", "not settled", "rota resume")
				me.run(t, 0, "resume", "--yes")
				load.everywhere(t, newVersion)
				w.inPlace(t, me, newVersion)
			case "rollback":
				load.everywhere(t, oldVersion)
				w.inPlace(t, me, oldVersion)
			case "abort":
				me.run(t, 0, "restore", "web2")
				if got := me.status(t).rotation(); strings.Contains(got, "out") {
					t.Errorf("after the restore: %s", got)
				}
			}
			load.intact(t)
		})
	}
}
