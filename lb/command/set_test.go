package command_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"rota/lb"
	"rota/lb/command"
	"rota/lb/lbtest"

	"github.com/google/go-cmp/cmp"
)

func TestOnlyWhatHasToBeRunIsRun(t *testing.T) {
	for _, row := range []struct {
		name   string
		wishes [][]string // of one Set after the other
		want   string
	}{
		{"in while it is in", [][]string{{"a in"}}, ""},
		{"draining and then out is one way out", [][]string{{"a draining"}, {"a out"}, {"a draining"}}, "out a"},
		{"out twice in one call", [][]string{{"a out", "a out"}}, "out a"},
		{"those that come in go before those that go out", [][]string{{"b out"}, {"a out", "b in", "c out"}}, "out b, in b, out a, out c"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			x := start(t, "abc", "out")
			b := command.New(x.cfg)
			for _, wishes := range row.wishes {
				x.must(x.set(b, wishes...))
			}
			if got := x.log(); got != row.want {
				t.Errorf("it ran %q, want %q", got, row.want)
			}
		})
	}
}

func TestOneCommandChangesThingsAtATime(t *testing.T) {
	x := start(t, "abcdef", "out")
	x.cfg.Out = "mkdir " + x.dir + "/busy; sleep 0.05; " + x.cfg.Out + "; rmdir " + x.dir + "/busy"
	b := command.New(x.cfg)
	var all sync.WaitGroup
	for _, wishes := range [][]string{{"a out", "b out"}, {"c out"}, {"d out", "e out"}, {"f out"}} {
		all.Go(func() {
			if err := x.set(b, wishes...); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

func TestPreviewIsWhatAPersonCanRun(t *testing.T) {
	x := start(t, "ab", "out")
	x.cfg.Members[0].Env = append(x.cfg.Members[0].Env, "OWNER=it's me")
	x.cfg.Out += "\ntrue"
	b := command.New(x.cfg)
	lines, err := b.Preview(t.Context(), changes(t, "a out", "b in")...)
	x.must(err)
	want := []string{
		`export ROTA_SERVER=a STYLE=out OWNER='it'\''s me'`,
		`sh ` + x.dir + `/ctl out "$ROTA_SERVER"`,
		"true",
		"export ROTA_SERVER=b STYLE=out",
		`sh ` + x.dir + `/ctl in "$ROTA_SERVER"`,
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Fatal(diff)
	}
	_, err = shell("").Output(t.Context(), strings.Join(lines, "\n"), nil)
	x.must(err)
	if got := x.log(); got != "out a, in b" {
		t.Errorf("it ran %s", got)
	}
	if _, err := b.Preview(t.Context(), changes(t, "nobody out")...); !errors.Is(err, lb.ErrNotFound) {
		t.Errorf("the preview of an unknown server: %v", err)
	}
}

func TestAFailedCommandIsNamedAndTheOthersAreRun(t *testing.T) {
	x := start(t, "abc", "out")
	x.cfg.Out = `[ "$ROTA_SERVER" != a ] || { echo; echo one; echo two; echo three; echo four; exit 3; } >&2
` + x.cfg.Out
	b := command.New(x.cfg)
	err := x.set(b, "a out", "b out")
	want := `out of a: [ "$ROTA_SERVER" != a ] || { echo; echo one; echo two; echo three; echo four; exit 3; } >&2 …: exit status 3: two; three; four`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if got := x.log(); got != "out b" {
		t.Errorf("it ran %q", got)
	}
}

func TestAServerThatCannotBeToldDoesNotStopAChangeOfAnother(t *testing.T) {
	x := start(t, "ab", "out")
	x.cfg.Members[1].Env[0] = "ROTA_SERVER=gone"
	b := command.New(x.cfg)
	x.must(x.set(b, "a out"))
	if _, err := b.Servers(t.Context()); err == nil || !strings.Contains(err.Error(), "state of b: ") || !strings.Contains(err.Error(), "exit status 4: no such member: gone") {
		t.Errorf("servers: %v", err)
	}
	if err := b.Check(t.Context()); err == nil {
		t.Error("the check has passed")
	}
	if err := x.set(b, "b out"); err == nil || x.log() != "out a" {
		t.Errorf("set: %v; it ran %q", err, x.log())
	}
}

func TestFiguresAreTold(t *testing.T) {
	x := start(t, "ab", "out")
	b := command.New(x.cfg)
	end := x.request(t, "a")
	x.must(x.set(b, "a out"))
	servers, err := b.Servers(t.Context())
	x.must(err)
	x.must(end())
	pool := func(state lb.State, weight, sessions int) []lb.PoolServer {
		return []lb.PoolServer{{Pool: "servers", State: state, Weight: weight, Sessions: sessions, Rate: -1}}
	}
	want := []lb.Server{
		{Name: "a", State: lb.Draining, Weight: -1, Sessions: 1, Rate: -1, Errors: -1, Pools: pool(lb.Draining, -1, 1)},
		{Name: "b", State: lb.In, Weight: 7, Sessions: 0, Rate: -1, Errors: -1, Pools: pool(lb.In, 7, 0)},
	}
	if diff := cmp.Diff(want, servers); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsRunAndWhatItPrintsIsHeard(t *testing.T) {
	x := start(t, "abc", "out")
	x.cfg.Out = `[ "$ROTA_SERVER" != a ] || { echo one; echo two >&2; exit 3; }
` + x.cfg.Out + `; echo done`
	var ear lbtest.Ear
	if err := command.New(x.cfg).Set(ear.On(t.Context()), changes(t, "a out", "b out")...); err == nil {
		t.Error("a command failed, and nobody says so")
	}
	out := []string{`[ "$ROTA_SERVER" != a ] || { echo one; echo two >&2; exit 3; }`, `sh ` + x.dir + `/ctl out "$ROTA_SERVER"; echo done`}
	want := []string{
		"a > export ROTA_SERVER=a STYLE=out", "a > " + out[0], "a > " + out[1],
		"b > export ROTA_SERVER=b STYLE=out", "b > " + out[0], "b > " + out[1],
		"a < one", "a < two", "a < (exit status 3)",
		"b < done", "b < (exit status 0)",
	}
	if diff := cmp.Diff(want, ear.Take()); diff != "" {
		t.Error(diff)
	}
}

// torn is a machine whose connection breaks before the second answer to a change.
type torn struct{ shell }

func (r torn) Output(ctx context.Context, script string, stdin []byte) ([]byte, error) {
	out, err := r.shell.Output(ctx, script, stdin)
	if before, _, ok := strings.Cut(string(out), "1=0"); ok && strings.Contains(script, "/ctl out") {
		return []byte(before), errors.New("connection lost")
	}
	return out, err
}

func TestAnAnswerThatDoesNotComeIsHeardOf(t *testing.T) {
	x := start(t, "ab", "out")
	x.cfg.Runner = torn{}
	var ear lbtest.Ear
	if err := command.New(x.cfg).Set(ear.On(t.Context()), changes(t, "a out", "b out")...); err == nil {
		t.Error("a change without an answer went through")
	}
	got := ear.Take()
	want := []string{"a < (exit status 0)", "b < (no answer: connection lost)"}
	if diff := cmp.Diff(want, got[max(len(got)-2, 0):]); diff != "" {
		t.Error(diff)
	}
}
