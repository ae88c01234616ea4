package servertest

import (
	"net/http"
	"testing"
	"time"
)

// Get asks the balancer at addr for a path, on a connection of its own, and
// returns the name of the server that answered and the status.
func Get(t testing.TB, addr, path string, header ...string) (server string, status int) {
	t.Helper()
	resp := get(t, addr, path, header...)
	defer func() { _ = resp.Body.Close() }()
	return resp.Header.Get("X-Server"), resp.StatusCode
}

// get opens a request; header holds names and values in turn.
func get(t testing.TB, addr, path string, header ...string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	req.Close = true
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, ResponseHeaderTimeout: 10 * time.Second}}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}
