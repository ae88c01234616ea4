package conf

import (
	"net/netip"
	"strconv"
	"strings"
)

// Address returns the one form of an upstream server's address, so that two
// ways of writing the same one compare equal: host:port with the port that
// nginx assumes (80), names in lower case, IPv6 in brackets and shortest form,
// or unix:PATH. Names are not resolved: localhost is not 127.0.0.1.
func Address(s string) string {
	if len(s) >= 5 && strings.EqualFold(s[:5], "unix:") {
		return "unix:" + s[5:]
	}
	host, port := s, "80"
	if i := strings.LastIndexByte(s, ':'); i >= 0 && i > strings.LastIndexByte(s, ']') {
		host, port = s[:i], s[i+1:]
	}
	if n, err := strconv.ParseUint(port, 10, 16); err == nil {
		port = strconv.FormatUint(n, 10)
	}
	if inner, ok := strings.CutPrefix(host, "["); ok {
		inner = strings.TrimSuffix(inner, "]")
		if ip, err := netip.ParseAddr(inner); err == nil {
			inner = ip.String()
		}
		return "[" + strings.ToLower(inner) + "]:" + port
	}
	return strings.ToLower(host) + ":" + port
}

// Numeric tells whether an address in that form is an IP address and a port,
// not a name or a path.
func Numeric(address string) bool {
	_, err := netip.ParseAddrPort(address)
	return err == nil
}
