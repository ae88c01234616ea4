package sshd

import (
	"errors"
	"io"
	"net"
	"strconv"
	"sync"
	"syscall"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

// connectTime is how long the far end of a forwarding may take to accept.
const connectTime = 10 * time.Second

// forward joins a channel with a TCP or unix socket as this machine reaches it.
func (s *Server) forward(open gossh.NewChannel) {
	network, address, err := target(open)
	if err != nil {
		_ = open.Reject(gossh.ConnectionFailed, "open failed")
		return
	}
	conn, err := (&net.Dialer{Timeout: connectTime}).DialContext(s.ctx, network, address)
	if err != nil {
		_ = open.Reject(gossh.ConnectionFailed, refusal(network, err))
		return
	}
	if !s.keep(conn) {
		_ = open.Reject(gossh.ConnectionFailed, "open failed")
		return
	}
	defer s.drop(conn)
	channel, requests, err := open.Accept()
	if err != nil {
		return
	}
	s.wait.Go(func() {
		gossh.DiscardRequests(requests)
		_ = conn.Close() // the client closed the channel
	})
	var both sync.WaitGroup
	both.Go(func() {
		_, _ = io.Copy(channel, conn)
		_ = channel.CloseWrite()
	})
	both.Go(func() {
		_, _ = io.Copy(conn, channel)
		if half, ok := conn.(interface{ CloseWrite() error }); ok {
			_ = half.CloseWrite()
		}
	})
	both.Wait()
	_ = channel.Close()
}

// target reads where a forwarding goes (RFC 4254, 7.2; OpenSSH's PROTOCOL, 2.4).
func target(open gossh.NewChannel) (network, address string, err error) {
	if open.ChannelType() == "direct-tcpip" {
		var to struct {
			Host     string
			Port     uint32
			From     string
			FromPort uint32
		}
		err = gossh.Unmarshal(open.ExtraData(), &to)
		return "tcp", net.JoinHostPort(to.Host, strconv.Itoa(int(to.Port))), err
	}
	var to struct {
		Path string
		Host string
		Port uint32
	}
	err = gossh.Unmarshal(open.ExtraData(), &to)
	return "unix", to.Path, err
}

// refusal is what sshd says: the reason for TCP, never one for a unix socket.
func refusal(network string, err error) string {
	var no syscall.Errno
	if network == "tcp" && errors.As(err, &no) {
		if no == syscall.ECONNREFUSED {
			return "Connection refused"
		}
		return no.Error()
	}
	return "open failed"
}
