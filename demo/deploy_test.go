package demo_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"rota/demo"
	"rota/internal/servertest"
)

// host is a machine that a client has logged in to, with what the site's
// ssh_config says and nothing else.
type host struct {
	*gossh.Client
	dir string // the site's
}

func (s site) dial(t *testing.T, name string) *host {
	t.Helper()
	key, err := os.ReadFile(filepath.Join(s.dir, "id_ed25519"))
	if err != nil {
		t.Fatal(err)
	}
	signer, err := gossh.ParsePrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	config, err := os.ReadFile(filepath.Join(s.dir, "ssh_config"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(config), "Host "+name+"\n")
	var port int
	if _, err := fmt.Sscanf(rest, "  HostName 127.0.0.1\n  Port %d\n", &port); !found || err != nil {
		t.Fatalf("%s in ssh_config: %v", name, err)
	}
	address := fmt.Sprintf("127.0.0.1:%d", port)
	known, err := os.ReadFile(filepath.Join(s.dir, "known_hosts"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ = strings.Cut(string(known), fmt.Sprintf("[127.0.0.1]:%d ", port))
	line, _, _ := strings.Cut(rest, "\n")
	hostKey, _, _, _, err := gossh.ParseAuthorizedKey([]byte(line))
	if err != nil {
		t.Fatal(err)
	}
	client, err := gossh.Dial("tcp", address, &gossh.ClientConfig{
		User: "demo", Auth: []gossh.AuthMethod{gossh.PublicKeys(signer)}, HostKeyCallback: gossh.FixedHostKey(hostKey),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return &host{client, s.dir}
}

// run runs a command that must succeed.
func (h *host) run(t *testing.T, line string) string {
	t.Helper()
	session, err := h.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = session.Close() }()
	var stderr bytes.Buffer
	session.Stderr = &stderr
	out, err := session.Output(line)
	if err != nil {
		t.Fatalf("%s: %v: %s%s", line, err, out, stderr.Bytes())
	}
	return string(out)
}

// api sends one line to the balancer's socket.
func (h *host) api(t *testing.T, line string) string {
	t.Helper()
	conn, err := h.Dial("unix", filepath.Join(h.dir, "lb1/admin.sock"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, line+"\n"); err != nil {
		t.Fatal(err)
	}
	reply, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	return string(reply)
}

// stat returns some columns of one server.
func (h *host) stat(t *testing.T, server string, columns ...string) string {
	t.Helper()
	lines, err := csv.NewReader(strings.NewReader(h.api(t, "show stat"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var values []string
	for _, line := range lines[1:] {
		if line[1] != server {
			continue
		}
		for _, c := range columns {
			for i, name := range lines[0] {
				if name == c {
					values = append(values, line[i])
				}
			}
		}
	}
	return strings.Join(values, " ")
}

func TestADeployByHandLosesNothing(t *testing.T) {
	for _, kind := range []string{"", "haproxy"} {
		t.Run("balancer "+kind, func(t *testing.T) {
			if kind != "" {
				servertest.Need(t, kind)
			}
			s := start(t, demo.Options{Servers: 2, Balancer: kind})
			lb := s.dial(t, "lb1")
			for _, name := range []string{"web1", "web2"} {
				web := s.dial(t, name)
				archive, err := os.ReadFile(filepath.Join(s.dir, "dist/shop-"+demo.Next+".tar.gz"))
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(s.dir, name, "releases/shop-"+demo.Next+".tar.gz"), archive, 0o600); err != nil {
					t.Fatal(err)
				}
				lb.api(t, "set server app/"+name+" state drain")
				eventually(t, name+" is drained", func() bool { return lb.stat(t, name, "scur") == "0" })
				lb.api(t, "set server app/"+name+" state maint")
				if out := web.run(t, "bin/activate "+demo.Next); !strings.Contains(out, "stopped the old process ") || !strings.Contains(out, "started 1.0.2 as process ") {
					t.Errorf("activate says %q", out)
				}
				lb.api(t, "set server app/"+name+" state drain; set server app/"+name+" health down")
				eventually(t, name+" is proved", func() bool { return lb.stat(t, name, "status") == "DRAIN" })
				lb.api(t, "set server app/"+name+" state ready")
				if got := web.run(t, "cat current/VERSION"); got != demo.Next+"\n" {
					t.Errorf("%s runs %s", name, got)
				}
			}
			old := s.Traffic()
			eventually(t, "the new version answers", func() bool { return s.Traffic().Versions[demo.Next] > old.Versions[demo.Next]+50 })
			now := s.Traffic()
			if now.Failed > 0 {
				t.Errorf("%d of %d requests were lost: %v", now.Failed, now.Sent, now.Failures)
			}
			// Slow requests that the old version had begun are over by now.
			if now.Versions[demo.Running] != old.Versions[demo.Running] {
				t.Error("the old version still answers")
			}
		})
	}
}

func TestACarelessDeployLosesRequests(t *testing.T) {
	s := start(t, demo.Options{Servers: 2})
	web := s.dial(t, "web1")
	eventually(t, "there is traffic", func() bool { return s.Traffic().Sent > 20 })
	web.run(t, "bin/activate "+demo.Running)
	eventually(t, "requests are lost", func() bool { return s.Traffic().Failed > 0 })
	now := s.Traffic()
	if len(now.Failures) == 0 || now.Failures[0].At.IsZero() || !strings.Contains(now.Failures[0].Text, ": ") {
		t.Errorf("the failures tell %v", now.Failures)
	}
	if time.Since(now.Failures[0].At) > time.Minute {
		t.Errorf("they were lost at %v", now.Failures[0].At)
	}
}

func TestTheBrokenReleaseIsNeverHealthy(t *testing.T) {
	s := start(t, demo.Options{Servers: 1})
	lb, web := s.dial(t, "lb1"), s.dial(t, "web1")
	archive, err := os.ReadFile(filepath.Join(s.dir, "dist/shop-"+demo.Broken+".tar.gz"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.dir, "web1/releases/shop-"+demo.Broken+".tar.gz"), archive, 0o600); err != nil {
		t.Fatal(err)
	}
	web.run(t, "bin/activate "+demo.Broken)
	eventually(t, "it listens and is ill", func() bool { return lb.stat(t, "web1", "status", "check_status") == "DOWN L7STS" })
	web.run(t, "bin/activate "+demo.Running) // the archive is not needed again
	eventually(t, "the way back", func() bool { return lb.stat(t, "web1", "status") == "UP" })
}
