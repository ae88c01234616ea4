package proxy

import (
	"maps"
	"time"
)

// row is the line of one server.
func (p *Proxy) row(m *member) row {
	now := time.Now()
	r := row{
		"pxname": p.o.Pool, "svname": m.Name, "status": m.status(), "weight": m.weight, "uweight": m.weight,
		"act": 1, "bck": 0, "type": 2, "iid": poolID, "sid": m.id, "addr": m.Address,
		"lastchg": seconds(now.Sub(m.since)), "srv_icur": 0,
	}
	m.fill(r, now)
	if m.NoCheck {
		return r
	}
	r["chkfail"], r["chkdown"], r["downtime"] = m.failed, m.downs, seconds(m.downtime())
	if m.admin&maint != 0 {
		return r
	}
	r["check_status"], r["last_chk"], r["check_desc"] = m.last.code, m.last.detail, m.last.text
	r["check_rise"], r["check_fall"], r["check_health"] = m.rise, m.fall, m.health
	if m.last.status != 0 {
		r["check_code"] = m.last.status
	}
	if m.last.id != checkPending {
		r["check_duration"] = m.last.took.Milliseconds()
	}
	return r
}

// poolRow is the line of the backend: act counts the servers that get traffic.
func (p *Proxy) poolRow() row {
	act, weight := 0, 0
	for _, m := range p.members {
		if m.usable() {
			act++
			weight += m.weight
		}
	}
	r := row{
		"pxname": p.o.Pool, "svname": "BACKEND", "status": "DOWN", "weight": weight, "uweight": weight,
		"act": act, "bck": 0, "chkdown": 0, "downtime": 0, "dreq": 0, "type": 1, "iid": poolID, "sid": 0,
		"algo": "roundrobin", "lastchg": seconds(time.Since(p.started)),
	}
	if act > 0 {
		r["status"] = "UP"
	}
	p.all.fill(r, time.Now())
	return r
}

// frontRow is the line of the frontend.
func (p *Proxy) frontRow() row {
	r := row{}
	p.all.fill(r, time.Now())
	for _, name := range []string{
		"qcur", "qmax", "econ", "eresp", "wretr", "wredis", "lbtot", "lastsess", "cli_abrt", "srv_abrt", "qtime", "ctime", "rtime", "ttime",
	} {
		delete(r, name)
	}
	maps.Copy(r, row{
		"pxname": "www", "svname": "FRONTEND", "status": "OPEN", "type": 0, "iid": frontID, "sid": 0,
		"req_rate": r["rate"], "req_rate_max": r["rate_max"], "req_tot": r["stot"],
	})
	return r
}

// fill adds the figures to a row.
func (c *counters) fill(r row, now time.Time) {
	maps.Copy(r, row{
		"qcur": 0, "qmax": 0, "scur": c.now, "smax": c.most, "stot": c.total, "lbtot": c.total, "bin": 0, "bout": 0, "dresp": 0,
		"econ": c.connect, "eresp": c.response, "wretr": 0, "wredis": 0, "cli_abrt": c.clients, "srv_abrt": c.broken,
		"rate": c.rate.rate(now), "rate_max": c.rate.most, "req_tot": c.total, "pid": 1, "mode": "http", "lastsess": -1,
		"hrsp_1xx": c.classes[1], "hrsp_2xx": c.classes[2], "hrsp_3xx": c.classes[3],
		"hrsp_4xx": c.classes[4], "hrsp_5xx": c.classes[5], "hrsp_other": c.classes[0],
		"qtime": 0, "ctime": 0, "rtime": c.begun.milliseconds(), "ttime": c.ended.milliseconds(), "-": "-",
	})
	if !c.lastUsed.IsZero() {
		r["lastsess"] = seconds(now.Sub(c.lastUsed))
	}
}

func seconds(d time.Duration) int { return int(d / time.Second) }
