package ssh_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"rota/internal/servertest"
	"rota/ssh"
	"rota/ssh/knownhosts"
)

// TestHostKeysAreJudgedAsOpenSSHDoes gives the same known_hosts, name and port to
// ssh and to this package, and wants the same verdict.
func TestHostKeysAreJudgedAsOpenSSHDoes(t *testing.T) {
	servertest.Need(t, "ssh", "socat")
	k := newHostKeys(t)
	for i, row := range []struct{ server, port, known string }{
		// One type of several is known.
		{"all", "22", "web1.example.com {ed}"},
		{"all", "22", "web1.example.com {rsa}"},
		{"all", "22", "web1.example.com {ecdsa}"},
		{"all", "22", "web1.example.com {rsa}\nweb1.example.com {other}"},
		{"all", "22", "web1.example.com {other}"},
		{"ed", "22", "web1.example.com {rsa}"},
		{"ed", "22", ""},
		{"ed", "22", "web2.example.com {ed}"},
		// The port.
		{"ed", "2222", "[web1.example.com]:2222 {ed}"},
		{"ed", "2222", "[web1.example.com]:2223 {ed}"},
		{"ed", "2222", "web1.example.com {ed}"},
		{"ed", "2222", "{hash:web1.example.com} {ed}"},
		{"ed", "2222", "web1.example.com {other}"},
		{"ed", "2222", "[web1.example.com]:2222 {other}\nweb1.example.com {ed}"},
		{"ed", "2222", "*.example.com {ed}"},
		{"ed", "2222", "[web1.example.com]:* {ed}"},
		{"ed", "2222", "[*.example.com]:2222 {ed}"},
		{"ed", "22", "[web1.example.com]:22 {ed}"},
		// Names.
		{"ed", "22", "{hash:web1.example.com} {ed}"},
		{"ed", "22", "{hash:web2.example.com} {ed}"},
		{"ed", "2222", "{hash:[web1.example.com]:2222} {ed}"},
		{"ed", "22", "WEB1.Example.com {ed}"},
		{"ed", "22", "lb1,web1.example.com,10.0.0.1 {ed}"},
		{"ed", "22", "web1.example.com* {ed}"},
		{"ed", "22", "web?.example.com {ed}"},
		{"ed", "22", "web?.example.com {other}"},
		{"ed", "22", "*,!web1.example.com {ed}"},
		{"ed", "22", "!web2.example.com,* {ed}"},
		{"ed", "22", "* {ed}"},
		{"ed", "22", "web1 {ed}"},
		// The file.
		{"ed", "22", "garbage\nweb1.example.com {ed}"},
		{"ed", "22", "web1.example.com ssh-ed25519 AAAA\nweb1.example.com {ed}"},
		{"ed", "22", "web1.example.com ssh-future AAAAC3NzaC1mdXR1cmU=\nweb1.example.com {ed}"},
		{"ed", "22", "web1.example.com 1024 35 1234567\nweb1.example.com {ed}"},
		{"ed", "22", "@odd web1.example.com {other}\nweb1.example.com {ed}"},
		{"ed", "22", "# web1.example.com {other}\n\n  \tweb1.example.com {ed} a comment\r\n"},
		{"ed", "22", "web1.example.com {ed} " + strings.Repeat("long ", 20_000) + "\nweb1.example.com {other}"},
		{"ed", "22", "web1.example.com {ed}\r\n"},
		// Certificates.
		{"cert", "22", "@cert-authority web1.example.com {ca}"},
		{"cert", "22", "@cert-authority *.example.com {ca}"},
		{"cert", "2222", "@cert-authority web1.example.com {ca}"},
		{"cert", "2222", "@cert-authority [web1.example.com]:2222 {ca}"},
		{"cert", "22", "@cert-authority *.example.net {ca}"},
		{"cert", "22", "@cert-authority *.example.com {other}"},
		{"cert", "22", "web1.example.com {ed}"},
		{"cert", "22", "@cert-authority * {other}\nweb1.example.com {ed}"},
		{"cert", "22", "web1.example.com {other}"},
		{"cert", "22", "web1.example.com {ca}"},
		{"expired", "22", "@cert-authority * {ca}"},
		{"expired", "22", "@cert-authority * {ca}\nweb1.example.com {ed}"},
		{"stranger", "22", "@cert-authority * {ca}"},
		{"stranger", "22", "@cert-authority * {ca}\nweb1.example.com {ed}"},
		{"wildcard", "22", "@cert-authority * {ca}"},
		{"user", "22", "@cert-authority * {ca}"},
		{"ed", "22", "@cert-authority * {ca}"},
		{"ed", "22", "@cert-authority * {ed}"},
		{"ed", "22", "@cert-authority * {ca}\nweb1.example.com {ed}"},
		// Revoked keys.
		{"ed", "22", "web1.example.com {ed}\n@revoked * {ed}"},
		{"ed", "22", "@revoked web1.example.com {ed}"},
		{"ed", "22", "web1.example.com {ed}\n@revoked web2.example.com {ed}"},
		{"all", "22", "web1.example.com {rsa}\n@revoked * {ed}"},
		{"cert", "22", "@cert-authority * {ca}\n@revoked * {ca}"},
		{"cert", "22", "@cert-authority * {ca}\n@revoked * {ed}"},
	} {
		t.Run(fmt.Sprintf("%d %s %s", i, row.server, row.port), func(t *testing.T) {
			t.Parallel()
			config := k.config(t, row.server, row.port, k.fill(row.known), "yes")
			want := verdictOf(exec.CommandContext(t.Context(), "ssh", "-F", config, "-o", "KexAlgorithms=curve25519-sha256", "Web1.example.com", "true").CombinedOutput())
			err := pool(t, ssh.Config{File: config}).Client("Web1.example.com").Connect(limit(t, 30*time.Second))
			if got := verdictOf([]byte(fmt.Sprint(err)), err); got != want {
				t.Errorf("ssh says %q, we say %q: %v", want, got, err)
			}
		})
	}
}

func verdictOf(words []byte, err error) string {
	text := string(words)
	switch {
	case err == nil:
		return "known"
	case strings.Contains(text, "REVOKED HOST KEY"), strings.Contains(text, "is revoked by"):
		return "revoked"
	case strings.Contains(text, "IDENTIFICATION HAS CHANGED"), strings.Contains(text, "host key has changed"):
		return "changed"
	case strings.Contains(text, "host key is known for"), strings.Contains(text, "host key is not known"):
		return "unknown"
	}
	return text
}

// hostKeys are servers with all kinds of host keys.
type hostKeys struct {
	keys    map[string]gossh.Signer
	servers map[string]*fake
}

func newHostKeys(t *testing.T) *hostKeys {
	t.Helper()
	k := &hostKeys{keys: map[string]gossh.Signer{}, servers: map[string]*fake{}}
	for _, name := range []string{"ed", "other", "ca"} {
		_, key, err := ed25519.GenerateKey(rand.Reader)
		k.add(t, name, key, err)
	}
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	k.add(t, "ecdsa", ec, err)
	rs, err := rsa.GenerateKey(rand.Reader, 2048)
	k.add(t, "rsa", rs, err)
	now := time.Now()
	for name, hostKeys := range map[string][]gossh.Signer{
		"all":      {k.keys["ed"], k.keys["rsa"], k.keys["ecdsa"]},
		"ed":       {k.keys["ed"]},
		"cert":     {k.keys["ed"], k.certify(t, gossh.HostCert, "web1.example.com", now.Add(time.Hour))},
		"expired":  {k.keys["ed"], k.certify(t, gossh.HostCert, "web1.example.com", now.Add(-time.Hour))},
		"stranger": {k.keys["ed"], k.certify(t, gossh.HostCert, "web9.example.com", now.Add(time.Hour))},
		"wildcard": {k.keys["ed"], k.certify(t, gossh.HostCert, "*.example.com", now.Add(time.Hour))},
		"user":     {k.keys["ed"], k.certify(t, gossh.UserCert, "web1.example.com", now.Add(time.Hour))},
	} {
		k.servers[name] = (&fake{hostKeys: hostKeys, session: func(_ int, c gossh.NewChannel) {
			if channel, requests, err := c.Accept(); err == nil {
				for r := range requests {
					_ = r.Reply(true, nil)
					if r.Type == "exec" {
						_, _ = channel.SendRequest("exit-status", false, []byte{0, 0, 0, 0})
						_ = channel.Close()
					}
				}
			}
		}}).start(t)
	}
	return k
}

func (k *hostKeys) add(t *testing.T, name string, key crypto.Signer, err error) {
	t.Helper()
	if err == nil {
		k.keys[name], err = gossh.NewSignerFromKey(key)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (k *hostKeys) certify(t *testing.T, kind uint32, principal string, until time.Time) gossh.Signer {
	t.Helper()
	cert := &gossh.Certificate{
		Key: k.keys["ed"].PublicKey(), CertType: kind, ValidPrincipals: []string{principal},
		ValidAfter: uint64(until.Add(-24 * time.Hour).Unix()), ValidBefore: uint64(until.Unix()),
	}
	if err := cert.SignCert(rand.Reader, k.keys["ca"]); err != nil {
		t.Fatal(err)
	}
	s, err := gossh.NewCertSigner(cert, k.keys["ed"])
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// fill puts keys and hashes in.
func (k *hostKeys) fill(text string) string {
	for name, key := range k.keys {
		text = strings.ReplaceAll(text, "{"+name+"}", strings.TrimSpace(string(gossh.MarshalAuthorizedKey(key.PublicKey()))))
	}
	for {
		before, rest, ok := strings.Cut(text, "{hash:")
		if !ok {
			return text
		}
		name, after, _ := strings.Cut(rest, "}")
		line := string(knownhosts.Line(name, "", k.keys["ed"].PublicKey(), true))
		text = before + strings.Fields(line)[0] + after
	}
}

func (k *hostKeys) config(t *testing.T, server, port, known, strict string) string {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "known_hosts")
	write(t, file, known)
	config := filepath.Join(dir, "config")
	host, at, _ := net.SplitHostPort(k.servers[server].addr)
	write(t, config, fmt.Sprintf("Host *\n ProxyCommand socat - TCP:%s:%s\n Port %s\n User me\n IdentityAgent none\n IdentityFile none\n BatchMode yes\n"+
		" StrictHostKeyChecking %s\n UpdateHostKeys no\n UserKnownHostsFile %s/missing %s\n GlobalKnownHostsFile none\n", host, at, port, strict, dir, file))
	return config
}

func TestAnUnknownHostKeyIsMetAsTheConfigurationSays(t *testing.T) {
	servertest.Need(t, "ssh", "socat")
	k := newHostKeys(t)
	for name, row := range map[string]struct {
		strict, known string
		asker         ssh.Asker
		ok            bool
		kept          bool
	}{
		"yes refuses":                      {strict: "yes"},
		"ask refuses when nobody is there": {strict: "ask"},
		"ask refuses on no":                {strict: "ask", asker: &person{}},
		"ask accepts on yes":               {strict: "ask", asker: &person{trust: true}, ok: true, kept: true},
		"accept-new accepts":               {strict: "accept-new", ok: true, kept: true},
		"no accepts":                       {strict: "no", ok: true, kept: true},
		"accept-new refuses a changed one": {strict: "accept-new", known: "[web1]:2222 {other}"},
		"no goes on with a changed one":    {strict: "no", known: "[web1]:2222 {other}", ok: true},
	} {
		t.Run(name, func(t *testing.T) {
			config := k.config(t, "ed", "2222", k.fill(row.known), row.strict)
			text, _ := os.ReadFile(config)
			file := filepath.Join(filepath.Dir(config), "missing") // the first of the files
			write(t, config, strings.Replace(string(text), "BatchMode yes", "BatchMode no", 1))
			err := pool(t, ssh.Config{File: config, Asker: row.asker}).Client("web1").Connect(limit(t, 20*time.Second))
			if (err == nil) != row.ok {
				t.Fatalf("the error is %v", err)
			}
			kept, _ := os.ReadFile(file)
			if want := k.fill("[web1]:2222 {ed}\n"); (string(kept) == want) != row.kept {
				t.Errorf("kept: %q", kept)
			}
			if row.ok && row.kept {
				if out, err := exec.CommandContext(t.Context(), "ssh", "-F", config, "-o", "StrictHostKeyChecking=yes", "web1", "true").CombinedOutput(); err != nil {
					t.Errorf("ssh does not know it now: %s", out)
				}
			}
		})
	}
}

func TestAChangedHostKeyIsToldWithTheWayOut(t *testing.T) {
	servertest.Need(t, "ssh", "socat")
	k := newHostKeys(t)
	config := k.config(t, "ed", "2222", k.fill("# first\n[web1]:2222 {other}\n"), "ask")
	err := pool(t, ssh.Config{File: config}).Client("web1").Connect(limit(t, 20*time.Second))
	file := filepath.Join(filepath.Dir(config), "known_hosts")
	for _, want := range []string{file + ":2", gossh.FingerprintSHA256(k.keys["ed"].PublicKey()), "ssh-keygen -f '" + file + "' -R '[web1]:2222'"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in the error %v", want, err)
		}
	}
}

func TestManyUnknownMachinesAreFewQuestions(t *testing.T) {
	servertest.Need(t, "ssh", "socat")
	k := newHostKeys(t)
	who := &person{trust: true}
	config := k.config(t, "ed", "2222", "", "ask")
	text, _ := os.ReadFile(config)
	write(t, config, strings.Replace(string(text), "BatchMode yes", "BatchMode no", 1))
	p := pool(t, ssh.Config{File: config, Asker: who})
	ctx := limit(t, 30*time.Second)
	const n = 8
	results := make(chan error)
	who.mu.Lock() // the first answer takes a while
	for i := range n {
		go func() { results <- p.Client(fmt.Sprintf("web%d", i)).Connect(ctx) }()
	}
	time.Sleep(500 * time.Millisecond) // longer than it takes to come to the question
	who.mu.Unlock()
	for range n {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	if len(who.confirms) >= n {
		t.Errorf("%d questions for %d machines", len(who.confirms), n)
	}
	all := strings.Join(who.confirms, "\n")
	for i := range n {
		if !strings.Contains(all, fmt.Sprintf("[web%d]:2222", i)) {
			t.Errorf("web%d was not asked about: %q", i, who.confirms)
		}
	}
	kept, _ := os.ReadFile(filepath.Join(filepath.Dir(config), "missing"))
	if lines := slices.Collect(strings.Lines(string(kept))); len(lines) != n {
		t.Errorf("%d lines were kept", len(lines))
	}
}
