package plain

import (
	"strings"
	"testing"

	"rota/rollout"
)

func TestTheLastLinesTellWhereServersStand(t *testing.T) {
	var b strings.Builder
	Summary(&b, rollout.Summary{
		Outcome: rollout.Paused, Why: "web2: exit status 7", Updated: []string{"web1"}, Failed: []string{"web2"},
		Runs: []rollout.Running{{Version: "2", Servers: []string{"web1"}}, {Version: "1", Servers: []string{"web2", "web3"}}},
		Left: []rollout.Where{
			{Server: "web1", State: string(rollout.Serving), Why: "out on lb1, as it was before the run"},
			{Server: "web2", State: string(rollout.Failed), Why: "exit status 7"},
			{Server: "web3", State: string(rollout.Waiting), Why: "unknown on lb1"},
		},
		TotalMS: 61_000, OwnMS: 2_000, WaitMS: 50_000, AskedMS: 9_000, GoOn: []string{"rota resume"},
		Told: []string{"lb2: after: exit status 1: no puppet"},
	})
	const want = `paused: web2: exit status 7
servers done: web1
servers failed: web2
running 2: web1
running 1: web2, web3
web1 is not in rotation everywhere: out on lb1, as it was before the run
web2 is not in rotation: failed, exit status 7
web3 is not in rotation everywhere: unknown on lb1
1 server, took 1m1s, of which rota: 2.0s; drains, steps and checks: 50.0s; waiting for an answer: 9.0s
what went wrong beside:
  lb2: after: exit status 1: no puppet
go on with:
  rota resume
`
	if b.String() != want {
		t.Errorf("said:\n%s\nwant:\n%s", b.String(), want)
	}
}
