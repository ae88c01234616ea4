package ssh_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"rota/internal/servertest"
	"rota/ssh"
)

// key is a private key in a file of its own.
type key struct {
	file    string
	private ed25519.PrivateKey
	signer  gossh.Signer
}

func newKey(t *testing.T, dir, name, passphrase string) key {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	k := key{file: filepath.Join(dir, name), private: private}
	if k.signer, err = gossh.NewSignerFromKey(private); err != nil {
		t.Fatal(err)
	}
	block, err := gossh.MarshalPrivateKey(private, "")
	if passphrase != "" {
		block, err = gossh.MarshalPrivateKeyWithPassphrase(private, "", []byte(passphrase))
	}
	if err != nil {
		t.Fatal(err)
	}
	write(t, k.file, string(pem.EncodeToMemory(block)))
	write(t, k.file+".pub", k.line())
	return k
}

func (k key) line() string { return string(gossh.MarshalAuthorizedKey(k.signer.PublicKey())) }

func (k key) fingerprint() string { return gossh.FingerprintSHA256(k.signer.PublicKey()) }

// keyAgent serves keys on a socket. refuse makes it fail to sign.
func keyAgent(t *testing.T, refuse bool, keys ...key) string {
	t.Helper()
	ring := agent.NewKeyring()
	for _, k := range keys {
		if err := ring.Add(agent.AddedKey{PrivateKey: k.private}); err != nil {
			t.Fatal(err)
		}
	}
	if refuse {
		ring = refusing{ring}
	}
	dir, err := os.MkdirTemp("", "rota") // a short name: sockets want one
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", filepath.Join(dir, "agent"))
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() { _ = agent.ServeAgent(ring, c); _ = c.Close() })
		}
	})
	t.Cleanup(func() { _ = l.Close(); running.Wait(); _ = os.RemoveAll(dir) })
	return l.Addr().String()
}

type refusing struct{ agent.Agent }

func (refusing) Sign(gossh.PublicKey, []byte) (*gossh.Signature, error) {
	return nil, errors.New("refused")
}

// logins is a server that lets in by keys, and an ssh_config for it.
func logins(t *testing.T, lines string, options ...servertest.SSHDOption) string {
	t.Helper()
	s := servertest.SSHD(t, options...)
	host, port, _ := strings.Cut(s.Addr, ":")
	file := filepath.Join(t.TempDir(), "config")
	write(t, file, fmt.Sprintf("Host *\n HostName %s\n Port %s\n User %s\n UserKnownHostsFile %s\n GlobalKnownHostsFile none\n UpdateHostKeys no\n%s\n",
		host, port, s.User, s.KnownHosts, lines))
	return file
}

func TestTheRightKeyIsFound(t *testing.T) {
	dir := t.TempDir()
	good, locked := newKey(t, dir, "good", ""), newKey(t, dir, "locked", "open sesame")
	var bad []key
	for i := range 8 {
		bad = append(bad, newKey(t, dir, fmt.Sprintf("bad%d", i), ""))
	}
	answer := func(text string) func(string) (string, error) {
		return func(string) (string, error) { return text, nil }
	}
	for name, row := range map[string]struct {
		lines   string
		person  *person
		key     key    // the one that is let in
		prompts int    // that are asked
		err     string // or what is wrong
	}{
		"the only one": {lines: " IdentityAgent none\n IdentityFile " + good.file, key: good},
		"after four others, which is as many as sshd suffers": {
			lines: " IdentityAgent none\n IdentityFile " + bad[0].file + "\n IdentityFile " + bad[1].file +
				"\n IdentityFile " + bad[2].file + "\n IdentityFile " + bad[3].file + "\n IdentityFile " + good.file, key: good,
		},
		"in the agent": {lines: " IdentityFile none\n IdentityAgent " + keyAgent(t, false, bad[0], good), key: good},
		"named by its public half, last of many in the agent": {
			lines: " IdentityFile " + good.file + ".pub\n IdentityAgent " + keyAgent(t, false, append(bad, good)...), key: good,
		},
		"in a file, beside an agent full of others, with IdentitiesOnly": {
			lines: " IdentitiesOnly yes\n IdentityFile " + good.file + "\n IdentityAgent " + keyAgent(t, false, bad...), key: good,
		},
		"too many others in the agent": {lines: " IdentityFile " + good.file + "\n IdentityAgent " + keyAgent(t, false, bad...), key: good, err: "IdentitiesOnly"},
		"in a file, where the agent refuses to sign with it": {
			lines: " IdentityFile " + good.file + "\n IdentityFile " + locked.file + "\n IdentityAgent " + keyAgent(t, true, good), key: locked,
			person: &person{secret: answer("open sesame")}, prompts: 1,
		},
		"the agent is dead":                   {lines: " IdentityFile " + good.file + "\n IdentityAgent /nowhere/at/all", key: good},
		"encrypted":                           {lines: " IdentityAgent none\n IdentityFile " + locked.file, key: locked, person: &person{secret: answer("open sesame")}, prompts: 1},
		"encrypted, but another one is right": {lines: " IdentityAgent none\n IdentityFile " + locked.file + "\n IdentityFile " + good.file, key: good, person: &person{}},
		"encrypted, and in the agent":         {lines: " IdentityFile " + locked.file + "\n IdentityAgent " + keyAgent(t, false, locked), key: locked},
		"encrypted, the passphrase is wrong":  {lines: " IdentityAgent none\n IdentityFile " + locked.file, key: locked, person: &person{secret: answer("wrong")}, prompts: 3, err: "passphrase of " + locked.file + ": wrong 3 times"},
		"encrypted, and nobody tells it":      {lines: " IdentityAgent none\n IdentityFile " + locked.file, key: locked, person: &person{}, prompts: 1, err: "not let in: passphrase of " + locked.file + ": nothing to say"},
		"encrypted, with nobody to ask":       {lines: " IdentityAgent none\n IdentityFile " + locked.file, key: locked, err: "ssh-add"},
		"encrypted, in batch mode":            {lines: " BatchMode yes\n IdentityAgent none\n IdentityFile " + locked.file, key: locked, person: &person{}, err: "ssh-add"},
		"none is right":                       {lines: " IdentityAgent none\n IdentityFile " + bad[0].file, key: good, err: bad[0].file},
		"none at all":                         {lines: " IdentityAgent none\n IdentityFile none", key: good, err: "no key to offer"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := logins(t, row.lines, servertest.SSHDAuthorizedKeys(row.key.line()))
			c := ssh.Config{File: config}
			if row.person != nil {
				c.Asker = row.person
			}
			client := pool(t, c).Client("web1")
			err := client.Connect(limit(t, 2*time.Minute)) // a passphrase is made to cost time
			if row.err != "" {
				if err == nil || !strings.Contains(err.Error(), row.err) || unknown(err) {
					t.Errorf("the error is %v", err)
				}
			} else if err != nil || !strings.HasSuffix(client.Identity(), "@127.0.0.1 "+row.key.fingerprint()) {
				t.Errorf("%q, %v", client.Identity(), err)
			}
			if row.person != nil && len(row.person.prompts) != row.prompts {
				t.Errorf("asked %q", row.person.prompts)
			}
		})
	}
}

func TestACertificateLetsIn(t *testing.T) {
	servertest.Need(t, "ssh-keygen")
	dir := t.TempDir()
	ca, mine := newKey(t, dir, "ca", ""), newKey(t, dir, "mine", "")
	s := servertest.SSHD(t)
	if out, err := exec.CommandContext(t.Context(), "ssh-keygen", "-q", "-s", ca.file, "-I", "me", "-n", s.User, mine.file+".pub").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	cert := mine.file + "-cert.pub"
	for name, lines := range map[string]string{
		"beside its key":         " IdentityAgent none\n IdentityFile " + mine.file,
		"named, with an agent":   " IdentityFile none\n CertificateFile " + cert + "\n IdentityAgent " + keyAgent(t, false, mine),
		"beside the public half": " IdentityFile " + mine.file + "\n IdentityAgent " + keyAgent(t, false, mine),
	} {
		t.Run(name, func(t *testing.T) {
			config := logins(t, lines, servertest.SSHDLines("TrustedUserCAKeys "+ca.file+".pub"))
			if err := pool(t, ssh.Config{File: config}).Client("web1").Connect(limit(t, 30*time.Second)); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAPassphraseIsAskedOnceForAllMachines(t *testing.T) {
	locked := newKey(t, t.TempDir(), "locked", "open sesame")
	config := logins(t, " IdentityAgent none\n IdentityFile "+locked.file, servertest.SSHDAuthorizedKeys(locked.line()))
	who := &person{secret: func(string) (string, error) { return "open sesame", nil }}
	p := pool(t, ssh.Config{File: config, Asker: who})
	ctx := limit(t, 30*time.Second)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			if err := p.Client(fmt.Sprintf("web%d", i)).Connect(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if len(who.prompts) != 1 {
		t.Errorf("asked %q", who.prompts)
	}
}

func TestAPasswordIsTriedWhereOneIsTaken(t *testing.T) {
	takes := func(_ gossh.ConnMetadata, password []byte) (*gossh.Permissions, error) {
		if string(password) != "right" {
			return nil, errors.New("wrong")
		}
		return nil, nil
	}
	interactive := func(m gossh.ConnMetadata, ask gossh.KeyboardInteractiveChallenge) (*gossh.Permissions, error) {
		answers, err := ask("", "", []string{"Password: "}, []bool{false})
		if err != nil || len(answers) != 1 {
			return nil, errors.New("no answer")
		}
		if _, err := ask("", "", nil, nil); err != nil { // PAM does so
			return nil, err
		}
		return takes(m, []byte(answers[0]))
	}
	for name, row := range map[string]struct {
		server  gossh.ServerConfig
		answers []string
		ok      bool
	}{
		"password":                               {gossh.ServerConfig{PasswordCallback: takes}, []string{"right"}, true},
		"password, right the third time":         {gossh.ServerConfig{PasswordCallback: takes}, []string{"a", "b", "right"}, true},
		"password, wrong three times":            {gossh.ServerConfig{PasswordCallback: takes}, []string{"a", "b", "c"}, false},
		"keyboard-interactive":                   {gossh.ServerConfig{KeyboardInteractiveCallback: interactive}, []string{"right"}, true},
		"keyboard-interactive, the second time":  {gossh.ServerConfig{KeyboardInteractiveCallback: interactive}, []string{"a", "right"}, true},
		"the server takes both: one is answered": {gossh.ServerConfig{KeyboardInteractiveCallback: interactive, PasswordCallback: takes}, []string{"right"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			f := &fake{ServerConfig: row.server}
			f.start(t)
			left := row.answers
			who := &person{secret: func(string) (string, error) {
				if len(left) == 0 {
					return "", errors.New("asked too often")
				}
				answer := left[0]
				left = left[1:]
				return answer, nil
			}}
			p := pool(t, ssh.Config{File: f.config, Asker: who})
			c := p.Client("web1")
			ctx := limit(t, 30*time.Second)
			if err := c.Connect(ctx); (err == nil) != row.ok || len(left) > 0 {
				t.Errorf("with %d answers left: %v", len(left), err)
			}
			if row.ok {
				if err := p.Client("web2").Connect(ctx); err != nil || len(who.prompts) != len(row.answers) {
					t.Errorf("the next machine: asked %q: %v", who.prompts, err)
				}
				if !strings.HasPrefix(c.Identity(), "me@127.0.0.1 ") {
					t.Errorf("the identity is %q", c.Identity())
				}
			}
		})
	}
}

func TestACodeIsAskedForEachTime(t *testing.T) {
	f := &fake{}
	f.KeyboardInteractiveCallback = func(_ gossh.ConnMetadata, ask gossh.KeyboardInteractiveChallenge) (*gossh.Permissions, error) {
		answers, err := ask("", "", []string{"Code: "}, []bool{true})
		if err != nil || len(answers) != 1 || answers[0] != "123" {
			return nil, errors.New("wrong")
		}
		return nil, nil
	}
	f.start(t)
	who := &person{secret: func(string) (string, error) { return "123", nil }}
	p := pool(t, ssh.Config{File: f.config, Asker: who})
	for _, name := range []string{"web1", "web2"} {
		if err := p.Client(name).Connect(limit(t, 20*time.Second)); err != nil {
			t.Error(err)
		}
	}
	if len(who.prompts) != 2 || !strings.Contains(who.prompts[0], "Code:") {
		t.Errorf("asked %q", who.prompts)
	}
}

func TestThereIsTimeToAnswer(t *testing.T) {
	t.Run("the clock stands still while a person is asked", func(t *testing.T) {
		f := &fake{}
		f.PasswordCallback = func(gossh.ConnMetadata, []byte) (*gossh.Permissions, error) { return nil, nil }
		f.start(t)
		who := &person{secret: func(string) (string, error) { time.Sleep(time.Second); return "right", nil }}
		if err := pool(t, ssh.Config{File: f.config, Asker: who, ConnectTimeout: 500 * time.Millisecond}).Client("web1").Connect(limit(t, 20*time.Second)); err != nil {
			t.Error(err)
		}
	})
	t.Run("a server that did not wait is dialled again, with the answer", func(t *testing.T) {
		config := logins(t, "", servertest.SSHDLines("LoginGraceTime 1"))
		locked := newKey(t, t.TempDir(), "locked", "open sesame")
		text, _ := os.ReadFile(config)
		s := servertest.SSHD(t, servertest.SSHDLines("LoginGraceTime 1"), servertest.SSHDAuthorizedKeys(locked.line()))
		_, port, _ := strings.Cut(s.Addr, ":")
		write(t, config, fmt.Sprintf("Host *\n Port %s\n UserKnownHostsFile %s\n IdentityAgent none\n IdentityFile %s\n%s", port, s.KnownHosts, locked.file, text))
		who := &person{secret: func(string) (string, error) { time.Sleep(2 * time.Second); return "open sesame", nil }}
		if err := pool(t, ssh.Config{File: config, Asker: who}).Client("web1").Connect(limit(t, 30*time.Second)); err != nil || len(who.prompts) != 1 {
			t.Errorf("asked %q: %v", who.prompts, err)
		}
	})
}

func TestNoPasswordIsGivenToAMachineWhoseKeyHasChanged(t *testing.T) {
	f := &fake{}
	f.PasswordCallback = func(gossh.ConnMetadata, []byte) (*gossh.Permissions, error) { return nil, nil }
	f.start(t)
	other := newKey(t, t.TempDir(), "other", "")
	text, _ := os.ReadFile(f.config)
	known := filepath.Join(t.TempDir(), "known")
	write(t, known, "* "+other.line())
	write(t, f.config, "Host *\n StrictHostKeyChecking no\n UserKnownHostsFile "+known+"\n"+string(text))
	who := &person{secret: func(string) (string, error) { return "right", nil }}
	if err := pool(t, ssh.Config{File: f.config, Asker: who}).Client("web1").Connect(limit(t, 20*time.Second)); err == nil || len(who.prompts) > 0 {
		t.Errorf("asked %q: %v", who.prompts, err)
	}
}

func TestTheAgentIsForwardedWhereTheConfigurationSaysSo(t *testing.T) {
	servertest.Need(t, "ssh-add")
	dir := t.TempDir()
	mine := newKey(t, dir, "mine", "")
	for value, want := range map[string]bool{"yes": true, "no": false} {
		config := logins(t, " ForwardAgent "+value+"\n IdentityFile none\n IdentityAgent "+keyAgent(t, false, mine), servertest.SSHDAuthorizedKeys(mine.line()))
		out, err := pool(t, ssh.Config{File: config}).Client("web1").Output(limit(t, 30*time.Second), "ssh-add -l", "", nil)
		if got := strings.Contains(string(out), mine.fingerprint()); got != want {
			t.Errorf("ForwardAgent %s: %q, %v", value, out, err)
		}
	}
}
