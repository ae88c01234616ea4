package demo

import (
	"context"
	"errors"
	"net"
	"syscall"
	"testing"
)

func TestAReservedPortIsForItsApplicationOnly(t *testing.T) {
	p, err := reserve()
	if err != nil {
		t.Fatal(err)
	}
	defer p.free()
	if _, err := net.Dial("tcp", p.address); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("nobody listens, but %v", err)
	}
	if l, err := net.Listen("tcp", p.address); err == nil {
		_ = l.Close()
		t.Error("a stranger may listen")
	}
	for range 2 { // and again after a restart
		l, err := (&net.ListenConfig{Control: share}).Listen(context.Background(), "tcp", p.address)
		if err != nil {
			t.Fatal(err)
		}
		conn, err := net.Dial("tcp", p.address)
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.Close()
		_ = l.Close()
	}
}
