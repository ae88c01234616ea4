package e2e

import (
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"rota/rollout"
)

// fault is something that goes wrong.
type fault struct {
	name   string
	fits   func(cell) bool // where it makes sense; nil: everywhere
	before func(*trial)    // makes the site ready for it; may be nil

	// strike does it. What it returns, where that is not nil, mends it after the
	// run has ended.
	strike func(*trial) (mend func())

	ends []int // the exit statuses that the run may have; nil: all of the contract's
}

// killed is the exit status of who is killed.
const killed = -1

func faults() []fault {
	return slices.Concat(onRota(), onConnections(), onBalancers(), byColleagues(), onApplications(), onRecord())
}

func onRota() []fault {
	signals := func(name string, ends []int, signals ...os.Signal) fault {
		return fault{name: name, ends: ends, strike: func(tr *trial) func() {
			for i, signal := range signals {
				for end := time.Now().Add(5 * time.Second); i > 0 && tr.call.stderr() == "" && tr.call.alive() && time.Now().Before(end); {
					time.Sleep(2 * time.Millisecond)
				}
				_ = tr.call.cmd.Process.Signal(signal)
			}
			return nil
		}}
	}
	return []fault{
		signals("kill -9", []int{killed, 0}, syscall.SIGKILL),
		signals("SIGTERM", []int{0, 4}, syscall.SIGTERM),
		signals("SIGHUP", []int{0, 4}, syscall.SIGHUP),
		signals("SIGINT", []int{0, 4}, syscall.SIGINT),
		signals("SIGINT twice", []int{0, 4}, syscall.SIGINT, syscall.SIGINT),
		{name: "the laptop sleeps and another takes over", ends: []int{0, 5}, strike: (*trial).sleep},
	}
}

// sleep stops rota for longer than it may miss beats, and lets another operator
// settle the run meanwhile.
func (tr *trial) sleep() func() {
	asleep := time.Now()
	_ = tr.call.cmd.Process.Signal(syscall.SIGSTOP)
	tr.w.disown(tr.T)
	c := tr.other.start(tr.T, "resume", "--yes", "--output", "json")
	<-c.done
	tr.ended(c)
	for c.status == 1 || c.status == 4 {
		if strings.Contains(c.stderr(), "run once") {
			c = tr.once(tr.other)
		} else {
			c = tr.other.start(tr.T, "resume", "--yes", "--output", "json")
			<-c.done
		}
		tr.ended(c)
	}
	// By the clock on the wall it has missed two minutes of beats; its own says so
	// after twenty seconds.
	time.Sleep(time.Until(asleep.Add(21 * time.Second)))
	untouched := tr.w.untouched(tr.T)
	_ = tr.call.cmd.Process.Signal(syscall.SIGCONT)
	<-tr.call.done
	untouched(tr.T)
	return nil
}

func onConnections() []fault {
	return []fault{
		{name: "all connections are cut", strike: func(tr *trial) func() { tr.w.sshd.Cut(); return nil }},
		{name: "all connections fall silent for 3 s", strike: func(tr *trial) func() {
			tr.w.sshd.Freeze()
			time.Sleep(3 * time.Second)
			tr.w.sshd.Thaw()
			return nil
		}},
		{name: "sshd is down for 3 s", strike: func(tr *trial) func() {
			tr.w.sshd.Stop()
			time.Sleep(3 * time.Second)
			if err := tr.w.sshd.Again(tr.Context()); err != nil {
				tr.Fatal(err)
			}
			return nil
		}},
		{name: "sshd is down until the run ends", strike: func(tr *trial) func() {
			tr.w.sshd.Stop()
			return func() {
				if err := tr.w.sshd.Again(tr.Context()); err != nil {
					tr.Fatal(err)
				}
			}
		}},
	}
}

func hasHAProxy(c cell) bool { return c.site != "nginx" }
func hasNginx(c cell) bool   { return c.site != "haproxy" }

func onBalancers() []fault {
	return []fault{
		{name: "HAProxy is killed and started again", fits: hasHAProxy, strike: func(tr *trial) func() {
			back := tr.puts("lb1")
			again := tr.w.killHAProxy(tr.T)
			time.Sleep(time.Second)
			again()
			tr.shaken = true
			return back
		}},
		{name: "HAProxy is down until the run ends", fits: hasHAProxy, strike: func(tr *trial) func() {
			back := tr.puts("lb1")
			again := tr.w.killHAProxy(tr.T)
			return func() {
				again()
				tr.shaken = true
				back()
			}
		}},
		{name: "nginx is stopped and started again", fits: hasNginx, strike: func(tr *trial) func() {
			over := tr.spell("lb2")
			again := tr.w.stopNginx(tr.T)
			time.Sleep(time.Second)
			again()
			over()
			return nil
		}},
		{name: "nginx is down until the run ends", fits: hasNginx, strike: func(tr *trial) func() {
			over := tr.spell("lb2")
			again := tr.w.stopNginx(tr.T)
			return func() { again(); over() }
		}},
	}
}

// spell begins a time in which requests through a balancer fail by the fault's
// own hand, until what it returns is called.
func (tr *trial) spell(balancer string) (over func()) {
	from := time.Now()
	return func() { tr.load.spells = append(tr.load.spells, spell{balancer, from, time.Now()}) }
}

// puts begins a spell in which somebody else puts servers back in rotation. It
// lasts until they are out again, as rota would have them at once, or until the
// run has ended.
func (tr *trial) puts(balancer string) (mended func()) {
	from, outs := time.Now(), tr.look.outs(balancer)
	return func() {
		to := tr.look.outAgain(balancer, from, outs)
		tr.load.spells = append(tr.load.spells, spell{balancer, from, to})
	}
}

func byColleagues() []fault {
	return []fault{
		{name: "a colleague reloads HAProxy", fits: hasHAProxy, strike: func(tr *trial) func() {
			back := tr.puts("lb1")
			tr.load.reloaded = true
			tr.w.haproxy.Reload()
			tr.shaken = true
			return back
		}},
		{name: "a colleague reloads nginx", fits: hasNginx, ends: []int{0}, strike: func(tr *trial) func() { tr.w.nginx.HUP(); return nil }},
		{name: "a colleague puts the servers in work back in HAProxy", fits: hasHAProxy, strike: func(tr *trial) func() {
			back := tr.puts("lb1")
			for _, name := range tr.out() {
				tr.w.haproxy.Ask("set server shop/" + name + " state ready")
			}
			tr.shaken = true
			return back
		}},
		{name: "a colleague puts the servers in work back in nginx", fits: hasNginx, strike: func(tr *trial) func() {
			back := tr.puts("lb2")
			text := read(tr.T, tr.w.nginx.Upstreams)
			for _, name := range tr.out() {
				text = strings.ReplaceAll(text, tr.w.server(name).addr+" max_fails=0 down;", tr.w.server(name).addr+" max_fails=0;")
			}
			write(tr.T, tr.w.nginx.Upstreams, text)
			tr.w.nginx.HUP()
			return back
		}},
		{name: "a colleague edits nginx's file and does not reload", fits: hasNginx, strike: func(tr *trial) func() {
			tr.edited = "# by a colleague\n"
			tr.append(tr.edited)
			return func() {
				tr.w.nginx.HUP()
				time.Sleep(500 * time.Millisecond)
			}
		}},
		{name: "a colleague breaks nginx's file", fits: hasNginx, strike: func(tr *trial) func() {
			const wrong = "upstream broken {\n"
			tr.append(wrong)
			return func() {
				write(tr.T, tr.w.nginx.Upstreams, strings.ReplaceAll(read(tr.T, tr.w.nginx.Upstreams), wrong, ""))
				tr.w.nginx.HUP()
				time.Sleep(500 * time.Millisecond)
			}
		}},
		{name: "a second operator wants the same", strike: func(tr *trial) func() {
			c := tr.other.start(tr.T, append(slices.Clone(tr.strategy.args), "--yes")...)
			<-c.done
			if tr.call.alive() && c.status != 5 {
				tr.Errorf("the second operator ends with %d: %s", c.status, c.stderr())
			}
			return nil
		}},
	}
}

// append adds a line to nginx's file, as an editor does that writes it anew.
func (tr *trial) append(line string) {
	f := tr.w.nginx.Upstreams
	write(tr.T, f+".colleague", read(tr.T, f)+line)
	if err := os.Rename(f+".colleague", f); err != nil {
		tr.Fatal(err)
	}
}

// out lists the servers that rota has taken out for its work.
func (tr *trial) out() (names []string) {
	for name, phase := range tr.phases() {
		if phase.OutOfRotation() && phase != rollout.Idle {
			names = append(names, name)
		}
	}
	return names
}
