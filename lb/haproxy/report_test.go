package haproxy

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rota/lb"
)

const (
	infoAnswer  = "Name: HAProxy\nVersion: 2.6.12-1+deb12u4\nPid: 8\nUptime: 0d 0h01m02s\nUptime_sec: 62\nStopping: 0\nRelease_date: 2026/10/17\n\n"
	stateAnswer = "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl\n" +
		"3 app 1 a 127.0.0.1 2 8 1 1 0 15 3 3 6 0 0 0 - 28112 - 0\n3 app 2 b ::1 0 1 5 10 1 1 0 2 14 22 0 0 - 28113 - 0\n\n"
	statAnswer = "# pxname,svname,qcur,scur,stot,econ,eresp,status,weight,act,bck,throttle,tracked,type,rate,check_status,check_code,agent_status,last_agt,-,\n" +
		"app,a,0,1,1234567890123,2,3,DRAIN,1,1,0,,,2,4,* L7OK,200,,,,\n" +
		"app,b,0,0,0,,,MAINT (via x/b),1,0,1,31,x/b,2,0,,,L7OK,\"via agent : down (a,b \"\"c\"\" d)\",,\n" +
		"app,BACKEND,0,1,9,0,0,UP,1,1,1,,,1,4,,,,,,\n" +
		"app,unasked,0,0,0,0,0,UP,1,1,0,,,2,0,,,,,,\n\n"
)

func TestAReportIsReadByTheNamesOfItsColumns(t *testing.T) {
	r := report{pools: map[string]pool{}}
	if err := r.add("app", stateAnswer, statAnswer); err != nil {
		t.Fatal(err)
	}
	want := []row{
		{
			place: place{"app", "a"}, op: 2, admin: 8, uweight: 1, iweight: 1, check: 6, address: "127.0.0.1:28112",
			status: "DRAIN", weight: 1, scur: 1, stot: 1234567890123, rate: 4, smax: -1, slim: -1, econ: 2, eresp: 3, checkStatus: "L7OK", checkCode: "200",
			tally: tally{requests: 1234567890118, server5: -1, failed: 5, rtime: -1},
		},
		{
			place: place{"app", "b"}, op: 0, admin: 1, uweight: 5, iweight: 10, check: 14, agent: 22, address: "[::1]:28113",
			status: "MAINT (via x/b)", weight: 1, smax: -1, slim: -1, econ: -1, eresp: -1, throttle: "31", tracked: "x/b", agentStatus: "L7OK",
			backup: true, standby: true, tally: tally{server5: -1, rtime: -1},
		},
	}
	if diff := cmp.Diff(want, r.pools["app"].rows, cmp.AllowUnexported(row{}, place{}, tally{})); diff != "" {
		t.Error(diff)
	}
	p, err := parseInfo(infoAnswer)
	if err != nil || p != (process{pid: 8, uptime: 62 * time.Second, version: "2.6.12-1+deb12u4"}) {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestAnswersThatAreNone(t *testing.T) {
	for _, row := range []struct{ name, state, stat, want string }{
		{"a refusal", "Permission denied\n\n", statAnswer, `show servers state: unexpected answer "Permission denied"`},
		{"another version of the format", "2" + stateAnswer[1:], statAnswer, "unexpected answer"},
		{"nothing", "", "", "no answer"},
		{"a row that is cut", stateAnswer[:strings.Index(stateAnswer, "3 app")] + "3 app 1 a\n", statAnswer, "unexpected answer"},
		{"a table that is none", stateAnswer, "px\n\n", "show stat: unexpected answer"},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := report{pools: map[string]pool{}}
			err := r.add("app", row.state, row.stat)
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("the error is %v, want one with %q", err, row.want)
			}
		})
	}
	r := report{pools: map[string]pool{}}
	if err := r.add("nope", "Can't find backend.\n\n", "No such proxy.\n\n"); err != nil || len(r.pools) != 0 {
		t.Errorf("a backend that is not there: %v, %v", r.pools, err)
	}
	if err := r.add("app", stateAnswer, "# pxname,svname,status\n\n"); err != nil || !r.incomplete() {
		t.Errorf("a table without the backend, %v, counts as complete", err)
	}
	if _, err := parseInfo("Unknown command.\n\n"); err == nil {
		t.Error("no error for an answer without a pid")
	}
}

func TestTallies(t *testing.T) {
	for _, row := range []struct {
		name string
		stat map[string]string
		want tally
	}{
		{
			"in HTTP mode, with answers that did not come and others that broke off",
			map[string]string{
				"hrsp_1xx": "1", "hrsp_2xx": "20", "hrsp_3xx": "3", "hrsp_4xx": "4", "hrsp_5xx": "5", "hrsp_other": "0",
				"econ": "2", "eresp": "7", "srv_abrt": "4", "rtime": "12", "ttime": "900",
			},
			tally{requests: 29, server5: 5, failed: 9, rtime: 12 * time.Millisecond},
		},
		{
			"answers that a timeout cut are answers",
			map[string]string{"hrsp_2xx": "2", "econ": "0", "eresp": "0", "srv_abrt": "2", "rtime": "0"},
			tally{requests: 2},
		},
		{
			"nothing yet has no time",
			map[string]string{"hrsp_2xx": "0", "rtime": "0"},
			tally{rtime: -1},
		},
		{
			"in TCP mode, where every try of a connection is in stot",
			map[string]string{"stot": "8", "econ": "2", "eresp": "0", "wretr": "6", "rtime": "0", "ttime": "60000"},
			tally{requests: 0, server5: -1, failed: 2, rtime: -1},
		},
		{
			"in TCP mode, with sessions that the server reset",
			map[string]string{"stot": "8", "econ": "0", "eresp": "3", "srv_abrt": "3"},
			tally{requests: 5, server5: -1, failed: 3, rtime: -1},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := newTally(func(name string) string { return row.stat[name] }); got != row.want {
				t.Errorf("%+v, want %+v", got, row.want)
			}
		})
	}
	const ms = time.Millisecond
	got := count("a", "8@99", []row{
		{tally: tally{requests: 10, server5: 1, failed: 2, rtime: 100 * ms}},
		{tally: tally{requests: 30, server5: -1, failed: 3, rtime: -1}},
		{tally: tally{requests: 30, server5: 4, rtime: 20 * ms}},
	})
	if want := (lb.Count{Server: "a", Epoch: "8@99", Requests: 70, Server5: 5, Failed: 5, Time: 40 * ms}); got != want {
		t.Errorf("over several backends %+v, want %+v", got, want)
	}
}

func TestDidYouMean(t *testing.T) {
	for _, row := range []struct {
		name  string
		names []string
		want  string
	}{
		{"shop_web", []string{"shop_job", "shop_wb"}, "\ndid you mean \"shop_wb\"?"},
		{"wss", []string{"ws", "app"}, "\ndid you mean \"ws\"?"},
		{"web1", []string{"a", "b"}, "\nthere are: a, b"},
		{"web1", nil, ""},
	} {
		if got := instead(row.name, row.names); got != row.want {
			t.Errorf("for %s of %v it says %q, want %q", row.name, row.names, got, row.want)
		}
	}
}

// FuzzReport reads answers that nobody promised: whatever they are, a server
// with a row has the figures that its state depends on.
func FuzzReport(f *testing.F) {
	f.Add(infoAnswer, stateAnswer, statAnswer, "")
	f.Add("", "Can't find backend.\n\n", "No such proxy.\n\n", "1 0 init\nend\nend\n")
	f.Add("Pid: 99999999999999999999\n", "1\n# be_name srv_name srv_op_state\napp a\n", "# pxname,\"\n", "8 1 haproxy\nend\n1 2 3 4\n")
	f.Fuzz(func(t *testing.T, info, state, stat, census string) {
		if p, err := parseInfo(info); err == nil && p.pid <= 0 {
			t.Errorf("pid %d", p.pid)
		}
		r := report{pools: map[string]pool{}}
		if err := r.add("app", state, stat); err != nil {
			return
		}
		for _, at := range r.pools["app"].rows {
			if at.name == "" || at.op < 0 || at.admin < 0 || at.uweight < 0 {
				t.Errorf("%+v", at)
			}
			if s := sum("a", []row{at}); s.State == lb.Unknown || s.Sessions < 0 || s.Errors < 0 {
				t.Errorf("%+v", s)
			}
			_ = parseCensus([]byte(census), 8).hold([]row{at})
		}
	})
}
