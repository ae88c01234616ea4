package demo

import (
	"context"
	_ "embed"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"rota/demo/sshd"
)

//go:embed activate.sh
var activate []byte

//go:embed migrate.sh
var migrate []byte

// machine is one host: a folder, an SSH server, and a port for its application.
type machine struct {
	name string
	dir  string
	idle bool // out of rotation at first
	sshd *sshd.Server
	port *port
	host []byte // its public host key, as authorized_keys has it
}

// machine makes a host and starts its SSH server.
func (s *Site) machine(name string, user gossh.PublicKey, k *keeper) (*machine, error) {
	m := &machine{name: name, dir: s.path(name)}
	if err := os.Mkdir(m.dir, 0o700); err != nil {
		return nil, err
	}
	var err error
	if m.port, err = reserve(); err != nil {
		return nil, err
	}
	s.ends = append(s.ends, m.port.free)
	listen, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // no name is resolved
	if err != nil {
		return nil, err
	}
	host, err := newHostKey()
	if err != nil {
		_ = listen.Close()
		return nil, err
	}
	m.host = public(host)
	m.sshd = sshd.Start(listen, sshd.Options{
		Dir: m.dir, Env: m.env(), HostKey: host, User: user,
		Began: k.began, Ended: k.finished,
	})
	s.ends = append(s.ends, m.sshd.Close)
	return m, nil
}

// env is what a command finds in its environment, beside HOME.
func (m *machine) env() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "USER=demo", "LOGNAME=demo", "SHELL=/bin/sh", "PS1=" + m.name + "$ "}
}

// boot fills the machine's folder as its installation did, puts the running
// version in service, and waits until it answers.
func (m *machine) boot(ctx context.Context, dist, alive string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	for _, dir := range []string{"bin", "etc", "log", "run", "releases"} {
		if err := os.Mkdir(filepath.Join(m.dir, dir), 0o700); err != nil {
			return err
		}
	}
	archive, err := os.ReadFile(filepath.Join(dist, archiveName(Running)))
	if err != nil {
		return err
	}
	var env strings.Builder
	for _, v := range [][2]string{
		{"SHOP", self}, {listenVariable, m.port.address}, {serverVariable, m.name}, {aliveVariable, alive},
	} {
		fmt.Fprintf(&env, "export %s='%s'\n", v[0], strings.ReplaceAll(v[1], "'", `'\''`))
	}
	for name, text := range map[string][]byte{
		"bin/activate": activate, "bin/migrate": migrate, "etc/shop.env": []byte(env.String()),
		"releases/" + archiveName(Running): archive,
	} {
		if err := os.WriteFile(filepath.Join(m.dir, name), text, 0o700); err != nil {
			return err
		}
	}
	cmd := exec.CommandContext(ctx, "/bin/sh", "bin/activate", Running)
	cmd.Dir, cmd.Env = m.dir, append(m.env(), "HOME="+m.dir, warmVariable+"=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: activate %s: %w: %s", m.name, Running, err, out)
	}
	return m.healthy(ctx)
}

// healthy waits until the application answers well.
func (m *machine) healthy(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+m.port.address+"/healthz", nil)
		if err != nil {
			return err
		}
		resp, err := client.Do(req)
		if err == nil {
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
			err = fmt.Errorf("it answers %s", resp.Status)
		}
		select {
		case <-ctx.Done():
			log, _ := os.ReadFile(filepath.Join(m.dir, "log/shop.log"))
			return fmt.Errorf("%s: wait for the application: %w: %s", m.name, err, log)
		case <-time.After(5 * time.Millisecond):
		}
	}
}
