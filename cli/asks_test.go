package cli_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"rota/internal/servertest"
)

const (
	esc   = "\x1b"
	enter = "\r"
)

func TestUnknownHostKeysAreAnsweredOnTheScreen(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	x := s.open(t)
	x.sees("trust the host keys of web1, web2?", s.fingerprint(t, 0), s.fingerprint(t, 1), "web1 ([127.0.0.1]:", "WAITING FOR YOU")
	x.declines("N", "no")
	x.sees("host key not accepted", "left unknown")
	if known := s.read(t, "known_hosts"); known != "" {
		t.Errorf("a no was kept: %s", known)
	}
	x.types("r")
	x.chooses("T", "trust")
	x.sees("web1 ✓ healthy", "web2 ✓ healthy")
	for _, name := range []string{"web1", "web2"} {
		out, err := exec.CommandContext(t.Context(), "ssh", "-F", s.config, "-o", "StrictHostKeyChecking=yes", name, "true").CombinedOutput()
		if err != nil {
			t.Errorf("ssh does not know %s now: %v: %s", name, err, out)
		}
	}
	x.types("q")
	if status := x.ends(); status != 0 {
		t.Errorf("exit status %d", status)
	}
}

func TestAChangedHostKeyCannotBeAccepted(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	_, port, _ := strings.Cut(s.sshd[1].Addr, ":")
	_, first, _ := strings.Cut(s.sshd[0].Addr, ":")
	s.write(t, "known_hosts", "[127.0.0.1]:"+first+" "+s.sshd[0].HostKeys[0]+"\n[127.0.0.1]:"+port+" "+s.sshd[0].HostKeys[0]+"\n")
	x := s.open(t)
	x.sees("web1 ✓ healthy", "▸ web2 ✗ sick", "host key has")
	x.types("i")
	x.sees("the host key has changed", s.fingerprint(t, 1), "known_hosts:2", "ssh-keygen -f", "-R '[127.0.0.1]:"+port+"'")
	if strings.Contains(x.text(), "trust") {
		t.Errorf("it can be accepted:\n%s", x.text())
	}
	x.closes()
	x.types("D")
	x.sees("deploy which version?")
	x.types("2" + enter)
	x.sees("no plan can be made of 2", "the host key has changed", "nothing was touched")
	if strings.Contains(x.text(), "trust") {
		t.Errorf("it can be accepted:\n%s", x.text())
	}
}

// lock makes the site's one key one with a passphrase.
func (s *site) lock(t *testing.T, passphrase string) {
	t.Helper()
	file := filepath.Join(s.dir, "locked")
	out, err := exec.CommandContext(t.Context(), "ssh-keygen", "-q", "-t", "ed25519", "-a", "1", "-N", passphrase, "-C", "", "-f", file).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, sshd := range s.sshd {
		if err := os.WriteFile(filepath.Join(sshd.Dir, "authorized_keys"), []byte(s.read(t, "locked.pub")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s.identify(t, file)
}

func TestAPassphraseIsAnsweredOnTheScreen(t *testing.T) {
	t.Parallel()
	servertest.Need(t, "ssh-keygen")
	const passphrase = "pässword 길"
	s := newSite(t, "")
	s.trusts(t)
	s.lock(t, passphrase)
	x := s.open(t)

	x.sees("passphrase of", "type it:", "WAITING FOR YOU")
	x.types(enter) // gives nothing
	x.sees("type it first")
	x.types(esc)
	x.sees("give it up", "y yes")
	x.types("y")
	x.sees("web1 ✗ sick", "web2 ✗ sick")
	x.types("i")
	x.sees("not let in: passphrase of", "locked: not given")
	x.closes()

	x.types("r")
	x.sees("type it:")
	x.types("wr0ng")
	x.sees("type it: *****")
	x.types(enter)
	x.sees("that passphrase was wrong: 2 of 3 tries left", "type it:")
	x.pastes(passphrase + "\n")
	x.sees("type it: **********")
	x.types(enter)
	x.sees("web1 ✓ healthy", "web2 ✓ healthy", "IDLE")
	if x.told("wr0ng") || x.told("ssword") || s.holds(t, "ssword") {
		t.Error("it was shown, or kept")
	}
}

// askingSudo is a sudo that wants what stands in the file "password" of a
// folder, as the real one does with -S.
func askingSudo(t *testing.T) (dir string, option servertest.SSHDOption) {
	t.Helper()
	dir = t.TempDir()
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
  [ "$password" = "$(cat DIR/password)" ] && exec "$@"
  echo "Sorry, try again." >&2
done
exit 1
`
	if err := os.WriteFile(filepath.Join(dir, "sudo"), []byte(strings.ReplaceAll(script, "DIR", dir)), 0o755); err != nil {
		t.Fatal(err)
	}
	return dir, servertest.SSHDLines("SetEnv PATH=" + dir + ":/usr/bin:/bin")
}

func TestSudosPasswordIsAnsweredOnTheScreen(t *testing.T) {
	t.Parallel()
	dir, option := askingSudo(t)
	set := func(password string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, "password"), []byte(password), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	set("s3cret-one")
	s := newSite(t, ", sudo: true", option)
	s.trusts(t)
	x := s.open(t, "deploy", "2")

	// Before anything is done, also before the plan is confirmed.
	x.sees("sudo password of", "on web1", "type it:", "WAITING FOR YOU")
	x.types("n0pe" + enter)
	x.sees("that password was wrong: 2 of 3 tries left", "type it:")
	x.types("s3cret-one" + enter)
	x.chooses("C", "continue")
	x.sees("go on with batch 2")
	if got := s.read(t, "web1.version"); got != "2" {
		t.Errorf("web1 runs %s", got)
	}

	// In the middle of a run, where the password that was right is right no more.
	set("s3cret-two")
	x.chooses("C", "continue")
	x.sees("that password was wrong: 2 of 3 tries left", "type it:", "▲ deploying")
	x.types(esc)
	x.sees("give it up", "y yes")
	x.types("y")
	x.sees("web2 has failed", "sudo: password: not given")
	x.chooses("T", "retry")
	x.sees("sudo password of", "type it:")
	x.types("s3cret-two" + enter)
	x.sees("DONE")
	if got := s.read(t, "web2.version"); got != "2" {
		t.Errorf("web2 runs %s", got)
	}
	x.types("q")
	if status := x.ends(); status != 0 {
		t.Errorf("exit status %d", status)
	}
	for _, secret := range []string{"n0pe", "s3cret"} {
		if x.told(secret) || s.holds(t, secret) {
			t.Errorf("%s was shown, or kept", secret)
		}
	}
	if !s.holds(t, "sudo: password: not given") {
		t.Error("nothing was kept where it was looked for")
	}
}

// Who gives sudo's password up before the run has begun has touched nothing.
func TestSudosPasswordCanBeRefused(t *testing.T) {
	t.Parallel()
	_, option := askingSudo(t)
	s := newSite(t, ", sudo: true", option)
	s.trusts(t)
	x := s.open(t, "deploy", "2")
	x.sees("type it:")
	x.types(esc)
	x.sees("y yes")
	x.types("y")
	if status := x.ends(); status != 1 {
		t.Errorf("exit status %d", status)
	}
	x.sees("web1: become root for a step: sudo: password: not given", "nothing was touched")
	if got := s.read(t, "web1.state") + s.read(t, "web1.version"); got != "in sessions=01" {
		t.Errorf("web1 is %s", got)
	}
}
