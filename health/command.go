package health

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// run carries out the command of the check.
func (t *tester) run(ctx context.Context) (string, error) {
	var out tail
	err := t.runner.Run(ctx, t.check.Before+"\n"+t.check.Run+"\n", "", &out)
	switch {
	case ctx.Err() != nil:
		return "", errors.New("did not end in time")
	case err != nil:
		return "", explained(err, out.String())
	}
	return "succeeded", nil
}

// curl asks by a command on the machine, where it does not let us connect.
func (t *tester) curl(ctx context.Context) (string, error) {
	out := head{limit: bodyLimit + 16<<10} // the header comes on top
	err := t.runner.Run(ctx, t.check.curl(), "", &out)
	if status, ok := exitStatus(err); ok && status == 127 {
		return "", errors.New("ssh does not let us connect from there, and there is no curl")
	}
	if t.check.HTTP == "" {
		// It waits for more until its time is over, so its status tells nothing.
		if _, took, ok := strings.Cut(out.String(), "connected "); ok && strings.Trim(took, "0.\r\n") != "" {
			return "connected", nil
		}
		err = cmp.Or(err, errors.New("not connected"))
	}
	if err != nil {
		if _, said, ok := strings.Cut(out.String(), "curl: ("); ok {
			said, _, _ = strings.Cut(said, "\n")
			err = errors.New("curl: (" + said)
		}
		return "", err
	}
	resp, err := http.ReadResponse(bufio.NewReader(&out.buf), nil)
	if err != nil {
		return "", fmt.Errorf("not an HTTP answer: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	return t.judge(resp)
}

// curl returns the command that asks the same as a request of ours would.
func (c Check) curl() string {
	args := []string{"curl", "-q", "-sS", "--noproxy", "*"}
	if c.HTTP == "" {
		args = append(args, "--max-time", "1", "-o", "/dev/null", "-w", "connected %{time_connect}\n", "telnet://"+c.TCP)
	} else {
		// Raw, so that what comes can be read as an answer.
		args = append(args, "--max-time", "5", "--http1.1", "--raw", "-i", "-A", "rota")
		if c.Insecure {
			args = append(args, "-k")
		}
		asked := c.HTTP
		for _, h := range c.Headers {
			if u, err := url.Parse(asked); err == nil && strings.EqualFold(h[0], "Host") {
				// The name in TLS is that of the URL.
				args = append(args, "--connect-to", "::"+hostPort(u))
				u.Host = h[1]
				asked = u.String()
			} else {
				args = append(args, "-H", h[0]+": "+h[1])
			}
		}
		args = append(args, "--url", asked)
	}
	for i, a := range args {
		args[i] = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
	}
	return strings.Join(args, " ") + " </dev/null\n"
}

// hostPort returns the host and port that a URL leads to.
func hostPort(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Host
	case u.Scheme == "https":
		return u.Host + ":443"
	}
	return u.Host + ":80"
}

// explained adds the last line that a command has printed to its error.
func explained(err error, out string) error {
	out = strings.TrimSpace(out)
	if i := strings.LastIndexByte(out, '\n'); i >= 0 {
		out = out[i+1:]
	}
	if out == "" {
		return err
	}
	return fmt.Errorf("%w: %s", err, out)
}

// exitStatus returns the exit status that an error tells.
func exitStatus(err error) (int, bool) {
	var e interface{ ExitStatus() int }
	if errors.As(err, &e) {
		return e.ExitStatus(), true
	}
	return 0, false
}

// head keeps the beginning of what is written to it.
type head struct {
	buf   bytes.Buffer
	limit int
}

func (h *head) Write(b []byte) (int, error) {
	h.buf.Write(b[:min(len(b), max(h.limit-h.buf.Len(), 0))])
	return len(b), nil
}

func (h *head) String() string { return h.buf.String() }

// tail keeps the end of what is written to it.
type tail struct{ buf bytes.Buffer }

func (t *tail) Write(b []byte) (int, error) {
	t.buf.Write(b)
	if extra := t.buf.Len() - 4<<10; extra > 0 {
		t.buf.Next(extra)
	}
	return len(b), nil
}

func (t *tail) String() string { return t.buf.String() }
