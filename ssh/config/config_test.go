package config

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func needSSH(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("ssh"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
}

func file(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestAHostIsWhatOpenSSHMakesOfTheFile(t *testing.T) {
	needSSH(t)
	me, err := myself()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("SSH_AUTH_SOCK", "/run/agent")
	t.Setenv("KEYS", "/keys")
	h, err := New(file(t, `
Host web*
  HostName %h.example.com
  Port 2200
  IdentityFile ~/.ssh/%r_%h
  IdentityFile ${KEYS}/%n%%
  CertificateFile %d/cert-%u
  ProxyCommand via %h %p %r
  ConnectTimeout 1m30s
  ConnectionAttempts 3
  ServerAliveInterval 7
  ServerAliveCountMax 2
  StrictHostKeyChecking accept-new
  HashKnownHosts yes
  UserKnownHostsFile ~/known "/with blank/known"
  GlobalKnownHostsFile none
  PreferredAuthentications password,publickey
  PasswordAuthentication no
  IdentitiesOnly yes
  BatchMode yes
  AddressFamily inet6
  SetEnv A=1 B="two words"
  SendEnv LANG LC_*
  Ciphers aes256-ctr
  MACs umac-64@openssh.com,hmac-sha2-256
  HostKeyAlgorithms ssh-ed25519,rsa-sha2-512
Match user deploy
  ForwardAgent yes
Match host web2.example.com exec true
  HostKeyAlias alias
`)).Resolve(t.Context(), Query{Host: "web2", User: "deploy"})
	if err != nil {
		t.Fatal(err)
	}
	want := &Host{
		Name: "web2", HostName: "web2.example.com", User: "deploy", Port: "2200", HostKeyAlias: "alias",
		ProxyCommand: "via web2.example.com 2200 deploy", Network: "tcp6", Timeout: 90 * time.Second, Attempts: 3,
		IdentityFiles:    []string{me.HomeDir + "/.ssh/deploy_web2.example.com", "/keys/web2%"},
		CertificateFiles: []string{me.HomeDir + "/cert-" + me.Username}, IdentityAgent: "/run/agent",
		IdentitiesOnly: true, AddKeysToAgent: "false", ForwardAgent: true,
		Methods: []string{"publickey"}, PasswordPrompts: 3, Batch: true,
		KnownHosts: []string{me.HomeDir + "/known", "/with", "blank/known"}, UserKnownHosts: me.HomeDir + "/known",
		Strict: AcceptNew, HashKnownHosts: true, AliveInterval: 7 * time.Second, AliveCount: 2,
		SendEnv: []string{"LANG", "LC_*"}, SetEnv: [][2]string{{"A", "1"}, {"B", "two words"}},
		Ciphers: []string{"aes256-ctr"}, MACs: []string{"hmac-sha2-256"}, HostKeyTypes: []string{"ssh-ed25519", "rsa-sha2-512"},
	}
	if diff := cmp.Diff(want, h); diff != "" {
		t.Error(diff)
	}
}

func TestWhatNobodySetIsLeftToUs(t *testing.T) {
	needSSH(t)
	h, err := New("none").Resolve(t.Context(), Query{Host: "web1"})
	if err != nil {
		t.Fatal(err)
	}
	if h.Timeout != 0 || h.AliveInterval != 0 || h.Ciphers != nil || h.KeyExchanges != nil || h.MACs != nil || h.HostKeyTypes != nil ||
		h.PublicKeyMethods != nil || h.ProxyCommand != "" || h.ProxyJump != "" || h.Port != "22" || h.Strict != Ask ||
		len(h.IdentityFiles) == 0 || h.UserKnownHosts == "" {
		t.Errorf("%+v", h)
	}
}

func TestAFileThatOpenSSHRefusesIsToldWithItsLine(t *testing.T) {
	needSSH(t)
	name := file(t, "Host *\n UseKeychain yes\n")
	_, err := New(name).Resolve(t.Context(), Query{Host: "web1"})
	if err == nil || !strings.Contains(err.Error(), name+": line 2: Bad configuration option: usekeychain") || strings.Contains(err.Error(), "\n") {
		t.Error(err)
	}
}

func TestTokensAreExpandedOrRefused(t *testing.T) {
	needSSH(t)
	for name, row := range map[string]struct{ line, want, err string }{
		"the agent by a variable's name": {line: "IdentityAgent $MY_AGENT", want: "/my/agent"},
		"the agent in braces":            {line: "IdentityAgent ${MY_AGENT}", want: "/my/agent"},
		"no agent":                       {line: "IdentityAgent none"},
		"an unset variable":              {line: "IdentityFile ${NOT_SET_AT_ALL}/x", err: "NOT_SET_AT_ALL"},
		"an unknown token":               {line: "IdentityFile %z", err: "%z"},
		"no algorithm that is known":     {line: "MACs umac-64@openssh.com", err: "macs: none of umac-64@openssh.com"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("MY_AGENT", "/my/agent")
			t.Setenv("SSH_AUTH_SOCK", "/wrong")
			h, err := New(file(t, "Host *\n"+row.line+"\n")).Resolve(t.Context(), Query{Host: "web1"})
			if row.err != "" {
				if err == nil || !strings.Contains(err.Error(), row.err) {
					t.Errorf("the error is %v", err)
				}
				return
			}
			if err != nil || h.IdentityAgent != row.want {
				t.Errorf("%+v, %v", h, err)
			}
		})
	}
}

func TestTargetsAreRead(t *testing.T) {
	for target, want := range map[string]Query{
		"web1":                      {Host: "web1"},
		"deploy@web1.example.com":   {Host: "web1.example.com", User: "deploy"},
		"web1:2222":                 {Host: "web1", Port: "2222"},
		"a@b@web1:22":               {Host: "web1", User: "a@b", Port: "22"},
		"[::1]:2222":                {Host: "::1", Port: "2222"},
		"::1":                       {Host: "::1"},
		"fe80::1%eth0":              {Host: "fe80::1%eth0"},
		"ssh://deploy@web_1:2222/":  {Host: "web_1", User: "deploy", Port: "2222"},
		"-oProxyCommand=id":         {},
		"web1:":                     {},
		"a b":                       {},
		"web1;id":                   {},
		"x'y@web1":                  {},
		"a:b:c":                     {},
		"web1:70000":                {},
		"[::1":                      {},
		"[::1]x":                    {},
		"@web1":                     {},
		"":                          {},
		"web1\nProxyCommand reboot": {},
	} {
		got, err := ParseQuery(target)
		if (want == Query{}) != (err != nil) {
			t.Errorf("%q: %v", target, err)
		} else if err == nil && got != want {
			t.Errorf("%q: %+v", target, got)
		}
	}
}
