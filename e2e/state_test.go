package e2e

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// status is what `rota status --output json` prints, as the contract has it.
type status struct {
	App     string    `json:"app"`
	At      time.Time `json:"at"`
	Servers []struct {
		Name      string `json:"name"`
		Version   string `json:"version"`
		Reachable bool   `json:"reachable"`
		Healthy   bool   `json:"healthy"`
		Rotation  string `json:"rotation"`
		Balancers map[string]struct {
			State string `json:"state"`
		} `json:"balancers"`
		Hold *struct{ By, Since, Why string } `json:"hold"`
	} `json:"servers"`
	Balancers []struct {
		Name      string `json:"name"`
		Kind      string `json:"kind"`
		Reachable bool   `json:"reachable"`
		Version   string `json:"version"`
	} `json:"balancers"`
	Versions map[string]struct {
		Servers int     `json:"servers"`
		Share   float64 `json:"share"`
	} `json:"versions"`
	Lock *struct{ By, Since, Version, Message string } `json:"lock"`
}

// status asks rota how everything stands.
func (o operator) status(t *testing.T) status {
	t.Helper()
	c := o.run(t, 0, "status", "--output", "json")
	var s status
	if err := json.Unmarshal([]byte(c.stdout()), &s); err != nil {
		t.Fatalf("%v: %s", err, c.stdout())
	}
	return s
}

// rotation tells where each server stands: "web1 in, web2 out".
func (s status) rotation() string {
	var all []string
	for _, sv := range s.Servers {
		all = append(all, sv.Name+" "+sv.Rotation)
	}
	return strings.Join(all, ", ")
}

// inPlace fails the test unless every server runs a version, is healthy and in
// rotation in all balancers, as rota says and as they say themselves, and
// nobody holds the lock.
func (w *world) inPlace(t *testing.T, o operator, version string) {
	t.Helper()
	s := o.status(t)
	for _, sv := range s.Servers {
		if sv.Version != version || !sv.Reachable || !sv.Healthy || sv.Rotation != "in" || len(sv.Balancers) != len(w.balancers()) {
			t.Errorf("%+v; want version %s, in everywhere", sv, version)
		}
		for _, b := range sv.Balancers {
			if b.State != "in" {
				t.Errorf("%+v; want it in everywhere", sv)
			}
		}
	}
	if s.Lock != nil {
		t.Errorf("the lock is held: %+v", s.Lock)
	}
	for _, sv := range w.servers {
		if out := w.outside(t, sv.name); out != "" {
			t.Errorf("%s is out: %s", sv.name, out)
		}
	}
}

// outside tells which balancers say themselves that a server gets no traffic.
func (w *world) outside(t *testing.T, name string) string {
	t.Helper()
	var out []string
	for _, b := range slices.Sorted(maps.Keys(w.balancers())) {
		says, err := w.says(t.Context(), b)
		if err != nil {
			t.Fatal(err)
		}
		if says[name] != "UP" {
			out = append(out, b+": "+says[name])
		}
	}
	return strings.Join(out, ", ")
}

// says returns what a balancer itself says of each server: HAProxy its words,
// nginx "UP" or what its file has, "down".
func (w *world) says(ctx context.Context, balancer string) (map[string]string, error) {
	says := map[string]string{}
	if balancer == "lb2" {
		file, err := os.ReadFile(w.nginx.Upstreams)
		for line := range strings.Lines(string(file)) {
			f := strings.Fields(strings.TrimSuffix(strings.TrimSpace(line), ";"))
			for _, s := range w.servers {
				if len(f) > 1 && f[0] == "server" && f[1] == s.addr {
					says[s.name] = "UP"
					if slices.Contains(f, "down") {
						says[s.name] = "down"
					}
				}
			}
		}
		return says, err
	}
	stat, err := w.haproxy.HAProxyServer.Ask(ctx, "show stat")
	for line := range strings.Lines(stat) {
		f := strings.Split(line, ",")
		if len(f) > 17 && f[0] == "shop" && f[1] != "FRONTEND" && f[1] != "BACKEND" {
			says[f[1]] = f[17]
		}
	}
	return says, err
}
