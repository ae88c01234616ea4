package ssh_test

import (
	"strings"
	"testing"

	"rota/ssh"
)

func TestOpenSSH(t *testing.T) {
	t.Parallel()
	tests := []struct {
		target string
		config ssh.Config
		want   string
	}{
		{"web1", ssh.Config{}, "-- web1"},
		{"web1", ssh.Config{User: "deploy", File: "/etc/own"}, "-F /etc/own -l deploy -- web1"},
		{"anna@web1:2222", ssh.Config{User: "deploy"}, "-l anna -p 2222 -- web1"},
		{"[2001:db8::1]:22", ssh.Config{}, "-p 22 -- 2001:db8::1"},
	}
	for _, tt := range tests {
		pool := ssh.NewPool(tt.config)
		args, err := pool.Client(tt.target).OpenSSH()
		if got := strings.Join(args, " "); got != tt.want || err != nil {
			t.Errorf("%s: got %q (%v), want %q", tt.target, got, err, tt.want)
		}
	}
	if _, err := ssh.NewPool(ssh.Config{}).Client("-oProxyCommand=x").OpenSSH(); err == nil {
		t.Error("an option is taken for a host")
	}
}
