package haproxy_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"rota/lb"
	"rota/lb/haproxy"
)

// moody starts an application that answers as the path says, and returns its
// address.
func moody(t *testing.T) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/error":
			w.WriteHeader(http.StatusInternalServerError)
		case "/late":
			time.Sleep(50 * time.Millisecond) // it is measured
		case "/none":
			panic(http.ErrAbortHandler)
		case "/half":
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "half")
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}
	}))
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

// ask sends a request, whatever comes of it.
func ask(t *testing.T, url string) {
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Close = true
	if resp, err := http.DefaultClient.Do(req); err == nil {
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
	}
}

func TestEveryRequestIsCountedOnce(t *testing.T) {
	for _, row := range []struct {
		name, path string
		want       lb.Count // of four requests
	}{
		{"answered", "/", lb.Count{Requests: 4}},
		{"answered with an error", "/error", lb.Count{Requests: 4, Server5: 4}},
		{"not found is no error of the server", "/missing", lb.Count{Requests: 4}},
		{"closed without an answer", "/none", lb.Count{Failed: 4, Time: -1}},
		{"broken off in the middle", "/half", lb.Count{Failed: 4}},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := start(t, "a", servers("app", "server a "+moody(t)))
			b := haproxy.New(w.config("app"))
			for range 4 {
				ask(t, "http://"+w.Addr+row.path)
			}
			for end := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
				counts, err := b.Counts(t.Context())
				if err != nil || len(counts) != 1 {
					t.Fatalf("%+v, %v", counts, err)
				}
				got := counts[0]
				took := got.Time
				got.Server, got.Epoch = "", ""
				if got.Time = row.want.Time; got == row.want && (took < 0) == (row.want.Time < 0) {
					break
				}
				if time.Now().After(end) {
					t.Fatalf("%+v, want %+v", counts[0], row.want)
				}
			}
		})
	}
}

func TestAServerThatRefusesConnectionsFails(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := l.Addr().String()
	_ = l.Close()
	w := start(t, "ab", servers("app", "retries 0", "server a "+nobody+" no-check"), servers("ws", "server b {b}"))
	b := haproxy.New(w.config("app", "ws"))
	for range 3 {
		ask(t, "http://"+w.Addr+"/")
	}
	counts, err := b.Counts(t.Context())
	if err != nil || len(counts) != 2 || counts[0].Failed != 3 || counts[0].Requests != 0 || counts[0].Server5 != 0 {
		t.Errorf("%+v, %v", counts, err)
	}
}

func TestTheTimeIsTheServers(t *testing.T) {
	w := start(t, "a", servers("app", "server a "+moody(t)))
	b := haproxy.New(w.config("app"))
	for range 3 {
		ask(t, "http://"+w.Addr+"/late")
	}
	counts, err := b.Counts(t.Context())
	if err != nil || counts[0].Time < 50*time.Millisecond {
		t.Errorf("%+v, %v", counts, err)
	}
}

func TestAReloadBeginsAnotherEpoch(t *testing.T) {
	w := start(t, "a", backend("app"))
	b := haproxy.New(w.config("app"))
	before, err := b.Counts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w.Reload()
	after, err := b.Counts(t.Context())
	if err != nil || after[0].Epoch == before[0].Epoch {
		t.Errorf("%+v became %+v, %v", before, after, err)
	}
}
