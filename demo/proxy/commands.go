package proxy

import (
	"fmt"
	"strconv"
	"strings"
)

// The answers of HAProxy, each as it is without the newline that ends all.
const (
	noBackend    = "No such backend.\n"
	noServer     = "No such server.\n"
	needServer   = "Require 'backend/server'.\n"
	noProxy      = "No such proxy.\n"
	cantFind     = "Can't find backend.\n"
	noAgent      = "agent checks are not enabled on this server.\n"
	noAgentEver  = "Agent was not configured on this server, cannot enable.\n"
	states       = "'set server <srv> state' expects 'ready', 'drain' and 'maint'.\n"
	healths      = "'set server <srv> health' expects 'up', 'stopping', or 'down'.\n"
	needWeight   = "Require <weight> or <weight%>.\n"
	badWeight    = "Empty weight string empty or preceded by garbage" // no newline: so it is in HAProxy
	weightRange  = "Absolute weight can only be between 0 and 256 inclusive.\n"
	shareRange   = "Relative weight must be positive.\n"
	setUsage     = "usage: set server <backend>/<server> addr | agent | agent-addr | agent-port | agent-send | check-addr | check-port | fqdn | health | ssl | state | weight\n"
	unknown      = "Unknown command, but maybe one of the following ones is a better match:\n"
	unknownEmpty = "Unknown command. Please enter one of the following commands only:\n"
	help         = "The following commands are valid at this level:\n"
)

// command is one command of the runtime API. run is called under the lock with
// the words that follow the command's own.
type command struct {
	words string
	help  string
	run   func(p *Proxy, args []string) string
}

// commands are all that there are, in the order of the help.
func commands() []command {
	return []command{
		{"disable agent", "disable agent                           : disable agent checks", onServer(func(*member, []string) string { return "" })},
		{"disable server", "disable server (DEPRECATED)             : disable a server for maintenance (use 'set server' instead)", onServer(setState("maint"))},
		{"enable agent", "enable agent                            : enable agent checks", onServer(func(*member, []string) string { return noAgentEver })},
		{"enable server", "enable server  (DEPRECATED)             : enable a disabled server (use 'set server' instead)", onServer(setState("ready"))},
		{"get weight", "get weight <bk>/<srv>                   : report a server's current weight", onServer(getWeight)},
		{"set server", "set server <bk>/<srv> [opts]            : change a server's state, weight, address or ssl", onServer(setServer)},
		{"set weight", "set weight <bk>/<srv>  (DEPRECATED)     : change a server's weight (use 'set server' instead)", onServer(setWeight)},
		{"show cli level", "show cli level                          : display the level of the current CLI session", func(*Proxy, []string) string { return "admin\n" }},
		{"show info", "show info [desc|json|typed|float]*      : report information about the running process", func(p *Proxy, _ []string) string { return p.info() }},
		{"show servers state", "show servers state [<backend>]          : dump volatile server information (all or for a single backend)", (*Proxy).state},
		{"show stat", "show stat [desc|json|no-maint|typed|up]*: report counters for each proxy and server", (*Proxy).stat},
		{"show version", "show version                            : show version of the current process", func(*Proxy, []string) string { return version + "\n" }},
		{"shutdown sessions server", "shutdown sessions server <bk>/<srv>     : kill sessions on a server", onServer(shutdown)},
		{"help", "help [<command>]                        : list matching or all commands", func(*Proxy, []string) string { return help + list(nil) }},
		{"quit", "quit                                    : disconnect", nil},
	}
}

// answer does one command and returns what HAProxy says, without the newline
// that ends all answers.
func (p *Proxy) answer(words []string) string {
	for _, c := range commands() {
		own := strings.Fields(c.words)
		if c.run == nil || len(words) < len(own) || strings.Join(words[:len(own)], " ") != c.words {
			continue
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		return c.run(p, words[len(own):])
	}
	if len(words) == 0 {
		return unknownEmpty + list(nil)
	}
	return unknown + list(words)
}

// list is the help on the commands that begin like words do, and always on the
// last two.
func list(words []string) string {
	var b strings.Builder
	for _, c := range commands() {
		first, _, more := strings.Cut(c.words, " ")
		if words == nil || !more || first == words[0] {
			b.WriteString("  " + c.help + "\n")
		}
	}
	return b.String()
}

// onServer makes a command of what is to be done with the server that the first
// word names.
func onServer(do func(m *member, args []string) string) func(*Proxy, []string) string {
	return func(p *Proxy, args []string) string {
		if len(args) == 0 {
			return needServer
		}
		pool, name, ok := strings.Cut(args[0], "/")
		if !ok {
			return needServer
		}
		if pool != p.o.Pool {
			return noBackend
		}
		for _, m := range p.members {
			if m.Name == name {
				return do(m, args[1:])
			}
		}
		return noServer
	}
}

// setServer is "set server pool/name KEY …".
func setServer(m *member, args []string) string {
	key, value := word(args, 0), word(args, 1)
	switch key {
	case "state":
		return setState(value)(m, nil)
	case "health":
		switch value {
		case "up", "down":
			m.setHealth(value == "up")
			return ""
		}
		return healths
	case "weight":
		return setWeight(m, args[1:])
	case "agent":
		return noAgent
	}
	return setUsage
}

func setState(to string) func(*member, []string) string {
	return func(m *member, _ []string) string {
		switch to {
		case "ready":
			m.wish(0)
		case "drain":
			m.wish(drain)
		case "maint":
			m.wish(maint)
		default:
			return states
		}
		return ""
	}
}

// setWeight takes a number, or a share of the configured weight, rounded down.
func setWeight(m *member, args []string) string {
	text := word(args, 0)
	if text == "" {
		return needWeight
	}
	number, share := strings.CutSuffix(text, "%")
	n, err := strconv.Atoi(number)
	switch {
	case err != nil:
		return badWeight
	case share && n < 0:
		return shareRange
	case share:
		n = min(n*m.Weight/100, 256)
	case n < 0 || n > 256:
		return weightRange
	}
	m.weight = n
	return ""
}

func getWeight(m *member, _ []string) string {
	return fmt.Sprintf("%d (initial %d)\n", m.weight, m.Weight)
}

func shutdown(m *member, _ []string) string {
	m.cut()
	return ""
}

// word returns the nth word, or "".
func word(words []string, n int) string {
	if n < len(words) {
		return words[n]
	}
	return ""
}
