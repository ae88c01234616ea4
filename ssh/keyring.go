package ssh

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"sync"

	gossh "golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"rota/ssh/config"
)

// keyring is the keys that one may log in with, those in files and those in
// agents. A passphrase is asked once, and only when a server takes the key.
type keyring struct {
	asking *questions
	agents agents

	mu    sync.Mutex
	files map[string]*keyFile
}

// keyFile is one private key, or the public half of one that an agent has.
type keyFile struct {
	name   string
	public gossh.PublicKey // nil: only the passphrase can tell
	locked []byte          // the encrypted key, until a passphrase is known
	certs  []*gossh.Certificate

	mu     sync.Mutex
	signer gossh.Signer // nil: not known (yet)
}

// candidate is a key to try, and where it is from.
type candidate struct {
	gossh.Signer
	from string
}

func newKeyring(q *questions) *keyring {
	return &keyring{asking: q, files: map[string]*keyFile{}}
}

func (k *keyring) close() { k.agents.close() }

// candidates returns the keys to try for a machine in OpenSSH's order: those
// named in the configuration that an agent has, the agent's others, those in
// files; a certificate before the key that it certifies. skip is told of keys
// that cannot be used, now or once one of them is to sign.
func (k *keyring) candidates(ctx context.Context, h *config.Host, wait func(func()), skip func(error)) (keys []candidate) {
	var files []*keyFile
	for _, name := range h.IdentityFiles {
		if f := k.file(name); f != nil {
			files = append(files, f)
		}
	}
	certs := certificates(h.CertificateFiles)
	seen := map[string]bool{}
	add := func(from string, s gossh.Signer, certified []*gossh.Certificate) {
		for _, cert := range slices.Concat(certified, certs) {
			if c, err := gossh.NewCertSigner(cert, s); err == nil {
				keys = appendNew(keys, seen, candidate{c, from}, h)
			}
		}
		keys = appendNew(keys, seen, candidate{s, from}, h)
	}
	inAgent := k.agents.signers(ctx, h.IdentityAgent)
	for _, f := range files {
		for _, s := range inAgent {
			if f.public != nil && bytes.Equal(bare(s.PublicKey()).Marshal(), f.public.Marshal()) {
				add(f.name+" in the agent", k.agents.patient(ctx, h.IdentityAgent, s, wait), f.certs)
			}
		}
	}
	if !h.IdentitiesOnly {
		for _, s := range inAgent {
			add("the agent", k.agents.patient(ctx, h.IdentityAgent, s, wait), nil)
		}
	}
	for _, f := range files {
		s, err := k.usable(ctx, f, h, wait, skip)
		if err != nil {
			if f.public == nil || !seen[string(f.public.Marshal())] {
				skip(err)
			}
			continue
		}
		if s != nil {
			add(f.name, s, f.certs)
		}
	}
	return keys
}

// appendNew adds a key that was not there and that the configuration allows.
func appendNew(keys []candidate, seen map[string]bool, c candidate, h *config.Host) []candidate {
	blob := string(c.PublicKey().Marshal())
	s, ok := restrict(c.Signer, h.PublicKeyMethods)
	if seen[blob] || !ok {
		return keys
	}
	seen[blob] = true
	return append(keys, candidate{s, c.from})
}

// restrict keeps a key to the allowed algorithms (ssh_config(5),
// PubkeyAcceptedAlgorithms), nil for all.
func restrict(s gossh.Signer, allowed []string) (gossh.Signer, bool) {
	format := s.PublicKey().Type()
	switch {
	case allowed == nil:
		return s, true
	case format != gossh.KeyAlgoRSA && format != gossh.CertAlgoRSAv01:
		return s, slices.Contains(allowed, format)
	}
	var usable []string
	for _, algorithm := range []string{gossh.KeyAlgoRSASHA512, gossh.KeyAlgoRSASHA256, gossh.KeyAlgoRSA} {
		name := algorithm
		if format == gossh.CertAlgoRSAv01 {
			name += "-cert-v01@openssh.com"
		}
		if slices.Contains(allowed, name) {
			usable = append(usable, algorithm)
		}
	}
	as, ok := s.(gossh.AlgorithmSigner)
	if !ok || len(usable) == 0 {
		return nil, false
	}
	limited, err := gossh.NewSignerWithAlgorithms(as, usable)
	return limited, err == nil
}

// file reads a key file once; nil if it is not there or no key.
func (k *keyring) file(name string) *keyFile {
	k.mu.Lock()
	defer k.mu.Unlock()
	if f, ok := k.files[name]; ok {
		return f
	}
	f := readKeyFile(name)
	k.files[name] = f
	return f
}

func readKeyFile(name string) *keyFile {
	f := &keyFile{name: name, certs: certificates([]string{name + "-cert.pub"})}
	data, err := os.ReadFile(name)
	if err != nil {
		if f.public = readPublic(name + ".pub"); f.public == nil {
			return nil
		}
		return f
	}
	key, err := gossh.ParsePrivateKey(data)
	var missing *gossh.PassphraseMissingError
	switch {
	case err == nil:
		f.signer, f.public = key, key.PublicKey()
	case errors.As(err, &missing):
		f.locked, f.public = data, missing.PublicKey
		if f.public == nil {
			f.public = readPublic(name + ".pub")
		}
	default:
		if f.public = readPublic(name); f.public == nil {
			return nil
		}
	}
	return f
}

func readPublic(name string) gossh.PublicKey {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil
	}
	key, _, _, _, err := gossh.ParseAuthorizedKey(data)
	if err != nil {
		return nil
	}
	return key
}

func certificates(files []string) (certs []*gossh.Certificate) {
	for _, file := range files {
		if cert, ok := readPublic(file).(*gossh.Certificate); ok {
			certs = append(certs, cert)
		}
	}
	return certs
}

// usable returns a signer for a file's key, nil for a public key alone. A key
// that is encrypted is decrypted when a server has said that it takes it; one
// whose public half is not known must be decrypted to be offered at all. skip is
// told when one that was offered cannot be.
func (k *keyring) usable(ctx context.Context, f *keyFile, h *config.Host, wait func(func()), skip func(error)) (gossh.Signer, error) {
	f.mu.Lock()
	ready := f.signer
	f.mu.Unlock()
	switch {
	case ready != nil:
		return ready, nil
	case f.locked == nil:
		return nil, nil
	case h.Batch || k.asking.asker == nil:
		return nil, fmt.Errorf("%s: needs its passphrase: add it with ssh-add", f.name)
	case f.public == nil:
		return k.unlock(ctx, f, h, wait)
	}
	return signer{f.public, func(data []byte, algorithm string) (*gossh.Signature, error) {
		s, err := k.unlock(ctx, f, h, wait)
		if err != nil {
			skip(err)
			return nil, err
		}
		return signWith(s, data, algorithm)
	}}, nil
}

// unlock asks for a key's passphrase and decrypts it, once for all machines.
func (k *keyring) unlock(ctx context.Context, f *keyFile, h *config.Host, wait func(func())) (s gossh.Signer, err error) {
	w := wanted{
		key: "key " + f.name, word: "passphrase", prompt: "passphrase of " + f.name,
		tries: max(1, h.PasswordPrompts), ask: k.asking.prompt,
	}
	for {
		wait(func() {
			if w.refused, err = k.asking.secret(ctx, w); err == nil {
				s, err = k.decrypt(f, w.refused, h)
			}
		})
		switch {
		case errors.Is(err, x509.IncorrectPasswordError):
		case err != nil:
			return nil, fmt.Errorf("passphrase of %s: %w", f.name, err)
		default:
			return s, nil
		}
	}
}

func (k *keyring) decrypt(f *keyFile, passphrase string, h *config.Host) (gossh.Signer, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.signer != nil {
		return f.signer, nil
	}
	private, err := gossh.ParseRawPrivateKeyWithPassphrase(f.locked, []byte(passphrase))
	if err != nil {
		return nil, err
	}
	if f.signer, err = gossh.NewSignerFromKey(private); err != nil {
		return nil, err
	}
	add := agent.AddedKey{PrivateKey: private, Comment: f.name}
	switch how := h.AddKeysToAgent; how {
	case "", "no", "false", "ask": // "ask" would be one question more
		return f.signer, nil
	case "yes", "true":
	case "confirm":
		add.ConfirmBeforeUse = true
	default:
		seconds, err := strconv.ParseUint(how, 10, 32)
		if err != nil {
			return f.signer, nil // it only stays out of the agent
		}
		add.LifetimeSecs = uint32(seconds)
	}
	k.agents.add(h.IdentityAgent, add)
	return f.signer, nil
}

// nonce returns a word that nobody can foresee.
func nonce() string { return rand.Text() }
