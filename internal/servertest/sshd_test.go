package servertest_test

import (
	"os/exec"
	"strings"
	"testing"

	"rota/internal/servertest"
)

func TestSSHDLetsOpenSSHInByAnyName(t *testing.T) {
	s := servertest.SSHD(t, servertest.SSHDLines("SetEnv WHERE=there"))
	for _, name := range []string{"web1", "lb1.example.com"} {
		out, err := exec.CommandContext(t.Context(), "ssh", "-F", s.Config, "-o", "BatchMode=yes", name, "echo $WHERE").CombinedOutput()
		if err != nil || string(out) != "there\n" {
			t.Errorf("ssh %s: %v: %s\n%s", name, err, out, s.Log())
		}
	}
}

func TestCutBreaksTheConnectionsAndSparesTheServer(t *testing.T) {
	s := servertest.SSHD(t)
	config := servertest.Names(t, map[string]*servertest.SSHServer{"web1": s})
	cut := exec.CommandContext(t.Context(), "ssh", "-F", config, "web1", "echo up; exec cat")
	stdin, err := cut.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stdin.Close() }()
	out, err := cut.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cut.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 3)); err != nil {
		t.Fatal(err)
	}
	s.Cut()
	if err := cut.Wait(); err == nil || !strings.Contains(err.Error(), "255") {
		t.Errorf("ssh ended with %v, not with a lost connection", err)
	}
	if out, err := exec.CommandContext(t.Context(), "ssh", "-F", config, "web1", "true").CombinedOutput(); err != nil {
		t.Errorf("the next connection: %v: %s", err, out)
	}
}
