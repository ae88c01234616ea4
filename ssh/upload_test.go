package ssh_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"math/rand"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rota/internal/servertest"
	"rota/ssh"
)

// tree describes a folder: a line for each name, with its mode and content.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil || file == dir {
			return err
		}
		name, _ := filepath.Rel(dir, file)
		info, err := d.Info()
		if err != nil {
			return err
		}
		switch {
		case d.IsDir():
			found[name+"/"] = info.Mode().Perm().String()
		case info.Mode()&fs.ModeSymlink != 0:
			to, err := os.Readlink(file)
			found[name] = "-> " + to
			return err
		default:
			text, err := os.ReadFile(file)
			found[name] = info.Mode().Perm().String() + " " + string(text)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func names(t *testing.T, dir string) (found []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Error(err)
	}
	for _, e := range entries {
		found = append(found, e.Name())
	}
	return found
}

// plant makes files; a name that ends in "/" is a folder, a text "-> x" a link.
func plant(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		if to, ok := strings.CutPrefix(text, "-> "); ok {
			err = os.Symlink(to, file)
		} else if !strings.HasSuffix(name, "/") {
			err = os.WriteFile(file, []byte(text), 0o644)
		} else {
			err = os.MkdirAll(file, 0o755)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// ways are the servers to which files go by different ways.
func ways(t *testing.T) map[string]*ssh.Client {
	t.Helper()
	sftp, _ := open(t, ssh.Config{})
	none, _ := open(t, ssh.Config{}, servertest.SSHDLines("Subsystem sftp /nowhere/at/all"))
	noisy, _ := open(t, ssh.Config{}, servertest.SSHDLines("Subsystem sftp /bin/echo welcome to this machine, which is too long for a packet"))
	return map[string]*ssh.Client{"sftp": sftp, "no sftp": none, "a noisy sftp": noisy}
}

func TestAFileArrivesWhole(t *testing.T) {
	local := filepath.Join(t.TempDir(), "it's a file")
	content := make([]byte, 3<<20+17)
	_, _ = rand.New(rand.NewSource(1)).Read(content)
	if err := os.WriteFile(local, content, 0o640); err != nil {
		t.Fatal(err)
	}
	for name, c := range ways(t) {
		t.Run(name, func(t *testing.T) {
			ctx := limit(t, 60*time.Second)
			dir := t.TempDir()
			plant(t, dir, map[string]string{"old": "an older one", "link": "-> old", "folder/": ""})
			for remote, want := range map[string]string{
				"new":        "new",
				"old":        "old",
				"link":       "link",
				"deep/down/": "deep/down/it's a file",
				"folder/":    "folder/it's a file",
			} {
				if err := c.Upload(ctx, local, dir+"/"+remote, ""); err != nil {
					t.Errorf("%s: %v", remote, err)
					continue
				}
				file := filepath.Join(dir, want)
				got, err := os.ReadFile(file)
				info, _ := os.Lstat(file)
				if err != nil || !bytes.Equal(got, content) || info.Mode() != 0o640 {
					t.Errorf("%s: %d bytes, mode %v, %v", remote, len(got), info.Mode(), err)
				}
			}
			for remote, want := range map[string]error{dir + "/folder": nil, dir + "/missing/new": fs.ErrNotExist} {
				if err := c.Upload(ctx, local, remote, ""); err == nil || want != nil && !errors.Is(err, want) {
					t.Errorf("%s: %v", remote, err)
				}
			}
			for name := range tree(t, dir) {
				if strings.Contains(name, ".rota-") {
					t.Errorf("%s was left behind", name)
				}
			}
		})
	}
}

func TestAFolderArrives(t *testing.T) {
	local := filepath.Join(t.TempDir(), "conf")
	long := strings.Repeat("a long name/", 12) + "file"
	plant(t, local, map[string]string{
		"a": "new a", "sub/b": "new b", "sub/.hidden": "h", "empty/": "", "link": "-> sub/b", "out": "-> /nowhere", long: "long",
		"it's \"odd\"\n": "odd",
	})
	if err := os.Chmod(filepath.Join(local, "a"), 0o755); err != nil {
		t.Fatal(err)
	}
	c, _ := open(t, ssh.Config{})
	ctx := limit(t, 60*time.Second)
	dir := t.TempDir()
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(local, link); err != nil {
		t.Fatal(err)
	}
	for _, remote := range []string{dir + "/", dir + "/other", dir + "/other"} {
		if err := errors.Join(c.Upload(ctx, local, remote, ""), c.Upload(ctx, link, dir+"/linked", "")); err != nil {
			t.Fatalf("%s: %v", remote, err)
		}
	}
	for _, name := range []string{"conf", "other", "linked"} {
		if diff := cmp.Diff(tree(t, local), tree(t, filepath.Join(dir, name))); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
	// Where something is already.
	there := filepath.Join(dir, "there")
	plant(t, there, map[string]string{"a": "old a", "sub/b": "old b", "sub/mine": "mine", "real/": "", "link": "old link"})
	if err := c.Upload(ctx, local, there, ""); err != nil {
		t.Fatal(err)
	}
	want := tree(t, local)
	want["sub/mine"], want["real/"] = "-rw-r--r-- mine", "-rwxr-xr-x"
	if diff := cmp.Diff(want, tree(t, there)); diff != "" {
		t.Errorf("merged:\n%s", diff)
	}
	plant(t, dir, map[string]string{"file": "x", "blocked/a/": ""})
	for _, name := range []string{"file", "blocked"} {
		if err := c.Upload(ctx, local, filepath.Join(dir, name), ""); status(err) != 1 {
			t.Errorf("onto %s: %v", name, err)
		}
	}
	for name := range tree(t, dir) {
		if strings.Contains(name, ".rota-") {
			t.Errorf("%s was left behind", name)
		}
	}
}

func TestUploadBySudoBelongsToThatUser(t *testing.T) {
	servertest.Need(t, "sudo")
	if me, err := user.Current(); err != nil || me.Uid != "0" {
		t.Skip("only root may become another without a password everywhere")
	}
	c, _ := open(t, ssh.Config{})
	ctx := limit(t, 60*time.Second)
	dir, err := os.MkdirTemp("", "rota")
	if err == nil {
		err = os.Chmod(dir, 0o777)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	local := t.TempDir()
	plant(t, local, map[string]string{"file": "text"})
	if err := errors.Join(c.Upload(ctx, local+"/file", dir+"/", "nobody"), c.Upload(ctx, local, dir+"/folder", "nobody")); err != nil {
		t.Fatal(err)
	}
	out, err := c.Output(ctx, "cd "+dir+" && stat -c %U file folder folder/file", "", nil)
	if string(out) != "nobody\nnobody\nnobody\n" || err != nil {
		t.Errorf("%q, %v", out, err)
	}
	if err := c.Upload(ctx, local+"/file", "/etc/rota-test", "nobody"); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("where nobody may write: %v", err)
	}
}

func TestWhatCannotBeUploadedIsToldBeforeALogin(t *testing.T) {
	c := pool(t, ssh.Config{File: "/nowhere"}).Client("web1")
	for _, local := range []string{"/nowhere/at/all", "/dev/null"} {
		if err := c.Upload(t.Context(), local, "/tmp/x", ""); err == nil || strings.Contains(err.Error(), "ssh_config") {
			t.Errorf("%s: %v", local, err)
		}
	}
}

func TestAnUploadThatIsCancelledLeavesNothing(t *testing.T) {
	local := filepath.Join(t.TempDir(), "big")
	f, err := os.Create(local)
	if err == nil {
		err = errors.Join(f.Truncate(256<<20), f.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range ways(t) {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			ctx, cancel := context.WithCancel(limit(t, 60*time.Second))
			done := make(chan error, 1)
			go func() { done <- c.Upload(ctx, local, dir+"/big", "") }()
			eventually(t, "it has begun", func() bool { return len(names(t, dir)) > 0 })
			cancel()
			if err := <-done; !errors.Is(err, context.Canceled) {
				t.Errorf("the error is %v", err)
			}
			if left := names(t, dir); len(left) > 0 {
				t.Errorf("%q is left", left)
			}
		})
	}
}

func TestAnUploadWhoseConnectionIsLostIsUnknown(t *testing.T) {
	local := filepath.Join(t.TempDir(), "big")
	f, err := os.Create(local)
	if err == nil {
		err = errors.Join(f.Truncate(256<<20), f.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	c, s := open(t, ssh.Config{})
	dir := t.TempDir()
	done := make(chan error, 1)
	go func() { done <- c.Upload(limit(t, 60*time.Second), local, dir+"/big", "") }()
	eventually(t, "it has begun", func() bool { return len(names(t, dir)) > 0 })
	s.Cut()
	if err := <-done; !unknown(err) {
		t.Errorf("the error is %v", err)
	}
	if left := names(t, dir); len(left) > 0 {
		t.Errorf("%q is left", left)
	}
}
