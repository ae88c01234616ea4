package command

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rota/lb"
)

// saying answers every command with success, and a state command with a line.
type saying string

func (s saying) Output(_ context.Context, script string, _ []byte) ([]byte, error) {
	if strings.Contains(script, "text=state\n") {
		return fmt.Appendf(nil, "0>%s\n0=0\n", s), nil
	}
	return []byte("0=0\n"), nil
}

func one(r Runner) *Balancer {
	return New(Config{State: "state", Out: "take-out", In: "put-in", Members: []Member{{Server: "a", Pool: "servers"}}, Runner: r})
}

func TestWhenAServerIsDrained(t *testing.T) {
	for _, row := range []struct {
		name  string
		looks string // half a second apart
		want  string // "-" for one that is not drained
	}{
		{"out with no sessions, for a second", "out sessions=0|out sessions=0|out sessions=0|out sessions=0", "out -|out -|out|out"},
		{"draining with no sessions, for a second", "draining sessions=0|draining sessions=0|draining sessions=0", "draining -|draining -|out"},
		{"out, where no sessions are told", "out|out|out", "out -|out -|out"},
		{"draining, where no sessions are told, is never drained", "draining|draining|draining|draining", "draining -|draining -|draining -|draining -"},
		{"draining and then out, where no sessions are told", "draining|draining|out|out|out", "draining -|draining -|out -|out -|out"},
		{"sessions that end", "out sessions=2|out sessions=1|out sessions=0|out sessions=0|out sessions=0", "draining -|draining -|out -|out -|out"},
		{"a session in between", "draining sessions=0|draining sessions=1|draining sessions=0|draining sessions=0", "draining -|draining -|draining -|draining -"},
		{"a session after it was drained", "draining sessions=0|draining sessions=0|draining sessions=0|draining sessions=1", "draining -|draining -|out|draining -"},
		{"in between", "out|out|in|out|out|out", "out -|out -|in -|out -|out -|out"},
		{"down is not taken out", "down sessions=0|down sessions=0|down sessions=0", "down -|down -|down -"},
		{"in with no sessions", "in sessions=0|in sessions=0|in sessions=0", "in -|in -|in -"},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := one(nil)
				var got []string
				for look := range strings.SplitSeq(row.looks, "|") {
					b.runner = saying(look)
					servers, err := b.Servers(t.Context())
					if err != nil {
						t.Fatal(err)
					}
					s := servers[0].State.String()
					if !servers[0].Drained {
						s += " -"
					}
					got = append(got, s)
					time.Sleep(500 * time.Millisecond)
				}
				if got := strings.Join(got, "|"); got != row.want {
					t.Errorf("got  %s\nwant %s", got, row.want)
				}
			})
		})
	}
}

func TestLooksThatAreFarApartProveNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := one(saying("out sessions=0"))
		for n, want := range []bool{false, false, true} {
			servers, err := b.Servers(t.Context())
			if err != nil || servers[0].Drained != want {
				t.Errorf("look %d: %+v, %v", n+1, servers, err)
			}
			time.Sleep([]time.Duration{time.Hour, time.Second, 0}[n])
		}
	})
}

func TestAnAnswerThatWasOvertakenChangesNothing(t *testing.T) {
	q := quiet{servers: map[string]stretch{}}
	now := time.Now()
	at := func(tenths int) time.Time { return now.Add(time.Duration(tenths) * 100 * time.Millisecond) }
	busy, still := report{state: lb.In}, report{state: lb.Out}
	q.long("a", still, at(5), at(6))
	if q.long("a", busy, at(4), at(7)) {
		t.Error("a server in rotation is drained")
	}
	if !q.long("a", still, at(16), at(17)) {
		t.Error("an older answer has ended the time in which it was still")
	}
}

func TestAChangeThatDoesNotShowIsAnError(t *testing.T) {
	for _, row := range []struct {
		name, says string
		to         lb.State
		want       string
	}{
		{"it stays in", "in", lb.Draining, "out of a: take-out: its state is in after it, for 20s"},
		{"it is down and not told as taken out", "down", lb.Out, "out of a: take-out: its state is down after it, for 20s\n" +
			"state must print draining or out of a server that was taken out, also while its check fails"},
		{"it does not pass the balancer's check", "down", lb.In, "in of a: put-in: its state is down after it, for 20s"},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := one(saying(row.says))
				if err := b.Set(t.Context(), lb.Change{Server: "a", To: row.to}); err == nil || err.Error() != row.want {
					t.Errorf("got  %v\nwant %s", err, row.want)
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				if err := b.Set(ctx, lb.Change{Server: "a", To: row.to}); err == nil || !strings.HasSuffix(err.Error(), "after it: context deadline exceeded") {
					t.Errorf("got %v", err)
				}
			})
		})
	}
}

func TestAnAnswerThatIsNotOursIsRefused(t *testing.T) {
	for _, out := range []string{"welcome\n", "7>in\n", ">in\n", "-1>in\n", "0=\n", "0=x\n"} {
		if _, err := parse([]byte(out), 1); err == nil {
			t.Errorf("%q was read", out)
		}
	}
}
