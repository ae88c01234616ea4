package e2e

import (
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"rota/rollout"
)

func onApplications() []fault {
	touched := func(c cell) bool {
		return slices.ContainsFunc([]string{"end web3/step", "/health", "/prove", "/in", "/soak", "is checking", "is returning", "is serving"},
			func(word string) bool { return strings.Contains(string(c.boundary), word) })
	}
	return []fault{
		{name: "an application in rotation dies and comes back", strike: func(tr *trial) func() {
			s := tr.inRotation()
			over := tr.spell("")
			tr.end(s)
			time.Sleep(time.Second)
			tr.revive(s)
			over()
			return nil
		}},
		{name: "the application in work dies and comes back", fits: touched, strike: func(tr *trial) func() {
			s := tr.inWork()
			over := tr.spell("")
			tr.end(s)
			time.Sleep(time.Second)
			tr.revive(s)
			over()
			return nil
		}},
		{name: "the application in work dies for good", fits: touched, strike: func(tr *trial) func() {
			s := tr.inWork()
			over := tr.spell("")
			tr.end(s)
			return func() { tr.revive(s); over() }
		}},
	}
}

// inRotation finds a server that rota has not taken out.
func (tr *trial) inRotation() server {
	phases := tr.phases()
	for _, s := range slices.Backward(tr.w.servers) {
		if p := phases[s.name]; (p == "" || p == rollout.Waiting || p == rollout.Serving) && tr.w.outside(tr.T, s.name) == "" {
			return s
		}
	}
	return tr.w.servers[0]
}

// inWork is the first server that the boundary is about.
func (tr *trial) inWork() server {
	return tr.w.server(append(tr.at.Servers, tr.at.Server)[0])
}

func (tr *trial) end(s server) {
	tr.dead = append(tr.dead, s.name)
	if pid, err := strconv.Atoi(strings.TrimSpace(s.process(tr.T))); err == nil {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
}

// revive is what looks after processes on a real machine.
func (tr *trial) revive(s server) {
	tr.w.activate(tr.T, s, "again")
	eventually(tr.T, s.name+" is healthy again", func() bool { _, err := s.get("/healthz"); return err == nil })
}
