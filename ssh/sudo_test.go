package ssh_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rota/internal/servertest"
	"rota/ssh"
)

// fakeSudo puts a sudo on the PATH there which wants the password "right", as
// the real one does with -S, and then runs the command as the same user.
func fakeSudo(t *testing.T) servertest.SSHDOption {
	t.Helper()
	const script = `#!/bin/sh
prompt=
while [ "$1" != -- ]; do
  case $1 in -n) echo "sudo: a password is required" >&2; exit 1 ;; -p) prompt=$2; shift ;; esac
  shift
done
shift
for try in 1 2; do
  printf %s "$prompt" >&2
  read -r password || { echo "sudo: no password was provided" >&2; exit 1; }
  [ "$password" = right ] && exec "$@"
  echo "Sorry, try again." >&2
done
exit 1
`
	bin := t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "sudo"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	return servertest.SSHDLines("SetEnv PATH=" + bin + ":/usr/bin:/bin")
}

func TestSudoWithoutAPasswordBecomesTheUser(t *testing.T) {
	servertest.Need(t, "sudo")
	if me, err := user.Current(); err != nil || me.Uid != "0" {
		t.Skip("only root may become another without a password everywhere")
	}
	for name, password := range map[string]func(context.Context, string) (string, error){
		"none is offered":  nil,
		"one is not asked": func(context.Context, string) (string, error) { return "", errors.New("asked") },
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := open(t, ssh.Config{SudoPassword: password})
			ctx := limit(t, 60*time.Second)
			out, err := c.Output(ctx, "id -un; cat", "nobody", []byte("input\n"))
			if string(out) != "nobody\ninput\n" || err != nil {
				t.Errorf("%q, %v", out, err)
			}
			if err := c.Run(ctx, "exit 7", "nobody", &lines{}); status(err) != 7 {
				t.Errorf("the status is lost: %v", err)
			}
			endsAll(t, c, "nobody")
		})
	}
}

func TestSudoGetsThePasswordOnceItAsks(t *testing.T) {
	var asked atomic.Int32
	c, _ := open(t, ssh.Config{SudoPassword: func(context.Context, string) (string, error) {
		asked.Add(1)
		return "right", nil
	}}, fakeSudo(t))
	ctx := limit(t, 30*time.Second)
	for range 3 {
		out, err := c.Output(ctx, "echo hello; cat", "root", []byte("input"))
		if string(out) != "hello\ninput" || err != nil {
			t.Errorf("%q, %v", out, err)
		}
	}
	if asked.Load() != 1 {
		t.Errorf("asked %d times", asked.Load())
	}
}

func TestAWrongSudoPasswordIsAskedForAgain(t *testing.T) {
	answers := []string{"wrong", "worse", "right"}
	c, _ := open(t, ssh.Config{SudoPassword: func(context.Context, string) (string, error) {
		answer := answers[0]
		answers = answers[1:]
		return answer, nil
	}}, fakeSudo(t))
	var out lines
	if err := c.Run(limit(t, 30*time.Second), "echo done", "root", &out); err != nil || out.String() != "done\n" {
		t.Errorf("%q, %v", out.String(), err)
	}
}

func TestSudoThatCannotBeIsNoFailureOfTheCommand(t *testing.T) {
	for name, row := range map[string]struct {
		config ssh.Config
		user   string
		want   string
	}{
		"a password is wanted and there is none": {user: "root", want: "set sudo_password"},
		"the password stays wrong": {
			config: ssh.Config{SudoPassword: func(context.Context, string) (string, error) { return "wrong", nil }},
			user:   "root", want: "sudo: password: wrong 3 times",
		},
		"nobody would tell it": {
			config: ssh.Config{SudoPassword: func(context.Context, string) (string, error) { return "", errors.New("no terminal") }},
			user:   "root", want: "no terminal",
		},
		"the name is none": {user: "root; reboot", want: "no user's name"},
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := open(t, row.config, fakeSudo(t))
			err := c.Run(limit(t, 30*time.Second), "echo no", row.user, &lines{})
			if err == nil || status(err) >= 0 || unknown(err) || !strings.Contains(err.Error(), row.want) {
				t.Errorf("the error is %v", err)
			}
			if name == "a password is wanted and there is none" && !errors.Is(err, fs.ErrPermission) {
				t.Errorf("%v is no permission error", err)
			}
		})
	}
}
