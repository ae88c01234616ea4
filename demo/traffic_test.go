package demo

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestAClientSeesWhatIsLostAndNoMore(t *testing.T) {
	rows := []struct {
		what    string
		answer  http.HandlerFunc
		version string
		lost    string // part of the error; "" for none
	}{
		{"an answer", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set(versionHeader, "7") }, "7", ""},
		{"an error page", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }, "", "the answer is 502"},
		{"half an answer", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "10")
			_, _ = w.Write([]byte("half"))
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}, "", "unexpected EOF"},
		{"no answer", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "", "EOF"},
	}
	for _, row := range rows {
		for _, keep := range []bool{true, false} {
			for _, method := range []string{http.MethodGet, http.MethodPost} {
				t.Run(fmt.Sprint(row.what, " to ", method, ", connection kept: ", keep), func(t *testing.T) {
					var asked atomic.Int32
					server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						asked.Add(1)
						row.answer(w, r)
					}))
					defer server.Close()
					c := &client{address: server.Listener.Addr().String(), keep: keep}
					defer c.close()
					for range 2 { // the second time on a used connection, if it is kept
						version, err := c.ask(t.Context(), method, "/path")
						if row.lost == "" && (err != nil || version != row.version) {
							t.Errorf("got %q, %v", version, err)
						}
						if row.lost != "" && (err == nil || !strings.HasPrefix(err.Error(), method+" /path: ") || !strings.Contains(err.Error(), row.lost)) {
							t.Errorf("got %v", err)
						}
					}
					if n := asked.Load(); n != 2 {
						t.Errorf("the server was asked %d times, not 2", n)
					}
				})
			}
		}
	}
}

func TestAClosedIdleConnectionIsNoLoss(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	c := &client{address: server.Listener.Addr().String(), keep: true}
	defer c.close()
	var conns []net.Conn
	for range 3 {
		if _, err := c.ask(t.Context(), http.MethodPost, "/"); err != nil {
			t.Fatal(err)
		}
		if slices.Contains(conns, net.Conn(c.conn)) {
			t.Error("a closed connection is used again")
		}
		conns = append(conns, c.conn)
		server.CloseClientConnections()
		for deadline := time.Now().Add(5 * time.Second); !finished(c.conn); time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("the end does not come")
			}
		}
	}
}

func TestTrafficCountsByVersionAndForgetsOldFailures(t *testing.T) {
	var n atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			<-r.Context().Done()
			return
		}
		switch i := n.Add(1); i % 3 {
		case 0:
			w.WriteHeader(http.StatusServiceUnavailable)
		default:
			w.Header().Set(versionHeader, fmt.Sprint("v", i%3))
		}
	}))
	defer server.Close()
	tr := startTraffic(context.Background(), server.Listener.Addr().String(), false)
	for deadline := time.Now().Add(5 * time.Second); tr.now().Sent < 3*(failuresKept+5); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("hardly any traffic")
		}
	}
	tr.end()
	got := tr.now()
	if got.Versions["v1"] == 0 || got.Versions["v2"] == 0 || got.Failed == 0 || got.Sent != got.Failed+got.Versions["v1"]+got.Versions["v2"] {
		t.Errorf("the figures do not add up: %+v", got)
	}
	if len(got.Failures) != failuresKept || got.Failed <= failuresKept {
		t.Errorf("%d of %d failures are kept", len(got.Failures), got.Failed)
	}
	if got.Rate < 40 || got.Rate > 200 {
		t.Errorf("%d requests a second", got.Rate)
	}
	if again := tr.now(); again.Sent != got.Sent {
		t.Error("it goes on after its end")
	}
}
