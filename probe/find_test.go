package probe_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"rota/probe"
)

// answering is a server in memory that has one answer.
func answering(status string) func(net.Conn) {
	return app(func(r request) bool {
		return r.answer("HTTP/1.1 " + status + "\r\nContent-Length: 0\r\n\r\n")
	})
}

// virtual is a server in memory that answers for one host alone.
func virtual(host string) func(net.Conn) {
	return app(func(r request) bool {
		if r.Host != host {
			return r.answer("HTTP/1.1 421 Misdirected Request\r\nContent-Length: 0\r\n\r\n")
		}
		return r.ok()
	})
}

func TestFindsRoutes(t *testing.T) {
	ok := answering("200 OK")
	silent := app(request.silence)
	dns := names{
		"shop":  {"192.0.2.2", "192.0.2.1", "192.0.2.1"},
		"one":   {"192.0.2.1"},
		"six":   {"2001:db8::1", "192.0.2.1"},
		"lb1":   {"192.0.2.1"},
		"lb2":   {"192.0.2.2"},
		"lb3":   {"192.0.2.9", "192.0.2.3"},
		"never": nil,
	}
	lb1, lb2, lb3 := probe.Balancer{Name: "left", Host: "lb1"}, probe.Balancer{Name: "right", Host: "lb2"}, probe.Balancer{Name: "third", Host: "lb3"}
	for _, row := range []struct {
		name    string
		urls    string
		through []probe.Balancer
		network network
		want    string // routes, then notes
	}{
		{
			"each address of the URL is a route", "http://shop/", nil,
			network{"192.0.2.1:80": ok, "192.0.2.2:80": ok},
			"http://shop/ through 192.0.2.1:80\nhttp://shop/ through 192.0.2.2:80",
		},
		{
			"the port is the URL's", "http://one:8080/ http://[2001:db8::1]:81/", nil,
			network{"192.0.2.1:8080": ok, "[2001:db8::1]:81": ok},
			"http://one:8080/ through 192.0.2.1:8080\nhttp://[2001:db8::1]:81/ through [2001:db8::1]:81",
		},
		{
			"an address that takes no connection is passed over, as clients do", "http://six/", nil,
			network{"192.0.2.1:80": ok},
			"http://six/ through 192.0.2.1:80\n" +
				"http://six/ through [2001:db8::1]:80: no connection: connection refused: left out, for another address answers",
		},
		{
			"a balancer at an address of the URL names the route", "http://shop/",
			[]probe.Balancer{lb2, lb1},
			network{"192.0.2.1:80": ok, "192.0.2.2:80": ok},
			"http://shop/ through left (192.0.2.1:80)\nhttp://shop/ through right (192.0.2.2:80)",
		},
		{
			"two balancers on one host are told by both names", "http://one/",
			[]probe.Balancer{lb1, {Name: "inner", Host: "192.0.2.1"}},
			network{"192.0.2.1:80": ok},
			"http://one/ through left or inner (192.0.2.1:80)",
		},
		{
			"a balancer that answers the URL itself is a route more", "http://one/",
			[]probe.Balancer{lb2},
			network{"192.0.2.1:80": ok, "192.0.2.2:80": virtual("one")},
			"http://one/ through 192.0.2.1:80\nhttp://one/ through right (192.0.2.2:80)",
		},
		{
			"two that share their host are one route", "http://one/",
			[]probe.Balancer{lb2, {Name: "inner", Host: "lb2"}},
			network{"192.0.2.1:80": ok, "192.0.2.2:80": ok},
			"http://one/ through 192.0.2.1:80\nhttp://one/ through right or inner (192.0.2.2:80)",
		},
		{
			"the first address of a balancer that answers", "http://one/",
			[]probe.Balancer{lb3},
			network{"192.0.2.1:80": ok, "192.0.2.3:80": ok},
			"http://one/ through 192.0.2.1:80\nhttp://one/ through third (192.0.2.3:80)",
		},
		{
			"a balancer that does not listen there", "http://one/",
			[]probe.Balancer{lb2},
			network{"192.0.2.1:80": ok},
			"http://one/ through 192.0.2.1:80\nhttp://one/: not answered by right itself: no connection: connection refused",
		},
		{
			"a balancer that says nothing", "http://one/",
			[]probe.Balancer{lb2},
			network{"192.0.2.1:80": ok, "192.0.2.2:80": silent},
			"http://one/ through 192.0.2.1:80\nhttp://one/: not answered by right itself: no answer in 3s",
		},
		{
			"a balancer that answers with an error", "http://one/",
			[]probe.Balancer{lb2},
			network{"192.0.2.1:80": ok, "192.0.2.2:80": answering("502 Bad Gateway")},
			"http://one/ through 192.0.2.1:80\nhttp://one/: not answered by right itself, at 192.0.2.2:80: answered 502 Bad Gateway",
		},
		{
			"a balancer that has another site there", "http://one/",
			[]probe.Balancer{lb2},
			network{"192.0.2.1:80": ok, "192.0.2.2:80": virtual("two")},
			"http://one/ through 192.0.2.1:80\nhttp://one/: not answered by right itself, at 192.0.2.2:80: answered 421 Misdirected Request",
		},
		{
			"a balancer that only ssh knows", "http://one/",
			[]probe.Balancer{{Name: "right", Host: "alias"}},
			network{"192.0.2.1:80": ok},
			"http://one/ through 192.0.2.1:80\nhttp://one/: not answered by right itself: lookup alias: no such host",
		},
		{
			"a name that does not resolve in time", "http://one/",
			[]probe.Balancer{{Name: "right", Host: "never"}},
			network{"192.0.2.1:80": ok},
			"http://one/ through 192.0.2.1:80\nhttp://one/: not answered by right itself: lookup never: i/o timeout",
		},
		{
			"where 4xx is usual, it is from a balancer too", "http://one/",
			[]probe.Balancer{lb2},
			network{"192.0.2.1:80": answering("401 Unauthorized"), "192.0.2.2:80": answering("401 Unauthorized")},
			"http://one/ through 192.0.2.1:80\nhttp://one/ through right (192.0.2.2:80)\n" +
				"http://one/ through 192.0.2.1:80: answered 401 Unauthorized: 4xx does not count as lost here\n" +
				"http://one/ through right (192.0.2.2:80): answered 401 Unauthorized: 4xx does not count as lost here",
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := start(t, probe.Config{URLs: strings.Fields(row.urls), Rate: 1, Through: row.through, Dialer: row.network, Resolver: dns})
				var got []string
				for _, c := range p.Counts() {
					got = append(got, c.Route.String())
				}
				got = slices.Concat(got, p.Notes())
				if diff := cmp.Diff(row.want, strings.Join(got, "\n")); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

func TestRefuses(t *testing.T) {
	ok := answering("200 OK")
	const hint = "\nmend it, or ask a URL that answers: nothing could be told from this one"
	for _, row := range []struct {
		name    string
		urls    string
		rate    int
		network network
		want    string
	}{
		{"no URL", "", 1, nil, "no URL to ask\nname one that the balancers answer"},
		{"no rate", "http://shop/", 0, nil, "a rate of 0 requests a second\nask 1 to 1000 times a second"},
		{"a flood", "http://shop/", 1001, nil, "a rate of 1001 requests a second\nask 1 to 1000 times a second"},
		{"another scheme", "ftp://shop/", 1, nil, `"ftp://shop/" is not a URL of http or https` + hint},
		{"no host", "http:///ping", 1, nil, `"http:///ping" is not a URL of http or https` + hint},
		{"no URL at all", "http://[", 1, nil, `parse "http://[": missing ']' in host` + hint},
		{"an unknown host", "http://shap/", 1, nil, "http://shap/: lookup shap: no such host" + hint},
		{"a host without an address", "http://empty/", 1, nil, "http://empty/: lookup empty: no address" + hint},
		{"an address that is none", "http://odd/", 1, nil, `http://odd/: lookup odd: ParseAddr("x"): unable to parse IP` + hint},
		{"nobody listens", "http://shop/", 1, nil, "http://shop/ through 192.0.2.1:80: no connection: connection refused\n" +
			"http://shop/ through 192.0.2.2:80: no connection: connection refused" + hint},
		{
			"an error, though another address answers", "http://shop/", 1,
			network{"192.0.2.1:80": ok, "192.0.2.2:80": answering("503 x")},
			"http://shop/ through 192.0.2.2:80: answered 503 Service Unavailable" + hint,
		},
		{
			"half an answer, though another address answers", "http://shop/", 1,
			network{"192.0.2.1:80": ok, "192.0.2.2:80": app(func(r request) bool { return r.send("HTT") && false })},
			"http://shop/ through 192.0.2.2:80: no whole answer: connection closed" + hint,
		},
		{
			"no answer in time", "http://shop/", 1,
			network{"192.0.2.1:80": ok, "192.0.2.2:80": app(request.silence)},
			"http://shop/ through 192.0.2.2:80: no answer in 10s" + hint,
		},
		{"all that is wrong at once", "ftp://shop/ http://shap/", 1, nil, `"ftp://shop/" is not a URL of http or https` + "\nhttp://shap/: lookup shap: no such host" + hint},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dns := names{"shop": {"192.0.2.1", "192.0.2.2"}, "empty": {}, "odd": {"x"}}
				_, err := probe.New(t.Context(), probe.Config{URLs: strings.Fields(row.urls), Rate: row.rate, Dialer: row.network, Resolver: dns})
				if err == nil || err.Error() != row.want {
					t.Errorf("got  %v\nwant %s", err, row.want)
				}
			})
		})
	}
}

func TestFindingEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stopped := errors.New("a person's stop")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(stopped) })
		began := time.Now()
		_, err := probe.New(ctx, alone(request.silence))
		if !errors.Is(err, stopped) || time.Since(began) != time.Second {
			t.Errorf("got %v after %v, want the cause", err, time.Since(began))
		}
	})
}
