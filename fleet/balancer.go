package fleet

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"strings"

	"rota/inventory"
	"rota/lb"
	"rota/lb/command"
	"rota/lb/haproxy"
	"rota/lb/nginx"
	"rota/ssh"
)

// open makes one balancer on its host, which is nil where it has none.
func open(inv *inventory.Inventory, b inventory.Balancer, host *ssh.Client) (lb.Balancer, error) {
	members := members(inv, b)
	switch {
	case b.HAProxy != nil:
		c := haproxy.Config{Network: "unix", Address: b.HAProxy.Socket, Members: members}
		if address, ok := strings.CutPrefix(b.HAProxy.Socket, "tcp://"); ok {
			c.Network, c.Address = "tcp", address
		}
		if host == nil {
			c.Dialer = &net.Dialer{}
			if isHere(c.Address) {
				c.Runner = here{}
			}
			return haproxy.New(c), nil
		}
		c.Dialer, c.Runner = host, shell{host, b.Sudo}
		if b.Sudo != "" && c.Network == "unix" {
			// sshd would open the socket with the rights of the login user.
			c.Dialer = nil
		}
		return haproxy.New(c), nil
	case b.Nginx != nil:
		n := b.Nginx
		return nginx.New(nginx.Config{
			File: n.Config, Upstreams: n.Upstreams, Test: n.Test, Reload: n.Reload, PID: n.PID,
			Drained: n.Drained, Members: members, Machine: shell{host, b.Sudo},
		}), nil
	case b.Exec != nil:
		c := command.Config{State: b.Exec.State, Out: b.Exec.Out, In: b.Exec.In, Unset: inventory.Names()}
		for _, m := range members {
			c.Members = append(c.Members, command.Member{Server: m.Server, Pool: m.Pool, Env: environment(inv, m.Server)})
		}
		c.Runner = here{folder: filepath.Dir(inv.File), sudo: b.Sudo}
		if host != nil {
			c.Runner = shell{host, b.Sudo}
		}
		return command.New(c), nil
	}
	return nil, fmt.Errorf("%s: no kind of balancer is named", b.Name)
}

// environment lists the variables of the commands about a server: rota's own,
// the inventory's, the server's.
func environment(inv *inventory.Inventory, server string) []string {
	s := *inv.Server(server)
	var env []string
	for _, vars := range [][]inventory.Var{inv.Vars(s), inv.Deploy.Env, s.Env} {
		for _, v := range vars {
			env = append(env, v.Name+"="+v.Value)
		}
	}
	return env
}

// members lists the servers as the pools of a balancer know them.
func members(inv *inventory.Inventory, b inventory.Balancer) []lb.Member {
	var all []lb.Member
	for _, pool := range b.Pools() {
		for _, name := range b.Servers {
			s := inv.Server(name)
			m := lb.Member{Server: name, Pool: pool}
			m.Name, m.Address = s.Member(pool)
			all = append(all, m)
		}
	}
	return all
}

// shell is a host as one user of it.
type shell struct {
	host *ssh.Client
	sudo string
}

// Output runs a script on the host, see ssh.Client.Output.
func (s shell) Output(ctx context.Context, script string, stdin []byte) ([]byte, error) {
	return s.host.Output(ctx, script, s.sudo, stdin)
}
