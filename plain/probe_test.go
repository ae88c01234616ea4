package plain

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"rota/rollout"
)

func TestLostRequestsAreTold(t *testing.T) {
	lost := rollout.Lost{
		At: noon.Add(-12 * time.Second), URL: "http://a/", Address: "192.0.2.1:80", Balancer: "lb1", Reason: "no answer in 10s",
		During: []string{"web1 was draining"},
	}
	var out bytes.Buffer
	text := NewText(&out, io.Discard, false, Policy{})
	for _, e := range []rollout.Event{
		{Kind: rollout.Probed, Probe: &rollout.Probe{Sent: 1}},
		{Kind: rollout.Missed, Balancer: "lb1", Text: lost.String(), Lost: &lost, Probe: &rollout.Probe{Sent: 2, Lost: 1}},
		{Kind: rollout.Probed, Text: "3 lost requests more", Probe: &rollout.Probe{Sent: 5, Lost: 4}},
	} {
		e.Time = noon
		text.Observe(e)
	}
	text.Close()
	const want = `12:00:00 LOST       lb1      sent at 11:59:48: http://a/ through lb1 (192.0.2.1:80), fresh connection: no answer in 10s, while web1 was draining
12:00:00 LOST                3 lost requests more
`
	if out.String() != want {
		t.Errorf("told:\n%s\nwant:\n%s", out.String(), want)
	}
}

func TestTheLastLinesTellWhatTheProbeHasLost(t *testing.T) {
	var b strings.Builder
	Summary(&b, rollout.Summary{Outcome: rollout.Done, Probe: &rollout.Probe{
		Sent: 4312, Resent: 3, Routes: []rollout.Route{{Balancer: "lb1", Sent: 2156}, {Balancer: "lb2", Sent: 2156}},
	}})
	want := "\nprobe: 4,312 requests, 0 lost (lb1 2,156, lb2 2,156; 3 sent again as a browser would)\n"
	if !strings.Contains(b.String(), want) {
		t.Errorf("said:\n%s", b.String())
	}
}

func TestLostRequestsAreDecidedAboutAsAFailureIs(t *testing.T) {
	q := asking(rollout.AskProbe, rollout.Continue, rollout.RollBack, rollout.Pause, rollout.Abort)
	for _, row := range []struct {
		name string
		p    Policy
		want string
	}{
		{"by the policy", Policy{OnFailure: "rollback", Yes: true}, rollout.RollBack},
		{"nobody is there", Policy{Yes: true}, rollout.Pause},
		{"nobody is there, nor was yes said", Policy{OnFailure: "ask"}, rollout.Pause},
		{"a person at a terminal", Policy{Terminal: true, Answers: strings.NewReader("continue\n")}, rollout.Continue},
		{"a person at a terminal who has said yes before", Policy{Yes: true, Terminal: true, Answers: strings.NewReader("continue\n")}, rollout.Pause},
		{"a pipe's number is no answer to it", Policy{Answers: strings.NewReader("1\n")}, rollout.Pause},
	} {
		t.Run(row.name, func(t *testing.T) {
			text := NewText(io.Discard, io.Discard, false, row.p)
			defer text.Close()
			a, err := text.Decide(t.Context(), q)
			if err != nil || a.Choice != row.want {
				t.Errorf("%+v, %v; want %s", a, err, row.want)
			}
		})
	}
}
