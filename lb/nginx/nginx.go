// Package nginx makes an open-source nginx a balancer: it takes a server out by
// writing `down` on its lines in the upstream, testing and reloading, and weighs
// it by writing `weight=`.
//
// An nginx file is a wish, and nginx cannot be asked what it runs. So every
// state is told from three things together: what the files say, when they
// were last changed (ctime), and when the workers that serve now were started.
// A worker that is younger than the file has read it. A server that is `down`
// is draining as long as a worker lives that is older than that reload, and
// out when the last one has ended.
//
// Everything that is asked or done on the machine is a sh script sent through
// one method; a poll is one script. An edit is one script too, which compares,
// writes, tests, reloads and proves under a lock, or puts everything back, so
// that a connection that breaks does not leave it half done. If it is killed
// between the change and the reload all the same, a small file beside the
// changed one (.NAME.rota) tells the next process whose change it is; it is
// removed once a reload is proved.
//
// Limits: Linux (/proc), with sh, stat, base64, sha256sum, grep and readlink as
// GNU or BusyBox have them; flock and ss where there are any. A host name is
// compared by its letters. An address stands for one server: two processes
// behind one address cannot be told apart. What nginx itself knows of health is
// not to be had, so no server is ever Down. Newer kinds of nginx that can be
// changed without a reload (Plus, Angie PRO, dyups) are changed by file and
// reload all the same; the word `drain`, which nginx has since 1.29.6, is seen
// and never written.
package nginx

import (
	"context"
	"sync"
	"time"

	"rota/lb"
)

// Machine is the host that nginx runs on, perhaps through ssh and sudo.
type Machine interface {
	// Output runs a script under sh with stdin as its standard input, and
	// returns its standard output. An error of a script that ran has a method
	// ExitStatus() int and tells what was printed on standard error. It may be
	// called concurrently.
	Output(ctx context.Context, script string, stdin []byte) ([]byte, error)
}

// Config says which nginx it is, and which of its servers are ours.
type Config struct {
	File      string      // nginx.conf, or the file with the upstream, or one included in it; "" means /etc/nginx/nginx.conf
	Upstreams []string    // every upstream that holds the servers, in http and in stream
	Test      string      // the command that tests the configuration; "" means nginx -t
	Reload    string      // the command that reloads it; "" means nginx -s reload
	PID       string      // the pid file of the master; "" means /run/nginx.pid
	Drained   string      // "workers" (or ""): out when the old workers have ended; "connections": when none to the server is left
	Members   []lb.Member // Pool is an upstream, Address the server's in it
	Machine   Machine

	AllowEmpty bool          // lets a Set mark the last server of an upstream down
	Patience   time.Duration // how long new workers may take to appear after a reload; 0 means 10 seconds
}

// Balancer is one nginx. It implements lb.Balancer, lb.Weigher, lb.Previewer,
// lb.Checker and lb.Informer. It is no lb.Counter: nginx keeps no count of a
// server.
type Balancer struct {
	cfg  Config
	turn chan struct{} // holds one token while a Set is under way

	mu     sync.Mutex
	known  *tree // what was read last; never changed once it is here
	memory memory
}

// New returns a balancer. Nothing is asked before the first call of a method.
func New(cfg Config) *Balancer {
	for _, d := range []struct {
		value  *string
		preset string
	}{
		{&cfg.File, "/etc/nginx/nginx.conf"},
		{&cfg.Test, "nginx -t"},
		{&cfg.Reload, "nginx -s reload"},
		{&cfg.PID, "/run/nginx.pid"},
		{&cfg.Drained, "workers"},
	} {
		if *d.value == "" {
			*d.value = d.preset
		}
	}
	if cfg.Patience == 0 {
		cfg.Patience = 10 * time.Second
	}
	return &Balancer{cfg: cfg, turn: make(chan struct{}, 1)}
}
