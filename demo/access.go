package demo

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"os"
	"strings"

	gossh "golang.org/x/crypto/ssh"
)

// newUser makes the operator's key and writes it to a file.
func newUser(file string) (gossh.PublicKey, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	block, err := gossh.MarshalPrivateKey(key, "rota demo")
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
		return nil, err
	}
	return gossh.NewPublicKey(key.Public())
}

// newHostKey makes a host key.
func newHostKey() (gossh.Signer, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	return gossh.NewSignerFromKey(key)
}

func public(s gossh.Signer) []byte {
	return bytes.TrimSpace(gossh.MarshalAuthorizedKey(s.PublicKey()))
}

// writeAccess writes the ssh_config and the known_hosts with which any SSH
// client reaches the machines by their names.
func (s *Site) writeAccess(machines []*machine) error {
	var config, known strings.Builder
	for _, m := range machines {
		port := m.sshd.Addr().Port
		fmt.Fprintf(&config, "Host %s\n  HostName 127.0.0.1\n  Port %d\n\n", m.name, port)
		fmt.Fprintf(&known, "[127.0.0.1]:%d %s\n", port, m.host)
	}
	fmt.Fprintf(&config, "Host *\n  User demo\n  IdentityFile %s\n  IdentitiesOnly yes\n  IdentityAgent none\n"+
		"  UserKnownHostsFile %s\n  GlobalKnownHostsFile none\n  StrictHostKeyChecking yes\n  UpdateHostKeys no\n",
		s.path("id_ed25519"), s.path("known_hosts"))
	if err := os.WriteFile(s.path("known_hosts"), []byte(known.String()), 0o600); err != nil {
		return err
	}
	return os.WriteFile(s.path("ssh_config"), []byte(config.String()), 0o600)
}
