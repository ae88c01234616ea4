package haproxy_test

import (
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rota/lb"
	"rota/lb/haproxy"
)

// agent answers agent checks with a word, until the test ends. It returns its
// port.
func agent(t *testing.T, word *atomic.Value) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(conn, word.Load().(string)+"\n")
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-ended })
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

func TestAnAgentIsPausedWhileItsServerIsOut(t *testing.T) {
	var word atomic.Value
	word.Store("up ready 100%")
	port := agent(t, &word)
	w := start(t, "ab", servers("app", "server a {a} check agent-check agent-port "+port+" agent-inter 100ms", "server b {b} check"))
	b := haproxy.New(w.config("app"))
	w.healthy(b)
	for _, wish := range []string{"a draining", "a out"} {
		w.set(b, wish)
		for end := time.Now().Add(500 * time.Millisecond); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
			w.is(b, "a", changes(t, wish)[0].To) // "ready" would undo it
		}
	}
	if err := b.Prove(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	w.set(b, "a in")
	w.is(b, "a", lb.In)
	word.Store("drain")
	s := w.until(b, "a", "drained by its agent again", func(s lb.Server) bool { return s.State == lb.Draining })
	if !strings.Contains(s.Note, "by its agent") {
		t.Errorf("%+v", s)
	}
}
