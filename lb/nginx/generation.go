package nginx

import (
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"
)

// generation is the workers of one master, with the times of their birth.
type generation struct {
	serving []worker // they take new requests
	leaving []worker // they end what they have begun
}

// worker is one worker process. It was started at born or up to slack later;
// never before.
type worker struct {
	id   string // of this process and no other: its pid and when it was started
	born time.Time
}

// younger tells whether the worker has read a file that was changed last at
// that time.
func (w worker) younger(changed time.Time) bool { return w.born.Add(-slack).After(changed) }

// slack is how far the birth of a process can be told wrong: /proc counts in
// hundredths of a second, file systems stamp with the last tick of the kernel
// (measured: 1 to 2 ms in all).
const slack = 50 * time.Millisecond

// loaded tells whether all that serves has read a file that was changed last
// at that time.
func (g generation) loaded(changed time.Time) bool {
	for _, w := range g.serving {
		if !w.younger(changed) {
			return false
		}
	}
	return len(g.serving) > 0
}

// all returns every worker that lives.
func (g generation) all() []worker { return slices.Concat(g.serving, g.leaving) }

// newest returns the latest birth of a worker that serves.
func (g generation) newest() time.Time {
	var latest time.Time
	for _, w := range g.serving {
		if w.born.After(latest) {
			latest = w.born
		}
	}
	return latest
}

// parseProcesses reads the pid file's content, the line of clocks, and the
// files stat and cmdline of the master and its children (proc(5)), each line
// with its path before it.
func parseProcesses(master string, clock, lines []string) (generation, string, error) {
	if _, err := strconv.Atoi(master); err != nil {
		if strings.Contains(master, "Permission denied") {
			return generation{}, "", fmt.Errorf("nginx: its pid file: %s: %w", master, fs.ErrPermission)
		}
		return generation{}, "", fmt.Errorf("nginx: it is not running, or its pid file is another: %s", master)
	}
	boot, tick, err := parseClock(clock)
	if err != nil {
		return generation{}, "", err
	}
	stats, titles := map[string]string{}, map[string]string{}
	var order []string
	for _, line := range lines {
		path, text, _ := strings.Cut(strings.TrimPrefix(line, "/proc/"), ":")
		pid, file, _ := strings.Cut(path, "/")
		switch file {
		case "stat":
			if stats[pid] == "" {
				order = append(order, pid)
			}
			stats[pid] = text
		case "cmdline":
			titles[pid] = strings.TrimRight(strings.ReplaceAll(text, "\x00", " "), " ")
		}
	}
	if titles[master] == "" {
		return generation{}, "", fmt.Errorf("nginx: it is not running: there is no process %s, or it is hidden from this user", master)
	}
	if !strings.Contains(titles[master], ": master process") {
		return generation{}, "", fmt.Errorf("nginx: it is not running: process %s of the pid file is %q", master, titles[master])
	}
	var g generation
	for _, pid := range order {
		if isOther(titles[pid]) {
			continue
		}
		ticks, err := parseStart(stats[pid])
		if err != nil {
			return generation{}, "", fmt.Errorf("nginx: worker %s: %w", pid, err)
		}
		w := worker{fmt.Sprintf("%s@%d", pid, ticks), boot.Add(time.Duration(ticks) * tick)}
		// A title that is just being written is that of a worker that begins to leave,
		// or of one that is too young to matter: nginx writes "nginx: " with a NUL
		// behind it before the rest (ngx_setproctitle).
		if strings.Contains(titles[pid], "shutting down") || !strings.Contains(titles[pid], ": worker process") {
			g.leaving = append(g.leaving, w)
		} else {
			g.serving = append(g.serving, w)
		}
	}
	return g, titles[master], nil
}

// isOther reports whether a child of the master is known to be no worker: one that
// has ended, a helper, another program, or one that has not yet been given its title.
func isOther(title string) bool {
	for _, other := range []string{": master process", ": cache manager process", ": cache loader process"} {
		if strings.Contains(title, other) {
			return true
		}
	}
	return !strings.Contains(title, ": worker process") && !strings.HasPrefix(title, "nginx: ")
}

// parseClock reads "NOW UPTIME HZ" and returns when the machine was
// booted, never later than it was, and the length of a tick. It is told from
// now and the uptime, because the kernel's own btime is off by seconds.
func parseClock(lines []string) (boot time.Time, tick time.Duration, err error) {
	bad := fmt.Errorf("nginx: the machine's clock cannot be told: %q", lines)
	if len(lines) != 1 {
		return boot, 0, bad
	}
	f := strings.Fields(lines[0])
	if len(f) != 3 {
		return boot, 0, bad
	}
	up, err := time.ParseDuration(f[1] + "s")
	if err != nil {
		return boot, 0, bad
	}
	hz, err := strconv.Atoi(f[2])
	if err != nil || hz <= 0 {
		return boot, 0, bad
	}
	// A date(1) without fractions prints none, or the letter N.
	seconds, fraction, _ := strings.Cut(f[0], ".")
	sec, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return boot, 0, bad
	}
	nano, err := strconv.ParseInt(fraction, 10, 64)
	if err != nil || len(fraction) != 9 {
		nano = 0
	}
	// The uptime was read after the time, so the boot comes out too early, if anything.
	return time.Unix(sec, nano).Add(-up), time.Second / time.Duration(hz), nil
}

// parseStart reads a process's start from its stat file, in ticks since the
// boot: field 22, after a name in parentheses that may hold anything.
func parseStart(stat string) (int64, error) {
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	if len(fields) < 20 {
		return 0, fmt.Errorf("its start cannot be told: %q", stat)
	}
	ticks, err := strconv.ParseInt(fields[19], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("its start cannot be told: %q", stat)
	}
	return ticks, nil
}
