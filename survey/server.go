package survey

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode"

	"rota/health"
	"rota/inventory"
)

// server asks one server: whether its machine can be reached, and then side by
// side what it runs and whether it is healthy.
func (s *Site) server(ctx context.Context, server inventory.Server) finding {
	host := s.Hosts[server.Name]
	if host == nil {
		return finding{asked: true, fault: "no host"}
	}
	err := host.Run(ctx, ":\n", "", io.Discard)
	switch {
	case err == nil || exited(err):
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return finding{asked: true, fault: fmt.Sprintf("no answer in %s", patience)}
	default:
		return finding{asked: true, fault: err.Error()}
	}
	answer := finding{asked: true, reachable: true}
	var unknown, ill error
	var both sync.WaitGroup
	if s.Inventory.Deploy.Version.Given() {
		both.Go(func() { answer.version, unknown = Version(ctx, s.Inventory, server, host, s.Env...) })
	}
	both.Go(func() {
		var check health.Check
		if check, ill = Health(s.Inventory, server, s.Env...); ill == nil {
			if r := check.Once(ctx, host, host); !r.OK {
				ill = errors.New(r.Text)
			}
		}
	})
	both.Wait()
	answer.healthy = ill == nil
	switch {
	case ill != nil:
		answer.fault = ill.Error()
	case unknown != nil:
		answer.fault = "version: " + unknown.Error()
	}
	return answer
}

// exited reports whether an error is a command's own failure: it was carried
// out.
func exited(err error) bool {
	var e interface{ ExitStatus() int }
	return errors.As(err, &e)
}

// Health returns the inventory's check as it is for one server. The variables
// of the server are known to it, and more; of two with one name the last counts.
func Health(inv *inventory.Inventory, server inventory.Server, more ...inventory.Var) (health.Check, error) {
	h := inv.Health
	check := health.Check{
		Run: h.Run, Body: h.Body, Insecure: h.Insecure,
		Interval: h.Interval, Timeout: h.Timeout, Passes: h.Passes,
	}
	if h.Run != "" {
		check.Before = variables(inv, server, more) + "set -eu\n"
	}
	for _, r := range h.Expect {
		check.Expect = append(check.Expect, health.Range{From: r.From, To: r.To})
	}
	for _, v := range h.Headers {
		check.Headers = append(check.Headers, [2]string{v.Name, v.Value})
	}
	var err, err2 error
	check.HTTP, err = expand(inv, server, more, h.HTTP)
	check.TCP, err2 = expand(inv, server, more, h.TCP)
	if err = errors.Join(err, err2); err != nil {
		return check, fmt.Errorf("health: %w", err)
	}
	return check, nil
}

// versionMark stands between what the command of deploy.version says to its
// standard error and what it prints.
const versionMark = "== rota version =="

// Version asks a server what it runs, as deploy.version says: one line, in
// which nothing moves a cursor. The variables of the server are known to the
// command, and more; of two with one name the last counts. It is an error if
// the inventory does not say how to ask, or if nothing is told.
func Version(ctx context.Context, inv *inventory.Inventory, server inventory.Server, host Host, more ...inventory.Var) (string, error) {
	how := inv.Deploy.Version
	var told string
	switch {
	case how.HTTP != "":
		url, err := expand(inv, server, more, how.HTTP)
		if err != nil {
			return "", err
		}
		body, err := health.Get(ctx, url, host, host)
		if err != nil {
			return "", err
		}
		told = string(body)
	case how.Run != "":
		var out head
		script := variables(inv, server, more) + "out=$(\nset -eu\n" + how.Run + "\n)\nrc=$?\nprintf '\\n%s\\n%s\\n' '" + versionMark + "' \"$out\"\nexit $rc\n"
		err := host.Run(ctx, "set +e\n"+script, "", &out)
		said, printed, _ := strings.Cut(out.String(), "\n"+versionMark+"\n")
		if err != nil {
			if said = line(said); said != "" {
				err = fmt.Errorf("%w: %s", err, said)
			}
			return "", err
		}
		told = printed
	default:
		return "", errors.New("deploy.version is not given")
	}
	if told = line(told); told == "" {
		return "", errors.New("nothing is told")
	}
	return told, nil
}

// variables returns the script that sets the variables of a server, and unsets
// those of rota's that have no value.
func variables(inv *inventory.Inventory, server inventory.Server, more []inventory.Var) string {
	var b strings.Builder
	b.WriteString("unset " + strings.Join(inventory.Names(), " ") + "\n")
	for _, vars := range [][]inventory.Var{inv.Vars(server), inv.Deploy.Env, server.Env, more} {
		for _, v := range vars {
			fmt.Fprintf(&b, "export %s='%s'\n", v.Name, strings.ReplaceAll(v.Value, "'", `'\''`))
		}
	}
	return b.String()
}

// expand puts the values of a server's variables into a text.
func expand(inv *inventory.Inventory, server inventory.Server, more []inventory.Var, s string) (string, error) {
	return inventory.Expand(s, func(name string) (value string, ok bool) {
		for _, v := range append(inv.Vars(server), more...) {
			if v.Name == name {
				value, ok = v.Value, true
			}
		}
		return value, ok
	})
}

// line makes one short line of a text.
func line(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.Join(strings.Fields(s), " "))
	return strings.ToValidUTF8(s[:min(len(s), 200)], "")
}

// head keeps the beginning of what is written to it.
type head struct{ text strings.Builder }

func (h *head) Write(b []byte) (int, error) {
	h.text.Write(b[:min(len(b), max(64<<10-h.text.Len(), 0))])
	return len(b), nil
}

func (h *head) String() string { return h.text.String() }
