package config

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// ParseQuery reads [user@]host[:port], with an IPv6 address in brackets when a
// port follows, or the same after ssh://.
func ParseQuery(target string) (Query, error) {
	rest := strings.TrimSuffix(strings.TrimPrefix(target, "ssh://"), "/")
	var q Query
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		q.User, rest = rest[:i], rest[i+1:]
		if q.User == "" {
			return q, fmt.Errorf("%q: no user before the @", target)
		}
	}
	switch {
	case strings.HasPrefix(rest, "["):
		host, port, ok := strings.Cut(rest[1:], "]")
		if !ok {
			return q, fmt.Errorf("%q: no ] after the address", target)
		}
		q.Host, rest = host, port
		if rest != "" && !strings.HasPrefix(rest, ":") {
			return q, fmt.Errorf("%q: only :port may follow the address", target)
		}
		q.Port = strings.TrimPrefix(rest, ":")
	case strings.Count(rest, ":") == 1:
		q.Host, q.Port, _ = strings.Cut(rest, ":")
		if q.Port == "" {
			return q, fmt.Errorf("%q: no port after the colon", target)
		}
	default:
		q.Host = rest
	}
	if err := q.check(); err != nil {
		return q, fmt.Errorf("%q: %w", target, err)
	}
	return q, nil
}

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

// check refuses names that ssh, or the shell of a ProxyCommand, could take for
// something else.
func (q Query) check() error {
	switch {
	case q.Host == "":
		return fmt.Errorf("no host")
	case strings.HasPrefix(q.Host, "-"), strings.HasPrefix(q.User, "-"):
		return fmt.Errorf("a name cannot begin with -")
	}
	if i := strings.IndexFunc(q.Host, func(r rune) bool { return !strings.ContainsRune(letters+"._:%-+", r) }); i >= 0 {
		return fmt.Errorf("a host cannot have %q in its name", q.Host[i])
	}
	if i := strings.IndexAny(q.User, "'`\"$\\;&<>|(){}\n\r\t "); i >= 0 {
		return fmt.Errorf("a user cannot have %q in the name", q.User[i])
	}
	if strings.Contains(q.Host, ":") {
		if _, err := netip.ParseAddr(q.Host); err != nil {
			return fmt.Errorf("neither host:port nor an address")
		}
	}
	if q.Port == "" {
		return nil
	}
	if port, err := strconv.Atoi(q.Port); err != nil || port < 1 || port > 65535 {
		return fmt.Errorf("%q is no port", q.Port)
	}
	return nil
}
