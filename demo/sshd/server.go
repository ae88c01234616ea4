// Package sshd is a small SSH server for one machine of the demo. It really
// runs commands under /bin/sh, serves SFTP, and forwards to TCP and unix
// sockets, as the user who started the demo.
//
// It does to a command what OpenSSH does: the exit status is told as soon as
// the process has ended, the channel closes when nobody holds its output any
// more, and a lost connection closes the pipes but kills nobody.
//
// Its limits: public keys only, one key, any user name, no agent forwarding, no
// forwarding back to the client; a terminal begins with the system's own modes.
package sshd

import (
	"bytes"
	"context"
	"errors"
	"net"
	"sync"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

// Options say what a machine is like.
type Options struct {
	Dir     string          // working directory and HOME of commands, and of SFTP
	Env     []string        // all of a command's environment, HOME apart
	HostKey gossh.Signer    // how the machine shows who it is
	User    gossh.PublicKey // the one key that may log in

	// Began and Ended, where they are set, are told the process group of each
	// command. Ended comes when the command itself has ended; what it left in
	// the background may live on in its group.
	Began, Ended func(group int)
}

// Server is a running SSH server.
type Server struct {
	o      Options
	config *gossh.ServerConfig
	listen net.Listener
	ctx    context.Context //nolint:containedctx // the life of the server, ended by Close
	cancel context.CancelFunc
	wait   sync.WaitGroup // every goroutine of the server

	mu    sync.Mutex
	conns map[net.Conn]bool
	runs  map[*command]bool
}

// handshakeTime is how long a client may take to log in, as OpenSSH's LoginGraceTime.
const handshakeTime = 120 * time.Second

// Start serves the listener, which it owns from now on, until Close.
func Start(listen net.Listener, o Options) *Server {
	s := &Server{o: o, listen: listen, conns: map[net.Conn]bool{}, runs: map[*command]bool{}}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	allowed := o.User.Marshal()
	s.config = &gossh.ServerConfig{
		PublicKeyCallback: func(_ gossh.ConnMetadata, key gossh.PublicKey) (*gossh.Permissions, error) {
			if !bytes.Equal(key.Marshal(), allowed) {
				return nil, errors.New("unknown key")
			}
			return nil, nil
		},
	}
	s.config.AddHostKey(o.HostKey)
	s.wait.Go(s.accept)
	return s
}

// Addr returns where the server listens.
func (s *Server) Addr() *net.TCPAddr { return s.listen.Addr().(*net.TCPAddr) }

// Close ends the listener, the connections and the process groups of the
// commands that still run, and waits until they are gone.
func (s *Server) Close() {
	s.cancel()
	_ = s.listen.Close()
	s.mu.Lock()
	for c := range s.conns {
		_ = c.Close()
	}
	for r := range s.runs {
		r.kill()
	}
	s.mu.Unlock()
	s.wait.Wait()
}

func (s *Server) accept() {
	for {
		conn, err := s.listen.Accept()
		if err != nil {
			return
		}
		if !s.keep(conn) {
			return
		}
		s.wait.Go(func() {
			s.serve(conn)
			s.drop(conn)
		})
	}
}

// keep remembers a connection so that Close ends it; false if that has begun.
func (s *Server) keep(conn net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil {
		_ = conn.Close()
		return false
	}
	s.conns[conn] = true
	return true
}

func (s *Server) drop(conn net.Conn) {
	_ = conn.Close()
	s.mu.Lock()
	delete(s.conns, conn)
	s.mu.Unlock()
}

// serve is one connection, from its greeting to its end.
func (s *Server) serve(conn net.Conn) {
	_ = conn.SetDeadline(time.Now().Add(handshakeTime))
	client, channels, requests, err := gossh.NewServerConn(conn, s.config)
	if err != nil {
		return
	}
	_ = conn.SetDeadline(time.Time{})
	// A refusal is the answer to keepalive@openssh.com, as OpenSSH gives it.
	s.wait.Go(func() { gossh.DiscardRequests(requests) })
	for open := range channels {
		switch open.ChannelType() {
		case "session":
			s.wait.Go(func() { s.session(open) })
		case "direct-tcpip", "direct-streamlocal@openssh.com":
			s.wait.Go(func() { s.forward(open) })
		default:
			_ = open.Reject(gossh.UnknownChannelType, "unsupported channel type")
		}
	}
	_ = client.Close()
}
