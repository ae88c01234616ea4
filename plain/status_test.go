package plain

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/charmbracelet/x/exp/golden"
	"github.com/google/go-cmp/cmp"

	"rota/internal/text"
	"rota/lb"
	"rota/record"
	"rota/survey"
)

// shopStatus is a snapshot in which something is unusual about every server.
func shopStatus() survey.Snapshot {
	at := func(balancer string, s lb.State, weight, sessions, rate int) survey.At {
		return survey.At{Balancer: balancer, Server: lb.Server{State: s, Weight: weight, Sessions: sessions, Rate: rate}}
	}
	unproved := at("lb2", lb.Unknown, -1, -1, -1)
	unproved.Note = "down in the file, no reload proved since"
	return survey.Snapshot{
		App: "shop", Environment: "production", At: noon,
		Servers: []survey.Server{
			{
				Name: "web1", Groups: []string{"blue"}, Balanced: true, Version: "1.0.2", Asked: true, Reachable: true, Healthy: true,
				Rotation: lb.In, At: []survey.At{at("lb1", lb.In, 100, 3, 12), at("lb2", lb.In, 1, -1, -1)},
			},
			{
				Name: "웹2", Groups: []string{"green", "eu"}, Balanced: true, Version: "1.0.1", Asked: true, Reachable: true,
				Error: "GET /healthz: 503", Rotation: lb.Mixed,
				At: []survey.At{at("lb1", lb.Draining, 0, 2, 0), unproved},
			},
			{
				Name: "web3", Groups: []string{"green"}, Balanced: true, Asked: true, Error: "connection refused", Rotation: lb.Out,
				At:   []survey.At{at("lb1", lb.Out, 100, 0, 0)},
				Hold: &record.Hold{Server: "web3", By: "anna@laptop", Since: noon, Why: "disk #4711"},
			},
			{Name: "worker1", Rotation: lb.Absent},
		},
		Balancers: []lb.View{
			{Name: "lb1", Info: lb.Info{Kind: "haproxy", Version: "2.6.12"}},
			{Name: "lb2", Err: errors.New("dial: no route to host")},
		},
		Versions: []survey.Share{{Version: "1.0.2", Servers: 1, Share: 0.75}, {Version: "1.0.1", Servers: 1, Share: 0.25}, {Servers: 2}},
		Lock: &record.Held{Lock: record.Lock{
			Run: "20260102-115900", Owner: "ben@desk", Since: noon, Version: "1.0.2", Message: "hands off", Token: "secret",
		}},
	}
}

func TestStatus(t *testing.T) {
	for _, width := range []int{0, 120, 80, 50, 30} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			var out bytes.Buffer
			Status(&out, shopStatus(), width, false)
			golden.RequireEqual(t, out.Bytes())
		})
	}
	t.Run("colour", func(t *testing.T) {
		var out bytes.Buffer
		Status(&out, shopStatus(), 120, true)
		golden.RequireEqual(t, out.Bytes())
	})
}

func TestTheTableFitsAnyWidth(t *testing.T) {
	for width := 1; width < 200; width++ {
		var out bytes.Buffer
		servers(&out, shopStatus(), width, false)
		for line := range strings.Lines(out.String()) {
			if w := text.Width(strings.TrimSuffix(line, "\n")); w > width {
				t.Errorf("at %d: %d: %s", width, w, line)
			}
		}
	}
}

func TestStatusJSON(t *testing.T) {
	var out bytes.Buffer
	if err := StatusJSON(&out, shopStatus()); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); strings.Count(got, "\n") != 1 || strings.Contains(got, "secret") {
		t.Errorf("not one line, or it tells the lock's token: %s", got)
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, out.Bytes(), "", "  "); err != nil {
		t.Fatal(err)
	}
	golden.RequireEqual(t, indented.Bytes())
}

func TestStatusJSONIsAsTheContractShowsIt(t *testing.T) {
	var out bytes.Buffer
	err := StatusJSON(&out, survey.Snapshot{
		App: "shop", At: noon,
		Servers: []survey.Server{{
			Name: "web1", Groups: []string{"blue"}, Version: "1.0.1", Asked: true, Reachable: true, Healthy: true, Rotation: lb.In,
			At: []survey.At{
				{Balancer: "lb1", Server: lb.Server{State: lb.In, Weight: 100, Sessions: 3, Rate: 12}},
				{Balancer: "lb2", Server: lb.Server{State: lb.In, Weight: 1, Sessions: -1, Rate: -1}},
			},
		}},
		Balancers: []lb.View{{Name: "lb1", Info: lb.Info{Kind: "haproxy", Version: "2.6.12"}}},
		Versions:  []survey.Share{{Version: "1.0.1", Servers: 3, Share: 0.75}, {Version: "1.0.2", Servers: 1, Share: 0.25}},
	})
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"app":"shop","at":"2026-01-02T12:00:00Z",` +
		`"servers":[{"name":"web1","group":"blue","version":"1.0.1","reachable":true,"healthy":true,"rotation":"in",` +
		`"balancers":{"lb1":{"state":"in","weight":100,"sessions":3,"rate":12},"lb2":{"state":"in","weight":1}}}],` +
		`"balancers":[{"name":"lb1","kind":"haproxy","reachable":true,"version":"2.6.12"}],` +
		`"versions":{"1.0.1":{"servers":3,"share":0.75},"1.0.2":{"servers":1,"share":0.25}},"lock":null}` + "\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}
