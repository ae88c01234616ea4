package haproxy

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"rota/lb"
)

// A reload leaves the old worker running until its last connection has ended.
// The admin socket belongs to the new one, which knows nothing of the requests
// that the old one still has under way. The machine knows: ps has the workers,
// ss their connections.

// young is how long after its start a worker may have an older one beside it,
// where nobody can look.
const young = time.Minute

// census lists processes and established connections. Both parts end with a
// line of their own when the program was there to tell.
const census = `if ps -eo pid=,ppid=,comm=; then echo end; fi
if command -v ss >/dev/null && ss -tnpH state established; then echo end; fi`

// oldWorkers is what is known of workers older than the one that answers.
type oldWorkers struct {
	unseen string   // why nobody can tell whether there are any; "" when it is known
	pids   []string // those that live
	links  []link   // connections from the machine
	blind  bool     // links could not be listed
}

// link is one connection from the machine.
type link struct {
	to      netip.AddrPort
	current bool // known to be of the worker that answers
}

// oldWorkers looks for older workers, unless there are known to be none, or
// nothing depends on it.
func (b *Balancer) oldWorkers(ctx context.Context, r report) oldWorkers {
	if b.alone.Load() == int64(r.process.pid) || !b.anyStill(r) {
		return oldWorkers{}
	}
	reason := "nothing can be run on its machine"
	if b.runner != nil {
		out, err := b.runner.Output(ctx, census, nil)
		if err == nil {
			old := parseCensus(out, r.process.pid)
			if old.unseen == "" && len(old.pids) == 0 {
				b.alone.Store(int64(r.process.pid)) // older ones can only become fewer
			}
			if old.unseen == "" {
				return old
			}
			reason = old.unseen
		} else {
			reason = err.Error()
		}
	}
	if r.process.uptime >= young {
		return oldWorkers{}
	}
	return oldWorkers{unseen: fmt.Sprintf("haproxy was started or reloaded %v ago, and whether an older worker still holds requests cannot be seen: %s",
		r.process.uptime, reason)}
}

// anyStill tells whether a server would count as drained.
func (b *Balancer) anyStill(r report) bool {
	return slices.ContainsFunc(b.members, func(m lb.Member) bool {
		at, ok := r.row(place{m.Pool, m.Name})
		return ok && at.closed() && b.quiet.long(r, []row{at})
	})
}

// hold returns why a server may still be reached through an older worker, or "".
func (o oldWorkers) hold(rows []row) string {
	if o.unseen != "" {
		return o.unseen
	}
	if len(o.pids) == 0 {
		return ""
	}
	for _, row := range rows {
		address, err := netip.ParseAddrPort(row.address)
		if err != nil || o.blind {
			return fmt.Sprintf("an older worker lives (pid %s), and what it holds cannot be seen", strings.Join(o.pids, ", "))
		}
		if slices.ContainsFunc(o.links, func(l link) bool { return !l.current && l.to == unmapped(address) }) {
			return fmt.Sprintf("an older worker (pid %s) still holds connections to it", strings.Join(o.pids, ", "))
		}
	}
	return ""
}

// parseCensus finds the workers beside the one with this pid.
func parseCensus(out []byte, pid int) oldWorkers {
	parts := [2][]string{}
	told := 0
	for line := range strings.Lines(string(out)) {
		switch line = strings.TrimSpace(line); {
		case line == "end":
			told++
		case told < len(parts):
			parts[told] = append(parts[told], line)
		}
	}
	type process struct{ pid, parent, name string }
	var all []process
	for _, line := range parts[0] {
		if f := strings.Fields(line); len(f) >= 3 {
			all = append(all, process{f[0], f[1], f[2]})
		}
	}
	find := func(pid string) process {
		i := slices.IndexFunc(all, func(p process) bool { return p.pid == pid })
		if i < 0 {
			return process{}
		}
		return all[i]
	}
	me := find(fmt.Sprint(pid))
	if !strings.Contains(me.name, "haproxy") {
		return oldWorkers{unseen: fmt.Sprintf("its worker, pid %d, is not among the processes that ps shows", pid)}
	}
	master := find(me.parent)
	underMaster := strings.Contains(master.name, "haproxy")
	var old oldWorkers
	for _, p := range all {
		switch {
		case !strings.Contains(p.name, "haproxy") || p == me || p == master:
		case underMaster && p.parent != master.pid: // another instance, or a child of a worker
		default:
			old.pids = append(old.pids, p.pid)
		}
	}
	old.blind = told < 2
	for _, line := range parts[1] {
		if f := strings.Fields(line); len(f) >= 4 { // queues, own address, the other's, processes
			if to, err := netip.ParseAddrPort(f[3]); err == nil {
				old.links = append(old.links, link{unmapped(to), strings.Contains(line, fmt.Sprintf("pid=%d,", pid))})
			}
		}
	}
	return old
}

// unmapped returns an IPv4 address that was written as an IPv6 one as itself.
func unmapped(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap().WithZone(""), a.Port())
}
