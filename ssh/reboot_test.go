package ssh_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"rota/internal/servertest"
	"rota/ssh"
)

// machine is a real sshd with a boot id of the test's own, whose commands that
// ask for a reboot are the test's too.
type machine struct {
	*ssh.Client
	t      *testing.T
	server *servertest.SSHServer
	bin    string
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	m := &machine{t: t, bin: t.TempDir()}
	m.command("cat", `case $1 in /proc/*/boot_id) set -- `+m.bin+`/boot ;; esac; exec /bin/cat "$@"`)
	for _, name := range []string{"systemctl", "shutdown", "reboot"} {
		m.command(name, "echo "+name+" cannot >&2; exit 1")
	}
	m.boots("first")
	m.Client, m.server = open(t, ssh.Config{}, servertest.SSHDLines("SetEnv PATH="+m.bin+":/usr/bin:/bin"))
	m.safe()
	return m
}

// safe ends the test where a reboot would be that of this machine.
func (m *machine) safe() {
	m.t.Helper()
	out, err := m.Output(limit(m.t, 20*time.Second), "command -v systemctl; command -v shutdown; command -v reboot", "", nil)
	want := fmt.Sprintf("%[1]s/systemctl\n%[1]s/shutdown\n%[1]s/reboot\n", m.bin)
	if err != nil || string(out) != want {
		m.t.Fatalf("the commands that reboot are not the test's: %s, %v", out, err)
	}
}

// command writes a program of the machine.
func (m *machine) command(name, script string) {
	m.t.Helper()
	if err := os.WriteFile(filepath.Join(m.bin, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
		m.t.Fatal(err)
	}
}

// boots sets what the machine tells of its boot.
func (m *machine) boots(id string) {
	m.t.Helper()
	if err := os.WriteFile(filepath.Join(m.bin, "boot"), []byte(id+"\n"), 0o600); err != nil {
		m.t.Fatal(err)
	}
}

// asked counts how often a reboot was asked for.
func (m *machine) asked() int {
	b, _ := os.ReadFile(filepath.Join(m.bin, "asked"))
	return strings.Count(string(b), "\n")
}

// whenAsked does something once, when a reboot was asked for.
func (m *machine) whenAsked(do func()) {
	m.t.Helper()
	var wg sync.WaitGroup
	wg.Go(func() {
		eventually(m.t, "a reboot was asked for", func() bool { return m.asked() > 0 })
		do()
	})
	m.t.Cleanup(wg.Wait)
}

const asks = `echo "$0 $*" >>${0%/*}/asked`

func TestARebootIsOverWhenTheMachineHasAnotherBoot(t *testing.T) {
	for name, row := range map[string]struct {
		command, script string
	}{
		"where systemd is":                       {"systemctl", `[ "$*" = reboot ] && ` + asks},
		"where it is not":                        {"shutdown", `[ "$*" = "-r now" ] && ` + asks},
		"by the last that there is":              {"reboot", asks},
		"although the command never comes back":  {"reboot", asks + "; sleep 300"},
		"although the command is ended with all": {"reboot", asks + "; kill -KILL 0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t)
			m.command(row.command, row.script)
			ctx := limit(t, 60*time.Second)
			before, err := m.Boot(ctx)
			if err != nil || before != "first" {
				t.Fatalf("boot %q, %v", before, err)
			}
			m.whenAsked(func() {
				// It is still there for a while, goes, and comes back.
				m.server.Cut()
				time.Sleep(time.Second)
				m.server.Stop()
				time.Sleep(time.Second)
				m.boots("second")
				if err := m.server.Again(ctx); err != nil {
					t.Error(err)
				}
			})
			if err := m.Reboot(ctx, before, ""); err != nil {
				t.Error(err)
			}
			if boot, err := m.Boot(ctx); boot != "second" || err != nil {
				t.Errorf("it was taken as back with boot %q, %v", boot, err)
			}
			if err := m.Reboot(ctx, before, ""); err != nil {
				t.Errorf("once more: %v", err)
			}
			if m.asked() != 1 {
				t.Errorf("it was asked %d times", m.asked())
			}
		})
	}
}

func TestARebootThatDoesNotComeAboutSaysHowItStands(t *testing.T) {
	for name, row := range map[string]struct {
		prepare func(m *machine)
		want    string
	}{
		"the machine stays up": {func(*machine) {}, "still up with the same boot after "},
		"it stays away":        {func(m *machine) { m.server.Stop() }, "did not come back within "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t)
			m.command("reboot", asks)
			m.whenAsked(func() { row.prepare(m) })
			err := m.Reboot(limit(t, 8*time.Second), "first", "")
			if err == nil || status(err) >= 0 || !strings.HasPrefix(err.Error(), row.want) {
				t.Errorf("the error is %v", err)
			}
		})
	}
	t.Run("it is not waited for any more", func(t *testing.T) {
		t.Parallel()
		m := newMachine(t)
		m.command("reboot", asks)
		ctx, cancel := context.WithCancelCause(t.Context())
		why := errors.New("why")
		m.whenAsked(func() { cancel(why) })
		if err := m.Reboot(ctx, "first", ""); !errors.Is(err, why) {
			t.Errorf("the error is %v", err)
		}
	})
}

func TestARebootThatIsRefusedSaysSoAtOnce(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.command("systemctl", "echo Interactive authentication required. >&2; exit 1")
	err := m.Reboot(limit(t, 20*time.Second), "first", "")
	if status(err) != 1 || unknown(err) {
		t.Errorf("the error is %v", err)
	}
	for _, said := range []string{"Interactive authentication required.", "shutdown cannot", "reboot cannot"} {
		if !strings.Contains(err.Error(), said) {
			t.Errorf("%v does not tell %q", err, said)
		}
	}
}

func TestARebootUnderSudoIsThatUsers(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.command("sudo", `[ "$1 $2 $3 $4 $5" = "-n -H -u root --" ] || exit 9; shift 5; ASKED=1 exec "$@"`)
	m.command("reboot", `[ "$ASKED" ] && `+asks)
	ctx := limit(t, 30*time.Second)
	m.whenAsked(func() { m.boots("second") })
	if err := m.Reboot(ctx, "first", "root"); err != nil || m.asked() != 1 {
		t.Errorf("asked %d times, %v", m.asked(), err)
	}
}

func TestABootIsToldWhereThereIsNoProc(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.command("cat", "exit 1")
	m.command("sysctl", "exit 1")
	m.command("who", `[ "$*" = -b ] && echo "  system boot  2026-01-02 03:04"`)
	ctx := limit(t, 20*time.Second)
	if boot, err := m.Boot(ctx); boot != "system-boot-2026-01-02-03:04" || err != nil {
		t.Errorf("%q, %v", boot, err)
	}
	m.command("who", "exit 0")
	if boot, err := m.Boot(ctx); err == nil || boot != "" {
		t.Errorf("nobody tells, and it is %q", boot)
	}
}
