package cli_test

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"
	gossh "golang.org/x/crypto/ssh"

	"rota/internal/servertest"
)

// site is two servers, each on a real sshd of its own, behind a balancer that is
// driven by commands here.
type site struct {
	dir    string
	known  string // the known_hosts of whoever uses it, empty at first
	config string
	sshd   [2]*servertest.SSHServer
}

// newSite makes it. The step of a deploy becomes whom sudo names, and does not
// end while there is a file "hold".
func newSite(t *testing.T, sudo string, options ...servertest.SSHDOption) *site {
	t.Helper()
	if testing.Short() {
		t.Skip("it takes seconds and a real sshd")
	}
	s := &site{dir: t.TempDir()}
	s.known, s.config = filepath.Join(s.dir, "known_hosts"), filepath.Join(s.dir, "ssh_config")
	for i := range s.sshd {
		s.sshd[i] = servertest.SSHD(t, options...)
	}
	s.identify(t, s.sshd[0].Key, s.sshd[1].Key)
	for _, name := range []string{"web1", "web2"} {
		s.write(t, name+".version", "1")
		s.write(t, name+".state", "in sessions=0")
	}
	s.write(t, "inventory.yaml", fmt.Sprintf(`app: shop
record: %[1]s/record
ssh: {config: %[1]s/ssh_config, sudo_password: ask}
servers:
  - {name: "web{1..2}", address: "127.0.0.1:{1..2}"}
balancers:
  - name: lb1
    exec:
      state: cat %[1]s/"$ROTA_SERVER".state
      out: echo out sessions=0 >%[1]s/"$ROTA_SERVER".state
      in: echo in sessions=0 >%[1]s/"$ROTA_SERVER".state
deploy:
  steps: [{run: 'while [ -e %[1]s/hold ]; do sleep 0.1; done; echo "$ROTA_VERSION" >%[1]s/"$ROTA_SERVER".version'%[2]s}]
  version: cat %[1]s/"$ROTA_SERVER".version
health: none
rollout: {soak: 0s, min_in_rotation: 0}
`, s.dir, sudo))
	return s
}

// identify writes the ssh_config: the keys to log in with, and a known_hosts of
// its own.
func (s *site) identify(t *testing.T, keys ...string) {
	t.Helper()
	var b strings.Builder
	for i, sshd := range s.sshd {
		host, port, _ := strings.Cut(sshd.Addr, ":")
		fmt.Fprintf(&b, "Host web%d\n HostName %s\n Port %s\n", i+1, host, port)
	}
	fmt.Fprintf(&b, "Host *\n User %s\n IdentitiesOnly yes\n IdentityAgent none\n UserKnownHostsFile %s\n GlobalKnownHostsFile none\n UpdateHostKeys no\n",
		s.sshd[0].User, s.known)
	for _, key := range keys {
		fmt.Fprintf(&b, " IdentityFile %s\n", key)
	}
	s.write(t, "ssh_config", b.String())
}

// trusts makes the host keys known.
func (s *site) trusts(t *testing.T) {
	t.Helper()
	var b strings.Builder
	for _, sshd := range s.sshd {
		host, port, _ := strings.Cut(sshd.Addr, ":")
		fmt.Fprintf(&b, "[%s]:%s %s\n", host, port, sshd.HostKeys[0])
	}
	s.write(t, "known_hosts", b.String())
}

// fingerprint is that of the host key of a server.
func (s *site) fingerprint(t *testing.T, i int) string {
	t.Helper()
	key, _, _, _, err := gossh.ParseAuthorizedKey([]byte(s.sshd[i].HostKeys[0]))
	if err != nil {
		t.Fatal(err)
	}
	return gossh.FingerprintSHA256(key)
}

func (s *site) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (s *site) read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(s.dir, name))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(b))
}

// holds reports whether a text stands in any file that rota has written.
func (s *site) holds(t *testing.T, text string) bool {
	t.Helper()
	found := false
	for _, dir := range []string{"record", "state"} {
		_ = filepath.WalkDir(filepath.Join(s.dir, dir), func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			b, err := os.ReadFile(path)
			found = found || bytes.Contains(b, []byte(text))
			return err
		})
	}
	return found
}

// env is what rota is started with.
func (s *site) env() []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + s.dir, "XDG_STATE_HOME=" + filepath.Join(s.dir, "state"),
		"TERM=xterm-256color", "LC_ALL=C.UTF-8", "ROTA_INVENTORY=" + filepath.Join(s.dir, "inventory.yaml"),
	}
}

// screen is rota at a real terminal.
type screen struct {
	t    *testing.T
	vt   *vt.SafeEmulator
	tty  *os.File
	cmd  *exec.Cmd
	done chan struct{}

	mu  sync.Mutex
	all bytes.Buffer // everything that was ever sent to the terminal
}

// open starts rota on a screen of the usual size.
func (s *site) open(t *testing.T, args ...string) *screen {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	x := &screen{t: t, vt: vt.NewSafeEmulator(80, 24), done: make(chan struct{})}
	x.cmd = exec.Command(self, args...)
	x.cmd.Args[0] = "rota" // which TestMain knows
	x.cmd.Env = s.env()
	if x.tty, err = pty.StartWithSize(x.cmd, &pty.Winsize{Rows: 24, Cols: 80}); err != nil {
		t.Fatal(err)
	}
	var copies sync.WaitGroup
	copies.Go(func() { _, _ = io.Copy(x.tty, x.vt) }) // what a terminal answers
	copies.Go(func() { _, _ = io.Copy(x, x.tty) })
	go func() { _ = x.cmd.Wait(); close(x.done) }()
	t.Cleanup(func() {
		_ = x.cmd.Process.Kill()
		<-x.done
		_ = x.vt.InputPipe().(io.Closer).Close()
		_ = x.tty.Close()
		copies.Wait()
	})
	return x
}

func (x *screen) Write(b []byte) (int, error) {
	x.mu.Lock()
	x.all.Write(b)
	x.mu.Unlock()
	return x.vt.Write(b)
}

// told reports whether a text was ever sent to the terminal.
func (x *screen) told(text string) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return bytes.Contains(x.all.Bytes(), []byte(text))
}

func (x *screen) text() string { return ansi.Strip(x.vt.Render()) }

// sees waits until all of the texts are on the screen at once. How many blanks
// stand between words, and where a line ends, does not count.
func (x *screen) sees(texts ...string) {
	x.t.Helper()
	x.until(fmt.Sprintf("see %q", texts), func(words string) bool {
		for _, text := range texts {
			if !strings.Contains(words, text) {
				return false
			}
		}
		return true
	})
}

// hides waits until a text is on the screen no more.
func (x *screen) hides(text string) {
	x.t.Helper()
	x.until(fmt.Sprintf("see no %q", text), func(words string) bool { return !strings.Contains(words, text) })
}

func (x *screen) until(what string, ok func(words string) bool) {
	x.t.Helper()
	for end := time.Now().Add(time.Minute); !ok(strings.Join(strings.Fields(x.text()), " ")); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			x.t.Fatalf("waited in vain to %s:\n%s", what, x.text())
		}
	}
}

func (x *screen) types(text string) {
	x.t.Helper()
	if _, err := io.WriteString(x.tty, text); err != nil {
		x.t.Fatal(err)
	}
}

// pastes what a terminal with bracketed paste sends.
func (x *screen) pastes(text string) { x.types("\x1b[200~" + text + "\x1b[201~") }

// chooses takes a choice by its key and confirms it, each once it is live.
func (x *screen) chooses(key, word string) {
	x.t.Helper()
	x.sees(key + " " + word)
	x.types(key)
	x.sees("y yes")
	x.types("y")
}

// declines takes a choice that does nothing, which wants no yes.
func (x *screen) declines(key, word string) {
	x.t.Helper()
	x.sees(key + " " + word)
	x.types(key)
}

// closes closes the panel that is read.
func (x *screen) closes() {
	x.t.Helper()
	x.sees("esc closes")
	x.types("\x1b")
	x.hides("esc closes")
}

// ends waits for the end of rota and returns its exit status.
func (x *screen) ends() int {
	x.t.Helper()
	select {
	case <-x.done:
		return x.cmd.ProcessState.ExitCode()
	case <-time.After(30 * time.Second):
		x.t.Fatalf("rota does not end:\n%s", x.text())
		return 0
	}
}
