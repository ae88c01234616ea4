package survey_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"rota/inventory"
	"rota/lb"
	"rota/record"
	"rota/survey"
)

// host is a survey.Host; what it is told to do runs on this machine.
type host struct {
	net.Dialer
	delay time.Duration
	err   error             // of everything
	fake  map[string]string // by command: what it prints, instead of running it; "!" fails
}

func (h *host) Run(ctx context.Context, script, _ string, out io.Writer) error {
	if err := h.wait(ctx); err != nil {
		return err
	}
	if h.fake != nil {
		return h.pretend(script, out)
	}
	cmd := exec.CommandContext(ctx, "sh")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(script), out, out
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return status(exit.ExitCode())
	}
	return err
}

func (h *host) wait(ctx context.Context) error {
	if h.delay > 0 {
		select {
		case <-time.After(h.delay):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return h.err
}

func (h *host) pretend(script string, out io.Writer) error {
	for command, prints := range h.fake {
		if !strings.Contains(script, "\n"+command+"\n") {
			continue
		}
		if prints == "!" {
			return status(1)
		}
		_, err := fmt.Fprintf(out, "\n== rota version ==\n%s\n", prints)
		return err
	}
	return nil
}

type status int

func (s status) Error() string   { return fmt.Sprintf("exit status %d", int(s)) }
func (s status) ExitStatus() int { return int(s) }

// balancer says always the same.
type balancer struct {
	servers []lb.Server
	err     error
	delay   time.Duration
}

func (b *balancer) Servers(ctx context.Context) ([]lb.Server, error) {
	if err := (&host{delay: b.delay}).wait(ctx); err != nil {
		return nil, err
	}
	return b.servers, b.err
}

func (b *balancer) Set(context.Context, ...lb.Change) error { panic("a survey changes nothing") }

// store is what the balancers' hosts keep.
type store struct {
	held     *record.Held
	holds    []record.Hold
	versions map[string]string
	err      error
}

func (s store) Holder(context.Context) (*record.Held, error) { return s.held, s.err }
func (s store) Holds(context.Context) ([]record.Hold, error) { return s.holds, s.err }
func (s store) Versions(context.Context) (map[string]string, error) {
	return s.versions, s.err
}

func shop() *inventory.Inventory {
	server := func(name string, balanced bool) inventory.Server {
		return inventory.Server{Name: name, SSH: name, Address: name + ":80", Groups: []string{"blue"}, Balanced: balanced}
	}
	return &inventory.Inventory{
		App: "shop", Environment: "production",
		Servers: []inventory.Server{server("web1", true), server("web2", true), server("worker1", false)},
		Balancers: []inventory.Balancer{
			{Name: "lb1", Servers: []string{"web1", "web2"}},
			{Name: "lb2", Servers: []string{"web2"}},
		},
		Deploy: inventory.Deploy{Version: inventory.VersionCheck{Run: "version"}},
		Health: inventory.Health{Run: "healthy"},
	}
}

// web is a server as a balancer sees it.
func web(name string, state lb.State, weight, rate int) lb.Server {
	return lb.Server{Name: name, State: state, Weight: weight, Sessions: -1, Rate: rate, Errors: -1}
}

var now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func TestLook(t *testing.T) {
	hold := record.Hold{Server: "web2", By: "ann@laptop", Since: now, Why: "disk"}
	held := &record.Held{Lock: record.Lock{Owner: "ann@laptop"}}
	site := &survey.Site{
		Inventory: shop(),
		Balancers: []lb.Named{
			{Name: "lb1", Balancer: &balancer{servers: []lb.Server{web("web1", lb.In, 100, 30), web("web2", lb.In, 100, 10)}}},
			{Name: "lb2", Balancer: &balancer{servers: []lb.Server{web("web2", lb.Out, 1, -1)}}},
		},
		Hosts: map[string]survey.Host{
			"web1":    &host{fake: map[string]string{"version": "1.0.1"}},
			"web2":    &host{fake: map[string]string{"version": "1.0.2", "healthy": "!"}},
			"worker1": &host{err: errors.New("no route to host")},
		},
		Store: store{held: held, holds: []record.Hold{hold}, versions: map[string]string{"worker1": "1.0.0"}},
		Now:   func() time.Time { return now },
	}
	got := site.Look(t.Context())
	want := survey.Snapshot{
		App: "shop", Environment: "production", At: now, Lock: held,
		Servers: []survey.Server{
			{
				Name: "web1", Groups: []string{"blue"}, Balanced: true, Version: "1.0.1", Asked: true, Since: now, Reachable: true, Healthy: true,
				Rotation: lb.In, At: []survey.At{{"lb1", web("web1", lb.In, 100, 30)}},
			},
			{
				Name: "web2", Groups: []string{"blue"}, Balanced: true, Version: "1.0.2", Asked: true, Since: now, Reachable: true,
				Error: "run healthy: exit status 1 (<1ms)", Hold: &hold,
				Rotation: lb.Mixed, At: []survey.At{{"lb1", web("web2", lb.In, 100, 10)}, {"lb2", web("web2", lb.Out, 1, -1)}},
			},
			{Name: "worker1", Groups: []string{"blue"}, Asked: true, Since: now, Error: "no route to host", Rotation: lb.Absent},
		},
		Versions: []survey.Share{{"1.0.1", 1, 0.75}, {"1.0.2", 1, 0.25}, {"", 1, 0}},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(survey.Snapshot{}, "Balancers"), cmp.Comparer(sameError)); diff != "" {
		t.Error(diff)
	}
	if len(got.Balancers) != 2 || got.Balancers[0].Name != "lb1" || got.Balancers[1].Err != nil {
		t.Errorf("balancers: %+v", got.Balancers)
	}
}

func sameError(a, b error) bool { return fmt.Sprint(a) == fmt.Sprint(b) }

func TestLookIsNotKeptWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inv := shop()
		inv.Deploy.Version = inventory.VersionCheck{}
		inv.Health = inventory.Health{None: true}
		site := &survey.Site{
			Inventory: inv,
			Balancers: []lb.Named{
				{Name: "lb1", Balancer: &balancer{delay: time.Hour}},
				{Name: "lb2", Balancer: &balancer{err: errors.New("permission denied")}},
			},
			Hosts: map[string]survey.Host{"web1": &host{delay: time.Hour}, "web2": &host{fake: map[string]string{}}},
			Store: store{versions: map[string]string{"web1": "1.0.1"}, err: errors.New("lb1: no route to host")},
		}
		began := time.Now()
		got := site.Look(t.Context())
		if took := time.Since(began); took != 5*time.Second {
			t.Errorf("took %v", took)
		}
		if s := got.Servers[0]; s.Reachable || s.Healthy || s.Error != "no answer in 5s" || s.Version != "1.0.1" || s.Rotation != lb.Unknown || s.At[0].Weight != -1 {
			t.Errorf("a machine that does not answer: %+v", s)
		}
		if s := got.Servers[1]; !s.Reachable || !s.Healthy || s.Error != "" || s.Rotation != lb.Unknown || len(s.At) != 2 {
			t.Errorf("a machine that does: %+v", s)
		}
		if s := got.Servers[2]; s.Reachable || s.Error != "no host" {
			t.Errorf("no machine: %+v", s)
		}
		if got.Balancers[0].Err == nil || got.Balancers[1].Err == nil || got.Records == nil {
			t.Errorf("errors: %v, %v, %v", got.Balancers[0].Err, got.Balancers[1].Err, got.Records)
		}
	})
}

func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		site := &survey.Site{
			Inventory: shop(),
			Balancers: []lb.Named{
				{Name: "lb1", Balancer: &balancer{servers: []lb.Server{web("web1", lb.In, 1, -1), web("web2", lb.In, 1, -1)}}},
				{Name: "lb2", Balancer: &balancer{delay: 2 * time.Second, servers: []lb.Server{web("web2", lb.In, 1, -1)}}},
			},
			Hosts: map[string]survey.Host{
				"web1":    &host{fake: map[string]string{"version": "1"}},
				"web2":    &host{delay: time.Second, fake: map[string]string{"version": "1"}},
				"worker1": &host{fake: map[string]string{"version": "1"}},
			},
			Store: store{},
		}
		ctx, cancel := context.WithCancel(t.Context())
		began := time.Now()
		type seen struct {
			After         time.Duration
			Asked         int
			First, Second lb.State
		}
		var all []seen
		site.Watch(ctx, 10*time.Second, func(s survey.Snapshot) {
			now := seen{After: time.Since(began).Truncate(time.Second), First: s.Servers[0].Rotation, Second: s.Servers[1].Rotation}
			for _, sv := range s.Servers {
				if sv.Asked {
					now.Asked++
				}
				if sv.Asked && sv.Since.Sub(began)%(12*time.Second) != 0 { // a look and the pause after it
					t.Errorf("%s was asked at %v, and not at the beginning of a look", sv.Name, sv.Since.Sub(began))
				}
			}
			if len(all) == 0 || all[len(all)-1] != now { // how many answers come together is not promised
				all = append(all, now)
			}
			if now.After > 20*time.Second {
				cancel()
			}
		})
		// A server takes two calls, one after the other. A look takes two seconds.
		last := all[len(all)-1]
		if all[0] != (seen{0, 0, lb.Unknown, lb.Unknown}) || last != (seen{26 * time.Second, 3, lb.In, lb.In}) {
			t.Errorf("first %+v, last %+v", all[0], last)
		}
		var lateOnes int
		for _, s := range all {
			if s.After == 0 && s.Asked == 2 && s.First == lb.In && s.Second == lb.Mixed {
				lateOnes++
			}
			if s.After > 2*time.Second && s.Asked < 3 {
				t.Errorf("a later look has forgotten an answer: %+v", s)
			}
		}
		if lateOnes == 0 {
			t.Errorf("the slow ones kept the others waiting: %+v", all)
		}
	})
}

func TestWatchEndsInTheMiddleOfALook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		site := &survey.Site{Inventory: shop(), Hosts: map[string]survey.Host{"web1": &host{delay: time.Hour}}}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		site.Watch(ctx, time.Second, func(s survey.Snapshot) {
			if s.Servers[0].Asked {
				t.Errorf("its being cut short is shown as an answer: %+v", s.Servers[0])
			}
		})
	})
}

func TestShares(t *testing.T) {
	server := func(version string, at ...lb.Server) survey.Server {
		s := survey.Server{Version: version, Asked: true}
		for _, a := range at {
			s.At = append(s.At, survey.At{Server: a})
		}
		return s
	}
	for _, row := range []struct {
		name    string
		servers []survey.Server
		want    []survey.Share
	}{
		{"nobody", nil, nil},
		{
			"by rate where it is told, whatever the state",
			[]survey.Server{server("1", web("", lb.In, 1, 30), web("", lb.In, 1, -1)), server("2", web("", lb.Draining, 100, 10), web("", lb.In, 50, -1))},
			[]survey.Share{{"1", 1, 0.75}, {"2", 1, 0.25}},
		},
		{
			"by weight where there is no traffic, of what is in",
			[]survey.Server{server("1", web("", lb.Out, 100, 0)), server("2", web("", lb.In, 1, 0)), server("2", web("", lb.In, 2, 0)), server("3", web("", lb.In, 1, 0))},
			[]survey.Share{{"2", 2, 0.75}, {"3", 1, 0.25}, {"1", 1, 0}},
		},
		{
			"alike where there are no weights",
			[]survey.Server{server("1", web("", lb.In, -1, -1)), server("2", web("", lb.In, -1, -1))},
			[]survey.Share{{"1", 1, 0.5}, {"2", 1, 0.5}},
		},
		{"nothing in rotation", []survey.Server{server("1", web("", lb.Out, 1, -1)), server("1")}, []survey.Share{{"1", 2, 0}}},
		{"what has not answered is not counted", []survey.Server{{}, server("")}, []survey.Share{{"", 1, 0}}},
	} {
		t.Run(row.name, func(t *testing.T) {
			if diff := cmp.Diff(row.want, survey.Shares(row.servers)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
