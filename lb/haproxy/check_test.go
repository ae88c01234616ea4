package haproxy_test

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rota/lb"
	"rota/lb/haproxy"
)

func contextFor(t *testing.T, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(t.Context(), d)
}

func TestCheckFindsWhatWouldStopARun(t *testing.T) {
	w := start(t, "ab", backend("app"), backend("ws"))
	for _, row := range []struct {
		name   string
		change func(*haproxy.Config)
		is     error
		words  []string
	}{
		{"all is well", func(*haproxy.Config) {}, nil, nil},
		{"by tcp, all is well", func(c *haproxy.Config) { c.Network, c.Address = "tcp", w.Admin }, nil, nil},
		{
			"a backend with another name", func(c *haproxy.Config) { c.Members[1].Pool = "wss" }, lb.ErrNotFound,
			[]string{`backend "wss": not found`, `did you mean "ws"?`},
		},
		{
			"a backend with quite another name", func(c *haproxy.Config) { c.Members[1].Pool = "elsewhere" }, lb.ErrNotFound,
			[]string{`backend "elsewhere": not found`, "there are: app, ws"},
		},
		{
			"a server with another name", func(c *haproxy.Config) { c.Members[0].Name = "web1" }, lb.ErrNotFound,
			[]string{`server "a": not found as app/web1`, "there are: a, b"},
		},
		{
			"two problems at once", func(c *haproxy.Config) { c.Members[0].Name, c.Members[1].Pool = "web1", "wss" }, lb.ErrNotFound,
			[]string{`backend "wss": not found`, `server "a": not found as app/web1`},
		},
		{
			"a name that is a command", func(c *haproxy.Config) { c.Members[0].Name = "a;disable server app/b" }, nil,
			[]string{`"a;disable server app/b" cannot be the name`},
		},
		{
			"a socket of another level", func(c *haproxy.Config) { c.Address = filepath.Join(filepath.Dir(w.Socket), "operator.sock") }, fs.ErrPermission,
			[]string{`its level is "operator"`, "level admin"},
		},
		{
			"no such socket", func(c *haproxy.Config) { c.Address += "x" }, lb.ErrNotFound,
			[]string{"admin.sockx: socket not found", "stats socket"},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := w.config("app")
			row.change(&c)
			err := haproxy.New(c).Check(t.Context())
			if row.is != nil && !errors.Is(err, row.is) {
				t.Errorf("the error is %v, want one that wraps %v", err, row.is)
			}
			if len(row.words) == 0 && err != nil {
				t.Error(err)
			}
			for _, words := range row.words {
				if err == nil || !strings.Contains(err.Error(), words) {
					t.Errorf("the error is %v, want one with %q", err, words)
				}
			}
		})
	}
}

func TestALowerLevelChangesNothing(t *testing.T) {
	w := start(t, "ab", backend("app"))
	c := w.config("app")
	c.Address = filepath.Join(filepath.Dir(w.Socket), "operator.sock")
	b := haproxy.New(c)
	for what, err := range map[string]error{
		"set":   b.Set(t.Context(), changes(t, "a out")...),
		"cut":   b.Cut(t.Context(), "a"),
		"check": b.Check(t.Context()),
	} {
		if !errors.Is(err, fs.ErrPermission) {
			t.Errorf("%s: the error is %v", what, err)
		}
	}
	w.is(b, "a", lb.In)
}

func TestInfo(t *testing.T) {
	w := start(t, "a", backend("app"))
	info, err := haproxy.New(w.config("app")).Info(t.Context())
	if err != nil || info.Kind != "haproxy" || !strings.Contains(w.Ask("show info"), "Version: "+info.Version+"\n") || info.Version == "" {
		t.Errorf("%+v, %v", info, err)
	}
}

func TestAbsentServersComeLast(t *testing.T) {
	w := start(t, "ab", backend("app"))
	c := w.config("app")
	c.Members = append([]lb.Member{{Server: "gone", Pool: "app"}}, c.Members...)
	servers, err := haproxy.New(c).Servers(t.Context())
	if err != nil || len(servers) != 3 {
		t.Fatalf("%+v, %v", servers, err)
	}
	if s := servers[2]; s.Name != "gone" || s.State != lb.Absent || s.Sessions != -1 {
		t.Errorf("%+v", s)
	}
}
