package script

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/charmbracelet/x/exp/golden"
	"github.com/google/go-cmp/cmp"

	"rota/inventory"
	"rota/lb"
	"rota/rollout"
)

const shopYAML = `
app: shop
environment: staging
ssh: {user: deploy, config: ~/.ssh/shop config, sudo_password: ask}
servers:
  - {name: web1, ssh: "web1.example.com:2222", address: 10.0.0.1:80, env: {MOTTO: "it's on"}}
  - {name: web2, ssh: "admin@web2.example.com", address: 10.0.0.2:80}
  - {name: worker, ssh: worker, address: 10.0.0.3:80, balanced: false}
balancers:
  - {name: lb1, haproxy: {socket: "tcp://127.0.0.1:9999", backends: [shop]}}
  - {name: lb2, ssh: lb2, sudo: true, nginx: {upstreams: [app]}, before: puppet off, after: puppet on}
deploy:
  prepare:
    - {run: migrate, once: true, on: web1}
  steps:
    - {upload: "dist/shop-${ROTA_VERSION}.tgz", to: /opt/shop/, sudo: app}
    - run: |
        cat <<END
        $ROTA_VERSION
        END
    - {run: 'restart "$ROTA_SERVER"', sudo: true, retry: 2, only: [web1, web2]}
    - {reboot: 5m, sudo: true, only: [worker]}
  finish:
    - {run: tidy, only: [web1]}
  version: {http: "http://${ROTA_ADDRESS}/version"}
  secrets: [SHOP_TOKEN]
health:
  http: https://${ROTA_ADDRESS}/healthz
  expect: [204, 2xx]
  headers: {Host: shop.example.com, X-From: "o'rota"}
  body: "it's ok"
  insecure: true
  interval: 500ms
hooks: {before: ./ci-is-green, after-batch: './smoke "$ROTA_BATCH"', after: ./tell, on-failure: './tell "$ROTA_OUTCOME"'}
rollout: {soak: 1500ms, drain_timeout: 500ms}
`

// balancer writes down its own name and what it is asked for.
type balancer struct {
	lb.Balancer
	name string
	err  error
}

func (b balancer) Script(_ context.Context, d lb.Deed, servers ...string) (lb.Script, error) {
	if d == lb.Shut || b.err != nil {
		return lb.Script{}, b.err
	}
	return lb.Script{Words: "act() { echo \"" + b.name + ": $*\"; }\n", Text: fmt.Sprintf("act %s %s", deedWords(d), strings.Join(servers, " "))}, nil
}

// source is a deploy of the inventory to servers that are all in.
func source(t *testing.T, yaml, out string) Source {
	t.Helper()
	inv, err := inventory.Load(strings.NewReader(yaml), "inventory.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s := Source{Inventory: inv, Folder: "/home/me/shop's"}
	f := rollout.Facts{Versions: map[string]string{}, Healthy: map[string]bool{}}
	for _, b := range inv.Balancers {
		s.Balancers = append(s.Balancers, lb.Named{Name: b.Name, Balancer: balancer{name: b.Name}})
		v := lb.View{Name: b.Name}
		for _, name := range b.Servers {
			at := lb.In
			if strings.HasPrefix(name, out) {
				at = lb.Out
			}
			v.Servers = append(v.Servers, lb.Server{Name: name, State: at, Pools: []lb.PoolServer{{Pool: b.Pools()[0], State: at}}})
		}
		f.Views = append(f.Views, v)
	}
	for _, server := range inv.Servers {
		f.Versions[server.Name], f.Healthy[server.Name] = "1.0.1", true
	}
	if s.Plan, err = rollout.New(inv, f, rollout.Options{Version: "1.0.2"}); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestScript(t *testing.T) {
	sides := strings.NewReplacer("address: 10.0.0.1:80,", "address: 10.0.0.1:80, group: blue,", "address: 10.0.0.2:80}", "address: 10.0.0.2:80, group: green}",
		"soak:", "strategy: blue-green, soak:", "  http: https", "  tcp: 127.0.0.1:80 #", "  expect", "  #", "  headers", "  #", "  body", "  #", "  insecure", "  #",
		"version: {http: \"http://${ROTA_ADDRESS}/version\"}", "version: cat VERSION")
	for _, tt := range []struct{ name, yaml, out string }{
		{"rolling", shopYAML, "nobody"},
		{"blue_green", sides.Replace(shopYAML), "web2"},
		{"no_gates_no_check", strings.Replace(shopYAML[:strings.Index(shopYAML, "health:")], "  prepare:\n    - {run: migrate, once: true, on: web1}\n", "", 1) +
			"health: none\nrollout: {confirm: never, min_in_rotation: 0}\n", "web1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			if err := Write(t.Context(), &out, source(t, tt.yaml, tt.out)); err != nil {
				t.Fatal(err)
			}
			golden.RequireEqual(t, out.Bytes())
			file := filepath.Join(t.TempDir(), "script")
			if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
			if said, err := exec.CommandContext(t.Context(), "sh", "-n", file).CombinedOutput(); err != nil {
				t.Errorf("sh -n: %v: %s", err, said)
			}
		})
	}
}

func TestABalancerThatCannotBeWrittenDownIsAnError(t *testing.T) {
	s := source(t, shopYAML, "nobody")
	s.Balancers[1].Balancer = balancer{err: errors.New("a server stands on several lines")}
	if err := Write(t.Context(), &bytes.Buffer{}, s); err == nil || err.Error() != "lb2: a server stands on several lines" {
		t.Errorf("%v", err)
	}
	s.Balancers[1].Balancer = nil
	if err := Write(t.Context(), &bytes.Buffer{}, s); err == nil || err.Error() != "lb2: it cannot be written down as a script" {
		t.Errorf("%v", err)
	}
}

func TestNothingToDoIsNothingDone(t *testing.T) {
	s := source(t, shopYAML, "nobody")
	s.Plan.Targets, s.Plan.Batches = nil, nil
	var out bytes.Buffer
	if err := Write(t.Context(), &out, s); err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(out.String(), "\nsay 'nothing to do'\n") {
		t.Errorf("it ends with %q", out.String()[out.Len()-60:])
	}
}

// TestTheScriptStopsWhereItIsToldTo runs it with an ssh that only notes whom it
// is to reach, and fails on one host.
func TestTheScriptStopsWhereItIsToldTo(t *testing.T) {
	yaml := strings.NewReplacer("lb1, haproxy", "lb1, ssh: lb1, haproxy", "    - {reboot: 5m, sudo: true, only: [worker]}\n", "",
		"    - {upload: \"dist/shop-${ROTA_VERSION}.tgz\", to: /opt/shop/, sudo: app}\n", "", "  version: {http: \"http://${ROTA_ADDRESS}/version\"}\n", "").
		Replace(shopYAML[:strings.Index(shopYAML, "health:")]) + "health: none\nrollout: {soak: 0s}\nhooks: {before: 'echo before', after-batch: 'echo \"batch $ROTA_BATCH\"', after: 'echo \"after: $ROTA_OUTCOME\"', on-failure: 'echo \"failed: $ROTA_OUTCOME\"'}\n"
	const stuck = "case $* in *lb2*) case $(cat) in *'act drained'*) exit 75 ;; esac ;; esac"
	for _, tt := range []struct {
		name, ssh, input string
		from             string
		status           int
		says             string   // at its end
		hooks            []string // what they print
	}{
		{"not begun", "exit 0", "n\n", "1", 4, "stopped with status 4: nothing was touched", nil},
		{"nobody answers", "exit 0", "", "1", 4, "stopped with status 4: nothing was touched", nil},
		{"to the end", "exit 0", "y\ny\ny\n", "1", 0, "", []string{"before", "batch 1", "batch 2", "batch 3", "after: done"}},
		{"from the last batch on", "exit 0", "y\n", "3", 0, "", []string{"batch 3", "after: done"}},
		{"a step that fails", "case $* in *worker*) exit 3 ;; esac", "y\ny\ny\n", "1", 3, "stopped with status 3: in batch 1; worker may be out of rotation", []string{"before", "failed: paused"}},
		{"a balancer out of reach", "case $* in *lb1*) exit 255 ;; esac", "y\ny\ny\n", "1", 255, "stopped with status 255: in batch 2; web1 may be out of rotation", []string{"before", "batch 1", "failed: paused"}},
		{"connections that do not end, and a person who has enough", stuck, "y\ny\nw\nn\n", "1", 4, "stopped with status 4: in batch 2; web1 may be out of rotation", []string{"before", "batch 1", "failed: paused"}},
		{"connections that do not end, and a person who goes on", stuck, "y\ny\nc\ny\nc\n", "1", 0, "", []string{"before", "batch 1", "batch 2", "batch 3", "after: done"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			dir, src := t.TempDir(), source(t, yaml, "nobody")
			src.Folder = dir
			if err := Write(t.Context(), &out, src); err != nil {
				t.Fatal(err)
			}
			for file, text := range map[string]string{"ssh": "#!/bin/sh\n" + tt.ssh + "\ncat >/dev/null\n", "script": out.String()} {
				if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			cmd := exec.CommandContext(t.Context(), "sh", filepath.Join(dir, "script"), tt.from)
			cmd.Env = append(os.Environ(), "SHOP_TOKEN=secret", "PATH="+dir+":"+os.Getenv("PATH"))
			cmd.Stdin = strings.NewReader(tt.input)
			var said, printed strings.Builder
			cmd.Stdout, cmd.Stderr = &printed, &said
			_ = cmd.Run()
			if status := cmd.ProcessState.ExitCode(); status != tt.status || tt.says != "" && !strings.HasSuffix(said.String(), tt.says+"\n") {
				t.Errorf("exit status %d, want %d, and %q at the end of\n%s", status, tt.status, tt.says, said.String())
			}
			if diff := cmp.Diff(strings.Join(tt.hooks, "\n"), strings.TrimSpace(printed.String())); diff != "" {
				t.Error(diff)
			}
		})
	}
}
