package proxy_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// get asks through the proxy with a client that never tries twice.
func (b *balancer) get(path string) (status int, err error) {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Post(b.web+path, "text/plain", strings.NewReader("body"))
	if err != nil {
		return 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, err
}

// only leaves a single server in rotation, s1.
func (b *balancer) only(t *testing.T) {
	t.Helper()
	b.await(t, "s1", seen{"UP", "2", "0", "3", "6", "L7OK"})
	b.send(t, "set server app/s2 state maint; set server app/s3 state drain\n")
}

// figures wait until some columns of a server are as wanted.
func (b *balancer) figures(t *testing.T, server string, want map[string]string) {
	t.Helper()
	deadline := time.Now().Add(5 * time.Second)
	for {
		stat := b.stats(t)[server]
		wrong := ""
		for name, value := range want {
			if stat[name] != value {
				wrong += name + "=" + stat[name] + ", not " + value + "; "
			}
		}
		if wrong == "" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(server, ": ", wrong)
		}
		time.Sleep(time.Millisecond)
	}
}

func TestDrainAndMaintenanceLetRequestsEnd(t *testing.T) {
	b := miniature(t)
	b.only(t)
	type answer struct {
		status int
		err    error
	}
	answers := make(chan answer)
	go func() {
		status, err := b.get("/block")
		answers <- answer{status, err}
	}()
	<-b.apps[0].at
	b.send(t, "set server app/s2 state ready; set server app/s1 state drain\n")
	b.figures(t, "s1", map[string]string{"scur": "1", "stot": "1"})
	b.send(t, "set server app/s1 state maint\n")
	for range 5 {
		if status, err := b.get("/"); status != http.StatusOK || err != nil {
			t.Errorf("a request to the others: %d, %v", status, err)
		}
	}
	b.figures(t, "s1", map[string]string{"scur": "1", "stot": "1"})
	close(b.apps[0].block)
	if got := <-answers; got.status != http.StatusOK || got.err != nil {
		t.Errorf("the request under way: %+v", got)
	}
	b.figures(t, "s1", map[string]string{"scur": "0", "hrsp_2xx": "1", "eresp": "0"})
	b.figures(t, "s2", map[string]string{"scur": "0", "stot": "5"})
}

func TestShutdownSessionsCutsTheServersOwn(t *testing.T) {
	b := miniature(t)
	b.only(t)
	failed := make(chan error)
	go func() {
		_, err := b.get("/block")
		failed <- err
	}()
	<-b.apps[0].at
	defer close(b.apps[0].block)
	b.send(t, "shutdown sessions server app/s2\n")
	b.figures(t, "s1", map[string]string{"scur": "1"})
	b.send(t, "shutdown sessions server app/s1\n")
	if err := <-failed; err == nil {
		t.Error("the request came through whole")
	}
	b.figures(t, "s1", map[string]string{"scur": "0"})
}

func TestWhatIsLostIsCountedAndNotRepeated(t *testing.T) {
	b := miniature(t)
	b.only(t)
	if status, err := b.get("/abort"); status != http.StatusBadGateway || err != nil {
		t.Errorf("a server that closes without an answer: %d, %v", status, err)
	}
	b.figures(t, "s1", map[string]string{"eresp": "1", "stot": "1"})
	if _, err := b.get("/half"); err == nil {
		t.Error("half an answer was taken for a whole one")
	}
	b.figures(t, "s1", map[string]string{"eresp": "2", "stot": "2", "hrsp_2xx": "1"})
	b.apps[0].Close()
	if status, err := b.get("/"); status != http.StatusServiceUnavailable || err != nil {
		t.Errorf("a dead server that no check has found yet: %d, %v", status, err)
	}
	b.figures(t, "s1", map[string]string{"econ": "1", "stot": "3"})
	b.figures(t, "s1", map[string]string{"status": "DOWN", "check_status": "L4CON", "chkdown": "1"})
	if status, err := b.get("/"); status != http.StatusServiceUnavailable || err != nil {
		t.Errorf("no server at all: %d, %v", status, err)
	}
	b.figures(t, "s1", map[string]string{"stot": "3"})
	b.figures(t, "BACKEND", map[string]string{"status": "DOWN", "act": "0", "stot": "4", "hrsp_5xx": "3"})
}

func TestCloseEndsRequestsAndTalks(t *testing.T) {
	b := miniature(t)
	b.only(t)
	failed := make(chan error)
	go func() {
		_, err := b.get("/block")
		failed <- err
	}()
	<-b.apps[0].at
	defer close(b.apps[0].block)
	b.close()
	if err := <-failed; err == nil {
		t.Error("the request came through whole")
	}
	if _, err := b.get("/"); err == nil {
		t.Error("a closed proxy answers")
	}
}
