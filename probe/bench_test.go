package probe

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

// What a kept request costs is to be held against what it costs by net/http;
// both have the server's part in it.

func BenchmarkKeptRequest(b *testing.B) {
	p, err := New(b.Context(), Config{URLs: []string{server(b)}, Rate: 1})
	if err != nil {
		b.Fatal(err)
	}
	a := p.askers[0]
	b.ReportAllocs()
	for b.Loop() {
		if status, resent, err := a.ask(b.Context(), true); status != http.StatusOK || resent || err != nil {
			b.Fatal(status, resent, err)
		}
	}
	(<-a.idle).close()
}

func BenchmarkKeptRequestByNetHTTP(b *testing.B) {
	url := server(b)
	client := &http.Client{Transport: &http.Transport{}}
	b.ReportAllocs()
	for b.Loop() {
		resp, err := client.Get(url)
		if err != nil {
			b.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
	}
	client.CloseIdleConnections()
}

func server(b *testing.B) (url string) {
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	b.Cleanup(s.Close)
	return s.URL
}
