package lbtest

import (
	"fmt"

	"rota/lb"
)

// script has the balancer write down a deed with a.
func (t trial) script(d lb.Deed) lb.Script {
	t.Helper()
	s, err := t.Balancer.(lb.Scripter).Script(t.Context(), d, "a")
	if err != nil {
		t.Fatalf("script: %v", err)
	}
	return s
}

// hand carries a script out, and expects an exit status.
func (t trial) hand(s lb.Script, limit, status int) {
	t.Helper()
	text := fmt.Sprintf("set -eu\nlimit=%d\n%s\n%s\n", limit, s.Words, s.Text)
	if got := t.Hand(t.T, text); s.Text != "" && got != status {
		t.Fatalf("exit status %d, want %d, of\n%s", got, status, s.Text)
	}
}

func scripted(t trial) {
	if _, ok := t.Balancer.(lb.Scripter); !ok || t.Hand == nil {
		t.Skip("it cannot be written down")
	}
	// Whoever carries them out has them from a time when nobody was out.
	out, end := t.script(lb.TakeOut), t.script(lb.AwaitEnd)
	shut, check, in := t.script(lb.Shut), t.script(lb.Recheck), t.script(lb.PutIn)
	t.are("abc", lb.In)
	for range 2 {
		request := t.Request(t.T, "a")
		for range 2 {
			t.hand(out, 1, 0)
			t.are("a", lb.Draining, lb.Out)
			t.are("bc", lb.In)
		}
		t.hand(end, 1, lb.NotInTime)
		if err := request(); err != nil {
			t.Errorf("the request was cut: %v", err)
		}
		t.hand(end, 20, 0)
		t.become(t.Balancer, "a", "drained", func(s lb.Server) bool { return s.Drained && closed(s) })
		t.hand(shut, 1, 0)
		t.becomeOut(t.Balancer, "a")
		t.hand(check, 1, 0)
		t.become(t.Balancer, "a", "closed", closed)
		for range 2 {
			t.hand(in, 1, 0)
			t.are("abc", lb.In)
		}
	}
	if err := t.Request(t.T, "a")(); err != nil {
		t.Errorf("a request to a that is back: %v", err)
	}
}
