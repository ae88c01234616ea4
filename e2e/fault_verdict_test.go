package e2e

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"rota/rollout"
)

// ended fails the test where the end of a call of rota is none of the contract's.
func (tr *trial) ended(c *call) {
	<-c.done
	tr.ends = append(tr.ends, c.args[0]+" "+strconv.Itoa(c.status))
	if c == tr.call && c.status == killed && slices.Contains(tr.fault.ends, killed) {
		return
	}
	name := strings.Join(c.args, " ")
	if c.status < 0 || c.status > 5 {
		tr.Errorf("rota %s ends with %d: %s", name, c.status, c.stderr())
	}
	says := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(c.stderr(), w) })
	}
	switch c.status {
	case 1, 4:
		if !says("rota resume", "rota rollback", "rota restore", "rota switch", "nothing was touched", "reload nginx") {
			tr.Errorf("rota %s ends with %d and does not say how to go on: %s", name, c.status, c.stderr())
		}
	case 5:
		if !says("lock") {
			tr.Errorf("rota %s ends with 5 and does not tell of a lock: %s", name, c.stderr())
		}
	}
	if strings.Contains(c.stdout()+c.stderr(), "rota itself is wrong") {
		tr.Errorf("rota %s says that it is wrong: %s", name, c.stdout())
	}
}

// expected fails the test where the run that met the fault has another exit
// status than it may have.
func (tr *trial) expected() {
	ends := tr.fault.ends
	if tr.fault.name == "" {
		ends = []int{0}
	}
	if ends != nil && !slices.Contains(ends, tr.call.status) {
		tr.Errorf("the run ends with %d, want one of %v: %s", tr.call.status, ends, tr.call.stderr())
	}
}

// standing tells, by what the balancers and the servers say themselves, who is
// not where the strategy leads to, or "".
func (w *world) standing(t *testing.T, s strategy) string {
	t.Helper()
	var wrong []string
	for _, sv := range w.servers {
		serves := slices.Contains(s.serving(w), sv)
		out := w.outside(t, sv.name)
		version, err := sv.get("/version")
		switch {
		case serves && out != "":
			wrong = append(wrong, sv.name+" is out: "+out)
		case !serves && strings.Count(out, "lb") < len(w.balancers()):
			wrong = append(wrong, sv.name+" is not out everywhere: "+out)
		case err != nil:
			wrong = append(wrong, fmt.Sprintf("%s: %v", sv.name, err))
		case serves && version != s.version:
			wrong = append(wrong, sv.name+" runs "+version)
		}
	}
	return strings.Join(wrong, "; ")
}

// inPlace tells whether every server is where it should be, with the version that
// it should have, and rota says the same.
func (tr *trial) inPlace() bool {
	eventually(tr.T, "the balancers' own checks have passed", func() bool {
		return !slices.ContainsFunc(tr.strategy.serving(tr.w), func(s server) bool { return tr.w.outside(tr.T, s.name) != "" })
	})
	wrong := tr.w.standing(tr.T, tr.strategy)
	st := tr.me.status(tr.T)
	for _, sv := range st.Servers {
		want := "out"
		if slices.Contains(tr.strategy.serving(tr.w), tr.w.server(sv.Name)) {
			want = "in"
		}
		if is, _ := tr.w.server(sv.Name).get("/version"); sv.Rotation != want || sv.Version != is || !sv.Healthy {
			wrong += fmt.Sprintf("; rota says %+v, which runs %s and should be %s", sv, is, want)
		}
	}
	if st.Lock != nil {
		wrong += fmt.Sprintf("; the lock is held: %+v", *st.Lock)
	}
	if wrong != "" {
		tr.Errorf("not in place: %s", strings.TrimPrefix(wrong, "; "))
	}
	return wrong == ""
}

// verdict looks whether the promises were kept.
func (tr *trial) verdict() {
	tr.look.low(tr.T, tr.w, tr.dead)
	st := tr.replay()
	for _, s := range tr.w.servers {
		acts := s.acts(tr.T)
		tr.quiet(s, acts)
		tr.written(s, acts, st)
	}
	tr.ranOnce()
	tr.kept()
	tr.tidy()
	if tr.Failed() {
		tr.Logf("what was seen:\n%s", tr.look)
	}
}

// act is one time that a step of a deploy has run on a server.
type act struct {
	begin, end int64 // in nanoseconds since 1970; end is 0 where it was ended in the middle
	version    string
}

// acts lists the steps that have run on a server, as it has noted them itself.
func (s server) acts(t *testing.T) (all []act) {
	t.Helper()
	for line := range strings.Lines(read(t, filepath.Join(s.dir, "steps"))) {
		f := strings.Fields(line)
		at, _ := strconv.ParseInt(f[1], 10, 64)
		if f[0] == "begin" {
			all = append(all, act{begin: at, version: f[2]})
		} else {
			all[len(all)-1].end = at
		}
	}
	return all
}

// quiet fails the test for each request that has reached a server while a step ran.
func (tr *trial) quiet(s server, acts []act) {
	for _, r := range s.requests(tr.T) {
		for _, a := range acts {
			at := time.Unix(0, r.at)
			if r.at < a.begin || r.at > a.end ||
				slices.ContainsFunc(tr.load.spells, func(sp spell) bool { return sp.covers(loss{begun: at, at: at, balancer: r.id[:3]}) }) {
				continue
			}
			tr.Errorf("request %s reached %s at %s, in the middle of a step", r.id, s.name, at.Format("15:04:05.000"))
		}
	}
}

// replay adds up every journal, here and on the balancers' hosts, and returns the
// events of all of them.
func (tr *trial) replay() (all []rollout.Event) {
	copies, _ := filepath.Glob(filepath.Join(tr.w.dir, "record", "*.jsonl"))
	here, _ := filepath.Glob(filepath.Join(tr.me.dir, "state", "rota", tr.w.app, "*.jsonl"))
	there, _ := filepath.Glob(filepath.Join(tr.other.dir, "state", "rota", tr.w.app, "*.jsonl"))
	told := map[string][]byte{} // by run: the story that goes on, as rota itself chooses it
	states := map[string]rollout.State{}
	for _, file := range slices.Concat(copies, here, there) {
		data := []byte(read(tr.T, file))
		data = data[:bytes.LastIndexByte(data, '\n')+1] // a torn last line is dropped
		events, err := rollout.ReadEvents(data)
		var st rollout.State
		if err == nil {
			st, err = rollout.Replay(events)
		}
		if err != nil {
			tr.Errorf("%s: %v", file, err)
			continue
		}
		if bytes.HasPrefix(data, told[st.Run]) {
			told[st.Run], states[st.Run] = data, st
		}
		all = append(all, events...)
	}
	tr.agrees(slices.Collect(maps.Values(states)))
	slices.SortFunc(all, func(a, b rollout.Event) int { return a.Time.Compare(b.Time) })
	return slices.CompactFunc(all, func(a, b rollout.Event) bool { return a.Time.Equal(b.Time) && a.Run == b.Run && a.Seq == b.Seq })
}

// agrees fails the test where the last run that touched a server tells that it
// runs another version than it does.
func (tr *trial) agrees(states []rollout.State) {
	slices.SortFunc(states, func(a, b rollout.State) int { return b.Last.Compare(a.Last) })
	for _, s := range tr.w.servers {
		is, _ := s.get("/version")
		for _, st := range states {
			if sv := st.Server(s.name); sv != nil && sv.Touched {
				if sv.Version != is {
					tr.Errorf("the journal tells that %s runs %q, and it runs %q", s.name, sv.Version, is)
				}
				break
			}
		}
	}
}

// written fails the test for each step that ran without standing in the journal
// before.
func (tr *trial) written(s server, acts []act, events []rollout.Event) {
	if tr.strategy.name == "switch" && len(acts) > 0 {
		acts = slices.DeleteFunc(acts, func(a act) bool { return a.version == newVersion }) // done by hand
	}
	var begun []int64
	for _, e := range events {
		if e.Kind == rollout.StepBegun && e.Server == s.name && e.Step.Touches() {
			begun = append(begun, e.Time.UnixNano())
		}
	}
	for _, a := range acts[1:] { // the first is the world's own
		i := slices.IndexFunc(begun, func(at int64) bool { return at <= a.begin })
		if i < 0 {
			tr.Errorf("%s was changed at %s, and no journal tells of it", s.name, time.Unix(0, a.begin).Format("15:04:05.000"))
			continue
		}
		begun = slices.Delete(begun, i, i+1)
	}
}

// ranOnce fails the test where the step that must run once has run again unasked.
func (tr *trial) ranOnce() {
	b, err := os.ReadFile(tr.w.once())
	if err != nil {
		return // the strategy has none
	}
	if begun, done := bytes.Count(b, []byte("begun")), bytes.Count(b, []byte("done")); begun != 1+tr.asked || done < 1 {
		tr.Errorf("the step that must run once has begun %d times and ended %d times; a person has let it run again %d times", begun, done, tr.asked)
	}
}

// kept fails the test where weights, or anything but a server's own words in
// nginx's files, are not as they were.
func (tr *trial) kept() {
	want := tr.weights
	if tr.w.nginx != nil {
		was := strings.Index(want, "}\n") + len("}\n")
		want = want[:was] + tr.edited + want[was:]
	}
	if is := strings.ReplaceAll(tr.w.weights(tr.T), " down;", ";"); is != want {
		tr.Errorf("the balancers have\n%s\nand not as before\n%s", is, want)
	}
}

// tidy fails the test for what is left over: locks, temporary files, processes.
func (tr *trial) tidy() {
	var left []string
	for _, pattern := range []string{
		filepath.Join(tr.w.dir, "record", "*.lock"), filepath.Join(tr.w.dir, "record", ".*"),
		filepath.Join(tr.me.dir, "state", "rota", "*", ".*"), filepath.Join(tr.other.dir, "state", "rota", "*", ".*"),
		filepath.Join("/var/tmp", fmt.Sprintf("rota-steps-%d", os.Getuid()), tr.w.app+".*"),
	} {
		files, _ := filepath.Glob(pattern)
		left = append(left, files...)
	}
	if tr.w.nginx != nil {
		files, _ := os.ReadDir(filepath.Dir(tr.w.nginx.ConfigFile))
		for _, f := range files {
			if !slices.Contains([]string{"error.log", "nginx.conf", "nginx.pid", "temp", "upstreams.conf"}, f.Name()) {
				left = append(left, f.Name())
			}
		}
	}
	if len(left) > 0 {
		tr.Errorf("left over: %s", strings.Join(left, ", "))
	}
	var running []string
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if running = tr.running(); len(running) == 0 {
			return
		}
	}
	tr.Errorf("still running: %s", strings.Join(running, "; "))
}

// running lists the processes that rota has started over ssh and that live on,
// without the applications. They have the home of that login.
func (tr *trial) running() (commands []string) {
	files, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, file := range files {
		env, _ := os.ReadFile(file)
		dir := filepath.Dir(file)
		command, _ := os.ReadFile(filepath.Join(dir, "cmdline"))
		text := strings.TrimSpace(strings.ReplaceAll(string(command), "\x00", " "))
		mine := bytes.Contains(env, []byte("HOME="+tr.w.sshd.Dir+"\x00"))
		if mine && !bytes.Contains(env, []byte(shopVariable+"=1\x00")) && text != "" {
			pid, _ := strconv.Atoi(filepath.Base(dir))
			if syscall.Kill(pid, 0) == nil {
				commands = append(commands, text)
			}
		}
	}
	return commands
}
