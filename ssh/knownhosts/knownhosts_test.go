package knownhosts

import (
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	gossh "golang.org/x/crypto/ssh"
)

func newKey(t testing.TB) gossh.PublicKey {
	t.Helper()
	public, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := gossh.NewPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// How verdicts compare with OpenSSH's is tested where there is a server, in
// package ssh.

func TestAChangedKeyIsToldWithAllItsEntries(t *testing.T) {
	one, two, shown := newKey(t), newKey(t), newKey(t)
	text := "# first\n" + string(Line("web1", "22", one, false)) + "\n" + string(Line("web1", "22", two, true))
	verdict, entries := Parse("file", []byte(text)).Check("WEB1", "22", shown)
	if verdict != Changed || len(entries) != 2 || entries[0].Where() != "file:2" || entries[1].Where() != "file:4" {
		t.Errorf("%v, %v", verdict, entries)
	}
}

func TestARevokedKeyIsToldEvenByTheNameWithoutPort(t *testing.T) {
	key := newKey(t)
	text := string(Line("web1", "2222", key, false)) + "@revoked web1 " + string(gossh.MarshalAuthorizedKey(key))
	if verdict, entries := Parse("file", []byte(text)).Check("web1", "2222", key); verdict != Revoked || entries[0].Line != 2 {
		t.Errorf("%v, %v", verdict, entries)
	}
}

func TestPatternsMatch(t *testing.T) {
	for _, row := range []struct {
		pattern, name string
		want          bool
	}{
		{"web1", "web1", true},
		{"web1", "web11", false},
		{"*", "", true},
		{"*", "anything.at.all", true},
		{"web*", "web", true},
		{"*.example.com", "web1.example.com", true},
		{"*.example.com", "example.com", false},
		{"w?b1", "web1", true},
		{"w?b1", "wb1", false},
		{"*a*b*c", "xaybzc", true},
		{"*a*b*c", "xaybz", false},
		{"[web1]:*", "[web1]:2222", true},
		{"[", "[", true},
		{"", "", true},
		{"", "a", false},
	} {
		if got := matchPattern(row.pattern, row.name); got != row.want {
			t.Errorf("%q, %q: %v", row.pattern, row.name, got)
		}
	}
}

func TestAppendLosesNothing(t *testing.T) {
	dir := t.TempDir()
	real, file := filepath.Join(dir, "real"), filepath.Join(dir, "known_hosts")
	old := strings.TrimSuffix(string(Line("old", "22", newKey(t), false)), "\n") // no newline at the end
	if err := os.WriteFile(real, []byte(old), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(real, file); err != nil {
		t.Fatal(err)
	}
	if err := Append(file, Line("first", "22", newKey(t), false)); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	key := newKey(t)
	for i := range 50 {
		all.Go(func() {
			if err := Append(file, Line(fmt.Sprintf("web%d", i), "2222", key, i%2 == 0)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	list, err := Read(filepath.Join(dir, "missing"), file)
	if err != nil || len(list) != 52 {
		t.Fatalf("%d entries: %v", len(list), err)
	}
	for i := range 50 {
		if verdict, _ := list.Check(fmt.Sprintf("web%d", i), "2222", key); verdict != Known {
			t.Errorf("web%d: %v", i, verdict)
		}
	}
	if info, err := os.Lstat(file); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Error("the link was replaced")
	}
}

func TestAFileThatCannotBeReadIsAnError(t *testing.T) {
	if _, err := Read(t.TempDir()); err == nil {
		t.Error("a folder was read")
	}
}

func FuzzParse(f *testing.F) {
	key := newKey(f)
	f.Add("@cert-authority *.example.com,!a " + string(gossh.MarshalAuthorizedKey(key)))
	f.Add(string(Line("web1", "2222", key, true)))
	f.Add("|1|x|y ssh-rsa AAAA\n@revoked\n")
	f.Fuzz(func(t *testing.T, text string) {
		good := string(Line("web1", "22", key, true))
		list := Parse("file", []byte(text+"\n"+good))
		verdict, _ := list.Check("web1", "22", key)
		if len(list) == 0 || verdict == Unknown {
			t.Errorf("a good line was lost: %v", verdict)
		}
	})
}
