package health_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rota/health"
)

// here is this machine as a Dialer and a Runner.
type here struct {
	net.Dialer
	banned bool // as an sshd with AllowTcpForwarding no
	dials  atomic.Int32
	runs   atomic.Int32
	path   string
}

func (h *here) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	h.dials.Add(1)
	if h.banned {
		return nil, fmt.Errorf("web1: tcp %s: %w", address, errors.New("ssh: rejected: administratively prohibited (open failed)"))
	}
	return h.Dialer.DialContext(ctx, network, address)
}

func (h *here) Run(ctx context.Context, script, _ string, out io.Writer) error {
	h.runs.Add(1)
	cmd := exec.CommandContext(ctx, "sh")
	cmd.WaitDelay = 10 * time.Millisecond
	cmd.Stdin = strings.NewReader(script)
	cmd.Stdout, cmd.Stderr = out, out
	if h.path != "" {
		cmd.Env = []string{"PATH=" + h.path}
	}
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return status(exit.ExitCode())
	}
	return err
}

type status int

func (s status) Error() string   { return fmt.Sprintf("exit status %d", int(s)) }
func (s status) ExitStatus() int { return int(s) }

// site answers on /N with status N, and on some other paths.
func site(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/who":
		_, _ = fmt.Fprintf(w, `{"host":%q,"agent":%q,"a":%q}`, r.Host, r.UserAgent(), r.Header.Get("A"))
	case "/chunks":
		for range 3 {
			_, _ = fmt.Fprint(w, "o")
			w.(http.Flusher).Flush()
		}
		_, _ = fmt.Fprint(w, "k")
	case "/302":
		http.Redirect(w, r, "/200", http.StatusFound)
	case "/much":
		_, _ = w.Write([]byte(strings.Repeat("x", 70<<10) + "needle"))
	case "/torn":
		w.Header().Set("Content-Length", "100")
		_, _ = fmt.Fprint(w, "half")
	default:
		code, err := strconv.Atoi(r.URL.Path[1:])
		if err != nil {
			code = http.StatusNotFound
		}
		w.WriteHeader(code)
	}
}

func TestOnce(t *testing.T) {
	plain, secure := httptest.NewServer(http.HandlerFunc(site)), httptest.NewTLSServer(http.HandlerFunc(site))
	defer plain.Close()
	defer secure.Close()
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	closed := httptest.NewServer(nil)
	closed.Close()
	address := strings.TrimPrefix(plain.URL, "http://")
	for _, row := range []struct {
		name  string
		check health.Check
		ok    bool
		text  string // a regular expression
	}{
		{"200 is what is wanted", health.Check{HTTP: plain.URL + "/200"}, true, `^GET http://127.0.0.1:\d+/200: 200 \((<1|\d+)ms\)$`},
		{"another status is not", health.Check{HTTP: plain.URL + "/503"}, false, `/503: 503, want 200 \(`},
		{"unless it is asked for", health.Check{HTTP: plain.URL + "/503", Expect: []health.Range{{200, 299}, {503, 503}}}, true, `: 503 \(`},
		{"all that is asked for is named", health.Check{HTTP: plain.URL + "/404", Expect: []health.Range{{200, 299}, {503, 503}}}, false, `: 404, want 200-299 or 503 \(`},
		{"a redirect is not followed", health.Check{HTTP: plain.URL + "/302"}, false, `: 302, want 200 \(`},
		{"the body has it", health.Check{HTTP: plain.URL + "/chunks", Body: "oook"}, true, `: 200 \(`},
		{"the body has it not", health.Check{HTTP: plain.URL + "/chunks", Body: "ok!"}, false, `: 200, but the body does not contain "ok!": "oook" \(`},
		{"a long body is not read to its end", health.Check{HTTP: plain.URL + "/much", Body: "needle"}, false, `does not contain "needle"`},
		{"a body that ends early", health.Check{HTTP: plain.URL + "/torn", Body: "whole"}, false, `: 200, but the body ended early: unexpected EOF \(|transfer closed`},
		{"headers go along", health.Check{HTTP: plain.URL + "/who", Headers: [][2]string{{"host", "shop.example.com"}, {"A", "it's"}}, Body: `{"host":"shop.example.com","agent":"rota","a":"it's"}`}, true, `: 200 \(`},
		{"a certificate of nobody's", health.Check{HTTP: secure.URL + "/200"}, false, `certificate`},
		{"any certificate will do", health.Check{HTTP: secure.URL + "/200", Insecure: true}, true, `: 200 \(`},
		{"nobody listens", health.Check{HTTP: closed.URL}, false, `refused|connect to`},
		{"a port", health.Check{TCP: address}, true, `^connect to 127.0.0.1:\d+: connected \(`},
		{"a port without a program", health.Check{TCP: strings.TrimPrefix(closed.URL, "http://")}, false, `refused|connect to`},
		{"a command", health.Check{Run: `test "$A" = 1`, Before: "A=1"}, true, `^run test "\$A" = 1: succeeded \(`},
		{"a command that fails", health.Check{Run: "echo a; echo down >&2; exit 3"}, false, `: exit status 3: down \(`},
		{"no check", health.Check{}, true, `^no check: nothing is asked`},
	} {
		t.Run(row.name, func(t *testing.T) {
			for _, h := range []*here{{}, {banned: true}} {
				r := row.check.Once(t.Context(), h, h)
				if r.OK != row.ok || !regexp.MustCompile(row.text).MatchString(r.Text) || r.Try != 1 {
					t.Errorf("banned %v: got %+v, want %v, %s", h.banned, r, row.ok, row.text)
				}
			}
		})
	}
}

// shut is a machine on which nobody listens, as an sshd tells it.
type shut struct{ here }

func (*shut) DialContext(_ context.Context, network, address string) (net.Conn, error) {
	return nil, fmt.Errorf("web1: %s %s: %w", network, address, errors.New("ssh: rejected: connect failed (Connection refused)"))
}

func TestARefusalIsToldInFewWords(t *testing.T) {
	s := &shut{}
	for _, c := range []health.Check{{HTTP: "http://10.0.0.11:8080/healthz"}, {TCP: "10.0.0.11:8080"}} {
		if r := c.Once(t.Context(), s, s); r.OK || !strings.Contains(r.Text, ": connection refused (") {
			t.Errorf("got %+v", r)
		}
	}
}

func TestHostHeaderIsTheNameInTLS(t *testing.T) {
	var name atomic.Value
	server := httptest.NewUnstartedServer(http.HandlerFunc(site))
	server.TLS = &tls.Config{GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		name.Store(hello.ServerName)
		return nil, nil //nolint:nilnil // the way to say that nothing is different
	}}
	server.StartTLS()
	defer server.Close()
	c := health.Check{HTTP: server.URL + "/who", Headers: [][2]string{{"Host", "shop.example.com"}}, Insecure: true, Body: `"host":"shop.example.com"`}
	for _, h := range []*here{{}, {banned: true}} {
		name.Store("")
		if r := c.Once(t.Context(), h, h); !r.OK || name.Load() != "shop.example.com" {
			t.Errorf("banned %v: %s, asked for %q", h.banned, r.Text, name.Load())
		}
	}
}

func TestWhoeverIsBannedAsksByCurl(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(site))
	defer server.Close()
	h := &here{banned: true}
	c := health.Check{HTTP: server.URL + "/200", Passes: 3, Timeout: time.Minute}
	if err := c.Wait(t.Context(), h, h, nil); err != nil {
		t.Fatal(err)
	}
	if h.dials.Load() != 1 || h.runs.Load() != 3 {
		t.Errorf("%d dials and %d commands: it is decided once", h.dials.Load(), h.runs.Load())
	}
	h.path = t.TempDir()
	if r := c.Once(t.Context(), h, h); r.OK || !strings.Contains(r.Text, "there is no curl") {
		t.Errorf("without curl: %+v", r)
	}
}

func TestGet(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(site))
	defer server.Close()
	for _, h := range []*here{{}, {banned: true}} {
		body, err := health.Get(t.Context(), server.URL+"/chunks", h, h)
		if err != nil || string(body) != "oook" {
			t.Errorf("got %q, %v", body, err)
		}
		for _, path := range []string{"/503", "/302", "/torn"} {
			if body, err := health.Get(t.Context(), server.URL+path, h, h); err == nil || !strings.Contains(err.Error(), "GET "+server.URL+path+": ") {
				t.Errorf("%s: got %q, %v", path, body, err)
			}
		}
	}
}
