package demo_test

import (
	"bytes"
	"cmp"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rota/demo"
	"rota/internal/servertest"
	"rota/inventory"
	"rota/ssh"
)

func TestTheInventoryIsOne(t *testing.T) {
	for _, kind := range []string{"", "haproxy", "nginx"} {
		for _, strategy := range []string{"", "rolling", "canary", "blue-green"} {
			t.Run("balancer "+kind+" "+strategy, func(t *testing.T) {
				if kind != "" {
					servertest.Need(t, kind)
				}
				s := start(t, demo.Options{Balancer: kind, Strategy: strategy})
				inv := s.load(t)
				if len(inv.Servers) != 6 || len(inv.Balancers) != 1 {
					t.Errorf("%d servers, %d balancers", len(inv.Servers), len(inv.Balancers))
				}
				if want := cmp.Or(strategy, "rolling"); inv.Rollout.Strategy != want {
					t.Errorf("the strategy is %q, want %q", inv.Rollout.Strategy, want)
				}
			})
		}
	}
}

func (s site) load(t *testing.T) *inventory.Inventory {
	t.Helper()
	file, err := os.Open(s.Inventory())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	inv, err := inventory.Load(file, s.Inventory())
	if err != nil {
		t.Fatal(err)
	}
	return inv
}

// TestRotasOwnHandsWork does what a deploy does to one server, with the rooms
// that a deploy uses and with what the inventory says.
func TestRotasOwnHandsWork(t *testing.T) {
	s := start(t, demo.Options{Servers: 2})
	inv := s.load(t)
	pool := ssh.NewPool(ssh.Config{File: inv.SSH.Config})
	defer func() { _ = pool.Close() }()
	lb, web := pool.Client(inv.Balancers[0].SSH), pool.Client(inv.Servers[0].SSH)
	if err := web.Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	expand := strings.NewReplacer("${ROTA_VERSION}", demo.Next, "${ROTA_SERVER}", "web1")
	version := func() string {
		out, err := web.Output(t.Context(), inv.Deploy.Version.Run, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(out))
	}
	if got := version(); got != demo.Running {
		t.Errorf("it runs %s", got)
	}
	socket, err := lb.DialContext(t.Context(), "unix", inv.Balancers[0].HAProxy.Socket)
	if err != nil {
		t.Fatal(err)
	}
	_ = socket.Close()

	upload := inv.Deploy.Prepare[0]
	local := filepath.Join(s.dir, expand.Replace(upload.Upload))
	if err := web.Upload(t.Context(), local, expand.Replace(upload.To), ""); err != nil {
		t.Fatal(err)
	}
	env := "export ROTA_VERSION=" + demo.Next + "\n"
	var out bytes.Buffer
	for _, step := range append(inv.Deploy.Prepare[1:], inv.Deploy.Steps...) {
		if err := web.Run(t.Context(), env+step.Run, "", &out); err != nil {
			t.Fatal(err, out.String())
		}
	}
	if got := version(); got != demo.Next {
		t.Errorf("after the steps it runs %s: %s", got, out.String())
	}
	// The application lives on although the command that started it has ended.
	eventually(t, "it is healthy", func() bool { return ask(inv.Servers[0].Address) == "200" })
}
