package command_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rota/lb"
	"rota/lb/command"
)

// shell runs scripts on this machine by a shell, "" for sh.
type shell string

func (s shell) Output(ctx context.Context, script string, stdin []byte) ([]byte, error) {
	if s == "" {
		s = "sh"
	}
	cmd := exec.CommandContext(ctx, string(s), "-c", script)
	cmd.WaitDelay = time.Second // what is killed here leaves its children
	var stderr bytes.Buffer
	cmd.Stdin, cmd.Stderr = bytes.NewReader(stdin), &stderr
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, strings.TrimSpace(stderr.String()))
	}
	return out, err
}

// box is a balancer made of files: a folder for each server, in which a file
// "out" says that it was taken out, and a file for each request under way.
type box struct {
	t   *testing.T
	dir string
	cfg command.Config
}

// ctl is the program that drives a box. In $STYLE stands how it tells states.
const ctl = `set -eu
cd "$(dirname "$0")"
[ -d "$2" ] || { echo "no such member: $2" >&2; exit 4; }
case $1 in
state)
	n=$(ls "$2/requests" | wc -l)
	[ -e "$2/out" ] || { echo in "$([ "$STYLE" = silent ] || echo sessions=$n)" weight=7; exit; }
	case $STYLE in
	draining) echo "draining sessions=$((n))" ;;
	out) echo "out sessions=$((n))" ;;
	silent) [ "$n" -eq 0 ] && echo out || echo draining ;;
	esac ;;
out) echo "out $2" >>log; touch "$2/out" ;;
in) echo "in $2" >>log; rm -f "$2/out" ;;
esac
`

// start makes a box with servers of one letter.
func start(t *testing.T, servers, style string) *box {
	t.Helper()
	x := &box{t: t, dir: t.TempDir()}
	program := filepath.Join(x.dir, "ctl")
	x.must(os.WriteFile(program, []byte(ctl), 0o600))
	program = "sh " + program // what was just written cannot be run while another test forks
	for _, s := range servers {
		x.must(os.MkdirAll(filepath.Join(x.dir, string(s), "requests"), 0o700))
		x.cfg.Members = append(x.cfg.Members, command.Member{
			Server: string(s), Pool: "servers", Env: []string{"ROTA_SERVER=" + string(s), "STYLE=" + style},
		})
	}
	x.cfg.State = program + ` state "$ROTA_SERVER"`
	x.cfg.Out = program + ` out "$ROTA_SERVER"`
	x.cfg.In = program + ` in "$ROTA_SERVER"`
	x.cfg.Runner = shell("")
	return x
}

// request opens a request to a server that is in rotation.
func (x *box) request(t *testing.T, server string) (end func() error) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(x.dir, server, "out")); err == nil {
		t.Fatalf("%s is out", server)
	}
	f, err := os.CreateTemp(filepath.Join(x.dir, server, "requests"), "")
	x.must(err)
	x.must(f.Close())
	return func() error { return os.Remove(f.Name()) }
}

// log is what was run so far, beside looks.
func (x *box) log() string {
	x.t.Helper()
	b, err := os.ReadFile(filepath.Join(x.dir, "log"))
	if !errors.Is(err, os.ErrNotExist) {
		x.must(err)
	}
	return strings.ReplaceAll(strings.TrimSpace(string(b)), "\n", ", ")
}

// set asks b for states, in words such as "a out".
func (x *box) set(b lb.Balancer, wishes ...string) error {
	x.t.Helper()
	return b.Set(x.t.Context(), changes(x.t, wishes...)...)
}

func changes(t *testing.T, wishes ...string) []lb.Change {
	t.Helper()
	want := make([]lb.Change, len(wishes))
	for i, w := range wishes {
		server, state, _ := strings.Cut(w, " ")
		want[i].Server = server
		if err := want[i].To.UnmarshalText([]byte(state)); err != nil {
			t.Fatal(err)
		}
	}
	return want
}

func (x *box) must(err error) {
	x.t.Helper()
	if err != nil {
		x.t.Fatal(err)
	}
}
