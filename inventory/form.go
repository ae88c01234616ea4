package inventory

import (
	"net/netip"
	"net/url"
	"path"
	"strconv"
	"strings"
)

// What is right for the forms below, as a hint.
const (
	likeName    = `write letters, digits, "_", ".", ":" and "-", not beginning with "-"`
	likeTitle   = `write letters, digits, "_", "." and "-", not beginning with "-"`
	likeEnv     = `write letters, digits and "_", not beginning with a digit`
	likeTarget  = "write host, user@host, host:port or an alias of ssh_config, such as deploy@web1.example.com:22"
	likeAddress = "write host:port, such as 10.0.0.11:8080 or [::1]:80"
	likeSocket  = "write an absolute path, or tcp://host:port"
	likePath    = "write an absolute path"
	likeURL     = "write an address that begins with http:// or https://"
)

// isName tells whether a name may enter a command of HAProxy and a shell: of a
// server, a pool, a group, a balancer.
func isName(s string) bool { return plain(s, "_.:-") }

// isTitle tells whether a name may also be a part of the name of a file: of an
// application, an environment, a lock, a job.
func isTitle(s string) bool { return plain(s, "_.-") }

// plain tells whether a text is made of letters, digits and some marks, can be
// no option of a command and no folder.
func plain(s, marks string) bool {
	const longest = 128
	return s != "" && len(s) <= longest && s[0] != '-' && strings.Trim(s, ".") != "" && made(s, marks)
}

// made tells whether a text is made of letters, digits and some marks.
func made(s, marks string) bool {
	for _, c := range s {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune(marks, c) {
			return false
		}
	}
	return true
}

// isEnv tells whether a text is the name of an environment variable.
func isEnv(s string) bool { return s != "" && (s[0] < '0' || s[0] > '9') && made(s, "_") }

// isLogin tells whether a text can be the name of a user.
func isLogin(s string) bool { return plain(s, "_.@%+-$") }

// isLine tells whether a text is one line that says something.
func isLine(s string) bool {
	return strings.TrimSpace(s) != "" && !strings.ContainsFunc(s, func(c rune) bool { return c < ' ' || c == 0x7f })
}

// isPath tells whether a text is a path that no command takes for an option.
func isPath(s string) bool { return isLine(s) && s[0] != '-' }

// isAbsolute tells whether a text is a path from the root.
func isAbsolute(s string) bool { return isLine(s) && path.IsAbs(s) }

// isTarget tells whether ssh may be given a text: [user@]host[:port].
func isTarget(s string) bool {
	user, host, port := splitTarget(s)
	if strings.Contains(s, "@") && !isLogin(user) {
		return false
	}
	return (plain(host, "._%-") || isIP6(host)) && (port == "" || isPort(port))
}

// splitTarget takes a target of ssh apart. An IPv6 address stands in brackets
// where a port follows.
func splitTarget(s string) (user, host, port string) {
	if at := strings.LastIndexByte(s, '@'); at >= 0 {
		user, s = s[:at], s[at+1:]
	}
	if in, after, ok := strings.Cut(strings.TrimPrefix(s, "["), "]"); ok && s[0] == '[' {
		switch {
		case after == "" && isIP6(in):
			return user, in, ""
		case strings.HasPrefix(after, ":") && isIP6(in) && len(after) > 1:
			return user, in, after[1:]
		}
		return user, "", ""
	}
	host, port, ok := strings.Cut(s, ":")
	switch {
	case strings.Contains(port, ":"):
		return user, s, ""
	case ok && port == "":
		return user, "", ""
	}
	return user, host, port
}

// isAddress tells whether a text is host:port, with an IPv6 address in brackets.
func isAddress(s string) bool {
	host, port, ok := splitAddress(s)
	if !ok || !isPort(port) {
		return false
	}
	if in, ok := strings.CutPrefix(host, "["); ok {
		in, ok = strings.CutSuffix(in, "]")
		return ok && isIP6(in)
	}
	return isHost(host)
}

// splitAddress returns both parts of host:port; the host keeps its brackets.
func splitAddress(s string) (host, port string, ok bool) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return "", "", false
	}
	return s[:i], s[i+1:], true
}

// isHost tells whether a text is the name of a host or an IPv4 address.
func isHost(s string) bool {
	if made(s, ".") && strings.Trim(s, "0123456789.") == "" {
		a, err := netip.ParseAddr(s)
		return err == nil && a.Is4()
	}
	return plain(s, "._-")
}

func isIP6(s string) bool {
	a, err := netip.ParseAddr(s)
	return err == nil && a.Is6() && made(s, ".:%_-")
}

func isPort(s string) bool {
	port, err := strconv.Atoi(s)
	return err == nil && port >= 1 && port <= 65535 && made(s, "")
}

// isSocket tells whether a text is the socket of HAProxy's runtime API.
func isSocket(s string) bool {
	if address, ok := strings.CutPrefix(s, "tcp://"); ok {
		return isAddress(address)
	}
	return isAbsolute(s)
}

// isURL tells whether a text is the address of something on the web.
func isURL(s string) bool {
	if !isLine(s) || strings.Contains(s, " ") {
		return false
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Opaque != "" {
		return false
	}
	if host := u.Hostname(); !isHost(host) && !isIP6(host) {
		return false
	}
	return u.Port() == "" && !strings.HasSuffix(u.Host, ":") || isPort(u.Port())
}
