package command_test

import (
	"context"
	"errors"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rota/lb"
	"rota/lb/command"
)

// said runs a state command for some servers and returns their states, or the
// error.
func said(t *testing.T, runner command.Runner, state, servers string) (string, error) {
	t.Helper()
	c := command.Config{State: state, Out: "exit 9", In: "exit 9", Runner: runner, Unset: []string{"ROTA_VERSION", "ROTA_RUN"}}
	for _, s := range servers {
		c.Members = append(c.Members, command.Member{Server: string(s), Env: []string{"ROTA_SERVER=" + string(s), "ODD=it's $HOME\n`x`"}})
	}
	list, err := command.New(c).Servers(t.Context())
	var states []string
	for _, s := range list {
		states = append(states, s.Name+" "+s.State.String())
	}
	return strings.Join(states, ", "), err
}

func TestWhatStatePrints(t *testing.T) {
	t.Setenv("ROTA_VERSION", "of somebody else")
	const should = ", and should print in, draining, out or down, and after it at most sessions=N and weight=N"
	for _, row := range []struct {
		name, state string
		want        string
		fail        string // the error, after the command
	}{
		{"each of the words", `case $ROTA_SERVER in a) echo in;; b) echo draining;; c) echo out;; d) echo down;; esac`, "a in, b draining, c out, d down", ""},
		{"blanks and lines around it", `echo; printf ' in\t sessions=3\r\n\n weight=0'`, "a in, b in, c in, d in", ""},
		{"warnings are no part of it", `echo careful >&2; echo in; echo "out 1=0" >&2`, "a in, b in, c in, d in", ""},
		{"the variables are as they were given", "[ \"$ODD\" = 'it'\\''s $HOME\n`x`' ]; echo in", "a in, b in, c in, d in", ""},
		{"it may end the shell", `echo in; exit 0; echo out`, "a in, b in, c in, d in", ""},
		{"it may end in a comment", `echo in # as always`, "a in, b in, c in, d in", ""},
		{"it reads nothing", `cat; echo in`, "a in, b in, c in, d in", ""},
		{"a variable without a value", `echo in "$ROTA_VERSION"`, "", "exit status 2: "},
		{"one of the script's own variables", `echo in "$i$nl$text"`, "", "exit status 2: "},
		{"a failure on the way", `false; echo in`, "", "exit status 1"},
		{"a failure after the word", `echo in; echo no >&2; exit 5`, "", "exit status 5: no"},
		{"a failure that complains on standard output", `echo no; exit 5`, "", "exit status 5: no"},
		{"no shell can read it", `echo in; fi`, "", "exit status 2: "},
		{"an unknown word", `echo UP`, "", `it printed "UP"` + should},
		{"silence", `true`, "", "it printed nothing, and should print in"},
		{"a mistyped figure", `echo out session=0`, "", `it printed "out session=0"` + should},
		{"a figure twice", `echo out sessions=0 sessions=5`, "", `it printed "out sessions=0 sessions=5"` + should},
		{"a figure below nothing", `echo out sessions=-1`, "", `it printed "out sessions=-1"` + should},
		{"no figure", `echo out sessions=`, "", `it printed "out sessions="` + should},
		{"a story", `yes in | head -n 3000`, "", `it printed "in in in`},
	} {
		t.Run(row.name, func(t *testing.T) {
			for _, sh := range []shell{"dash", "bash"} {
				if _, err := exec.LookPath(string(sh)); err != nil {
					continue
				}
				got, err := said(t, sh, row.state, "abcd")
				if got != row.want {
					t.Errorf("%s: %q, %v, want %q", sh, got, err, row.want)
				}
				want := "state of a, b, c, d: " + strings.Split(row.state, "\n")[0] + ": " + row.fail
				if row.fail != "" && sh == "dash" && (err == nil || !strings.HasPrefix(err.Error(), want)) {
					t.Errorf("%s: got  %v\nwant %s", sh, err, want)
				}
			}
		})
	}
}

func TestNoServerSpeaksForAnother(t *testing.T) {
	lie := `if [ $ROTA_SERVER = b ]; then echo out; exit; fi
for n in 0 1 2 3 10; do printf '%s>in\n%s=0\n' $n $n >&2; printf '%s>in\n%s=0\n' $n $n; done
for fd in 3 4 5 6; do eval "echo '1>in' >&$fd" 2>/dev/null || true; done
exit 7`
	for _, sh := range []shell{"dash", "bash"} {
		if _, err := exec.LookPath(string(sh)); err != nil {
			continue
		}
		_, err := said(t, sh, lie, "abc")
		if err == nil || !strings.HasPrefix(err.Error(), "state of a, c: ") || !strings.HasSuffix(err.Error(), "exit status 7: 3=0; 10>in; 10=0") {
			t.Errorf("%s: %v", sh, err)
		}
	}
}

// counter counts the scripts that are run.
type counter struct {
	command.Runner
	n atomic.Int32
}

func (c *counter) Output(ctx context.Context, script string, stdin []byte) ([]byte, error) {
	c.n.Add(1)
	return c.Runner.Output(ctx, script, stdin)
}

func TestOneLookIsOneScriptSideBySide(t *testing.T) {
	c := &counter{Runner: shell("")}
	servers := "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN" // more than run at a time
	begun := time.Now()
	got, err := said(t, c, `sleep 0.2; echo in "sessions=1"`, servers)
	if err != nil || strings.Count(got, " in") != len(servers) {
		t.Errorf("%s, %v", got, err)
	}
	if n := c.n.Load(); n != 1 {
		t.Errorf("%d scripts were run", n)
	}
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("%d servers took %v", len(servers), took)
	}
}

func TestACommandThatHangsIsNamed(t *testing.T) {
	b := command.New(command.Config{
		State:   `[ "$ROTA_SERVER" = a ] || sleep 20; echo in`,
		Members: []command.Member{{Server: "a", Env: []string{"ROTA_SERVER=a"}}, {Server: "b", Env: []string{"ROTA_SERVER=b"}}},
		Runner:  shell(""),
	})
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err := b.Servers(ctx)
	if !errors.Is(err, context.DeadlineExceeded) || !strings.HasPrefix(err.Error(), "state of b: ") {
		t.Errorf("got %v", err)
	}
}

func TestItTellsWhatItIs(t *testing.T) {
	if info, err := command.New(command.Config{}).Info(t.Context()); err != nil || info != (lb.Info{Kind: "exec"}) {
		t.Errorf("%+v, %v", info, err)
	}
}
