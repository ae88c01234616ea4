package haproxy

import (
	"strings"
	"testing"
)

func TestCensus(t *testing.T) {
	const master = "  100 1 haproxy\n  101 100 haproxy\n"
	const connections = "0 0 10.0.0.1:4000 10.0.0.11:8080\n0 0 [::ffff:10.0.0.1]:4001 [::ffff:10.0.0.12]:8080 users:((\"haproxy\",pid=101,fd=7))\n"
	for _, r := range []struct {
		name, out string
		address   string
		want      string // what the hold says
	}{
		{"no older worker", master + "end\n" + connections + "end\n", "10.0.0.11:8080", ""},
		{"one that holds a connection", master + "90 100 haproxy\nend\n" + connections + "end\n", "10.0.0.11:8080", "(pid 90) still holds"},
		{"one that holds none to this server", master + "90 100 haproxy\nend\n" + connections + "end\n", "10.0.0.13:8080", ""},
		{"the connection is the present worker's", master + "90 100 haproxy\nend\n" + connections + "end\n", "10.0.0.12:8080", ""},
		{"connections cannot be listed", master + "90 100 haproxy\nend\n", "10.0.0.13:8080", "cannot be seen"},
		{"the server is a unix socket", master + "90 100 haproxy\nend\nend\n", "/run/app.sock:0", "cannot be seen"},
		{"another instance beside it", master + "300 1 haproxy\n301 300 haproxy\nend\n" + connections + "end\n", "10.0.0.11:8080", ""},
		{"without a master each may be an older one", "101 1 haproxy\n90 1 haproxy\nend\n" + connections + "end\n", "10.0.0.11:8080", "(pid 90) still holds"},
		{"a process with end in its name", "7 1 backend\n" + master + "90 100 haproxy\nend\n" + connections + "end\n", "10.0.0.11:8080", "(pid 90) still holds"},
		{"its worker is in another namespace", "1 0 init\nend\nend\n", "10.0.0.11:8080", "pid 101, is not among"},
		{"its pid is another program's here", "101 1 bash\nend\nend\n", "10.0.0.11:8080", "pid 101, is not among"},
		{"nothing was told", "", "10.0.0.11:8080", "pid 101, is not among"},
	} {
		t.Run(r.name, func(t *testing.T) {
			got := parseCensus([]byte(r.out), 101).hold([]row{{address: r.address}})
			if r.want == "" && got != "" || !strings.Contains(got, r.want) {
				t.Errorf("it says %q, want %q", got, r.want)
			}
		})
	}
}
