package plain

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode"

	"github.com/charmbracelet/x/exp/golden"

	"rota/rollout"
)

func tell(color bool, p Policy, events ...rollout.Event) string {
	var out bytes.Buffer
	op := NewText(&out, io.Discard, color, p)
	for _, e := range events {
		op.Observe(e)
	}
	op.Close()
	return out.String()
}

func TestTextTellsARun(t *testing.T) {
	golden.RequireEqual(t, []byte(tell(false, Policy{}, shopRun()...)))
}

func TestTextTellsARunInColour(t *testing.T) {
	golden.RequireEqual(t, []byte(tell(true, Policy{}, shopRun()...)))
}

// A name stands once in a line, whoever puts it there.
func TestNamesAreToldOnce(t *testing.T) {
	for want, e := range map[string]rollout.Event{
		"question   web3     has failed: 503":        {Kind: rollout.Asked, Server: "web3", Text: "web3 has failed: 503"},
		"disturbed  web3     somebody put it back":   {Kind: rollout.Disturbed, Server: "web3", Balancer: "lb1", Text: "web3: somebody put it back"},
		"disturbed  lb1      it has other weights":   {Kind: rollout.Disturbed, Balancer: "lb1", Text: "lb1: it has other weights"},
		"weights    lb1      is as it was found":     {Kind: rollout.Weighed, Balancer: "lb1", State: rollout.WeightsRestored},
		"begin      batch 2  take web1, web2 out":    {Kind: rollout.StepBegun, Batch: 2, Servers: []string{"web1", "web2"}, Text: "take web1, web2 out"},
		"begin      batch 2  web1, web2: prove them": {Kind: rollout.StepBegun, Batch: 2, Servers: []string{"web1", "web2"}, Text: "prove them"},
		"question   batch 2  batch 2 of 3 is done":   {Kind: rollout.Asked, Batch: 2, Text: "batch 2 of 3 is done"},
		"question   web31    web3 is the other one":  {Kind: rollout.Asked, Server: "web31", Text: "web3 is the other one"},
		"note                web3 and web4 are slow": {Kind: rollout.Noted, Text: "web3 and web4 are slow"},
	} {
		e.Time = noon
		if got := tell(false, Policy{}, e); !strings.HasSuffix(strings.TrimSpace(got), want) {
			t.Errorf("it reads %q, want %q", got, want)
		}
	}
}

func TestColourAddsNothingButColour(t *testing.T) {
	var plainer strings.Builder
	for part := range strings.SplitSeq(tell(true, Policy{}, shopRun()...), "\x1b[") {
		if _, after, ok := strings.Cut(part, "m"); ok && plainer.Len() > 0 {
			part = after
		}
		plainer.WriteString(part)
	}
	if want := tell(false, Policy{}, shopRun()...); strings.TrimPrefix(plainer.String(), "2m") != want {
		t.Errorf("without its colours it reads\n%s\nnot\n%s", plainer.String(), want)
	}
}

func TestEvidenceIsToldOnce(t *testing.T) {
	asked := shopRun()[:18]
	const fact = "web1 runs 1.0.2, proved by 2 checks"
	if got := tell(false, Policy{}, asked...); !strings.Contains(got, fact) {
		t.Error("a question that nobody is asked lacks its evidence")
	}
	if got := tell(false, Policy{Answers: strings.NewReader("")}, asked...); strings.Contains(got, fact) {
		t.Error("a question that somebody is asked tells its evidence twice")
	}
}

func TestARunThatGoesOnIsUnderstood(t *testing.T) {
	events := shopRun()
	state, err := rollout.Replay(events[:17])
	if err != nil {
		t.Fatal(err)
	}
	op := NewText(io.Discard, io.Discard, false, Policy{})
	defer op.Close()
	op.Resume(state)
	for _, e := range events[17:20] {
		op.Observe(e)
	}
	if got, want := op.standing(noon), "1 of 4 servers done, 0 failed, 0 in work"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// watched is a buffer that is read while another goroutine may write.
type watched struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (s *watched) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.Write(b)
}

func (s *watched) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.String()
}

func TestAHeartbeatTellsThatASilentRunIsAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out watched
		op := NewText(&out, io.Discard, false, Policy{})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			op.Run(ctx)
			close(done)
		}()
		events := shopRun()
		observe := func(events []rollout.Event) {
			for _, e := range events {
				e.Time = time.Now()
				op.Observe(e)
			}
		}
		beats := func() int { return strings.Count(out.String(), " beat ") }
		after := func(d time.Duration, want int, why string) {
			t.Helper()
			time.Sleep(d)
			synctest.Wait()
			if got := beats(); got != want {
				t.Fatalf("%s: %d heartbeats, want %d:\n%s", why, got, want, out.String())
			}
		}
		after(time.Minute, 0, "no run has begun")
		observe(events[:9])
		after(29*time.Second, 0, "the last line is young")
		after(2*time.Second, 1, "half a minute of silence")
		if want := "0 of 4 servers done, 0 failed, 1 in work; web1 deploying for 30.0s"; !strings.Contains(out.String(), want) {
			t.Errorf("the heartbeat does not say %q:\n%s", want, out.String())
		}
		observe(events[9:10]) // a second after the heartbeat
		after(29*time.Second, 1, "a line was printed meanwhile")
		after(time.Minute, 3, "a long silence")
		observe(events[10:])
		after(10*time.Minute, 3, "the run has ended")
		cancel()
		<-done
		op.Close()
	})
}

func TestAReaderThatStallsHoldsUpNothing(t *testing.T) {
	stalled, w := io.Pipe()
	ops := []interface {
		rollout.Operator
		Close()
	}{NewText(w, io.Discard, false, Policy{}), NewJSON(w, io.Discard, Policy{})}
	for _, op := range ops {
		for range 1000 {
			op.Observe(rollout.Event{Kind: rollout.Noted, Time: noon, Text: "a line"})
		}
	}
	lines := 0
	read := make(chan struct{})
	go func() {
		defer close(read)
		for s := bufio.NewScanner(stalled); s.Scan(); lines++ {
		}
	}()
	for _, op := range ops {
		op.Close()
	}
	_ = w.Close()
	<-read
	if lines != 2000 {
		t.Errorf("%d lines were printed", lines)
	}
}

func TestAHeartbeatNamesTheOpenQuestion(t *testing.T) {
	op := NewText(io.Discard, io.Discard, false, Policy{})
	defer op.Close()
	for _, e := range shopRun()[:18] {
		op.Observe(e)
	}
	if got := op.standing(noon); !strings.HasSuffix(got, "waits for an answer: batch 1 of 3 is done; go on with batch 2?") {
		t.Errorf("got %q", got)
	}
}

func TestEventsThatDoNotAddUpAreToldAllTheSame(t *testing.T) {
	op := NewText(io.Discard, io.Discard, false, Policy{})
	defer op.Close()
	op.Observe(rollout.Event{Seq: 7, Kind: rollout.Moved, Server: "web1", State: "out"})
	if got := op.standing(noon); got != "the run goes on" {
		t.Errorf("got %q", got)
	}
}

func FuzzLinesAreHarmless(f *testing.F) {
	f.Add("out", "web1", "plain", "also plain")
	f.Add("end", "web1\x1b[2J", "two\nlines\r\x00", "\u202egnp")
	f.Fuzz(func(t *testing.T, kind, server, said, wrong string) {
		got := tell(false, Policy{}, rollout.Event{
			Time: noon, Kind: rollout.Kind(kind), Server: server, State: said, Text: said, Line: said, Error: wrong,
		})
		for line := range strings.Lines(got) {
			line = strings.TrimSuffix(line, "\n")
			if strings.ContainsFunc(line, unicode.IsControl) || !strings.HasPrefix(line, "12:00:00") {
				t.Errorf("%q", line)
			}
		}
	})
}

func TestWhatABalancerWasToldAndSaidIsToldApart(t *testing.T) {
	for _, row := range []struct {
		event rollout.Event
		want  string
	}{
		{rollout.Event{Server: "web1", Line: "set server app/web1 state drain"}, ">          web1     lb1: set server app/web1 state drain\n"},
		{rollout.Event{Server: "web1", Said: true, Line: "No such server."}, "<          web1     lb1: No such server.\n"},
		{rollout.Event{Servers: []string{"web1"}, Said: true, Line: "ok"}, "<          web1     lb1: ok\n"},
		{rollout.Event{Servers: []string{"web1", "web2"}, Line: "nginx -t"}, ">          lb1      nginx -t\n"},
	} {
		row.event.Time, row.event.Kind, row.event.Balancer, row.event.Stream = noon, rollout.Output, "lb1", "lb"
		if got := tell(false, Policy{}, row.event); !strings.HasSuffix(got, " "+row.want) {
			t.Errorf("%+v is told as %q, want %q", row.event, got, row.want)
		}
	}
}
