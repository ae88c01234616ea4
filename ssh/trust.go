package ssh

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"rota/ssh/config"
	"rota/ssh/knownhosts"
)

// trust decides whether a machine is the one that it says it is, and keeps what
// a person has accepted.
type trust struct {
	asking *questions

	mu    sync.Mutex
	files map[string]knownFile
	fresh knownhosts.List // accepted by this process, wherever it could be written
}

type knownFile struct {
	changed time.Time
	size    int64
	list    knownhosts.List
}

func newTrust(q *questions) *trust { return &trust{asking: q, files: map[string]knownFile{}} }

// identity is the name that a host key is looked up by.
func identity(h *config.Host) (name, port string) {
	if h.HostKeyAlias != "" {
		return h.HostKeyAlias, ""
	}
	return h.HostName, h.Port
}

// known returns what is known now, reading only the files that have changed.
func (t *trust) known(h *config.Host) (knownhosts.List, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	list := slices.Clone(t.fresh)
	for _, file := range h.KnownHosts {
		info, err := os.Stat(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		k, ok := t.files[file]
		if !ok || !k.changed.Equal(info.ModTime()) || k.size != info.Size() {
			l, err := knownhosts.Read(file)
			if err != nil {
				return nil, err
			}
			k = knownFile{info.ModTime(), info.Size(), l}
			t.files[file] = k
		}
		list = append(list, k.list...)
	}
	return list, nil
}

// algorithms orders the types of host keys: first those that are known for the
// machine, so that it shows one that can be checked, then all others, so that
// an unknown type gives a clear verdict and not a failed negotiation.
func algorithms(h *config.Host, known knownhosts.List) []string {
	all := h.HostKeyTypes
	if len(all) == 0 {
		all = gossh.SupportedAlgorithms().HostKeys
	}
	types, certified := known.KeyTypes(identity(h))
	rank := func(algorithm string) int {
		kind, isCert := strings.CutSuffix(algorithm, "-cert-v01@openssh.com")
		switch {
		case isCert && certified:
			return 0
		case !isCert && slices.Contains(types, keyFormat(kind)):
			return 1
		case isCert: // without an authority it is only a wrapped plain key
			return 3
		}
		return 2
	}
	ordered := slices.Clone(all)
	if len(h.HostKeyTypes) == 0 { // OpenSSH's taste, not the library's: with two known keys the same one is judged
		taste := func(algorithm string) int {
			return strings.Count(algorithm, "ecdsa") + 2*strings.Count(algorithm, "rsa-")
		}
		slices.SortStableFunc(ordered, func(a, b string) int { return taste(a) - taste(b) })
	}
	slices.SortStableFunc(ordered, func(a, b string) int { return rank(a) - rank(b) })
	return ordered
}

func keyFormat(algorithm string) string {
	if strings.HasPrefix(algorithm, "rsa-sha2-") {
		return gossh.KeyAlgoRSA
	}
	return algorithm
}

// check accepts or refuses a host key. It reports whether the machine must not
// be given a password: its key has changed, and StrictHostKeyChecking says to
// go on. wait runs what asks a person.
func (t *trust) check(ctx context.Context, h *config.Host, key gossh.PublicKey, wait func(func())) (wary bool, err error) {
	known, err := t.known(h)
	if err != nil {
		return false, err
	}
	name, port := identity(h)
	verdict, entries := known.Check(name, port, key)
	switch verdict {
	case knownhosts.Known:
		return false, nil
	case knownhosts.Revoked:
		return false, fmt.Errorf("the host key %s is revoked by %s", describe(key), entries[0].Where())
	case knownhosts.Changed:
		if h.Strict == config.No {
			return true, nil
		}
		return false, changed(h, key, entries)
	case knownhosts.Unknown:
	}
	return false, t.meet(ctx, h, bare(key), wait) // only the key itself can be written down
}

func changed(h *config.Host, key gossh.PublicKey, entries []knownhosts.Entry) error {
	name, port := identity(h)
	where := make([]string, len(entries))
	for i, e := range entries {
		where[i] = e.Where()
	}
	return fmt.Errorf("the host key has changed: it shows %s, but %s says otherwise: somebody may be listening, or it was set up anew; if you know that it was: %s",
		describe(key), strings.Join(where, " and "), knownhosts.Remove(entries[0].File, name, port))
}

// meet decides about a machine that was never seen.
func (t *trust) meet(ctx context.Context, h *config.Host, key gossh.PublicKey, wait func(func())) error {
	name, port := identity(h)
	shown := knownhosts.Names(name, port)[0]
	unknown := fmt.Errorf("its host key is not known: it shows %s; compare that with the machine's own, and log in once with ssh, or add it to %s",
		describe(key), h.UserKnownHosts)
	switch h.Strict {
	case config.Ask:
		err := errNobody
		if !h.Batch {
			wait(func() {
				err = t.asking.trust(ctx, h.Name, stranger{
					where: shown, via: h.ProxyJump, key: describe(key), file: h.UserKnownHosts, keep: func() { t.keep(h, key) },
				})
			})
		}
		switch {
		case errors.Is(err, errNobody):
			return unknown
		case err != nil:
			return fmt.Errorf("host key %w: it shows %s", err, describe(key))
		default:
			return nil
		}
	case config.AcceptNew, config.No:
	case config.Yes:
		return unknown
	}
	t.keep(h, key)
	return nil
}

// keep remembers an accepted key, in this process and in the user's file. Like
// OpenSSH it goes on where the file cannot be written.
func (t *trust) keep(h *config.Host, key gossh.PublicKey) {
	t.mu.Lock()
	defer t.mu.Unlock()
	name, port := identity(h)
	t.fresh = append(t.fresh, knownhosts.Parse("accepted in this run", knownhosts.Line(name, port, key, false))...)
	file := h.UserKnownHosts
	if file == "" {
		return
	}
	if dir := filepath.Dir(file); filepath.Base(dir) == ".ssh" {
		_ = os.Mkdir(dir, 0o700)
	}
	_ = knownhosts.Append(file, knownhosts.Line(name, port, key, h.HashKnownHosts))
}

// describe names a key as ssh-keygen -l does.
func describe(key gossh.PublicKey) string {
	kind := strings.TrimPrefix(bare(key).Type(), "ssh-")
	if strings.HasPrefix(kind, "ecdsa") {
		kind = "ecdsa"
	}
	return strings.ToUpper(kind) + " " + fingerprint(key)
}

// fingerprint is that of the key, also for a certificate of it.
func fingerprint(key gossh.PublicKey) string { return gossh.FingerprintSHA256(bare(key)) }

func bare(key gossh.PublicKey) gossh.PublicKey {
	if parsed, err := gossh.ParsePublicKey(key.Marshal()); err == nil { // an agent's keys are only blobs
		key = parsed
	}
	if cert, ok := key.(*gossh.Certificate); ok {
		return cert.Key
	}
	return key
}
