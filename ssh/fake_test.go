package ssh_test

import (
	"crypto/ed25519"
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	gossh "golang.org/x/crypto/ssh"

	"rota/internal/servertest"
)

// fake is a server that can misbehave.
type fake struct {
	// accept may take a connection over; it returns false when it has.
	accept func(n int, c net.Conn) bool
	// session serves a session that was asked for; nil runs nothing and says 0.
	session func(n int, c gossh.NewChannel)
	gossh.ServerConfig
	hostKeys []gossh.Signer // default: one of its own

	addr   string
	config string // an ssh_config by which every name leads here
	key    gossh.Signer
}

func (f *fake) start(t *testing.T) *fake {
	t.Helper()
	servertest.Need(t, "ssh")
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	if f.key, err = gossh.NewSignerFromKey(private); err != nil {
		t.Fatal(err)
	}
	if f.hostKeys == nil {
		f.hostKeys = []gossh.Signer{f.key}
	}
	for _, key := range f.hostKeys {
		f.AddHostKey(key)
	}
	if f.PasswordCallback == nil && f.KeyboardInteractiveCallback == nil && f.PublicKeyCallback == nil {
		f.NoClientAuth = true
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f.addr = l.Addr().String()
	host, port, _ := strings.Cut(f.addr, ":")
	dir := t.TempDir()
	known := filepath.Join(dir, "known_hosts")
	f.config = filepath.Join(dir, "ssh_config")
	write(t, known, fmt.Sprintf("[%s]:%s %s", host, port, gossh.MarshalAuthorizedKey(f.key.PublicKey())))
	write(t, f.config, fmt.Sprintf("Host *\n HostName %s\n Port %s\n User me\n IdentityAgent none\n IdentityFile none\n"+
		" UserKnownHostsFile %s\n GlobalKnownHostsFile none\n", host, port, known))
	var running sync.WaitGroup
	var mu sync.Mutex
	var open []net.Conn
	running.Go(func() {
		for n := 1; ; n++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, c)
			mu.Unlock()
			running.Go(func() {
				if f.accept == nil || f.accept(n, c) {
					f.serve(c, &running)
				}
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		mu.Lock()
		for _, c := range open {
			_ = c.Close()
		}
		mu.Unlock()
		running.Wait()
	})
	return f
}

func (f *fake) serve(c net.Conn, running *sync.WaitGroup) {
	defer func() { _ = c.Close() }()
	config := f.ServerConfig
	_, channels, requests, err := gossh.NewServerConn(c, &config)
	if err != nil {
		return
	}
	running.Go(func() { gossh.DiscardRequests(requests) })
	n := 0
	for channel := range channels {
		n++
		serve, n := f.session, n
		if serve == nil {
			serve = func(_ int, c gossh.NewChannel) { answer(c, 0) }
		}
		running.Go(func() { serve(n, channel) })
	}
}

// answer accepts a session, sends the marks that a script would print, and its
// status.
func answer(c gossh.NewChannel, status uint32) {
	channel, ok := begin(c)
	if !ok {
		return
	}
	_, _ = channel.SendRequest("exit-status", false, binary.BigEndian.AppendUint32(nil, status))
	_ = channel.Close()
}

// begin accepts a session and reads its script up to the mark, which it prints.
func begin(c gossh.NewChannel) (gossh.Channel, bool) {
	channel, requests, err := c.Accept()
	if err != nil {
		return nil, false
	}
	for r := range requests {
		_ = r.Reply(r.Type == "exec", nil)
		if r.Type == "exec" {
			break
		}
	}
	go gossh.DiscardRequests(requests)
	var text []byte
	buf := make([]byte, 4096)
	for strings.Count(string(text), "\n") < 2 {
		n, err := channel.Read(buf)
		if err != nil {
			return nil, false
		}
		text = append(text, buf[:n]...)
	}
	mark := strings.TrimPrefix(strings.Split(string(text), "\n")[1], `printf '%s\n' `)
	_, _ = fmt.Fprintln(channel, mark)
	return channel, true
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
