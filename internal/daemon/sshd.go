package daemon

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// SSHDOptions says how an sshd is to be. The zero value is one that nobody can
// log in to.
type SSHDOptions struct {
	AuthorizedKeys []byte   // who may log in, as the user who runs this process
	HostKeyTypes   []string // of its host keys, as ssh-keygen names them; default: ed25519
	Lines          []string // further lines of sshd_config; they win over those written here; no Match
}

// SSHServer is a running OpenSSH server.
type SSHServer struct {
	*Process
	Addr     string   // 127.0.0.1:port
	HostKeys []string // its public host keys, as authorized_keys has them
	program  string
	port     int
	dir      string
	log      string
}

// SSHD starts OpenSSH's server on a free loopback port. Its files are kept in
// dir, with host keys that are made when they are missing. It lets in only the
// user who runs this process (or, run by root, everybody with an account).
func SSHD(ctx context.Context, dir string, o SSHDOptions) (*SSHServer, error) {
	program, err := Find("sshd")
	if err != nil {
		return nil, err
	}
	// It wants absolute paths: the child of each connection starts in "/".
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, err
	}
	if os.Geteuid() == 0 {
		if err := os.MkdirAll("/run/sshd", 0o755); err != nil { // where Debian's build keeps privilege separation
			return nil, err
		}
	}
	s := &SSHServer{program: program, dir: dir, log: filepath.Join(dir, "sshd.log")}
	if err := s.configure(ctx, o); err != nil {
		return nil, err
	}
	for range 5 { // another process may take the free port first
		if s.port, err = FreePort(); err != nil {
			return nil, err
		}
		if err = s.Again(ctx); err == nil {
			return s, nil
		}
	}
	return nil, err
}

func (s *SSHServer) configure(ctx context.Context, o SSHDOptions) error {
	var b strings.Builder
	for _, line := range o.Lines { // sshd takes the first value of an option
		fmt.Fprintln(&b, line)
	}
	types := o.HostKeyTypes
	if len(types) == 0 {
		types = []string{"ed25519"}
	}
	for _, kind := range types {
		file := filepath.Join(s.dir, "host_"+kind)
		if _, err := os.Stat(file); err != nil {
			out, err := exec.CommandContext(ctx, "ssh-keygen", "-q", "-t", kind, "-N", "", "-C", "", "-f", file).CombinedOutput()
			if err != nil {
				return fmt.Errorf("ssh-keygen: %w: %s", err, out)
			}
		}
		public, err := os.ReadFile(file + ".pub")
		if err != nil {
			return err
		}
		s.HostKeys = append(s.HostKeys, strings.TrimSpace(string(public)))
		fmt.Fprintf(&b, "HostKey %s\n", file)
	}
	keys := filepath.Join(s.dir, "authorized_keys")
	if err := os.WriteFile(keys, o.AuthorizedKeys, 0o600); err != nil {
		return err
	}
	fmt.Fprintf(&b, "AuthorizedKeysFile %s\n", keys)
	b.WriteString("ListenAddress 127.0.0.1\nPidFile none\nStrictModes no\nUsePAM no\nPermitRootLogin yes\n" +
		"PasswordAuthentication no\nKbdInteractiveAuthentication no\n")
	if !strings.Contains(b.String(), "Subsystem sftp ") { // it may stand there only once
		b.WriteString("Subsystem sftp internal-sftp\n")
	}
	return os.WriteFile(s.conf(), []byte(b.String()), 0o600)
}

func (s *SSHServer) conf() string { return filepath.Join(s.dir, "sshd_config") }

// Again starts the server again, on the same port, after Stop.
func (s *SSHServer) Again(ctx context.Context) error {
	s.Addr = net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port))
	p, err := Start(s.dir, s.program, "-D", "-f", s.conf(), "-E", s.log, "-o", "Port="+strconv.Itoa(s.port))
	if err != nil {
		return err
	}
	s.Process = p
	err = s.Ready(ctx, func() error {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", s.Addr)
		if err != nil {
			return err
		}
		return conn.Close()
	})
	if err != nil {
		err = fmt.Errorf("%w: %s", err, s.Log())
		s.Stop()
	}
	return err
}

// Log returns what the server has logged.
func (s *SSHServer) Log() string {
	b, _ := os.ReadFile(s.log)
	return string(b)
}

// Stop ends the server and its connections.
func (s *SSHServer) Stop() {
	// Held still first: a session that begins now would live on unseen.
	_ = s.Signal(syscall.SIGSTOP)
	sessions := s.sessions() // each is a process group of its own
	_ = s.Signal(syscall.SIGTERM)
	_ = s.Signal(syscall.SIGCONT)
	signalAll(sessions, syscall.SIGKILL)
	s.Process.Stop()
}

// Cut breaks all connections without a word. What they run lives on.
func (s *SSHServer) Cut() { signalAll(s.sessions(), syscall.SIGKILL) }

// Freeze makes the server and its connections fall silent, until Thaw.
func (s *SSHServer) Freeze() { signalAll(append(s.sessions(), s.PID()), syscall.SIGSTOP) }

// Thaw ends a Freeze.
func (s *SSHServer) Thaw() { signalAll(append(s.sessions(), s.PID()), syscall.SIGCONT) }

// sessions returns the ids of the server's own processes that serve a
// connection, as Linux tells them (proc(5)); none elsewhere.
func (s *SSHServer) sessions() []int {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	children := map[int][]int{} // sshd's, by parent
	for _, file := range stats {
		b, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		var pid, parent int
		var state string
		name, rest := bytes.IndexByte(b, '('), bytes.LastIndexByte(b, ')')
		if name < 0 || rest < 0 || !bytes.HasPrefix(b[name+1:], []byte("sshd")) {
			continue
		}
		pid, _ = strconv.Atoi(strings.TrimSpace(string(b[:name])))
		if _, err := fmt.Sscan(string(b[rest+1:]), &state, &parent); err == nil {
			children[parent] = append(children[parent], pid)
		}
	}
	var found []int
	for next := children[s.PID()]; len(next) > 0; next = next[1:] {
		found = append(found, next[0])
		next = append(next, children[next[0]]...)
	}
	return found
}

func signalAll(pids []int, sig syscall.Signal) {
	for _, pid := range pids {
		_ = syscall.Kill(pid, sig)
	}
}
