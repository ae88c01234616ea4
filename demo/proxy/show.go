package proxy

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
)

// version is of the HAProxy whose answers these are.
const version = "2.6.12-demo"

// The numbers of the two proxies, as HAProxy counts them.
const (
	frontID = 2
	poolID  = 3
)

// info is "show info", as far as it means anything here.
func (p *Proxy) info() string {
	up := time.Since(p.started).Truncate(time.Second)
	days, rest := up/(24*time.Hour), up%(24*time.Hour)
	lines := []struct {
		name  string
		value any
	}{
		{"Name", "HAProxy"},
		{"Version", version},
		{"Release_date", "2026/10/17"},
		{"Nbthread", 1},
		{"Nbproc", 1},
		{"Process_num", 1},
		{"Pid", p.pid},
		{"Uptime", fmt.Sprintf("%dd %dh%02dm%02ds", days, rest/time.Hour, rest%time.Hour/time.Minute, rest%time.Minute/time.Second)},
		{"Uptime_sec", int(up / time.Second)},
		{"CurrConns", p.all.now},
		{"CumConns", p.all.total},
		{"CumReq", p.all.total},
		{"SessRate", p.all.rate.rate(time.Now())},
		{"Stopping", 0},
		{"Start_time_sec", p.started.Unix()},
	}
	var b strings.Builder
	for _, l := range lines {
		fmt.Fprintf(&b, "%s: %v\n", l.name, l.value)
	}
	return b.String()
}

// stateHeader is version 1 of the server state file.
const stateHeader = "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight " +
	"srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state " +
	"bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr srv_agent_addr srv_agent_port\n"

// state is "show servers state [pool]".
func (p *Proxy) state(args []string) string {
	if pool := word(args, 0); pool != "" && pool != p.o.Pool {
		return cantFind
	}
	var b strings.Builder
	b.WriteString(stateHeader)
	for _, m := range p.members {
		host, port, _ := net.SplitHostPort(m.Address)
		health, checking, result := m.health, 6, 2 // configured and enabled; failed
		switch {
		case m.NoCheck:
			checking, result = 0, 0
		case m.last.id == checkPending:
			result = 0
		case m.last.passed:
			result = 3
		}
		if m.admin&maint != 0 {
			health = 0
			checking |= checking << 1 & 8 // paused, if there are any
		}
		fmt.Fprintf(&b, "%d %s %d %s %s %d %d %d %d %d %d %d %d %d 0 0 0 - %s - 0 0 - - 0\n",
			poolID, p.o.Pool, m.id, m.Name, host, m.op(), m.admin, m.weight, m.Weight, int(time.Since(m.since)/time.Second),
			m.last.id, result, health, checking, port)
	}
	return b.String()
}

// statHeader is the first line of "show stat", up to the columns that come with
// the modules.
const statHeader = "# pxname,svname,qcur,qmax,scur,smax,slim,stot,bin,bout,dreq,dresp,ereq,econ,eresp,wretr,wredis,status,weight,act,bck," +
	"chkfail,chkdown,lastchg,downtime,qlimit,pid,iid,sid,throttle,lbtot,tracked,type,rate,rate_lim,rate_max,check_status,check_code," +
	"check_duration,hrsp_1xx,hrsp_2xx,hrsp_3xx,hrsp_4xx,hrsp_5xx,hrsp_other,hanafail,req_rate,req_rate_max,req_tot,cli_abrt,srv_abrt," +
	"comp_in,comp_out,comp_byp,comp_rsp,lastsess,last_chk,last_agt,qtime,ctime,rtime,ttime,agent_status,agent_code,agent_duration," +
	"check_desc,agent_desc,check_rise,check_fall,check_health,agent_rise,agent_fall,agent_health,addr,cookie,mode,algo,conn_rate," +
	"conn_rate_max,conn_tot,intercepted,dcon,dses,wrew,connect,reuse,cache_lookups,cache_hits,srv_icur,src_ilim,qtime_max,ctime_max," +
	"rtime_max,ttime_max,eint,idle_conn_cur,safe_conn_cur,used_conn_cur,need_conn_est,uweight,agg_server_status," +
	"agg_server_check_status,agg_check_status,-,"

// row is one line of "show stat", by the names of its columns.
type row map[string]any

// stat is "show stat [proxy [types [server]]]": types is a sum of 1 for the
// frontend, 2 for the pool and 4 for the servers. With fewer words HAProxy takes
// them for formats and filters, of which there are none here.
func (p *Proxy) stat(args []string) string {
	proxy, types, server := -1, -1, -1
	if len(args) > 2 {
		known := map[string]int{"-1": -1, "www": frontID, strconv.Itoa(frontID): frontID, p.o.Pool: poolID, strconv.Itoa(poolID): poolID}
		var ok bool
		if proxy, ok = known[args[0]]; !ok {
			return noProxy
		}
		types, _ = strconv.Atoi(args[1])
		server, _ = strconv.Atoi(args[2])
	}
	lines := []string{statHeader}
	if types&1 != 0 && proxy != poolID {
		lines = append(lines, p.frontRow().line())
	}
	for _, m := range p.members {
		if types&4 != 0 && proxy != frontID && (server == -1 || server == m.id) {
			lines = append(lines, p.row(m).line())
		}
	}
	if types&2 != 0 && proxy != frontID {
		lines = append(lines, p.poolRow().line())
	}
	return strings.Join(lines, "\n") + "\n"
}

// line is the row in the order of the header. No value here needs quotes.
func (r row) line() string {
	var b strings.Builder
	for name := range strings.SplitSeq(strings.TrimSuffix(strings.TrimPrefix(statHeader, "# "), ","), ",") {
		if v, ok := r[name]; ok {
			fmt.Fprint(&b, v)
		}
		b.WriteByte(',')
	}
	return b.String()
}
