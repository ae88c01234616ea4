package health

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
)

// bodyLimit is how much of an answer is read.
const bodyLimit = 64 << 10

// Get returns the body of what a URL answers with status 200, at most 64 KiB of
// it. It has five seconds.
func Get(ctx context.Context, url string, d Dialer, r Runner) ([]byte, error) {
	t := tester{check: Check{HTTP: url}, dialer: d, runner: r, keep: true}
	if _, err := t.ask(ctx); err != nil {
		return nil, fmt.Errorf("%s: %w", t.check, err)
	}
	return t.body, nil
}

// get asks over a connection that is made for this one request.
func (t *tester) get(ctx context.Context) (string, error) {
	c := t.check
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.HTTP, nil)
	if err != nil {
		return "", err
	}
	req.Header.Set("User-Agent", "rota")
	for _, h := range c.Headers {
		if strings.EqualFold(h[0], "Host") {
			req.Host = h[1]
		} else {
			req.Header.Add(h[0], h[1])
		}
	}
	transport := &http.Transport{
		DialContext:       t.dialer.DialContext,
		DisableKeepAlives: true,
		TLSClientConfig: &tls.Config{
			ServerName:         serverName(req.Host),
			InsecureSkipVerify: c.Insecure, //nolint:gosec // the inventory says so
		},
		TLSHandshakeTimeout: networkTimeout,
	}
	resp, err := transport.RoundTrip(req) // follows no redirect
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	return t.judge(resp)
}

// serverName returns the name of a host that is asked for by TLS; "" leaves it
// to the library, which sends none for an address.
func serverName(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.Trim(host, "[]")
}

// judge says whether an answer is as it should be.
func (t *tester) judge(resp *http.Response) (string, error) {
	c := t.check
	if !c.expected(resp.StatusCode) {
		return "", fmt.Errorf("%d, want %s", resp.StatusCode, c.wanted())
	}
	fact := fmt.Sprint(resp.StatusCode)
	if c.Body == "" && !t.keep {
		return fact, nil
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, bodyLimit))
	t.body = body
	switch {
	case err != nil && (t.keep || !strings.Contains(string(body), c.Body)):
		return "", fmt.Errorf("%s, but the body ended early: %w", fact, err)
	case strings.Contains(string(body), c.Body):
		return fact, nil
	}
	return "", fmt.Errorf("%s, but the body does not contain %q: %.80q", fact, c.Body, body)
}

func (c Check) expected(status int) bool {
	for _, r := range c.ranges() {
		if r.From <= status && status <= r.To {
			return true
		}
	}
	return false
}

func (c Check) ranges() []Range {
	if len(c.Expect) == 0 {
		return []Range{{http.StatusOK, http.StatusOK}}
	}
	return c.Expect
}

// wanted tells the expected statuses: "200", "200 or 204", "200-299".
func (c Check) wanted() string {
	var words []string
	for _, r := range c.ranges() {
		if r.From == r.To {
			words = append(words, fmt.Sprint(r.From))
		} else {
			words = append(words, fmt.Sprintf("%d-%d", r.From, r.To))
		}
	}
	return strings.Join(words, " or ")
}
