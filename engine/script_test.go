package engine

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"rota/inventory"
	"rota/rollout"
)

// app makes the names of pid files of one test.
func app(t *testing.T) string {
	t.Helper()
	return strings.ReplaceAll(t.Name(), "/", "-") + strconv.Itoa(os.Getpid())
}

// shell runs a script as sshd does: in a session, and so a process group, of its own.
func shell(t *testing.T, script string) (out string, err error) {
	t.Helper()
	cmd := started(t, script)
	buf := cmd.Stdout.(*bytes.Buffer)
	err = cmd.Wait()
	return buf.String(), err
}

func started(t *testing.T, script string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", "-s")
	var out bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(script), &out, &out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Env = append(os.Environ(), "LEFT_BY_SSHD=1")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd
}

func status(err error) int {
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode()
	}
	return 0
}

func TestACommandRunsUnderShWithItsVariables(t *testing.T) {
	tests := []struct {
		name, command, want string
		status              int
	}{
		{"a variable with every kind of quote", `printf %s "$ROTA_VERSION"`, "it's \"2\" $HOME `x` \\", 0},
		{"a variable that has no value ends it", `echo "$ROTA_PREVIOUS"; echo on`, "unset", 2},
		{"the first failure ends it", "false\necho on", "", 1},
		{"a failure in the middle of several lines", "echo a\n(exit 7)\necho b", "a\n", 7},
		{"an exit of its own is its status", "echo a; exit 3", "a\n", 3},
		{"exec does not keep the pid file", "exec sh -c 'exit 4'", "", 4},
		{"a here document", "cat <<END\na $ROTA_SERVER\nEND", "a web1\n", 0},
		{"a comment at its end", "echo a # done", "a\n", 0},
		{"what the session gives is there", "echo $LEFT_BY_SSHD", "1\n", 0},
		{"a condition that fails is no failure", "if false; then echo a; fi; false || echo b", "b\n", 0},
		{"a name of ours is not in its way", `echo "${d-free} ${f-free}"; start 2>/dev/null || echo no`, "free free\nno\n", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			vars := []inventory.Var{{Name: "ROTA_VERSION", Value: "it's \"2\" $HOME `x` \\"}, {Name: "ROTA_SERVER", Value: "web1"}}
			out, err := shell(t, stepScript(app(t), "web1/step1", vars, tt.command))
			if status(err) != tt.status {
				t.Errorf("exit status %d, want %d: %s", status(err), tt.status, out)
			}
			if out != tt.want && (tt.want != "unset" || !strings.Contains(out, "ROTA_PREVIOUS") || strings.Contains(out, "on\n")) {
				t.Errorf("it printed %q, want %q", out, tt.want)
			}
			if files, _ := filepath.Glob("/var/tmp/rota-steps-*/" + app(t) + "*"); len(files) > 0 {
				t.Errorf("it left %q", files)
			}
		})
	}
}

func TestEndScriptEndsAStepWithAllThatItStarted(t *testing.T) {
	for name, command := range map[string]string{
		"a command that waits for a child":     "sleep 300 & sleep 300; echo on",
		"a command that does not want to":      "trap '' TERM; sleep 300; sleep 300",
		"a command that became another":        "exec sleep 300",
		"a child that lives in the same group": "(sleep 300) & wait",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := started(t, stepScript(app(t), "web1/step1", nil, command))
			other := started(t, stepScript(app(t), "web2/step1", nil, "sleep 300"))
			eventually(t, func() bool {
				files, _ := filepath.Glob("/var/tmp/rota-steps-*/" + app(t) + "*")
				return len(files) == 2
			})
			ended := make(chan error, 1)
			go func() { ended <- cmd.Wait() }()
			out, err := shell(t, endScript(app(t), "web1/step1"))
			if err != nil || out != "ended\n" {
				t.Errorf("%q, %v", out, err)
			}
			if err := <-ended; err == nil {
				t.Error("it ended well")
			}
			if err := syscall.Kill(-cmd.Process.Pid, 0); !errors.Is(err, syscall.ESRCH) {
				t.Errorf("its group is still there: %v", err)
			}
			if err := other.Process.Signal(syscall.Signal(0)); err != nil {
				t.Errorf("another step was ended with it: %v", err)
			}
			go func() { ended <- other.Wait() }()
			if out, err := shell(t, endScript(app(t), "web2/step1")); err != nil || out != "ended\n" {
				t.Errorf("the other: %q, %v", out, err)
			}
			if err := <-ended; err == nil {
				t.Error("the other ended well")
			}
		})
	}
}

func TestEndScriptLeavesAloneWhatIsNotTheStep(t *testing.T) {
	if out, err := shell(t, endScript(app(t), "web1/step1")); err != nil || out != "" {
		t.Errorf("a step that never ran: %q, %v", out, err)
	}
	// A pid that was used again: the process is not the one that wrote the file.
	innocent := started(t, "exec sleep 300")
	defer func() { _ = innocent.Process.Kill(); _ = innocent.Wait() }()
	for name, line := range map[string]string{
		"another start time": strconv.Itoa(innocent.Process.Pid) + " 12345",
		"no start time":      strconv.Itoa(innocent.Process.Pid) + " ",
		"nothing":            "",
	} {
		folder := "/var/tmp/rota-steps-" + strconv.Itoa(os.Getuid())
		if err := os.WriteFile(filepath.Join(folder, app(t)+".web1_step1.pid"), []byte(line+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := shell(t, endScript(app(t), "web1/step1")); err != nil || out != "" {
			t.Errorf("%s: %q, %v", name, out, err)
		}
		if err := innocent.Process.Signal(syscall.Signal(0)); err != nil {
			t.Errorf("%s: an innocent process was ended", name)
		}
	}
}

func TestTwoStepsNeverShareAPidFile(t *testing.T) {
	seen := map[string]rollout.StepID{}
	for _, id := range []rollout.StepID{"web1/step1", "web1/step2", "web1/step11", "~web1/step1", "+prepare1/web1", "+finish1/web1", "web2/step1"} {
		file := pidFileOf.FindStringSubmatch(pidFile("shop", id))[1]
		if other, ok := seen[file]; ok || strings.ContainsAny(file, "/ ") {
			t.Errorf("%s has the file %q, as %s", id, file, other)
		}
		seen[file] = id
	}
}

// eventually waits until ok is true.
func eventually(t *testing.T, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it did not come about")
		}
	}
}

func TestLinesCutsAStreamIntoLines(t *testing.T) {
	long := strings.Repeat("x", longestLine)
	tests := []struct {
		name   string
		writes []string
		want   []string
	}{
		{"lines in one write", []string{"a\nb\n"}, []string{"a", "b"}},
		{"a line in several writes", []string{"a", "b", "c\n"}, []string{"abc"}},
		{"a last line without an end", []string{"a\nb"}, []string{"a", "b"}},
		{"empty lines", []string{"\n\na\n"}, []string{"", "", "a"}},
		{"a line without end is cut", []string{long + "yz\n"}, []string{long + "yz"}},
		{"a line that grows without end is cut", []string{long, "y\n"}, []string{long, "y"}},
		{"nothing", nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			l := &lines{emit: func(s string) { got = append(got, s) }}
			for _, w := range tt.writes {
				if n, err := l.Write([]byte(w)); n != len(w) || err != nil {
					t.Fatalf("%d, %v", n, err)
				}
			}
			l.flush()
			if strings.Join(got, "|") != strings.Join(tt.want, "|") || len(got) != len(tt.want) {
				t.Errorf("%d lines, want %d: %.60q", len(got), len(tt.want), got)
			}
		})
	}
}
