package proxy_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAnswersAreThoseOfHAProxy(t *testing.T) {
	const usage = "usage: set server <backend>/<server> addr | agent | agent-addr | agent-port | agent-send | check-addr | check-port | fqdn | health | ssl | state | weight\n\n"
	const states = "'set server <srv> state' expects 'ready', 'drain' and 'maint'.\n\n"
	const range256 = "Absolute weight can only be between 0 and 256 inclusive.\n\n"
	rows := []struct{ what, send, want string }{
		{"a state is set", "set server app/s1 state drain\n", "\n"},
		{"twice is once", "set server app/s1 state drain\n", "\n"},
		{"back", "set server app/s1 state ready\n", "\n"},
		{"further words do not matter", "set server app/s1 state ready now\n", "\n"},
		{"a comment", "set server app/s1 state ready # c\n", "\n"},
		{"blanks", "  show   cli  level\n", "admin\n\n"},
		{"an unknown pool", "set server nope/s1 state drain\n", "No such backend.\n\n"},
		{"names keep their case", "set server APP/s1 state drain\n", "No such backend.\n\n"},
		{"an unknown server", "set server app/nope state drain\n", "No such server.\n\n"},
		{"no server", "set server app state drain\n", "Require 'backend/server'.\n\n"},
		{"nothing at all", "set server\n", "Require 'backend/server'.\n\n"},
		{"an unknown state", "set server app/s1 state bogus\n", states},
		{"no state", "set server app/s1 state\n", states},
		{"no key", "set server app/s1\n", usage},
		{"an unknown key", "set server app/s1 foo\n", usage},
		{"an unknown health", "set server app/s1 health bogus\n", "'set server <srv> health' expects 'up', 'stopping', or 'down'.\n\n"},
		{"an agent that there is not", "set server app/s1 agent up\n", "agent checks are not enabled on this server.\n\n"},
		{"disable agent", "disable agent app/s1\n", "\n"},
		{"enable agent", "enable agent app/s1\n", "Agent was not configured on this server, cannot enable.\n\n"},
		{"disable server", "disable server app/s2\n", "\n"},
		{"enable server", "enable server app/s2\n", "\n"},
		{"weight", "set server app/s1 weight 10\n", "\n"},
		{"weight is told", "get weight app/s1\n", "10 (initial 100)\n\n"},
		{"share of the configured weight", "set weight app/s1 50%\n", "\n"},
		{"share is told", "get weight app/s1\n", "50 (initial 100)\n\n"},
		{"share is rounded down", "set weight app/s2 50%; get weight app/s2\n", "\n0 (initial 1)\n\n"},
		{"too heavy", "set server app/s1 weight 257\n", range256},
		{"too light", "set server app/s1 weight -1\n", range256},
		{"no number", "set server app/s1 weight abc\n", "Empty weight string empty or preceded by garbage\n"},
		{"no weight", "set server app/s1 weight\n", "Require <weight> or <weight%>.\n\n"},
		{"weight of nobody", "get weight app/nope\n", "No such server.\n\n"},
		{"sessions are cut", "shutdown sessions server app/s1\n", "\n"},
		{"sessions of nobody", "shutdown sessions server app/nope\n", "No such server.\n\n"},
		{"sessions of what", "shutdown sessions server app\n", "Require 'backend/server'.\n\n"},
		{"state of an unknown pool", "show servers state nope\n", "Can't find backend.\n\n"},
		{"stat of an unknown pool", "show stat nope -1 -1\n", "No such proxy.\n\n"},
		{"level", "show cli level\n", "admin\n\n"},
		{"all run although one fails", "set server app/nope state drain; set server app/s1 state ready\n", "No such server.\n\n\n"},
		{"quit", "quit\n", ""},
		{"a line that does not end is not done", "set server app/s1 state maint", ""},
		{"indeed not done", "show servers state nope;show cli level\n", "Can't find backend.\n\nadmin\n\n"},
	}
	both(t, func(t *testing.T, b *balancer) {
		for _, row := range rows {
			if got := b.send(t, row.send); got != row.want {
				t.Errorf("%s: %q: got %q, want %q", row.what, row.send, got, row.want)
			}
		}
		if got := b.stats(t)["s1"]["status"]; got == "MAINT" {
			t.Error("a command without a newline was done")
		}
		for send, want := range map[string]string{
			"foo bar\n":                       "Unknown command, but maybe one of the following ones is a better match:\n",
			"SET SERVER app/s1 state maint\n": "Unknown command, but maybe one of the following ones is a better match:\n",
			"\n":                              "Unknown command. Please enter one of the following commands only:\n",
			"show cli level;\n":               "admin\n\nUnknown command. Please enter one of the following commands only:\n",
			"help\n":                          "The following commands are valid at this level:\n",
		} {
			const last = "  quit                                    : disconnect\n\n"
			if got := b.send(t, send); !strings.HasPrefix(got, want) || !strings.HasSuffix(got, last) {
				t.Errorf("%q: got %q", send, got)
			}
		}
	})
}

func TestStatesAreThoseOfHAProxy(t *testing.T) {
	up := seen{"UP", "2", "0", "3", "6", "L7OK"}
	rows := []struct {
		what, send string
		app        int // the status of its application from here on; 0: as before
		server     string
		want       seen
	}{
		{"at rest", "", 0, "s1", up},
		{"drained", "set server app/s1 state drain\n", 0, "s1", seen{"DRAIN", "2", "8", "3", "6", "L7OK"}},
		{"drained and dead", "", 503, "s1", seen{"DOWN", "0", "8", "0", "6", "L7STS"}},
		{"ready waits for the checks of a dead one", "set server app/s1 state ready\n", 0, "s1", seen{"DOWN", "0", "0", "0", "6", "L7STS"}},
		{"the checks bring it back", "", 200, "s1", up},
		{"in maintenance", "set server app/s1 state maint\n", 0, "s1", seen{"MAINT", "0", "1", "0", "14", ""}},
		{"out of it by drain, dead", "set server app/s1 state drain; set server app/s1 health down\n", 503, "s1", seen{"DOWN", "0", "8", "0", "6", "L7STS"}},
		{"proved while draining", "", 200, "s1", seen{"DRAIN", "2", "8", "3", "6", "L7OK"}},
		{"ready", "set server app/s1 state ready\n", 0, "s1", up},
		{"health up of a sick one is believed", "set server app/s1 health down; set server app/s1 health up\n", 0, "s1", up},
		{"weight 0 is still up", "set server app/s1 weight 0\n", 0, "s1", up},
		{"unchecked", "", 0, "s3", seen{"no check", "2", "0", "-", "0", ""}},
		{"unchecked and drained", "set server app/s3 state drain\n", 0, "s3", seen{"DRAIN", "2", "8", "-", "0", ""}},
		{"unchecked in maintenance", "set server app/s3 state maint\n", 0, "s3", seen{"MAINT", "0", "1", "-", "0", ""}},
		{"unchecked and ready", "set server app/s3 state ready\n", 0, "s3", seen{"no check", "2", "0", "-", "0", ""}},
		{"unchecked and down", "set server app/s3 health down\n", 0, "s3", seen{"DOWN", "0", "0", "-", "0", ""}},
		{"unchecked and up", "set server app/s3 health up\n", 0, "s3", seen{"no check", "2", "0", "-", "0", ""}},
	}
	both(t, func(t *testing.T, b *balancer) {
		for _, row := range rows {
			if row.app != 0 {
				b.apps[0].status.Store(int32(row.app))
			}
			if row.send != "" {
				if got := b.send(t, row.send); strings.TrimSpace(got) != "" {
					t.Fatalf("%s: %q", row.what, got)
				}
			}
			t.Log(row.what)
			b.await(t, row.server, row.want)
		}
	})
}

// TestReadyDoesNotWaitForACheck is the trap that rota must know of: HAProxy
// sends traffic at once to who comes back from maintenance.
func TestReadyDoesNotWaitForACheck(t *testing.T) {
	both(t, func(t *testing.T, b *balancer) {
		b.await(t, "s1", seen{"UP", "2", "0", "3", "6", "L7OK"})
		b.send(t, "set server app/s1 state maint\n")
		b.apps[0].status.Store(http.StatusServiceUnavailable)
		got := b.send(t, "set server app/s1 state ready; show servers state app\n")
		if !strings.Contains(got, " s1 127.0.0.1 2 0 100 100 ") {
			t.Errorf("not up at once: %s", got)
		}
		b.await(t, "s1", seen{"DOWN", "0", "0", "0", "6", "L7STS"})
	})
}

func TestStatColumnsAreThoseOfHAProxy(t *testing.T) {
	both(t, func(t *testing.T, b *balancer) {
		b.await(t, "s1", seen{"UP", "2", "0", "3", "6", "L7OK"})
		all := b.send(t, "show stat\n")
		header, _, _ := strings.Cut(all, "\n")
		const middle = ",need_conn_est,uweight,agg_server_status,agg_server_check_status,agg_check_status,-,"
		if !strings.HasPrefix(header, "# pxname,svname,qcur,") || !strings.Contains(header, middle) {
			t.Errorf("header: %s", header)
		}
		stat := b.stats(t)
		pick := func(server string, columns ...string) (s string) {
			for _, c := range columns {
				s += c + "=" + stat[server][c] + " "
			}
			return s
		}
		got := []string{
			pick("s1", "pxname", "qcur", "scur", "stot", "weight", "act", "bck", "type", "iid", "sid", "econ", "eresp", "hrsp_5xx", "check_code", "check_rise", "check_fall", "check_health", "throttle", "uweight", "mode", "agent_status"),
			pick("s3", "chkfail", "chkdown", "downtime", "check_code", "check_rise"),
			pick("BACKEND", "pxname", "qcur", "scur", "status", "weight", "act", "bck", "type", "iid", "sid", "econ", "eresp", "hrsp_5xx", "algo"),
			pick("FRONTEND", "scur", "status", "type", "iid", "sid", "econ", "hrsp_5xx"),
		}
		want := []string{
			"pxname=app qcur=0 scur=0 stot=0 weight=100 act=1 bck=0 type=2 iid=3 sid=1 econ=0 eresp=0 hrsp_5xx=0 check_code=200 check_rise=2 check_fall=2 check_health=3 throttle= uweight=100 mode=http agent_status= ",
			"chkfail= chkdown= downtime= check_code= check_rise= ",
			"pxname=app qcur=0 scur=0 status=UP weight=102 act=3 bck=0 type=1 iid=3 sid=0 econ=0 eresp=0 hrsp_5xx=0 algo=roundrobin ",
			"scur=0 status=OPEN type=0 iid=2 sid=0 econ= hrsp_5xx=0 ",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		for send, lines := range map[string]int{
			"show stat app\n": 6, "show stat 3 4 -1\n": 4, "show stat 3 2 -1\n": 2, "show stat 3 1 -1\n": 1,
			"show stat -1 1 -1\n": 2, "show stat -1 7 -1\n": 6, "show stat 3 4 2\n": 2, "show stat 2 7 -1\n": 2,
		} {
			if got := strings.Count(strings.TrimSpace(b.send(t, send)), "\n") + 1; got != lines {
				t.Errorf("%q: %d lines, want %d", send, got, lines)
			}
		}
		info := b.send(t, "show info\n")
		for _, want := range []string{"Name: HAProxy\n", "\nVersion: 2.6.", "\nPid: ", "\nUptime_sec: ", "\nStopping: 0\n", "\nStart_time_sec: "} {
			if !strings.Contains(info, want) {
				t.Errorf("show info lacks %q", want)
			}
		}
	})
}
