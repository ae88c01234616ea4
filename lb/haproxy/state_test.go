package haproxy

import (
	"testing"
	"time"

	"rota/lb"
)

// The rows are what HAProxy was seen to show.
func TestState(t *testing.T) {
	for _, r := range []struct {
		name               string
		op, admin, uweight int
		standby            bool
		want               lb.State
		closed             bool
	}{
		{name: "up", op: 2, uweight: 1, want: lb.In},
		{name: "slow start", op: 1, uweight: 1, want: lb.In},
		{name: "down", op: 0, uweight: 1, want: lb.Down},
		{name: "drain", op: 2, admin: 8, uweight: 1, want: lb.Draining, closed: true},
		{name: "drain and dead, which its status hides", op: 0, admin: 8, uweight: 1, want: lb.Draining, closed: true},
		{name: "maint", op: 0, admin: 1, uweight: 1, want: lb.Out, closed: true},
		{name: "disabled in the configuration", op: 0, admin: 5, uweight: 1, want: lb.Out, closed: true},
		{name: "the same after ready: one bit stays for ever", op: 2, admin: 4, uweight: 1, want: lb.In},
		{name: "the same after drain", op: 2, admin: 12, uweight: 1, want: lb.Draining, closed: true},
		{name: "renamed at runtime", op: 2, admin: 64, uweight: 1, want: lb.In},
		{name: "follows one in drain", op: 2, admin: 16, uweight: 1, want: lb.Draining, closed: true},
		{name: "follows one in maint", op: 0, admin: 2, uweight: 1, want: lb.Out, closed: true},
		{name: "weight 0", op: 2, uweight: 0, want: lb.Draining, closed: true},
		{name: "weight 0 and dead", op: 0, uweight: 0, want: lb.Draining, closed: true},
		{name: "stopping by its own check", op: 3, uweight: 1, want: lb.Draining},
		{name: "its name does not resolve", op: 0, admin: 32, uweight: 1, want: lb.Down},
		{name: "a backup while others serve", op: 2, uweight: 1, standby: true, want: lb.Out},
		{name: "a backup in maint", op: 0, admin: 1, uweight: 1, standby: true, want: lb.Out, closed: true},
	} {
		t.Run(r.name, func(t *testing.T) {
			row := row{op: r.op, admin: r.admin, uweight: r.uweight, standby: r.standby}
			if got := row.state(); got != r.want {
				t.Errorf("it is %v, want %v", got, r.want)
			}
			if got := row.closed(); got != r.closed {
				t.Errorf("closed is %v, want %v", got, r.closed)
			}
			if got := row.ready(); got != (r.want == lb.In || r.standby && !r.closed) {
				t.Errorf("ready is %v", got)
			}
		})
	}
}

func TestQuiet(t *testing.T) {
	type sample struct {
		at    time.Duration
		row   row
		pid   int
		still bool // afterwards
	}
	taken := func(scur, qcur int, stot int64) row {
		return row{place: place{"app", "a"}, op: 2, admin: forcedDrain, uweight: 1, scur: scur, qcur: qcur, stot: stot}
	}
	in := row{place: place{"app", "a"}, op: 2, uweight: 1, stot: 7}
	ms := time.Millisecond
	for _, r := range []struct {
		name    string
		samples []sample
	}{
		{"two looks a window apart are enough", []sample{{0, taken(0, 0, 7), 1, false}, {window, taken(0, 0, 7), 1, true}}},
		{"less than a window is not", []sample{{0, taken(0, 0, 7), 1, false}, {window - ms, taken(0, 0, 7), 1, false}}},
		{"a session under way", []sample{{0, taken(0, 0, 7), 1, false}, {500 * ms, taken(1, 0, 8), 1, false}, {window, taken(0, 0, 8), 1, false}, {2 * window, taken(0, 0, 8), 1, true}}},
		{"a request that waits", []sample{{0, taken(0, 1, 7), 1, false}, {window, taken(0, 0, 7), 1, false}, {2 * window, taken(0, 0, 7), 1, true}}},
		{"one that came and went between", []sample{{0, taken(0, 0, 7), 1, false}, {window, taken(0, 0, 8), 1, false}, {2 * window, taken(0, 0, 8), 1, true}}},
		{"still in rotation does not count", []sample{{0, in, 1, false}, {window, in, 1, false}, {window + ms, taken(0, 0, 7), 1, false}, {2*window + ms, taken(0, 0, 7), 1, true}}},
		{"another worker counts anew", []sample{{0, taken(0, 0, 7), 1, false}, {window, taken(0, 0, 7), 2, false}, {2 * window, taken(0, 0, 7), 2, true}}},
		{"an answer that was overtaken tells nothing", []sample{{10 * ms, taken(0, 0, 7), 1, false}, {0, taken(1, 0, 6), 1, false}, {window + 10*ms, taken(0, 0, 7), 1, true}}},
	} {
		t.Run(r.name, func(t *testing.T) {
			q := quiet{since: map[place]stillness{}}
			begin := time.Now()
			for i, s := range r.samples {
				at := begin.Add(s.at)
				rep := report{asked: at, told: at, process: process{pid: s.pid}, pools: map[string]pool{"app": {rows: []row{s.row}}}}
				q.look(rep)
				if got := q.long(rep, []row{s.row}); got != s.still {
					t.Errorf("look %d: still is %v, want %v", i, got, s.still)
				}
			}
		})
	}
}
