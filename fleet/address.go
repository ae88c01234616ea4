package fleet

import (
	"context"
	"net"
	"strings"
)

// Address returns where a balancer may answer the traffic, as far as it can be
// told: the machine that ssh_config names for it, or that of its socket where it
// has no host; else "".
func (f *Fleet) Address(ctx context.Context, balancer string) string {
	for _, b := range f.inv.Balancers {
		switch {
		case b.Name != balancer:
		case b.SSH != "":
			return f.host(b.SSH).HostName(ctx)
		case b.HAProxy != nil:
			host, _, _ := net.SplitHostPort(strings.TrimPrefix(b.HAProxy.Socket, "tcp://"))
			return host
		}
	}
	return ""
}
