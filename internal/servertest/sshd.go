package servertest

import (
	"crypto/ed25519"
	"encoding/pem"
	"fmt"
	"maps"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gossh "golang.org/x/crypto/ssh"

	"rota/internal/daemon"
)

// SSHServer is a real sshd and what a client needs to log in to it. Its methods
// may be called concurrently.
type SSHServer struct {
	*daemon.SSHServer
	Dir        string // holds everything below
	User       string // the login name: whoever runs the tests
	Key        string // the file of the key that is let in, without a passphrase
	KnownHosts string // a known_hosts file with the server's host keys
	Config     string // an ssh_config by which every name and address leads here
}

// SSHDOption changes what SSHD starts.
type SSHDOption func(*daemon.SSHDOptions)

// SSHDLines adds lines to sshd_config; they win over the usual ones.
func SSHDLines(lines ...string) SSHDOption {
	return func(o *daemon.SSHDOptions) { o.Lines = append(o.Lines, lines...) }
}

// SSHDHostKeys says of which types the host keys are; else it is ed25519 alone.
func SSHDHostKeys(types ...string) SSHDOption {
	return func(o *daemon.SSHDOptions) { o.HostKeyTypes = types }
}

// SSHDAuthorizedKeys lets in more keys, written as in authorized_keys.
func SSHDAuthorizedKeys(lines ...string) SSHDOption {
	return func(o *daemon.SSHDOptions) {
		o.AuthorizedKeys = append(o.AuthorizedKeys, strings.Join(lines, "\n")+"\n"...)
	}
}

// SSHD starts a real sshd that lets in the user who runs the tests, and ends it
// with the test.
func SSHD(t testing.TB, options ...SSHDOption) *SSHServer {
	t.Helper()
	Need(t, "sshd", "ssh", "ssh-keygen")
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	s := &SSHServer{Dir: t.TempDir(), User: me.Username}
	s.Key, s.KnownHosts = filepath.Join(s.Dir, "id"), filepath.Join(s.Dir, "known_hosts")
	var o daemon.SSHDOptions
	o.AuthorizedKeys = newKey(t, s.Key)
	for _, option := range options {
		option(&o)
	}
	// Not the developer's own .bashrc, which may be slow or talk.
	o.Lines = append(o.Lines, "SetEnv HOME="+s.Dir)
	if s.SSHServer, err = daemon.SSHD(t.Context(), s.Dir, o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	host, port, _ := strings.Cut(s.Addr, ":")
	var known strings.Builder
	for _, key := range s.HostKeys {
		fmt.Fprintf(&known, "[%s]:%s %s\n", host, port, key)
	}
	write(t, s.KnownHosts, known.String())
	s.Config = filepath.Join(s.Dir, "ssh_config")
	write(t, s.Config, s.block("*"))
	return s
}

// Names returns an ssh_config by which each name leads to its server: many
// machines, or one that plays many.
func Names(t testing.TB, servers map[string]*SSHServer) string {
	t.Helper()
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(servers)) {
		b.WriteString(servers[name].block(name))
	}
	file := filepath.Join(t.TempDir(), "ssh_config")
	write(t, file, b.String())
	return file
}

func (s *SSHServer) block(pattern string) string {
	host, port, _ := strings.Cut(s.Addr, ":")
	return fmt.Sprintf("Host %s\n  HostName %s\n  Port %s\n  User %s\n  IdentityFile %s\n  IdentitiesOnly yes\n  IdentityAgent none\n"+
		"  UserKnownHostsFile %s\n  GlobalKnownHostsFile none\n  StrictHostKeyChecking yes\n  UpdateHostKeys no\n",
		pattern, host, port, s.User, s.Key, s.KnownHosts)
}

// newKey writes a private key and returns its line for authorized_keys.
func newKey(t testing.TB, file string) []byte {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	block, err := gossh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	key, err := gossh.NewPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	line := gossh.MarshalAuthorizedKey(key)
	write(t, file, string(pem.EncodeToMemory(block)))
	write(t, file+".pub", string(line))
	return line
}

func write(t testing.TB, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
