// Package health asks whether an address answers as it should, through a
// dialer that connects from the right machine, or by a command there. It knows
// no servers, pools or ssh: it is handed a Dialer and a Runner.
//
// A check looks from the machine itself, so it says nothing of the way that
// the users' requests take to it. Redirects are not followed, and of an answer
// only the first 64 KiB are read.
package health

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// Check is what must be true of something that works: one of HTTP, TCP and Run
// is set, all values are expanded. The zero value asks nothing and passes.
type Check struct {
	HTTP string // a URL, asked with GET
	TCP  string // host:port, must accept a connection
	Run  string // a command for sh, must end with status 0

	Before string // for Run: what sh does first (variables); never shown

	Expect   []Range     // of the status; empty: 200
	Headers  [][2]string // names and values; Host is also the name in TLS
	Body     string      // must be contained; "" for any
	Insecure bool        // any certificate is good

	Interval time.Duration // between two tries
	Timeout  time.Duration // for all of a Wait; 0: until its context ends
	Passes   int           // in a row; less than 1 is 1
}

// Range is a range of HTTP statuses, both ends included.
type Range struct{ From, To int }

// Dialer connects from the machine that is looked at.
type Dialer interface {
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
}

// Runner gives script to sh on the machine that is looked at and copies what it
// prints to out. sudo names a user to become.
type Runner interface {
	Run(ctx context.Context, script, sudo string, out io.Writer) error
}

// Result is what one try has found.
type Result struct {
	Try     int // from 1
	InRow   int // passed in a row, this one included
	OK      bool
	Text    string // "GET http://127.0.0.1:8080/healthz: 503, want 200 (12ms)"; may hold anything that the other side has sent
	Elapsed time.Duration
}

// How long one try may take: a command of the user's rightly takes longer.
const (
	networkTimeout = 5 * time.Second
	commandTimeout = time.Minute
)

// String tells what is asked: "GET http://127.0.0.1:8080/healthz".
func (c Check) String() string {
	switch {
	case c.HTTP != "":
		return "GET " + c.HTTP
	case c.TCP != "":
		return "connect to " + c.TCP
	case c.Run != "":
		return "run " + c.Run
	}
	return "no check"
}

// Once tries once.
func (c Check) Once(ctx context.Context, d Dialer, r Runner) Result {
	t := tester{check: c, dialer: d, runner: r}
	return t.try(ctx)
}

// Wait tries until the check has passed as often in a row as it must, and tells
// each (which may be nil) the result of every try. When Timeout has passed it
// returns the last fact and how often it was tried; when ctx ends, its cause.
func (c Check) Wait(ctx context.Context, d Dialer, r Runner, each func(Result)) error {
	whole := ctx
	if c.Timeout > 0 {
		var cancel context.CancelFunc
		whole, cancel = context.WithTimeout(ctx, c.Timeout)
		defer cancel()
	}
	t := tester{check: c, dialer: d, runner: r}
	var last Result
	for {
		result := t.try(whole)
		// A try that the end has cut short tells less than the one before.
		if whole.Err() == nil || result.OK || last.Try == 0 {
			last = result
		}
		if each != nil {
			each(result)
		}
		if result.InRow >= max(c.Passes, 1) {
			return nil
		}
		if whole.Err() == nil {
			pause(whole, c.Interval)
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if whole.Err() != nil {
			return c.failure(last, result.Try)
		}
	}
}

// pause waits for a time or the end of ctx.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

func (c Check) failure(last Result, tries int) error {
	text := last.Text
	if last.OK {
		text += fmt.Sprintf(", but only %d of %d in a row", last.InRow, c.Passes)
	}
	times := "once"
	if tries > 1 {
		times = fmt.Sprintf("%d times", tries)
	}
	return fmt.Errorf("%s (tried %s in %s)", text, times, c.Timeout)
}

// tester is a check while it is carried out.
type tester struct {
	check  Check
	dialer Dialer
	runner Runner
	banned bool // the machine does not let us connect from it: ask by a command there

	keep bool // the body
	body []byte

	tries, inRow int
}

// try tries once and counts.
func (t *tester) try(ctx context.Context) Result {
	began := time.Now()
	fact, err := t.ask(ctx)
	elapsed := time.Since(began)
	t.tries++
	t.inRow++
	if err != nil {
		t.inRow = 0
		fact = err.Error()
	}
	text := fmt.Sprintf("%s: %s (%s)", t.check, fact, took(elapsed))
	return Result{Try: t.tries, InRow: t.inRow, OK: err == nil, Text: text, Elapsed: elapsed}
}

// took is how long a try took, to the millisecond; the quickest are no
// nothing.
func took(d time.Duration) string {
	if d < time.Millisecond {
		return "<1ms"
	}
	return d.Round(time.Millisecond).String()
}

// ask returns the fact that was found; an error is a fact that is not as it
// should be.
func (t *tester) ask(ctx context.Context) (string, error) {
	c := t.check
	switch {
	case c.Run != "":
		ctx, cancel := context.WithTimeout(ctx, commandTimeout)
		defer cancel()
		return t.run(ctx)
	case c.HTTP == "" && c.TCP == "":
		return "nothing is asked", nil
	}
	ctx, cancel := context.WithTimeout(ctx, networkTimeout)
	defer cancel()
	if !t.banned {
		fact, err := t.connect(ctx)
		if t.banned = banned(err); !t.banned {
			return fact, plainly(err)
		}
	}
	return t.curl(ctx)
}

// connect asks through the dialer.
func (t *tester) connect(ctx context.Context) (string, error) {
	if t.check.HTTP != "" {
		return t.get(ctx)
	}
	conn, err := t.dialer.DialContext(ctx, "tcp", t.check.TCP)
	if err != nil {
		return "", err
	}
	return "connected", conn.Close()
}

// banned reports whether an ssh server has refused to connect for us at all,
// as opposed to having tried. The words are those of golang.org/x/crypto/ssh
// for the first and the third reason of RFC 4254, section 5.1.
func banned(err error) bool {
	if err == nil {
		return false
	}
	text := err.Error()
	return strings.Contains(text, "administratively prohibited") || strings.Contains(text, "unknown channel type")
}

// plainly says in few words why nothing has answered: what was asked stands before
// them. The words in brackets are an ssh server's of what its machine says.
func plainly(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return errors.New("no answer in time")
	}
	if _, why, ok := strings.Cut(err.Error(), "connect failed ("); ok {
		return errors.New(strings.ToLower(strings.Trim(why, `")`)))
	}
	return err
}
