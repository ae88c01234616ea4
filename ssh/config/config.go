// Package config answers how a machine is reached and logged in to, as the
// user's ssh_config says.
//
// The answer is OpenSSH's own: `ssh -G` reads the files, with all that a Match
// can do, and this package only expands what -G leaves as it was written. Where
// no ssh is installed the plain half of the format is read by a library, and a
// file that needs more is refused with its line, never guessed at.
package config

import (
	"context"
	"fmt"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Query names a machine and what is already decided about it.
type Query struct {
	Host string // a Host alias, a name or an address
	User string // "": the files decide
	Port string // "": the files decide
}

// Host is how one machine is reached. Names of files are expanded.
type Host struct {
	Name, HostName, User, Port string
	HostKeyAlias               string

	ProxyJump    string // host[,host…], or ""
	ProxyCommand string // for sh, or ""

	Network     string // tcp, tcp4 or tcp6
	BindAddress string
	Timeout     time.Duration // 0: not set
	Attempts    int           // at least 1

	IdentityFiles, CertificateFiles []string
	IdentityAgent                   string // a socket, or ""
	IdentitiesOnly                  bool
	AddKeysToAgent                  string // no, yes, ask, confirm, or seconds
	ForwardAgent                    bool

	Methods         []string // how to authenticate, in this order, those that are off left out
	PasswordPrompts int
	Batch           bool // never ask

	KnownHosts       []string // the user's files, then the machine's
	UserKnownHosts   string   // the file that accepted keys go to; "" if none
	Strict           Strict
	HashKnownHosts   bool
	AliveInterval    time.Duration // 0: not set
	AliveCount       int
	SendEnv          []string // patterns
	SetEnv           [][2]string
	Ciphers          []string // nil in these five: as the library likes it
	KeyExchanges     []string
	MACs             []string
	HostKeyTypes     []string
	PublicKeyMethods []string
}

// Strict is what to do about a host key (ssh_config(5), StrictHostKeyChecking).
type Strict int

// The four policies.
const (
	Ask       Strict = iota // unknown: ask; changed: refuse
	Yes                     // refuse both
	AcceptNew               // unknown: accept; changed: refuse
	No                      // accept both
)

// Resolver answers queries by one ssh_config. Its methods may be called
// concurrently.
type Resolver struct {
	file     string
	slots    chan struct{}
	defaults func(context.Context) (settings, error)
	read     func(context.Context, Query) (settings, error)
}

// settings are options as -G prints them: names in lower case, values in order.
type settings map[string][]string

// New makes a resolver. file replaces both the user's and the machine's files;
// "" is what ssh itself would read.
func New(file string) *Resolver {
	r := &Resolver{file: file, slots: make(chan struct{}, 2*runtime.GOMAXPROCS(0))}
	if _, err := exec.LookPath("ssh"); err != nil {
		r.read = r.plain
		r.defaults = func(context.Context) (settings, error) { return nil, nil }
		return r
	}
	r.read = r.dashG
	var mu sync.Mutex
	var known settings
	r.defaults = func(ctx context.Context) (settings, error) {
		mu.Lock()
		defer mu.Unlock()
		var err error
		if known == nil {
			known, err = (&Resolver{file: "none"}).dashG(ctx, Query{Host: "localhost"})
		}
		return known, err
	}
	return r
}

// Resolve answers for one machine. It may take long: a Match may run a command.
func (r *Resolver) Resolve(ctx context.Context, q Query) (*Host, error) {
	if err := q.check(); err != nil {
		return nil, err
	}
	select {
	case r.slots <- struct{}{}:
		defer func() { <-r.slots }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	s, err := r.read(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("ssh_config: %w", err)
	}
	h, err := s.host(q)
	if err != nil {
		return nil, fmt.Errorf("ssh_config: %w", err)
	}
	if err := r.algorithms(ctx, s, h); err != nil {
		return nil, fmt.Errorf("ssh_config: %w", err)
	}
	return h, nil
}

func (s settings) host(q Query) (*Host, error) {
	h := &Host{
		Name: q.Host, HostName: s.text("hostname"), User: s.text("user"), Port: s.text("port"),
		HostKeyAlias: s.text("hostkeyalias"),
		ProxyJump:    s.text("proxyjump"), BindAddress: s.text("bindaddress"),
		Network:        map[string]string{"inet": "tcp4", "inet6": "tcp6"}[s.text("addressfamily")],
		Timeout:        s.seconds("connecttimeout"),
		Attempts:       max(1, s.number("connectionattempts", 1)),
		IdentitiesOnly: s.yes("identitiesonly"), AddKeysToAgent: s.text("addkeystoagent"), ForwardAgent: s.yes("forwardagent"),
		PasswordPrompts: s.number("numberofpasswordprompts", 3), Batch: s.yes("batchmode"),
		HashKnownHosts: s.yes("hashknownhosts"),
		AliveInterval:  s.seconds("serveraliveinterval"), AliveCount: s.number("serveralivecountmax", 3),
	}
	if h.Network == "" {
		h.Network = "tcp"
	}
	switch s.text("stricthostkeychecking") {
	case "yes", "true":
		h.Strict = Yes
	case "accept-new":
		h.Strict = AcceptNew
	case "no", "off", "false":
		h.Strict = No
	}
	for _, pair := range s["setenv"] {
		if name, value, ok := strings.Cut(pair, "="); ok {
			h.SetEnv = append(h.SetEnv, [2]string{name, value})
		}
	}
	for _, line := range s["sendenv"] {
		h.SendEnv = append(h.SendEnv, strings.Fields(line)...)
	}
	if h.Batch && h.AliveInterval == 5*time.Minute {
		h.AliveInterval = 0 // nobody's wish: Debian's ssh takes it to follow from BatchMode
	}
	h.Methods = s.methods()
	return h, h.expand(s)
}

// methods returns what may be tried, in the order of PreferredAuthentications,
// whose default is OpenSSH's.
func (s settings) methods() []string {
	order := strings.Split("publickey,keyboard-interactive,password", ",")
	if preferred := s.text("preferredauthentications"); preferred != "" {
		order = strings.Split(preferred, ",")
	}
	off := func(option string) bool {
		value := s.text(option)
		return value == "no" || value == "false"
	}
	return slices.DeleteFunc(order, func(method string) bool {
		switch method {
		case "publickey":
			return off("pubkeyauthentication")
		case "keyboard-interactive":
			return off("kbdinteractiveauthentication")
		case "password":
			return off("passwordauthentication")
		default:
			return true
		}
	})
}

// text returns an option's value; "none" is said for many that have none.
func (s settings) text(option string) string {
	values := s[option]
	if len(values) == 0 || strings.EqualFold(values[0], "none") {
		return ""
	}
	return values[0]
}

func (s settings) yes(option string) bool {
	value := s.text(option)
	return value == "yes" || value == "true"
}

func (s settings) number(option string, otherwise int) int {
	if n, err := strconv.Atoi(s.text(option)); err == nil {
		return n
	}
	return otherwise
}

func (s settings) seconds(option string) time.Duration {
	return time.Duration(s.number(option, 0)) * time.Second
}
