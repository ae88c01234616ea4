package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestWithoutOpenSSHThePlainHalfIsTheSame reads files with and without ssh.
func TestWithoutOpenSSHThePlainHalfIsTheSame(t *testing.T) {
	needSSH(t)
	included := file(t, "Host web1\n Port 2201\n")
	for name, text := range map[string]string{
		"nothing":                       "",
		"a host":                        "Host web1\n HostName 10.0.0.1\n User deploy\n Port 2200\n",
		"another host":                  "Host web2\n HostName 10.0.0.1\n",
		"the first value wins":          "Host web*\n Port 1\nHost *\n Port 2\n User last\n",
		"a pattern is negated":          "Host * !web1\n Port 2200\n",
		"more than one identity":        "IdentityFile ~/a\nHost web1\n IdentityFile ~/b\n",
		"an include":                    "Include " + included + "\nHost *\n Port 9\n",
		"comments and line ends":        "# first\r\nHost web1 # the one\r\n  Port 2200\r\n",
		"names of files are expanded":   "Host *\n IdentityFile %d/%r@%h:%p\n",
		"the host's name in HostName":   "Host *\n HostName %h.example.com\n",
		"switches":                      "Host *\n IdentitiesOnly yes\n BatchMode yes\n PasswordAuthentication no\n StrictHostKeyChecking no\n HashKnownHosts yes\n",
		"times":                         "Host *\n ConnectTimeout 90\n ServerAliveInterval 1m\n",
		"a jump host":                   "Host *\n ProxyJump a@bastion:22,b\n",
		"no jump host":                  "Host *\n ProxyJump none\n",
		"a command, and no jump host":   "Host *\n ProxyCommand nc %h %p\n ProxyJump bastion\n",
		"known hosts":                   "Host *\n UserKnownHostsFile /a /b\n GlobalKnownHostsFile none\n",
		"environment":                   "Host *\n SendEnv LANG LC_*\n SetEnv A=1 B=2\n",
		"algorithms":                    "Host *\n Ciphers aes256-ctr,aes128-ctr\n",
		"what matters to others alone":  "Host *\n ControlMaster auto\n LocalForward 80 localhost:80\n",
		"an upper-case option":          "HOST web1\n PORT 2200\n",
		"an equals sign":                "Host web1\n Port=2200\n User = deploy\n",
		"a user that is already chosen": "Host *\n User other\n",
	} {
		t.Run(name, func(t *testing.T) {
			r := New(file(t, text))
			q := Query{Host: "web1"}
			if strings.Contains(name, "already chosen") {
				q.User = "chosen"
			}
			want, err := r.Resolve(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			r.read = r.plain
			got, err := r.Resolve(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			for _, h := range []*Host{want, got} {
				// Its own defaults: files that rarely exist, and words for no.
				if !strings.Contains(text, "IdentityFile") {
					h.IdentityFiles = nil
				}
				if h.AddKeysToAgent == "false" {
					h.AddKeysToAgent = ""
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWithoutOpenSSHWhatCannotBeReadIsRefusedWithItsPlace(t *testing.T) {
	included := file(t, "\nmatch final all\n")
	for text, want := range map[string]string{
		"Host web1\n\nMatch host web1 exec true\n Port 1\n": ":3: a Match",
		"Match=all\n":                    ":1: a Match",
		"Include " + included + "\n":     included + ":2: a Match",
		"Host *\n Ciphers +aes128-cbc\n": "install an OpenSSH client",
		"Host *\n ConnectTimeout soon\n": "connecttimeout",
	} {
		r := New(file(t, text))
		r.read = r.plain
		_, err := r.Resolve(t.Context(), Query{Host: "web1"})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
	r := New("/nowhere/at/all")
	r.read = r.plain
	if _, err := r.Resolve(t.Context(), Query{Host: "web1"}); err == nil {
		t.Error("a file that is missing is not missed")
	}
}
