package inventory

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestHealthAndProbeRefusals(t *testing.T) {
	const none = "health: none\n"
	refused(t, []bad{
		{"no health", none, "", []string{`1:1 missing key "health" (add it, such as health: none, or {http: http://127.0.0.1:8080/healthz})`}},
		{"health without a value", none, "health:\n", []string{`13:1 "health" has no value (give it a value, or remove the key)`}},
		{"a word that is not none", none, "health: off\n", []string{`13:9 unknown value "off" (write none, or keys such as http: http://127.0.0.1:8080/healthz)`}},
		{"no way to ask", none, "health: {passes: 1}\n", []string{`13:9 one of "http", "tcp", "run" is needed here`}},
		{"two ways to ask", none, "health: {tcp: 'a:1', run: b}\n", []string{`13:22 "run" cannot stand beside "tcp" (keep one of them)`}},
		{"a URL of another kind", none, "health: {http: 'ftp://a/'}\n", []string{`13:16 "ftp://a/" is not a URL (write an address that begins with http:// or https://)`}},
		{"an unknown name in a URL", none, "health:\n  http: http://${ROTA_ADDRESSS}/x\n", []string{`14:16 unknown name ${ROTA_ADDRESSS} (did you mean "ROTA_ADDRESS"?)`}},
		{"an address without a port", none, "health: {tcp: 127.0.0.1}\n", []string{`13:15 "127.0.0.1" is not an address (write host:port, such as 10.0.0.11:8080 or [::1]:80)`}},
		{"statuses that are none", none, "health: {http: 'http://a', expect: [200, 99, 600, 6xx, ok]}\n", []string{
			`13:42 "99" is not a status (write 200, [200, 204] or 2xx)`,
			`13:46 "600" is not a status (write 200, [200, 204] or 2xx)`,
			`13:51 "6xx" is not a status (write 200, [200, 204] or 2xx)`,
			`13:56 "ok" is not a status (write 200, [200, 204] or 2xx)`,
		}},
		{"one status that is none", none, "health: {http: 'http://a', expect: 20}\n", []string{`13:36 "20" is not a status (write 200, [200, 204] or 2xx)`}},
		{"headers that are none", none, "health: {http: 'http://a', headers: {'A B': c, D: \"e\\nf\"}}\n", []string{
			`13:38 "A B" is not a name for a header (write letters, digits and "-")`,
			`13:51 "e\nf" is not the value of a header (write one line)`,
		}},
		{"what belongs to http", none, "health: {run: a, expect: 200, body: b, insecure: true, headers: {A: b}}\n", []string{
			`13:18 "expect" belongs to http, and this is run (remove it)`,
			`13:31 "body" belongs to http, and this is run (remove it)`,
			`13:40 "insecure" belongs to http, and this is run (remove it)`,
			`13:56 "headers" belongs to http, and this is run (remove it)`,
		}},
		{"figures that are none", none, "health: {run: a, interval: 0s, passes: 0, timeout: 0s}\n", []string{
			`13:28 this duration must be more than 0 (write a number and its unit, such as 90s or 2m)`,
			`13:40 0 is too small (it must be at least 1)`,
			`13:52 this duration must be more than 0 (write a number and its unit, such as 90s or 2m)`,
		}},
		{"a probe of nothing", "", "probe: {rate: 1}\n", []string{`14:1 missing key "urls" (add it, such as urls: [https://shop.example.com/ping])`}},
		{"a probe that is wrong", "", "probe: {urls: [a], rate: 0, max_lost: -1}\n", []string{
			`14:16 "a" is not a URL (write an address that begins with http:// or https://)`,
			`14:26 0 is too small (it must be at least 1)`,
			`14:39 -1 is too small (it must be at least 0)`,
		}},
		{"a probe of one server's address", "", "probe: {urls: ['http://${ROTA_ADDRESS}/'], rate: 1001}\n", []string{
			`14:16 ${ROTA_ADDRESS} has no value (only ${ROTA_APP} and ${ROTA_ENV} can stand here)`,
			`14:50 1001 is too big (it must be at most 1000)`,
		}},
	})
}

func TestHealthAsItIsWritten(t *testing.T) {
	usual := Health{Interval: time.Second, Passes: 2, Timeout: time.Minute}
	ok := []StatusRange{{200, 200}}
	for name, row := range map[string]struct {
		text string
		want func(*Health)
	}{
		"none":          {"none", func(h *Health) { *h = Health{None: true} }},
		"http":          {"{http: 'http://127.0.0.1/'}", func(h *Health) { h.HTTP, h.Expect = "http://127.0.0.1/", ok }},
		"http by names": {"{http: 'http://${ROTA_ADDRESS}/${ROTA_SERVER}'}", func(h *Health) { h.HTTP, h.Expect = "http://${ROTA_ADDRESS}/${ROTA_SERVER}", ok }},
		"tcp":           {"{tcp: '${ROTA_ADDRESS}'}", func(h *Health) { h.TCP = "${ROTA_ADDRESS}" }},
		"run": {"{run: ./ok, interval: 500ms, passes: 1, timeout: 2m}", func(h *Health) {
			*h = Health{Run: "./ok", Interval: time.Second / 2, Passes: 1, Timeout: 2 * time.Minute}
		}},
		"a class of statuses": {"{http: 'http://a', expect: 2XX}", func(h *Health) {
			h.HTTP, h.Expect = "http://a", []StatusRange{{200, 299}}
		}},
		"all that http has": {"{http: 'https://a', expect: [204, 3xx], headers: {Host: b, X-Y: '1'}, body: '\"ok\"', insecure: true}", func(h *Health) {
			h.HTTP, h.Expect = "https://a", []StatusRange{{204, 204}, {300, 399}}
			h.Headers, h.Body, h.Insecure = []Var{{"Host", "b"}, {"X-Y", "1"}}, `"ok"`, true
		}},
	} {
		t.Run(name, func(t *testing.T) {
			want := usual
			row.want(&want)
			got := load(t, changed(t, "health: none", "health: "+row.text)).Health
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestAStatusRangeIsWrittenAsInTheFile(t *testing.T) {
	for want, s := range map[string]StatusRange{"204": {204, 204}, "2xx": {200, 299}} {
		if got := s.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestProbeAsItIsWritten(t *testing.T) {
	got := load(t, base+"probe: {urls: ['http://a/', 'https://b/${ROTA_APP}']}\n").Probe
	want := &Probe{URLs: []string{"http://a/", "https://b/shop"}, Rate: 10, Pos: Position{Line: 14, Column: 1}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
