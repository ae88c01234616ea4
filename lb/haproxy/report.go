package haproxy

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// place is a server in a backend.
type place struct{ pool, name string }

// String returns the place as commands have it.
func (p place) String() string { return p.pool + "/" + p.name }

// row is one server in one backend, as HAProxy shows it. A figure of -1 is one
// that it does not tell.
type row struct {
	place

	// From `show servers state`.
	op, admin        int // srv_op_state, srv_admin_state
	uweight, iweight int // weight as set by the user, and as configured
	check, agent     int // srv_check_state, srv_agent_state
	address          string

	// From `show stat`.
	status      string
	weight      int // effective
	scur, qcur  int // sessions under way, and waiting for this server
	stot        int64
	rate        int
	smax, slim  int // the most sessions at once: seen, and allowed (maxconn)
	econ, eresp int64
	checkStatus string
	checkCode   string
	throttle    string // percent, in slow start
	tracked     string // the server that this one follows, as "backend/server"
	agentStatus string
	backup      bool
	standby     bool // a backup server while others serve
	tally       tally
}

// pool is one backend; its rows are in the order of the configuration.
type pool struct {
	rows []row
	algo string // the algorithm without its options; "unknown" where HAProxy has no word for it
}

// process is the worker that answered.
type process struct {
	pid      int
	uptime   time.Duration
	start    string // in seconds; "" before HAProxy 2.4
	stopping bool
	version  string
}

// report is one answer.
type report struct {
	asked, told time.Time
	process     process
	pools       map[string]pool // only those that exist
}

func (r report) row(at place) (row, bool) {
	for _, row := range r.pools[at.pool].rows {
		if row.place == at {
			return row, true
		}
	}
	return row{}, false
}

// incomplete tells whether `show stat` left out a backend that exists.
func (r report) incomplete() bool {
	for _, p := range r.pools {
		for _, row := range p.rows {
			if row.status == "" {
				return true
			}
		}
	}
	return false
}

// add takes the answers about one backend.
func (r report) add(name, state, stat string) error {
	rows, err := parseState(state)
	if errors.Is(err, errNoBackend) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("backend %s: %w", name, err)
	}
	r.pools[name] = pool{rows: rows}
	if strings.TrimSpace(stat) == "No such proxy." {
		return nil
	}
	return r.addStat(stat)
}

var errNoBackend = errors.New("no such backend")

// parseInfo reads an answer to `show info`.
func parseInfo(answer string) (process, error) {
	p := process{pid: -1}
	for line := range strings.Lines(answer) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch name {
		case "Pid":
			p.pid = number[int](value)
		case "Uptime_sec":
			p.uptime = time.Duration(number[int64](value)) * time.Second
		case "Start_time_sec":
			p.start = value
		case "Stopping":
			p.stopping = value != "0"
		case "Version":
			p.version = value
		}
	}
	if p.pid <= 0 {
		return p, unexpected("show info", answer)
	}
	return p, nil
}

// parseState reads an answer to `show servers state BACKEND`: a line with the
// format's version, one with the names of the columns, and the servers.
func parseState(answer string) ([]row, error) {
	if strings.TrimSpace(answer) == "Can't find backend." {
		return nil, errNoBackend
	}
	version, rest, _ := strings.Cut(answer, "\n")
	header, body, _ := strings.Cut(rest, "\n")
	if version != "1" || !strings.HasPrefix(header, "# ") {
		return nil, unexpected("show servers state", answer)
	}
	column := columns(strings.Fields(header)[1:])
	var rows []row
	for line := range strings.Lines(body) {
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		get := func(name string) string { return column(fields, name) }
		at := row{
			place:   place{get("be_name"), get("srv_name")},
			op:      number[int](get("srv_op_state")),
			admin:   number[int](get("srv_admin_state")),
			uweight: number[int](get("srv_uweight")),
			iweight: number[int](get("srv_iweight")),
			check:   number[int](get("srv_check_state")),
			agent:   number[int](get("srv_agent_state")),
			address: net.JoinHostPort(get("srv_addr"), get("srv_port")),
			scur:    -1, qcur: -1, stot: -1, rate: -1, weight: -1,
		}
		if at.pool == "" || at.name == "" || at.op < 0 || at.admin < 0 || at.uweight < 0 {
			return nil, unexpected("show servers state", line)
		}
		rows = append(rows, at)
	}
	return rows, nil
}

// addStat adds to the rows what an answer to `show stat` tells of them.
func (r report) addStat(answer string) error {
	reader := csv.NewReader(strings.NewReader(strings.TrimPrefix(answer, "# ")))
	reader.FieldsPerRecord = -1
	header, err := reader.Read()
	if err != nil || header[0] != "pxname" {
		return unexpected("show stat", answer)
	}
	column := columns(header)
	active := map[string]int{} // active servers that serve, by backend
	for {
		record, err := reader.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return fmt.Errorf("show stat: %w", err)
		}
		get := func(name string) string { return column(record, name) }
		if get("type") == "1" {
			active[get("pxname")] = number[int](get("act"))
			if p, ours := r.pools[get("pxname")]; ours {
				p.algo = get("algo")
				r.pools[get("pxname")] = p
			}
			continue
		}
		rows := r.pools[get("pxname")].rows
		for i := range rows {
			if rows[i].name == get("svname") {
				rows[i].stat(get)
			}
		}
	}
	for name, p := range r.pools {
		for i := range p.rows {
			p.rows[i].standby = p.rows[i].backup && active[name] > 0
		}
	}
	return nil
}

func (r *row) stat(get func(string) string) {
	r.status = get("status")
	r.weight = number[int](get("weight"))
	r.scur, r.qcur = number[int](get("scur")), number[int](get("qcur"))
	r.stot = number[int64](get("stot"))
	r.rate = number[int](get("rate"))
	r.smax, r.slim = number[int](get("smax")), number[int](get("slim"))
	r.econ, r.eresp = number[int64](get("econ")), number[int64](get("eresp"))
	r.checkStatus = strings.TrimPrefix(get("check_status"), "* ") // a check is under way
	r.checkCode = get("check_code")
	r.throttle, r.tracked = get("throttle"), get("tracked")
	r.agentStatus = strings.TrimPrefix(get("agent_status"), "* ")
	r.backup = get("bck") == "1"
	r.tally = newTally(get)
}

// columns finds fields by the name of their column, because the columns differ
// between versions; one that is not there is "".
func columns(header []string) func(fields []string, name string) string {
	index := map[string]int{}
	for i, name := range header {
		index[name] = i
	}
	return func(fields []string, name string) string {
		if i, ok := index[name]; ok && i < len(fields) {
			return fields[i]
		}
		return ""
	}
}

// number returns -1 for what is not a number.
func number[N int | int64](s string) N {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || int64(N(n)) != n {
		return -1
	}
	return N(n)
}

func unexpected(command, answer string) error {
	answer = strings.TrimSpace(answer)
	if len(answer) > 100 {
		answer = answer[:100] + "…"
	}
	if answer == "" {
		return fmt.Errorf("%s: no answer", command)
	}
	return fmt.Errorf("%s: unexpected answer %q", command, answer)
}
