package knownhosts

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"io"
	"os"
	"strings"

	gossh "golang.org/x/crypto/ssh"
)

// Line returns the entry that says that key is the machine's, as OpenSSH writes
// it, with a newline; hashed, it does not tell the machine's name.
func Line(name, port string, key gossh.PublicKey, hashed bool) []byte {
	host := Names(name, port)[0]
	if hashed {
		salt := make([]byte, 20)
		_, _ = rand.Read(salt) // never fails (crypto/rand)
		host = "|1|" + base64.StdEncoding.EncodeToString(salt) + "|" + base64.StdEncoding.EncodeToString(hashName(salt, host))
	}
	return append([]byte(host+" "), gossh.MarshalAuthorizedKey(key)...)
}

// Append adds lines at the end of a file in one write, so that an ssh which
// does the same at the same time loses nothing. The file is never rewritten: it
// may be a link. A missing one is made; its folder must be there.
func Append(file string, lines []byte) (err error) {
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	whole, err := endsInNewline(f)
	if err != nil {
		return err
	}
	if !whole { // else both entries would be lost
		lines = append([]byte("\n"), lines...)
	}
	_, err = f.Write(lines)
	return err
}

func endsInNewline(f *os.File) (bool, error) {
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return true, err
	}
	last := make([]byte, 1)
	if _, err := f.ReadAt(last, info.Size()-1); err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	return bytes.Equal(last, []byte("\n")), nil
}

// Remove returns the command by which a user takes a machine's keys out of a
// file (ssh-keygen(1)).
func Remove(file, name, port string) string {
	return "ssh-keygen -f " + quote(file) + " -R " + quote(Names(name, port)[0])
}

func quote(s string) string {
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
