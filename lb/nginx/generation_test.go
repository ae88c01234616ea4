package nginx

import (
	"strings"
	"testing"
	"time"
)

func TestParseClockTellsTheBoot(t *testing.T) {
	boot, tick, err := parseClock([]string{"1700000000.250000000 100.25 100"})
	if err != nil || !boot.Equal(time.Unix(1699999900, 0)) || tick != 10*time.Millisecond {
		t.Errorf("%v, %v, %v", boot, tick, err)
	}
	for name, now := range map[string]string{"whole seconds": "1700000000.", "the letter N": "1700000000.%N", "nothing more": "1700000000"} {
		if boot, _, err := parseClock([]string{now + " 1.00 250"}); err != nil || !boot.Equal(time.Unix(1699999999, 0)) {
			t.Errorf("%s: %v, %v", name, boot, err)
		}
	}
	for _, bad := range []string{"", "2 3", "x 3 100", "2 x 100", "2 3 0", "2 3 x"} {
		if _, _, err := parseClock([]string{bad}); err == nil {
			t.Errorf("%q is a clock", bad)
		}
	}
}

const clockLine = "1700001000.000000000 1000.00 100"

// stat writes a line of /proc/PID/stat of a process that was started so many
// ticks after the boot.
func stat(pid, name, ticks string) string {
	return "/proc/" + pid + "/stat:" + pid + " (" + name + ") S 1 " + strings.Repeat("0 ", 17) + ticks + " 0 0"
}

func TestParseProcesses(t *testing.T) {
	lines := []string{
		stat("7", "nginx", "100"), "/proc/7/cmdline:nginx: master process nginx -c /a b\x00\x00",
		stat("8", "a) (b", "200"), "/proc/8/cmdline:nginx: worker process\x00",
		stat("9", "nginx", "150"), "/proc/9/cmdline:nginx: worker process is shutting down\x00\x00",
		stat("10", "nginx", "300"), "/proc/10/cmdline:nginx: cache manager process\x00",
		stat("12", "nginx", "160"), "/proc/12/cmdline:nginx: \x00orker process\x00", // is just being told its new title
		stat("13", "sh", "100"), "/proc/13/cmdline:sh\x00-c\x00tail -f log\x00",
		stat("11", "nginx", "300"), // ended while it was looked at
		stat("8", "a) (b", "200"), "/proc/8/cmdline:nginx: worker process\x00",
	}
	g, title, err := parseProcesses("7", []string{clockLine}, lines)
	if err != nil {
		t.Fatal(err)
	}
	if title != "nginx: master process nginx -c /a b" {
		t.Errorf("the title is %q", title)
	}
	if len(g.serving) != 1 || g.serving[0].id != "8@200" || !g.serving[0].born.Equal(time.Unix(1700000002, 0)) {
		t.Errorf("serving: %+v", g.serving)
	}
	if len(g.leaving) != 2 || g.leaving[1].id != "12@160" || g.leaving[0].id != "9@150" || !g.leaving[0].born.Equal(time.Unix(1700000001, 5e8)) {
		t.Errorf("leaving: %+v", g.leaving)
	}
	for master, want := range map[string]string{
		"": "not running", "cat: x: No such file": "No such file", "8": "not running", "99": "not running", "cat: x: Permission denied": "permission denied",
	} {
		if _, _, err := parseProcesses(master, []string{clockLine}, lines); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("master %q: the error is %v", master, err)
		}
	}
	broken := append(lines[:2:2], "/proc/8/stat:8 (nginx) S", "/proc/8/cmdline:nginx: worker process")
	if _, _, err := parseProcesses("7", []string{clockLine}, broken); err == nil {
		t.Error("a worker without a birth was taken")
	}
}

func TestAFileIsLoadedWhenEveryServingWorkerIsYounger(t *testing.T) {
	at := time.Unix(1700000000, 0)
	born := func(offsets ...time.Duration) (ws []worker) {
		for _, d := range offsets {
			ws = append(ws, worker{born: at.Add(d)})
		}
		return ws
	}
	for name, row := range map[string]struct {
		g      generation
		loaded bool
		older  int
	}{
		"no worker":                            {generation{}, false, 0},
		"all younger":                          {generation{serving: born(time.Second, 2*time.Second)}, true, 0},
		"all older":                            {generation{serving: born(-time.Second, -time.Hour)}, false, 2},
		"one respawned on the old":             {generation{serving: born(-time.Second, time.Second)}, false, 1},
		"younger by less than clocks can tell": {generation{serving: born(slack)}, false, 1},
		"an old one is leaving":                {generation{serving: born(time.Second), leaving: born(-time.Second)}, true, 1},
		"a young one is leaving too":           {generation{serving: born(2 * time.Second), leaving: born(time.Second)}, true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			if old := (&memory{}).old(line{}, row.g, at); row.g.loaded(at) != row.loaded || old != row.older {
				t.Errorf("loaded is %v, older %d", row.g.loaded(at), old)
			}
		})
	}
}
