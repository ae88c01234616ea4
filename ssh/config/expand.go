package config

import (
	"crypto/sha1" // as %C is defined
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
)

// expand sets what -G leaves as it was written (ssh_config(5), TOKENS and
// ENVIRONMENT VARIABLES).
func (h *Host) expand(s settings) error {
	x, err := newExpander(h)
	if err != nil {
		return err
	}
	var problems []error
	files := func(option string) (out []string) {
		for _, value := range s[option] {
			if strings.EqualFold(value, "none") {
				continue
			}
			file, err := x.file(unquote(value))
			problems = append(problems, err)
			out = append(out, file)
		}
		return out
	}
	h.IdentityFiles, h.CertificateFiles = files("identityfile"), files("certificatefile")
	h.IdentityAgent, err = x.agent(s)
	problems = append(problems, err)
	if command := s.text("proxycommand"); command != "" {
		h.ProxyJump = ""
		h.ProxyCommand, err = x.tokens(command, shellSafe)
		problems = append(problems, err)
	}
	for i, option := range []string{"userknownhostsfile", "globalknownhostsfile"} {
		for _, name := range fields(s.text(option)) { // joined with blanks by -G, which has expanded them
			file, err := x.file(name)
			problems = append(problems, err)
			if i == 0 && h.UserKnownHosts == "" {
				h.UserKnownHosts = file
			}
			h.KnownHosts = append(h.KnownHosts, file)
		}
	}
	return errors.Join(problems...)
}

// expander knows what stands for what.
type expander struct {
	home  string
	token map[byte]string
}

func newExpander(h *Host) (*expander, error) {
	me, err := myself()
	if err != nil {
		return nil, err
	}
	local, err := os.Hostname()
	if err != nil {
		return nil, err
	}
	short, _, _ := strings.Cut(local, ".")
	key := h.HostKeyAlias
	if key == "" {
		key = h.HostName
	}
	// %C as OpenSSH 9.2 makes it; newer ones add the jump host, 10.0 others.
	sum := sha1.Sum([]byte(local + h.HostName + h.Port + h.User + h.ProxyJump))
	return &expander{home: me.HomeDir, token: map[byte]string{
		'h': h.HostName, 'n': h.Name, 'p': h.Port, 'r': h.User, 'u': me.Username, 'd': me.HomeDir, 'i': me.Uid,
		'L': short, 'l': local, 'k': key, 'j': h.ProxyJump, 'C': hex.EncodeToString(sum[:]), '%': "%",
	}}, nil
}

// myself is who runs this process. Like OpenSSH it asks the user database for
// the home, not $HOME.
func myself() (*user.User, error) { return user.LookupId(strconv.Itoa(os.Getuid())) }

// agent returns the agent's socket.
func (x *expander) agent(s settings) (string, error) {
	value := s.text("identityagent")
	switch {
	case len(s["identityagent"]) == 0, value == "SSH_AUTH_SOCK":
		return os.Getenv("SSH_AUTH_SOCK"), nil
	case value == "": // none
		return "", nil
	case strings.HasPrefix(value, "$") && !strings.HasPrefix(value, "${"):
		return os.Getenv(value[1:]), nil
	}
	return x.file(unquote(value))
}

// file expands the name of a file; a relative one is seen from the working
// directory, as OpenSSH does.
func (x *expander) file(name string) (string, error) {
	name, err := x.tokens(name, func(s string) error { return nil })
	if err != nil || !strings.HasPrefix(name, "~") {
		return name, err
	}
	login, rest, _ := strings.Cut(name[1:], "/")
	if login == "" {
		return filepath.Join(x.home, rest), nil
	}
	other, err := user.Lookup(login)
	if err != nil {
		return "", err
	}
	return filepath.Join(other.HomeDir, rest), nil
}

// tokens expands %x and ${NAME}. check looks at what is put in for a token.
func (x *expander) tokens(text string, check func(string) error) (string, error) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '%' && i+1 < len(text):
			i++
			value, ok := x.token[text[i]]
			if !ok {
				return "", fmt.Errorf("%q: unknown token %%%c", text, text[i])
			}
			if err := check(value); err != nil {
				return "", fmt.Errorf("%q: %%%c: %w", text, text[i], err)
			}
			b.WriteString(value)
		case strings.HasPrefix(text[i:], "${") && strings.Contains(text[i:], "}"):
			name, _, _ := strings.Cut(text[i+2:], "}")
			value, ok := os.LookupEnv(name)
			if !ok {
				return "", fmt.Errorf("%q: %s is not set", text, name)
			}
			b.WriteString(value)
			i += len("${") + len(name)
		default:
			b.WriteByte(text[i])
		}
	}
	return b.String(), nil
}

// shellSafe refuses what a shell would take for more than a word: names come
// from outside, and a ProxyCommand is run by sh (CVE-2023-51385).
func shellSafe(value string) error {
	if i := strings.IndexAny(value, "'`\"$\\;&<>|(){}\n\r\t "); i >= 0 {
		return fmt.Errorf("%q has %q in it", value, value[i])
	}
	return nil
}

func unquote(s string) string {
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		return s[1 : len(s)-1]
	}
	return s
}

// fields splits at blanks; one that stands in a file name cannot be told from
// one between two names, so the longest names that exist are taken.
func fields(s string) []string {
	words := strings.Fields(s)
	var names []string
	for len(words) > 0 {
		n := 1
		for end := len(words); end > 1; end-- {
			if _, err := os.Stat(strings.Join(words[:end], " ")); err == nil {
				n = end
				break
			}
		}
		names, words = append(names, strings.Join(words[:n], " ")), words[n:]
	}
	return names
}
