package daemon

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// NginxOptions says how an nginx is to be. A relative path in its lines is in
// the folder.
type NginxOptions struct {
	Upstreams []string // each the text after the word "upstream": its name, then its block; in a file of their own
	Main      []string // further lines outside of any block
	HTTP      []string // further lines of the http block
	Workers   int      // how many workers; 0 means 2
}

// NginxServer is a running nginx: a master and its workers. Its methods may be
// called concurrently.
type NginxServer struct {
	*Process
	Addr       string // where it listens: 127.0.0.1:port; a request with "X-Upstream: NAME" goes to that upstream, others to "app"
	ConfigFile string // its nginx.conf
	Upstreams  string // the file that holds the upstreams, which ConfigFile includes
	PIDFile    string
	Test       string // the command that tests its configuration
	Reload     string // the command that reloads it
	errors     string
}

// Nginx starts nginx on a free loopback port. Its files are kept in dir. It
// waits until its master listens.
func Nginx(ctx context.Context, dir string, o NginxOptions) (*NginxServer, error) {
	program, err := Find("nginx")
	if err != nil {
		return nil, err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, err
	}
	n := &NginxServer{
		ConfigFile: filepath.Join(dir, "nginx.conf"),
		Upstreams:  filepath.Join(dir, "upstreams.conf"),
		PIDFile:    filepath.Join(dir, "nginx.pid"),
		errors:     filepath.Join(dir, "error.log"),
	}
	command := fmt.Sprintf("%s -p '%s/' -c '%s'", program, dir, n.ConfigFile)
	n.Test, n.Reload = command+" -t", command+" -s reload"
	for range 5 { // another process may take the free port first
		if err = n.start(ctx, dir, command, o); err == nil {
			return n, nil
		}
	}
	return nil, err
}

func (n *NginxServer) start(ctx context.Context, dir, command string, o NginxOptions) error {
	port, err := FreePort()
	if err != nil {
		return err
	}
	n.Addr = net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	if err := n.configure(dir, o); err != nil {
		return err
	}
	// Workers outlive a master that was killed, so a shell in the same process group looks after them.
	script := "(while kill -0 $$ 2>/dev/null; do sleep 1; done; kill -KILL 0) >/dev/null 2>&1 & exec " + command + " -g 'daemon off;'"
	if n.Process, err = Start(dir, "sh", "-c", script); err != nil {
		return err
	}
	err = n.Ready(ctx, func() error {
		switch pid, err := os.ReadFile(n.PIDFile); {
		case err != nil:
			return err
		case len(pid) == 0: // it is there before its content
			return fmt.Errorf("%s is empty", n.PIDFile)
		}
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", n.Addr)
		if err != nil {
			return err
		}
		return conn.Close()
	})
	if err != nil {
		err = fmt.Errorf("%w: %s", err, n.Log())
		n.Stop()
	}
	return err
}

func (n *NginxServer) configure(dir string, o NginxOptions) error {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	if os.Geteuid() == 0 {
		line("user root;") // another user could not enter the folder
	}
	workers := o.Workers
	if workers == 0 {
		workers = 2
	}
	line("worker_processes %d;", workers)
	line("pid %s;\nerror_log %s notice;", n.PIDFile, n.errors)
	line("%s", strings.Join(o.Main, "\n"))
	line("events { worker_connections 256; }\nhttp {\n    access_log off;")
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		line("    %s_temp_path %s;", kind, filepath.Join(dir, "temp", kind))
	}
	if len(o.Upstreams) > 0 {
		line("    include %s;", filepath.Base(n.Upstreams))
	}
	for _, l := range o.HTTP {
		line("    %s", l)
	}
	line(`    map $http_x_upstream $chosen { default $http_x_upstream; "" app; }`)
	line("    server {\n        listen %s;\n        location / { proxy_pass http://$chosen; proxy_buffering off; }\n    }\n}", n.Addr)
	if err := os.MkdirAll(filepath.Join(dir, "temp"), 0o700); err != nil {
		return err
	}
	if len(o.Upstreams) > 0 {
		text := "upstream " + strings.Join(o.Upstreams, "\nupstream ") + "\n"
		if err := os.WriteFile(n.Upstreams, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return os.WriteFile(n.ConfigFile, []byte(b.String()), 0o600)
}

// HUP reloads without a test, as an impatient hand would.
func (n *NginxServer) HUP() error { return n.Signal(syscall.SIGHUP) }

// Log returns what the server has logged.
func (n *NginxServer) Log() string {
	b, _ := os.ReadFile(n.errors)
	return string(b)
}
