package probe_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rota/probe"
)

func TestWhatIsLost(t *testing.T) {
	const whole = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
	answers := func(text string) func(request) bool {
		return func(r request) bool { return r.answer(text) }
	}
	onlyReused := func(do func(request) bool) func(request) bool {
		return func(r request) bool {
			if r.nth > 1 {
				return do(r)
			}
			return r.ok()
		}
	}
	cut := func(request) bool { return false }
	// Ten requests, half of them on kept connections; the first of those opens one.
	for _, row := range []struct {
		name         string
		do           func(request) bool // to the requests of the run
		lost, resent int
		reasons      string
	}{
		{"all are answered", request.ok, 0, 0, ""},
		{"a redirect is an answer", answers("HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n"), 0, 0, ""},
		{"a body may come in pieces", answers("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"), 0, 0, ""},
		{"a body may end with its connection", func(r request) bool { return r.answer("HTTP/1.0 200 OK\r\n\r\nok") && false }, 0, 0, ""},
		{"early hints are no answer yet", answers("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + whole), 0, 0, ""},
		{"a server error", answers("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"), 10, 0, "answered 503 Service Unavailable"},
		{"a status that nobody knows", answers("HTTP/1.1 521 Down\r\nContent-Length: 0\r\n\r\n"), 10, 0, "answered 521"},
		{"not found where it was at the start", answers("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"), 10, 0, "answered 404 Not Found"},
		{"closed without an answer", cut, 10, 0, "no answer: connection closed"},
		{"half a header", func(r request) bool { return r.answer("HTTP/1.1 200 OK\r\nContent-Le") && false }, 10, 0, "no whole answer: connection closed"},
		{"half a body", func(r request) bool { return r.answer(whole[:len(whole)-1]) && false }, 10, 0, "no whole body: connection closed"},
		{"a piece of a body is missing", func(r request) bool {
			return r.answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n") && false
		}, 10, 0, "no whole body: connection closed"},
		{"another protocol", answers("SSH-2.0-OpenSSH_9.2\r\n"), 10, 0, `no whole answer: malformed HTTP response "SSH-2.0-OpenSSH_9.2"`},
		{"no answer at all", request.silence, 10, 0, "no answer in 300ms"},
		{"no end of the header", func(r request) bool { return r.send("HTTP/1.1 200 OK\r\n") && r.silence() }, 10, 0, "no whole answer in 300ms"},
		{"no end of the body", func(r request) bool { return r.send(whole[:len(whole)-1]) && r.silence() }, 10, 0, "no whole body in 300ms"},

		{"a kept connection that is closed while idle is replaced", func(r request) bool { return r.ok() && false }, 0, 0, ""},
		{"and one that says more than it was asked", func(r request) bool {
			return r.ok() && r.answer("HTTP/1.1 408 Request Timeout\r\n\r\n")
		}, 0, 0, ""},
		{"a kept connection that is closed under its request is sent again", onlyReused(cut), 0, 4, ""},
		{"half an answer on a kept connection is not sent again", onlyReused(func(r request) bool { return r.answer("HTTP") && false }), 2, 0, "no whole answer: connection closed"},
		{"silence on a kept connection is not sent again", onlyReused(request.silence), 2, 0, "no answer in 300ms"},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				config := alone(func(r request) bool {
					if r.total == 1 {
						return r.ok()
					}
					return row.do(r)
				})
				config.Timeout = 300 * time.Millisecond
				p := start(t, config)
				reasons := run(t, p, 950*time.Millisecond)
				c := p.Counts()[0]
				if c.Sent != 10 || c.Lost != row.lost || c.Resent != row.resent {
					t.Errorf("%d sent, %d lost, %d sent again, want 10, %d, %d", c.Sent, c.Lost, c.Resent, row.lost, row.resent)
				}
				if reasons != row.reasons {
					t.Errorf("got  %s\nwant %s", reasons, row.reasons)
				}
			})
		})
	}
}

func TestSentAgainInVain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gone := false
		p := start(t, alone(func(r request) bool {
			gone = gone || r.nth > 1
			return !gone && r.ok()
		}))
		var lost []probe.Lost
		// The third request is the second on the kept connection.
		runUntil(t, p, func(l probe.Lost) bool {
			lost = append(lost, l)
			return true
		})
		want := "http://shop/ through 192.0.2.1:80, kept connection: sent again, for its kept connection had been closed: no answer: connection closed"
		if len(lost) != 1 || lost[0].String() != want {
			t.Errorf("got  %v\nwant %s", lost, want)
		}
		if c := p.Counts()[0]; c.Sent != 3 || c.Lost != 1 || c.Resent != 1 {
			t.Errorf("%+v", c)
		}
	})
}

func TestWhereNotFoundIsUsual(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t, alone(func(r request) bool {
			if r.total == 4 {
				return r.answer("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n")
			}
			return r.answer("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
		}))
		if reasons := run(t, p, 950*time.Millisecond); reasons != "answered 500 Internal Server Error" {
			t.Error(reasons)
		}
		if c := p.Counts()[0]; c.Sent != 10 || c.Lost != 1 {
			t.Errorf("%+v", c)
		}
		if notes := strings.Join(p.Notes(), "\n"); notes != "http://shop/ through 192.0.2.1:80: answered 404 Not Found: 4xx does not count as lost here" {
			t.Error(notes)
		}
	})
}
