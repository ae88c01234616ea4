package ssh

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
)

// bootScript tells one boot of a machine from another: on Linux, on macOS, and
// by what POSIX has. What is computed from the clock (uptime -s, kern.boottime)
// would make a new boot of the old one when the clock is set.
const bootScript = `cat /proc/sys/kernel/random/boot_id 2>/dev/null ||
	sysctl -n kern.bootsessionuuid 2>/dev/null || LC_ALL=C TZ=UTC0 who -b`

// rebootScript asks for a reboot. The sbin folders are not on the path of every
// login user.
const rebootScript = `PATH=$PATH:/usr/sbin:/sbin
exec 1>&2
for way in 'systemctl reboot' 'shutdown -r now' reboot; do
	command -v "${way%% *}" >/dev/null || continue
	eval "$way" && exit 0
done
exit 1`

const (
	bootLimit    = 20 * time.Second // for one look
	askLimit     = time.Minute      // for the command that asks for a reboot
	shortestWait = 250 * time.Millisecond
	longestWait  = 3 * time.Second
)

var errRebooting = errors.New("the machine is rebooted")

// Boot returns what is another one after each boot of the machine: one word of
// letters, digits, ":" and "-".
func (c *Client) Boot(ctx context.Context) (string, error) {
	if err := c.Connect(ctx); err != nil { // which may have to ask a person, who may take long
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, bootLimit)
	defer cancel()
	out, err := c.Output(ctx, bootScript, "", nil)
	boot := strings.Map(func(r rune) rune {
		if r == ':' || r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			return r
		}
		return '-'
	}, strings.Join(strings.Fields(string(out)), " "))
	if err == nil && boot == "" {
		err = errors.New("it does not tell")
	}
	if err != nil {
		return "", fmt.Errorf("when it was booted: %w", err)
	}
	return boot, nil
}

// Reboot brings the machine to another boot than from, see Boot: it asks for a
// reboot, as the user whom sudo names, unless the machine is past that boot
// already, and connects again and again until it is back or ctx ends. Called
// again with the same boot it reboots the machine only if that did not happen.
//
// A refusal is an *ExitError that tells what was said. Until the machine is
// back, whatever else uses the connection gets errors.
func (c *Client) Reboot(ctx context.Context, from, sudo string) error {
	begun := time.Now()
	var asked, up bool // up: it was still there at the last look
	var last error     // of the last look
	for wait := shortestWait; ; wait = min(2*wait, longestWait) {
		boot, err := c.Boot(ctx)
		switch {
		case err == nil && boot != from:
			return nil
		case errors.Is(err, ErrClosed):
			return err
		case ctx.Err() == nil || !up && last == nil:
			up, last = err == nil, err
		}
		if up && !asked && ctx.Err() == nil {
			if asked, err = c.askReboot(ctx, sudo); err != nil {
				return err
			}
		}
		c.drop(errRebooting)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			took := time.Since(begun).Round(time.Second)
			switch {
			case !errors.Is(context.Cause(ctx), context.DeadlineExceeded):
				return context.Cause(ctx)
			case up:
				return fmt.Errorf("still up with the same boot after %v", took)
			}
			return fmt.Errorf("did not come back within %v: %w", took, last)
		}
	}
}

// askReboot asks for a reboot, and reports whether the machine has heard it: to
// be cut off or killed meanwhile is what was asked for.
func (c *Client) askReboot(ctx context.Context, sudo string) (heard bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	_, err = c.Output(ctx, rebootScript, sudo, nil)
	var lost *LostError
	var slow *StoppedError
	var away *UnreachableError
	var exit *ExitError
	switch {
	case errors.As(err, &lost), errors.As(err, &slow), errors.As(err, &exit) && exit.signal != "":
		return true, nil
	case errors.As(err, &away):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("ask for it: %w", err)
	}
	return true, nil
}

// drop ends the connection; the next use makes another one.
func (c *Client) drop(cause error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.live != nil {
		c.live.close(cause)
	}
}
