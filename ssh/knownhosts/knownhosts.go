// Package knownhosts tells whether a machine's host key is the one that a
// user's known_hosts files promise, exactly as OpenSSH does (sshd(8), "SSH_KNOWN_HOSTS
// FILE FORMAT"): with hashed names, patterns, certificates, revoked keys, and the
// name without its port as the second chance.
//
// It is our own because what there is was measured against OpenSSH 9.2 and is
// wrong in ways that an operator meets: one damaged line locks every machine
// out, a key of another type is called changed, a certificate that cannot be
// used hides the plain key that could.
//
// It only reads; Append is its one way to write, and adds lines at the end.
package knownhosts

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	gossh "golang.org/x/crypto/ssh"
)

// List is the entries of one or more known_hosts files, in their order. It is
// immutable.
type List []Entry

// Entry is one line.
type Entry struct {
	File string
	Line int // from 1
	Key  gossh.PublicKey
	kind kind
	hosts
}

type kind int

const (
	plain kind = iota
	authority
	revoked
)

// Where returns the entry's file and line.
func (e Entry) Where() string { return fmt.Sprintf("%s:%d", e.File, e.Line) }

// Read reads files in turn. One that is missing is empty.
func Read(files ...string) (List, error) {
	var list List
	for _, file := range files {
		data, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		list = append(list, Parse(file, data)...)
	}
	return list, nil
}

// Parse reads the text of one file. Like OpenSSH it skips what it cannot read,
// so that one bad line does not lock out every machine.
func Parse(file string, data []byte) List {
	var list List
	number := 0
	for line := range bytes.Lines(data) {
		number++
		marker, patterns, key, _, _, err := gossh.ParseKnownHosts(line)
		if err != nil {
			continue
		}
		e := Entry{File: file, Line: number, Key: key, hosts: hosts(patterns)}
		switch marker {
		case "":
		case "cert-authority":
			e.kind = authority
		case "revoked":
			e.kind = revoked
		default:
			continue
		}
		list = append(list, e)
	}
	return list
}

// Verdict is what a List says about a host key.
type Verdict int

// The verdicts, from no news to bad news.
const (
	Unknown Verdict = iota // nothing is known about the machine
	Known                  // the key is the machine's
	Changed                // the machine has another key
	Revoked                // the key, or its authority, must never be trusted
)

// Check tells whether key is that of the machine called name, reached at port.
// For Changed and Revoked it returns the entries that say so.
func (l List) Check(name, port string, key gossh.PublicKey) (Verdict, []Entry) {
	names := Names(name, port)
	if found := l.revoked(names, key); len(found) > 0 {
		return Revoked, found
	}
	if cert, ok := key.(*gossh.Certificate); ok {
		if l.vouched(names, cert) {
			return Known, nil
		}
		// The key exchange was signed by the certified key itself, so possession is
		// proven, and it may be known without the certificate.
		key = cert.Key
	}
	verdict, found := l.plain(names[0], key)
	if verdict == Unknown && len(names) > 1 {
		// Only a match counts here: another port may well be another machine.
		if bare, _ := l.plain(names[1], key); bare == Known {
			return Known, nil
		}
	}
	return verdict, found
}

// Names returns the names under which a machine is looked up, the best first:
// [name]:port and, as OpenSSH's second chance, the name alone. With an empty
// port (a HostKeyAlias has none) and port 22 it is the name alone.
func Names(name, port string) []string {
	name = strings.ToLower(name)
	if port == "" || port == "22" {
		return []string{name}
	}
	return []string{"[" + name + "]:" + port, name}
}

// KeyTypes returns the types of the keys known for a machine, and whether an
// authority that may have certified its key is known.
func (l List) KeyTypes(name, port string) (types []string, certified bool) {
	for _, n := range Names(name, port) {
		for _, e := range l {
			if e.kind == revoked || !e.match(n) {
				continue
			}
			if e.kind == authority {
				certified = true
			} else if kind := e.Key.Type(); !slices.Contains(types, kind) {
				types = append(types, kind)
			}
		}
		if len(types) > 0 {
			break // the second chance is not asked
		}
	}
	return types, certified
}

func (l List) plain(name string, key gossh.PublicKey) (Verdict, []Entry) {
	var others []Entry
	for _, e := range l {
		if e.kind != plain || !e.match(name) {
			continue
		}
		if same(e.Key, key) {
			return Known, nil
		}
		others = append(others, e)
	}
	if len(others) > 0 {
		return Changed, others
	}
	return Unknown, nil
}

// vouched tells whether a known authority has certified that the key belongs to
// the machine, for now.
func (l List) vouched(names []string, cert *gossh.Certificate) bool {
	known := slices.ContainsFunc(l, func(e Entry) bool {
		return e.kind == authority && slices.ContainsFunc(names, e.match) && same(e.Key, cert.SignatureKey)
	})
	if !known || cert.CertType != gossh.HostCert {
		return false
	}
	bare := names[len(names)-1]
	return new(gossh.CertChecker).CheckCert(bare, cert) == nil
}

func (l List) revoked(names []string, key gossh.PublicKey) []Entry {
	keys := []gossh.PublicKey{key}
	if cert, ok := key.(*gossh.Certificate); ok {
		keys = []gossh.PublicKey{cert.Key, cert.SignatureKey}
	}
	var found []Entry
	for _, e := range l {
		if e.kind == revoked && slices.ContainsFunc(names, e.match) &&
			slices.ContainsFunc(keys, func(k gossh.PublicKey) bool { return same(e.Key, k) }) {
			found = append(found, e)
		}
	}
	return found
}

func same(a, b gossh.PublicKey) bool { return bytes.Equal(a.Marshal(), b.Marshal()) }
