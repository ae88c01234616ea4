package haproxy

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"rota/lb"
)

// command changes something of one server.
type command struct {
	at   place
	text string
}

// command makes a command about the place from its words, in which %v is it.
func (p place) command(format string) command { return command{p, fmt.Sprintf(format, p)} }

// texts returns what is sent.
func texts(commands []command) []string {
	var list []string
	for _, c := range commands {
		list = append(list, c.text)
	}
	return list
}

// perLine is how many commands go in one line: HAProxy takes lines up to
// tune.bufsize, 16 kB.
const perLine = 64

// send sends commands of which each is answered with an empty line alone when
// it succeeds. No answer at all is no error: HAProxy may have obeyed.
func (b *Balancer) send(ctx context.Context, commands []command) error {
	for some := range slices.Chunk(commands, perLine) {
		b.told(ctx, some)
		answer, err := b.tell(ctx, some)
		b.said(ctx, some, answer, err)
		if err == nil {
			err = b.judge(some, answer)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// tell sends commands in one line and returns the answer.
func (b *Balancer) tell(ctx context.Context, commands []command) (string, error) {
	answer, err := b.wire.ask(ctx, line(commands), len(commands))
	if err != nil {
		return "", fmt.Errorf("%s: %w", b.wire, err)
	}
	return answer, nil
}

func line(commands []command) string { return strings.Join(texts(commands), "; ") }

// told has commands heard that are about to be sent.
func (b *Balancer) told(ctx context.Context, commands []command) {
	for _, c := range commands {
		lb.Told(ctx, b.about(c), c.text)
	}
}

// said has the answer to commands heard.
func (b *Balancer) said(ctx context.Context, commands []command, answer string, err error) {
	words := strings.TrimSpace(answer)
	switch {
	case err != nil:
		words = "(no answer: " + err.Error() + ")"
	case answer == "":
		words = "(no answer)"
	case words == "":
		words = "(an empty line: done)"
	}
	lb.Said(ctx, b.about(commands...), words)
}

// about returns the servers that commands are about.
func (b *Balancer) about(commands ...command) []string {
	var servers []string
	for _, c := range commands {
		if name := b.serverAt(c.at); name != "" && !slices.Contains(servers, name) {
			servers = append(servers, name)
		}
	}
	return servers
}

// refusal is an answer by which HAProxy refused a command.
type refusal struct{ err error }

func (r refusal) Error() string { return r.err.Error() }
func (r refusal) Unwrap() error { return r.err }

// judge returns the error in an answer. The answers of several commands cannot
// be told apart.
func (b *Balancer) judge(commands []command, answer string) error {
	sent := line(commands)
	switch fact := strings.Join(strings.Fields(answer), " "); {
	case fact == "":
		return nil
	case strings.Contains(fact, "Permission denied"):
		return refusal{fmt.Errorf("%s: %s: %w%s", b.wire, sent, fs.ErrPermission, levelHint)}
	case strings.Contains(fact, "static LB algorithm"):
		return refusal{fmt.Errorf("%s: %s: %w", b.wire, sent, lb.ErrStatic)}
	default:
		return refusal{fmt.Errorf("%s: %s: %s", b.wire, sent, fact)}
	}
}

const levelHint = "\ngive the socket \"level admin\" in haproxy's configuration"
