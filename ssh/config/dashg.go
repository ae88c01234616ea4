package config

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

// patience is how long a Match may run its command.
const patience = 30 * time.Second

// dashG asks OpenSSH (ssh(1), -G).
func (r *Resolver) dashG(ctx context.Context, q Query) (settings, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	args := []string{"-G"}
	if r.file != "" {
		args = append(args, "-F", r.file)
	}
	// Given as flags, so that "Match user" and %p see them.
	if q.User != "" {
		args = append(args, "-l", q.User)
	}
	if q.Port != "" {
		args = append(args, "-p", q.Port)
	}
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, "ssh", append(args, "--", q.Host)...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.WaitDelay = time.Second
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, refusal(stderr.String(), err)
	}
	return parse(stdout.String()), nil
}

// refusal makes one line of what ssh says about a file: the first lines name
// the places, the last only counts them.
func refusal(stderr string, err error) error {
	var lines []string
	for line := range strings.Lines(stderr) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "Pseudo-terminal") && !strings.Contains(line, ": terminating, ") {
			lines = append(lines, line)
		}
	}
	if len(lines) == 0 {
		return fmt.Errorf("ssh -G: %w", err)
	}
	return errors.New(strings.Join(lines, "; "))
}

func parse(text string) settings {
	s := settings{}
	for line := range strings.Lines(text) {
		option, value, _ := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
		option = strings.ToLower(option)
		s[option] = append(s[option], value)
	}
	return s
}

// algorithms sets the lists of algorithms which the user has changed, less what
// the library does not have. The library's own choice is kept elsewhere: it
// knows newer and faster ones than the OpenSSH beside it may.
func (r *Resolver) algorithms(ctx context.Context, s settings, h *Host) error {
	good, weak := gossh.SupportedAlgorithms(), gossh.InsecureAlgorithms()
	for _, list := range []struct {
		option string
		have   []string
		to     *[]string
	}{
		{"ciphers", append(good.Ciphers, weak.Ciphers...), &h.Ciphers},
		{"kexalgorithms", append(good.KeyExchanges, weak.KeyExchanges...), &h.KeyExchanges},
		{"macs", append(good.MACs, weak.MACs...), &h.MACs},
		{"hostkeyalgorithms", append(good.HostKeys, weak.HostKeys...), &h.HostKeyTypes},
		{"pubkeyacceptedalgorithms", append(good.PublicKeyAuths, weak.PublicKeyAuths...), &h.PublicKeyMethods},
	} {
		value := s.text(list.option)
		if value == "" {
			continue
		}
		defaults, err := r.defaults(ctx)
		if err != nil {
			return err
		}
		if value == defaults.text(list.option) {
			continue
		}
		*list.to = common(strings.Split(value, ","), list.have)
		if len(*list.to) == 0 {
			return fmt.Errorf("%s: none of %s is known here", list.option, value)
		}
	}
	return nil
}

func common(wanted, have []string) []string {
	var both []string
	for _, name := range wanted {
		for _, known := range have {
			// Certificates are used with the algorithm of the key inside them.
			if name == known || strings.TrimSuffix(name, "-cert-v01@openssh.com") == known {
				both = append(both, name)
				break
			}
		}
	}
	return both
}
