package sshd

import (
	"strings"

	"github.com/pkg/sftp"
	gossh "golang.org/x/crypto/ssh"
)

// session is one session channel: some variables and perhaps a terminal, then
// one command or SFTP.
func (s *Server) session(open gossh.NewChannel) {
	channel, requests, err := open.Accept()
	if err != nil {
		return
	}
	defer func() { _ = channel.Close() }()

	env := append([]string{"HOME=" + s.o.Dir}, s.o.Env...)
	var term *terminal
	var run *command
	for req := range requests {
		ok := false
		switch {
		case req.Type == "env" && run == nil:
			var v struct{ Name, Value string }
			// What Debian's sshd accepts by default (AcceptEnv LANG LC_*).
			if gossh.Unmarshal(req.Payload, &v) == nil && (v.Name == "LANG" || strings.HasPrefix(v.Name, "LC_")) {
				env, ok = append(env, v.Name+"="+v.Value), true
			}
		case (req.Type == "exec" || req.Type == "shell") && run == nil:
			var v struct{ Command string }
			if req.Type == "shell" || gossh.Unmarshal(req.Payload, &v) == nil {
				run = s.start(channel, v.Command, env, term)
				_ = req.Reply(true, nil)
				s.attend(run)
				continue
			}
		case req.Type == "pty-req" && run == nil:
			term = newTerminal(req.Payload)
			ok = term != nil
		case req.Type == "window-change" && run != nil:
			run.resize(req.Payload)
			ok = true
		case req.Type == "subsystem" && run == nil:
			var v struct{ Name string }
			if gossh.Unmarshal(req.Payload, &v) == nil && v.Name == "sftp" {
				_ = req.Reply(true, nil)
				s.wait.Go(func() { s.sftp(channel) })
				continue
			}
		case req.Type == "signal" && run != nil:
			var v struct{ Name string }
			ok = gossh.Unmarshal(req.Payload, &v) == nil && run.signal(v.Name)
		}
		if req.WantReply {
			_ = req.Reply(ok, nil)
		}
	}
	if run != nil {
		run.disconnect()
	}
}

// sftp serves files until the client has enough.
func (s *Server) sftp(channel gossh.Channel) {
	defer func() { _ = channel.Close() }()
	server, err := sftp.NewServer(channel, sftp.WithServerWorkingDirectory(s.o.Dir))
	if err != nil {
		return
	}
	_ = server.Serve()
	_, _ = channel.SendRequest("exit-status", false, gossh.Marshal(exitStatus{0}))
}
