package ssh_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"rota/internal/servertest"
	"rota/ssh"
)

func TestRunGivesBothStreamsInOrderAndTheStatus(t *testing.T) {
	c, _ := open(t, ssh.Config{})
	var out lines
	err := c.Run(limit(t, 20*time.Second), "for i in 1 2 3; do echo out $i; echo err $i >&2; done; exit 3", "", &out)
	if status(err) != 3 || unknown(err) {
		t.Errorf("the error is %v, not exit status 3", err)
	}
	if want := "out 1\nerr 1\nout 2\nerr 2\nout 3\nerr 3\n"; out.String() != want {
		t.Errorf("the output is %q", out.String())
	}
}

func TestRunShowsOutputWhileTheCommandRuns(t *testing.T) {
	c, _ := open(t, ssh.Config{})
	ctx, cancel := context.WithCancel(limit(t, 20*time.Second))
	var out lines
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx, "printf half; sleep 60", "", &out) }()
	eventually(t, "half a line was shown", func() bool { return out.String() == "half" })
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestOutputKeepsTheStreamsApart(t *testing.T) {
	c, _ := open(t, ssh.Config{})
	ctx := limit(t, 20*time.Second)
	out, err := c.Output(ctx, "echo good; echo bad >&2; exit 4", "", nil)
	if string(out) != "good\n" || status(err) != 4 || !strings.HasSuffix(err.Error(), ": bad") {
		t.Errorf("%q, %v", out, err)
	}
	_, err = c.Output(ctx, "cat /nowhere/at/all; kill -USR1 $$", "", nil)
	if status(err) != 128+10 {
		t.Errorf("a signal gives %v", err)
	}
	if _, err = c.Output(ctx, "echo 'sh: x: Permission denied' >&2; exit 1", "", nil); !errors.Is(err, fs.ErrPermission) || status(err) != 1 {
		t.Errorf("a missing right is %v", err)
	}
	if _, err = c.Output(ctx, "echo a\x00b", "", nil); err == nil {
		t.Error("a NUL byte was sent in a script")
	}
}

func TestInputReachesTheScriptWhole(t *testing.T) {
	c, _ := open(t, ssh.Config{})
	ctx := limit(t, 30*time.Second)
	big := bytes.Repeat([]byte("\x00line\r\n'\"$\xff"), 100_000)
	out, err := c.Output(ctx, "cat", "", big)
	if err != nil || !bytes.Equal(out, big) {
		t.Errorf("%d of %d bytes came back: %v", len(out), len(big), err)
	}
	if out, err := c.Output(ctx, "read -r first; echo $first; exit 5", "", []byte("one\ntwo\n")); string(out) != "one\n" || status(err) != 5 {
		t.Errorf("a script that reads one line: %q, %v", out, err)
	}
	if _, err := c.Output(ctx, "exit 6", "", big); status(err) != 6 {
		t.Errorf("a script that reads nothing: %v", err)
	}
	if out, err := c.Output(ctx, "cat; echo .", "", nil); string(out) != ".\n" || err != nil {
		t.Errorf("a script with nothing to read: %q, %v", out, err)
	}
	long := "x=" + strings.Repeat("y", 1<<20) + "\necho ${#x}"
	if out, err := c.Output(ctx, long, "", nil); string(out) != "1048576\n" || err != nil {
		t.Errorf("a long script: %q, %v", out, err)
	}
}

// shells returns the shells that are here, by the name of the program.
func shells(names ...string) []string {
	var found []string
	for _, name := range names {
		if _, err := exec.LookPath(name); err == nil {
			found = append(found, name)
		}
	}
	return found
}

func TestScriptsRunUnderAnyLoginShellAndAnySh(t *testing.T) {
	const script = `set -eu
A='it'\''s'
cat
echo "$A" \\ ! $((1+1)) >&2
( exit 7 )`
	try := func(t *testing.T, c *ssh.Client) {
		ctx := limit(t, 30*time.Second)
		out, err := c.Output(ctx, script, "", []byte("some\n\x00thing"))
		if string(out) != "some\n\x00thing" || status(err) != 7 || !strings.HasSuffix(err.Error(), `it's \ ! 2`) {
			t.Errorf("with input: %q, %v", out, err)
		}
		var merged lines
		if err := c.Run(ctx, script, "", &merged); merged.String() != "it's \\ ! 2\n" || status(err) != 7 {
			t.Errorf("without: %q, %v", merged.String(), err)
		}
	}
	for _, shell := range shells("bash", "dash", "zsh", "mksh", "fish", "tcsh") {
		t.Run("the login shell is "+shell, func(t *testing.T) {
			t.Parallel()
			c, _ := open(t, ssh.Config{}, servertest.SSHDLines(`ForceCommand exec `+shell+` -c "$SSH_ORIGINAL_COMMAND"`))
			try(t, c)
		})
	}
	for _, shell := range shells("bash", "dash", "zsh", "mksh", "busybox") {
		t.Run("sh is "+shell, func(t *testing.T) {
			t.Parallel()
			path, err := exec.LookPath(shell)
			if err != nil {
				t.Fatal(err)
			}
			bin := t.TempDir()
			if err := os.Symlink(path, filepath.Join(bin, "sh")); err != nil {
				t.Fatal(err)
			}
			if shell == "busybox" { // its head reads ahead
				if err := os.Symlink(path, filepath.Join(bin, "head")); err != nil {
					t.Fatal(err)
				}
			}
			c, _ := open(t, ssh.Config{}, servertest.SSHDLines("SetEnv PATH="+bin+":/usr/bin:/bin:/usr/sbin"))
			try(t, c)
			endsAll(t, c, "")
		})
	}
}

// endsAll cancels stubborn commands and sees that nothing of them is left.
func endsAll(t *testing.T, c *ssh.Client, sudo string) {
	t.Helper()
	ctx := limit(t, 60*time.Second)
	dir, err := os.MkdirTemp("", "rota") // not t.TempDir: another user writes there
	if err == nil {
		err = os.Chmod(dir, 0o777)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	var all sync.WaitGroup
	for name, row := range map[string]struct {
		script string
		input  []byte
	}{
		"a tree":                      {script: "sleep 7771 & sleep 7771"},
		"one that ignores TERM":       {script: "trap '' TERM; sleep 7771; sleep 7771"},
		"one that has read its input": {script: "cat >/dev/null; sleep 7771", input: []byte("all of it")},
		"one that reads too slowly":   {script: "read -r x; sleep 7771; cat >/dev/null", input: bytes.Repeat([]byte("line\n"), 100_000)},
	} {
		all.Go(func() {
			started, unreached := filepath.Join(dir, name+" started"), filepath.Join(dir, name+" unreached")
			ctx, cancel := context.WithCancel(ctx)
			done := make(chan error, 1)
			go func() {
				_, err := c.Output(ctx, "ps -o pgid= -p $$ >'"+started+"'; "+row.script+"; touch '"+unreached+"'", sudo, row.input)
				done <- err
			}()
			var group string
			eventually(t, name+" has started", func() bool {
				b, _ := os.ReadFile(started)
				group = strings.TrimSpace(string(b))
				return group != ""
			})
			cancel()
			if err := <-done; !errors.Is(err, context.Canceled) || unknown(err) || status(err) >= 0 {
				t.Errorf("%s: ended with %v", name, err)
			}
			eventually(t, name+" has ended", func() bool { return len(inGroup(t, group)) == 0 })
			if _, err := os.Stat(unreached); err == nil {
				t.Errorf("%s: it went on", name)
			}
		})
	}
	all.Wait()
}

// inGroup returns the processes in a process group; sshd makes one for each
// command.
func inGroup(t *testing.T, group string) []string {
	t.Helper()
	if _, err := strconv.Atoi(group); err != nil {
		t.Errorf("%q is no process group", group)
		return nil
	}
	out, _ := exec.CommandContext(t.Context(), "ps", "-e", "-o", "pgid=,stat=,args=").Output()
	var found []string
	for line := range strings.Lines(string(out)) {
		if f := strings.Fields(line); len(f) > 2 && f[0] == group && !strings.HasPrefix(f[1], "Z") {
			found = append(found, line)
		}
	}
	return found
}

func TestACommandDoesNotOutliveALostConnection(t *testing.T) {
	c, s := open(t, ssh.Config{})
	var out lines
	done := make(chan error, 1)
	ctx := limit(t, 30*time.Second)
	go func() { done <- c.Run(ctx, "ps -o pgid= -p $$; echo started; sleep 7772; sleep 7772", "", &out) }()
	eventually(t, "the command started", func() bool { return strings.Contains(out.String(), "started") })
	s.Cut()
	if err := <-done; !unknown(err) || status(err) >= 0 {
		t.Errorf("a command whose connection was lost gives %v", err)
	}
	group := strings.Fields(out.String())[0]
	eventually(t, "it has ended", func() bool { return len(inGroup(t, group)) == 0 })
	if _, err := c.Output(ctx, "true", "", nil); err != nil {
		t.Errorf("the next use dials again, but: %v", err)
	}
}

func TestWhatIsLeftRunningIsNotWaitedFor(t *testing.T) {
	c, _ := open(t, ssh.Config{})
	ctx := limit(t, 30*time.Second)
	var out lines
	begun := time.Now()
	err := c.Run(ctx, "sleep 20 & echo $!; (sleep 0.2; echo late) & echo started", "", &out)
	if took := time.Since(begun); err != nil || took > 10*time.Second {
		t.Errorf("%v after %v", err, took)
	}
	if !strings.Contains(out.String(), "late") {
		t.Errorf("the output is %q", out.String())
	}
	sleep := strings.Fields(out.String())[0]
	if _, err := c.Output(ctx, "kill "+sleep, "", nil); err != nil {
		t.Errorf("a daemon does not survive the normal end of what started it: %v", err)
	}
}

func TestAWriterThatFailsIsTold(t *testing.T) {
	c, _ := open(t, ssh.Config{})
	full := errors.New("full")
	err := c.Run(limit(t, 20*time.Second), "echo some; echo more", "", writer(func([]byte) (int, error) { return 0, full }))
	if !errors.Is(err, full) {
		t.Errorf("the error is %v", err)
	}
}

type writer func([]byte) (int, error)

func (w writer) Write(b []byte) (int, error) { return w(b) }

func TestNothingIsDoneWhenTheContextHasEnded(t *testing.T) {
	c, _ := open(t, ssh.Config{})
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("why")
	cancel(why)
	_, dialled := c.DialContext(ctx, "tcp", "127.0.0.1:1")
	_, output := c.Output(ctx, "true", "", nil)
	for _, err := range []error{c.Connect(ctx), c.Run(ctx, "true", "", io.Discard), c.Upload(ctx, "run_test.go", "/nowhere", ""), dialled, output} {
		if !errors.Is(err, why) {
			t.Errorf("the error is %v", err)
		}
	}
	if c.Identity() != "" {
		t.Error("it has logged in")
	}
}

func TestAShellThatIsNoneIsToldFromACommandThatFailed(t *testing.T) {
	c, _ := open(t, ssh.Config{}, servertest.SSHDLines("ForceCommand echo This account is currently not available.; exit 1"))
	err := c.Run(limit(t, 20*time.Second), "true", "", io.Discard)
	if err == nil || status(err) >= 0 || unknown(err) || !strings.Contains(err.Error(), "currently not available") {
		t.Errorf("the error is %v", err)
	}
}

func TestNoiseOfTheLoginShellIsLeftOut(t *testing.T) {
	c, _ := open(t, ssh.Config{}, servertest.SSHDLines(`ForceCommand printf 'welcome\nto this'; exec sh -c "$SSH_ORIGINAL_COMMAND"`))
	out, err := c.Output(limit(t, 20*time.Second), "echo all", "", nil)
	if string(out) != "all\n" || err != nil {
		t.Errorf("%q, %v", out, err)
	}
}

func TestManyCommandsAtOnceOnOneConnection(t *testing.T) {
	c, s := open(t, ssh.Config{})
	ctx := limit(t, 60*time.Second)
	results := make(chan error)
	const n = 40
	for i := range n {
		go func() {
			out, err := c.Output(ctx, fmt.Sprintf("echo %d", i), "", nil)
			if err == nil && string(out) != fmt.Sprintf("%d\n", i) {
				err = fmt.Errorf("%d gave %q", i, out)
			}
			results <- err
		}()
	}
	for range n {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	if logins := strings.Count(s.Log(), "Accepted publickey"); logins != 1 {
		t.Errorf("%d logins", logins)
	}
}
