package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// operator is a person with a home and a state folder of their own: to rota,
// another laptop.
type operator struct {
	w   *world
	dir string
	env []string
}

// operator makes a new one. env is added to the environment of rota.
func (w *world) operator(t *testing.T, env ...string) operator {
	t.Helper()
	return operator{w, t.TempDir(), env}
}

// call is one call of rota.
type call struct {
	t      *testing.T
	args   []string
	cmd    *exec.Cmd
	cancel context.CancelFunc
	done   chan struct{}
	began  time.Time

	mu       sync.Mutex
	out, err bytes.Buffer
	read     int     // bytes of out
	told     []event // in them
	took     time.Duration
	status   int
}

const callLimit = 5 * time.Minute // a balancer's fresh check alone may take two

// start starts rota without a terminal. Standard input is empty and no pipe.
func (o operator) start(t *testing.T, args ...string) *call {
	t.Helper()
	return o.startWith(t, nil, args...)
}

// startWith is start with a pipe as standard input, if it is not nil.
func (o operator) startWith(t *testing.T, stdin *os.File, args ...string) *call {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), callLimit)
	c := &call{t: t, args: args, cancel: cancel, done: make(chan struct{}), began: time.Now()}
	c.cmd = exec.CommandContext(ctx, binary, append([]string{"-i", o.w.inventory}, args...)...)
	c.cmd.Dir = o.dir
	c.cmd.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + filepath.Join(o.dir, "home"), "XDG_STATE_HOME=" + filepath.Join(o.dir, "state"),
	}, o.env...)
	if stdin != nil {
		c.cmd.Stdin = stdin
	}
	c.cmd.Stdout, c.cmd.Stderr = locked{&c.mu, &c.out}, locked{&c.mu, &c.err}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(c.done)
		err := c.cmd.Wait()
		c.mu.Lock()
		defer c.mu.Unlock()
		c.took = time.Since(c.began)
		if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
			c.status = exit.ExitCode()
		} else if err != nil {
			c.status = -1
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-c.done
		if t.Failed() {
			t.Logf("rota %s: exit status %d after %v\n%s%s", strings.Join(args, " "), c.status, c.took, excerpt(&c.out), excerpt(&c.err))
		}
	})
	return c
}

// excerpt leaves out of JSON lines what fills them.
func excerpt(b *bytes.Buffer) string {
	const long = 400
	fill := regexp.MustCompile(`"(run|operator)":"[^"]*",`)
	var out strings.Builder
	for line := range strings.Lines(b.String()) {
		if strings.Contains(line, `"event":"sample"`) {
			continue
		}
		if line = fill.ReplaceAllString(line, ""); len(line) > long {
			line = line[:long] + "…\n"
		}
		out.WriteString(line)
	}
	return out.String()
}

type locked struct {
	mu *sync.Mutex
	to *bytes.Buffer
}

func (l locked) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.to.Write(b)
}

// run runs rota to its end, and fails the test at another exit status.
func (o operator) run(t *testing.T, status int, args ...string) *call {
	t.Helper()
	c := o.start(t, args...)
	c.ends(t, status)
	return c
}

// ends waits for the end of a call, and fails the test at another exit status.
func (c *call) ends(t *testing.T, status int) {
	t.Helper()
	<-c.done
	if c.status != status {
		t.Errorf("rota %s: exit status %d, want %d\n%s", strings.Join(c.args, " "), c.status, status, c.err.String())
	}
}

// kill ends a call as kill -9 does.
func (c *call) kill() {
	_ = c.cmd.Process.Kill()
	<-c.done
}

// alive tells whether the call has not ended.
func (c *call) alive() bool {
	select {
	case <-c.done:
		return false
	default:
		return true
	}
}

func (c *call) stdout() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.out.String()
}

func (c *call) stderr() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err.String()
}

// says fails the test where rota does not say each of the words on stderr.
func (c *call) says(t *testing.T, words ...string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(c.stderr(), word) {
			t.Errorf("rota %s does not say %q but\n%s", strings.Join(c.args, " "), word, c.stderr())
		}
	}
}

// event is a line of --output json, as far as the tests look at it.
type event struct {
	Seq      int       `json:"seq"`
	Time     time.Time `json:"time"`
	Run      string    `json:"run"`
	Event    string    `json:"event"`
	Operator string    `json:"operator"`
	Server   string    `json:"server"`
	Servers  []string  `json:"servers"`
	Balancer string    `json:"balancer"`
	Step     string    `json:"step"`
	State    string    `json:"state"`
	Line     string    `json:"line"`
	Stream   string    `json:"stream"`
	Error    string    `json:"error"`
	Text     string    `json:"text"`
	Lost     *struct {
		Balancer string   `json:"balancer"`
		Address  string   `json:"address"`
		Reason   string   `json:"reason"`
		During   []string `json:"during"`
	} `json:"lost"`
	Summary *struct {
		Outcome string `json:"outcome"`
		TotalMS int64  `json:"total_ms"`
		WaitMS  int64  `json:"unavoidable_ms"`
		OwnMS   int64  `json:"own_ms"`
		Probe   *struct {
			Sent   int   `json:"sent"`
			Lost   int   `json:"lost"`
			Routes []any `json:"routes"`
		} `json:"probe"`
	} `json:"summary"`
}

// events are the events that were told so far.
func (c *call) events(t *testing.T) []event {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	news := c.out.Bytes()[c.read:]
	news = news[:bytes.LastIndexByte(news, '\n')+1]
	for line := range bytes.Lines(news) {
		var e event
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		c.told = append(c.told, e)
	}
	c.read += len(news)
	return c.told
}

// reaches waits until an event is told, and fails the test if the call ends
// without it.
func (c *call) reaches(t *testing.T, what string, is func(event) bool) event {
	t.Helper()
	for {
		alive := c.alive()
		all := c.events(t)
		if i := slices.IndexFunc(all, is); i >= 0 {
			return all[i]
		}
		if !alive {
			t.Fatalf("rota %s has ended with %d without: %s\n%s", strings.Join(c.args, " "), c.status, what, c.stderr())
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// begins is the beginning of a step; an id that ends in "/" or begins with it
// is a part of one.
func begins(step string) func(event) bool {
	return func(e event) bool { return e.Event == "begin" && strings.Contains(e.Step, step) }
}
