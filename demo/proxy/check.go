package proxy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"syscall"
	"time"
)

// verdict is the result of one check, in HAProxy's words and numbers
// (include/haproxy/check-t.h of 2.6).
type verdict struct {
	id     int
	code   string // "L7OK", "L4CON", …
	status int    // of HTTP; 0 where there was none
	passed bool
	took   time.Duration
	text   string
	detail string
}

const (
	checkPending = 1
	checkL4TOUT  = 7
	checkL4CON   = 8
	checkL7TOUT  = 12
	checkL7RSP   = 13
	checkL7OK    = 15
	checkL7STS   = 17
)

// watch checks one server again and again. A server in maintenance is left in
// peace, and a result that comes after it went there is not used.
func (p *Proxy) watch(ctx context.Context, m *member) {
	client := &http.Client{
		Timeout:       p.o.Check.Interval,
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	tick := time.NewTicker(p.o.Check.Interval)
	defer tick.Stop()
	for {
		if !p.resting(m) {
			v := ask(ctx, client, "http://"+m.Address+p.o.Check.Path)
			if ctx.Err() != nil {
				return
			}
			p.mu.Lock()
			if m.admin&maint == 0 {
				m.judge(v)
			}
			p.mu.Unlock()
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (p *Proxy) resting(m *member) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return m.admin&maint != 0
}

// ask makes one check.
func ask(ctx context.Context, client *http.Client, url string) verdict {
	start := time.Now()
	status, err := get(ctx, client, url)
	v := verdict{id: checkL7OK, code: "L7OK", status: status, passed: true, text: "Layer7 check passed"}
	switch {
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ECONNRESET):
		v = verdict{id: checkL4CON, code: "L4CON", text: "Layer4 connection problem", detail: "Connection refused"}
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		v = verdict{id: checkL7TOUT, code: "L7TOUT", text: "Layer7 timeout"}
	case err != nil:
		v = verdict{id: checkL7RSP, code: "L7RSP", text: "Layer7 invalid response"}
	case status != http.StatusOK:
		v = verdict{
			id: checkL7STS, code: "L7STS", status: status,
			text: "Layer7 wrong status", detail: fmt.Sprintf("HTTP status check returned code <3C>%d<3E>", status),
		}
	}
	v.took = time.Since(start)
	return v
}

func get(ctx context.Context, client *http.Client, url string) (status int, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10))
	return resp.StatusCode, resp.Body.Close()
}
