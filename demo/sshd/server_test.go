package sshd_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/pkg/sftp"
	gossh "golang.org/x/crypto/ssh"

	"rota/demo/sshd"
)

// site is a server, a client that is logged in, and the groups that were told.
type site struct {
	*gossh.Client
	server *sshd.Server
	dir    string

	mu           sync.Mutex
	began, ended []int
}

func signer(t *testing.T) gossh.Signer {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s, err := gossh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func open(t *testing.T) *site {
	t.Helper()
	listen, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	host, user := signer(t), signer(t)
	s := &site{dir: t.TempDir()}
	s.server = sshd.Start(listen, sshd.Options{
		Dir: s.dir, Env: []string{"PATH=" + os.Getenv("PATH"), "PS1=ready> "}, HostKey: host, User: user.PublicKey(),
		Began: func(g int) { s.mu.Lock(); s.began = append(s.began, g); s.mu.Unlock() },
		Ended: func(g int) { s.mu.Lock(); s.ended = append(s.ended, g); s.mu.Unlock() },
	})
	t.Cleanup(s.server.Close)
	dial := func(key gossh.Signer) (*gossh.Client, error) {
		return gossh.Dial("tcp", s.server.Addr().String(), &gossh.ClientConfig{
			User: "deploy", Auth: []gossh.AuthMethod{gossh.PublicKeys(key)}, HostKeyCallback: gossh.FixedHostKey(host.PublicKey()),
		})
	}
	if _, err := dial(signer(t)); err == nil {
		t.Fatal("a stranger's key was let in")
	}
	if s.Client, err = dial(user); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// run runs one command to its end.
func (s *site) run(t *testing.T, line, stdin string) (stdout, stderr string, err error) {
	t.Helper()
	session, err := s.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = session.Close() }()
	var o, e bytes.Buffer
	session.Stdout, session.Stderr = &o, &e
	in, err := session.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := session.Start(line); err != nil {
		return "", "", err
	}
	// A command may end without having read its input: only its own end counts.
	var fed sync.WaitGroup
	fed.Go(func() {
		_, _ = io.WriteString(in, stdin)
		_ = in.Close()
	})
	err = session.Wait()
	fed.Wait()
	return o.String(), e.String(), err
}

// start begins a command, and returns the first line that it prints as a number.
func (s *site) start(t *testing.T, line string) (session *gossh.Session, number int) {
	t.Helper()
	session, err := s.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	out, err := session.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := session.StdinPipe(); err != nil { // left open
		t.Fatal(err)
	}
	if err := session.Start(line); err != nil {
		t.Fatal(err)
	}
	var text []byte
	for b := make([]byte, 1); !bytes.HasSuffix(text, []byte("\n")); text = append(text, b...) {
		if _, err := io.ReadFull(out, b); err != nil {
			t.Fatal(err)
		}
	}
	number, err = strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return session, number
}

// gone tells whether a process has ended, be it that nobody has buried it yet.
func gone(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return true
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && bytes.Contains(stat, []byte(") Z "))
}

// eventually waits until something is so.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not so after five seconds", what)
		}
	}
}

func TestCommands(t *testing.T) {
	s := open(t)
	if err := os.WriteFile(filepath.Join(s.dir, "file"), []byte("here"), 0o600); err != nil {
		t.Fatal(err)
	}
	rows := []struct {
		what, line, stdin string
		stdout, stderr    string
		status            int
		signal            string
	}{
		{"output", "echo a; echo b >&2", "", "a\n", "b\n", 0, ""},
		{"input, and its end", "cat; echo end", "text\n", "text\nend\n", "", 0, ""},
		{"the working directory", "cat file", "", "here", "", 0, ""},
		{"home", "cat ~/file", "", "here", "", 0, ""},
		{"a status", "exit 3", "", "", "", 3, ""},
		{"a signal", "kill -9 $$", "", "", "", 137, "KILL"},
		{"a background child that holds no output", "sleep 1 >/dev/null 2>&1 </dev/null & echo started", "", "started\n", "", 0, ""},
		{"a session of its own", `test "$(ps -o pgid= -p $$ | tr -d ' ')" = $$ && echo leader`, "", "leader\n", "", 0, ""},
		{"input that is not read", "exit 0", strings.Repeat("x", 1<<20), "", "", 0, ""},
		{"much output", "head -c 3000000 /dev/zero | wc -c", "", "3000000\n", "", 0, ""},
	}
	for _, row := range rows {
		t.Run(row.what, func(t *testing.T) {
			stdout, stderr, err := s.run(t, row.line, row.stdin)
			status, signal := 0, ""
			if exit := (*gossh.ExitError)(nil); errors.As(err, &exit) {
				status, signal = exit.ExitStatus(), exit.Signal()
			} else if err != nil {
				t.Fatal(err)
			}
			if strings.TrimLeft(stdout, " ") != row.stdout || stderr != row.stderr || status != row.status || signal != row.signal {
				t.Errorf("got %q, %q, %d, %q", stdout, stderr, status, signal)
			}
		})
	}
	eventually(t, "all commands are told to have begun and ended", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return len(s.began) == len(rows) && len(s.ended) == len(rows)
	})
}

func TestEnvironmentIsTheServersAndALittleOfTheClients(t *testing.T) {
	t.Setenv("ROTA_TEST_LEAK", "leak")
	s := open(t)
	session, err := s.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	if err := session.Setenv("LC_FOO", "yes"); err != nil {
		t.Error(err)
	}
	if err := session.Setenv("RELEASE", "no"); err == nil {
		t.Error("any variable is taken")
	}
	out, err := session.Output(`echo "$HOME ${LC_FOO-} ${RELEASE-} ${ROTA_TEST_LEAK-}"`)
	if want := s.dir + " yes  \n"; err != nil || string(out) != want {
		t.Errorf("got %q, %v; want %q", out, err, want)
	}
}

func TestSignalReachesTheWholeGroup(t *testing.T) {
	s := open(t)
	session, child := s.start(t, "sleep 60 & echo $!; wait")
	if err := session.Signal(gossh.SIGTERM); err != nil {
		t.Fatal(err)
	}
	exit := (*gossh.ExitError)(nil)
	if err := session.Wait(); !errors.As(err, &exit) || exit.Signal() != "TERM" {
		t.Errorf("got %v, want TERM", err)
	}
	eventually(t, "the child is gone", func() bool { return gone(child) })
}

func TestALostConnectionClosesThePipesAndKillsNobody(t *testing.T) {
	s := open(t)
	_, sleeper := s.start(t, "echo $$; exec sleep 60")
	_, reader := s.start(t, "echo $$; exec cat")
	_, writer := s.start(t, "echo $$; while :; do echo; done")
	_ = s.Close()
	eventually(t, "who reads has read the end", func() bool { return gone(reader) })
	eventually(t, "who writes is dead of it", func() bool { return gone(writer) })
	if gone(sleeper) {
		t.Error("who does neither is dead")
	}
	s.server.Close()
	if !gone(sleeper) {
		t.Error("the server ended, and not its command")
	}
}

func TestSFTP(t *testing.T) {
	s := open(t)
	client, err := sftp.NewClient(s.Client)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	f, err := client.Create("a.tmp") // relative: in the server's own folder
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Write([]byte("text"))
	if err = errors.Join(err, f.Close(), os.WriteFile(filepath.Join(s.dir, "a"), nil, 0o600), client.PosixRename("a.tmp", "a")); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join(s.dir, "a")); err != nil || string(got) != "text" {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := client.Stat("nope"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}

func TestForwarding(t *testing.T) {
	s := open(t)
	socket := filepath.Join(s.dir, "socket")
	addresses := map[string]string{"tcp": "", "unix": ""}
	for network, at := range map[string]string{"tcp": "127.0.0.1:0", "unix": socket} {
		listen, err := net.Listen(network, at)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = listen.Close() })
		addresses[network] = listen.Addr().String()
		go func() {
			for {
				conn, err := listen.Accept()
				if err != nil {
					return
				}
				request, _ := io.ReadAll(conn) // up to the client's half close
				_, _ = conn.Write(bytes.ToUpper(request))
				_ = conn.Close()
			}
		}()
	}
	for network, address := range addresses {
		conn, err := s.Dial(network, address)
		if err != nil {
			t.Fatal(err)
		}
		_, err = conn.Write([]byte("question"))
		if err = errors.Join(err, conn.(interface{ CloseWrite() error }).CloseWrite()); err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(conn); err != nil || string(got) != "QUESTION" {
			t.Errorf("%s: got %q, %v", network, got, err)
		}
		_ = conn.Close()
	}
	for network, row := range map[string][2]string{"tcp": {"127.0.0.1:1", "Connection refused"}, "unix": {socket + "x", "open failed"}} {
		_, err := s.Dial(network, row[0])
		if refused := (*gossh.OpenChannelError)(nil); !errors.As(err, &refused) || refused.Reason != gossh.ConnectionFailed || refused.Message != row[1] {
			t.Errorf("%s: %v", network, err)
		}
	}
}

func TestKeepaliveIsAnswered(t *testing.T) {
	s := open(t)
	if ok, _, err := s.SendRequest("keepalive@openssh.com", true, nil); ok || err != nil {
		t.Errorf("got %v, %v; sshd answers false", ok, err)
	}
}

func TestCloseEndsSilentConnectionsToo(t *testing.T) {
	s := open(t)
	conn, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", s.server.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_, loop := s.start(t, "trap '' TERM HUP; echo $$; while :; do sleep 60; done")
	s.server.Close()
	if !gone(loop) {
		t.Error("the command lives")
	}
}
