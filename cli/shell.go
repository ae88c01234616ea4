package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"rota/internal/text"
	"rota/tui"
)

// Shell implements tui.Actions: OpenSSH's own client, as the inventory says.
func (d *desk) Shell(_ context.Context, server string) (tui.Command, error) {
	host := d.session.fleet.Hosts[server]
	if host == nil {
		return nil, errors.New("the inventory names no host of it")
	}
	args, err := host.OpenSSH()
	if err != nil {
		return nil, err
	}
	path, err := exec.LookPath("ssh")
	if err != nil {
		return nil, fmt.Errorf("a shell needs OpenSSH's client here: %w", err)
	}
	return shell{&exec.Cmd{Path: path, Args: append([]string{"ssh"}, args...)}}, nil
}

// shell is a command that the screen runs.
type shell struct{ *exec.Cmd }

func (s shell) SetStdin(r io.Reader)  { s.Stdin = r }
func (s shell) SetStdout(w io.Writer) { s.Stdout = w }
func (s shell) SetStderr(w io.Writer) { s.Stderr = w }

// factsLimit is how long a host is asked for what is only nice to know.
const factsLimit = 3 * time.Second

const askFacts = `date +%s
cat /proc/loadavg 2>/dev/null || uptime
uname -sr`

// Facts implements tui.Actions.
func (d *desk) Facts(ctx context.Context, server string) []string {
	host := d.session.fleet.Hosts[server]
	if host == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, factsLimit)
	defer cancel()
	var out bytes.Buffer
	err := host.Run(ctx, askFacts, "", &out)
	var facts []string
	if id := host.Identity(); id != "" {
		facts = append(facts, "logged in as "+id)
	}
	if key := host.HostKey(); key != "" {
		facts = append(facts, "its host key: "+key)
	}
	if err != nil {
		return append(facts, "it does not answer: "+text.Clean(err.Error()))
	}
	return append(facts, hostFacts(out.String(), time.Now())...)
}

// hostFacts reads what a host has told: its clock, its load, its system.
func hostFacts(out string, now time.Time) []string {
	lines := append(strings.Split(strings.TrimSpace(out), "\n"), "", "", "")
	for i := range lines {
		lines[i] = text.Clean(lines[i])
	}
	var facts []string
	if at, err := strconv.ParseInt(lines[0], 10, 64); err == nil {
		clock := "as here, to a second or two"
		if off := time.Unix(at, 0).Sub(now).Round(time.Second); off.Abs() > 2*time.Second {
			clock = fmt.Sprintf("%v ahead of here", off)
			if off < 0 {
				clock = fmt.Sprintf("%v behind here", -off)
			}
		}
		facts = append(facts, "its clock: "+clock)
	}
	if load := strings.Fields(lines[1]); len(load) >= 3 {
		if _, after, ok := strings.Cut(lines[1], "load average"); ok {
			load = strings.Fields(strings.TrimLeft(after, "s: "))
		}
		facts = append(facts, "its load: "+strings.Join(load[:min(3, len(load))], " "))
	}
	if lines[2] != "" {
		facts = append(facts, "its system: "+lines[2])
	}
	return facts
}
