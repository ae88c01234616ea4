package proxy

import (
	"bufio"
	"io"
	"net"
	"strings"
	"time"
)

// talkTime is how long one connection to the control socket may last, as
// HAProxy's "stats timeout".
const talkTime = 10 * time.Second

// longest is the longest line of commands, HAProxy's tune.bufsize.
const longest = 16 << 10

// listen serves the control socket.
func (p *Proxy) listen() {
	for {
		conn, err := p.control.Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		if p.closed {
			p.mu.Unlock()
			_ = conn.Close()
			return
		}
		p.talks[conn] = true
		p.mu.Unlock()
		p.wait.Go(func() {
			p.talk(conn)
			_ = conn.Close()
			p.mu.Lock()
			delete(p.talks, conn)
			p.mu.Unlock()
		})
	}
}

// talk reads one line, does what it says and answers. What does not end in a
// newline is not done.
func (p *Proxy) talk(conn net.Conn) {
	_ = conn.SetDeadline(time.Now().Add(talkTime))
	line, err := bufio.NewReader(io.LimitReader(conn, longest)).ReadString('\n')
	if err != nil {
		return
	}
	for command := range strings.SplitSeq(strings.TrimRight(line, "\r\n"), ";") {
		words := words(command)
		if len(words) == 1 && words[0] == "quit" {
			return
		}
		if _, err := io.WriteString(conn, p.answer(words)+"\n"); err != nil {
			return
		}
	}
}

// words splits a command; # begins a comment.
func words(command string) []string {
	words := strings.Fields(command)
	for i, w := range words {
		if strings.HasPrefix(w, "#") {
			return words[:i]
		}
	}
	return words
}
