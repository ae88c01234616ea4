package config

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	ssh_config "github.com/kevinburke/ssh_config"
)

// plain reads the files without OpenSSH: Host, Include and plain values. A file
// with a Match is refused, because whether it applies only ssh can tell.
func (r *Resolver) plain(_ context.Context, q Query) (settings, error) {
	me, err := myself()
	if err != nil {
		return nil, err
	}
	files := []string{filepath.Join(me.HomeDir, ".ssh/config"), "/etc/ssh/ssh_config"}
	if r.file != "" {
		files = []string{r.file}
	}
	s := settings{}
	for option, value := range map[string]string{"user": q.User, "port": q.Port} {
		if value != "" {
			s[option] = []string{value}
		}
	}
	for _, file := range files {
		if err := s.add(file, q.Host, me.HomeDir, r.file != ""); err != nil {
			return nil, err
		}
	}
	return s, s.complete(q, me.Username)
}

// options are all that Host is made of, and whether each may be given often.
func options() map[string]bool {
	m := map[string]bool{"identityfile": true, "certificatefile": true, "sendenv": true, "setenv": true}
	for option := range strings.FieldsSeq(`hostname user port proxyjump proxycommand bindaddress addressfamily connecttimeout
		connectionattempts identityagent identitiesonly addkeystoagent forwardagent hostkeyalias userknownhostsfile
		globalknownhostsfile stricthostkeychecking hashknownhosts serveraliveinterval serveralivecountmax
		preferredauthentications pubkeyauthentication passwordauthentication kbdinteractiveauthentication
		numberofpasswordprompts batchmode ciphers kexalgorithms macs hostkeyalgorithms pubkeyacceptedalgorithms`) {
		m[option] = false
	}
	return m
}

// add takes what one file says and no earlier one has said.
func (s settings) add(file, host, home string, must bool) error {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) && !must {
		return nil
	}
	if err != nil {
		return err
	}
	if err := noMatch(file, text, home, 0); err != nil {
		return err
	}
	parsed, err := ssh_config.DecodeBytes(text)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	for option, often := range options() {
		values, err := parsed.GetAll(host, option)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		switch {
		case len(values) == 0:
		case often:
			s[option] = append(s[option], values...)
		case len(s[option]) == 0:
			s[option] = values[:1]
		}
	}
	return nil
}

// noMatch refuses a file that has a Match, or includes one that has.
func noMatch(file string, text []byte, home string, depth int) error {
	number := 0
	for line := range bytes.Lines(text) {
		number++
		words := strings.Fields(strings.Replace(string(line), "=", " ", 1))
		if len(words) == 0 {
			continue
		}
		switch strings.ToLower(words[0]) {
		case "match":
			return fmt.Errorf("%s:%d: a Match can be read only where ssh is installed: install an OpenSSH client", file, number)
		case "include":
			if depth == 16 { // as in OpenSSH
				return fmt.Errorf("%s:%d: too many files included in each other", file, number)
			}
			for _, pattern := range words[1:] {
				if err := noMatchIn(strings.Trim(pattern, `"`), home, depth+1); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func noMatchIn(pattern, home string, depth int) error {
	if rest, ok := strings.CutPrefix(pattern, "~/"); ok {
		pattern = filepath.Join(home, rest)
	} else if !filepath.IsAbs(pattern) {
		pattern = filepath.Join(home, ".ssh", pattern)
	}
	found, err := filepath.Glob(pattern)
	if err != nil {
		return err
	}
	for _, file := range found {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if err := noMatch(file, text, home, depth); err != nil {
			return err
		}
	}
	return nil
}

// complete adds what ssh -G would: defaults, seconds, and the host's own name.
func (s settings) complete(q Query, login string) error {
	name := q.Host
	if value := s.text("hostname"); value != "" {
		name = strings.NewReplacer("%%", "%", "%h", q.Host).Replace(value)
	}
	s["hostname"] = []string{strings.ToLower(name)}
	for option, values := range map[string][]string{
		"user": {login}, "port": {"22"},
		"identityfile":         {"~/.ssh/id_rsa", "~/.ssh/id_ecdsa", "~/.ssh/id_ed25519"},
		"userknownhostsfile":   {"~/.ssh/known_hosts ~/.ssh/known_hosts2"},
		"globalknownhostsfile": {"/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2"},
	} {
		if len(s[option]) == 0 {
			s[option] = values
		}
	}
	var pairs []string
	for _, line := range s["setenv"] {
		pairs = append(pairs, strings.Fields(line)...)
	}
	s["setenv"] = pairs
	for _, option := range []string{"connecttimeout", "serveraliveinterval"} {
		if value := s.text(option); value != "" {
			seconds, err := parseTime(value)
			if err != nil {
				return fmt.Errorf("%s: %w", option, err)
			}
			s[option] = []string{strconv.Itoa(seconds)}
		}
	}
	for _, option := range []string{"ciphers", "kexalgorithms", "macs", "hostkeyalgorithms", "pubkeyacceptedalgorithms"} {
		if value := s.text(option); strings.ContainsAny(value, "+^*?") || strings.HasPrefix(value, "-") {
			return fmt.Errorf("%s %s can be read only where ssh is installed: install an OpenSSH client", option, value)
		}
	}
	return nil
}

// parseTime reads sshd_config(5)'s TIME FORMATS: 90, 1m30s, 1h.
func parseTime(text string) (int, error) {
	if n, err := strconv.Atoi(text); err == nil {
		return n, nil
	}
	d, err := time.ParseDuration(strings.ToLower(text))
	return int(d.Seconds()), err
}
