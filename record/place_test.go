package record_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"rota/record"
)

// nobody and friend are logins that need not exist.
const (
	nobody = 54321
	friend = 54322
	team   = 54300 // their group
)

func TestPlaceByTheDefaultRules(t *testing.T) {
	asRoot(t)
	for _, row := range []struct {
		name    string
		prepare func(t *testing.T, p places)
		uid     uint32
		want    func(p places) string // where the lock then is
		refused bool
		text    string // part of the error
	}{
		{"root makes the first place", nothing, 0, system, false, ""},
		{"who cannot make the first uses the second", nothing, nobody, shared, false, ""},
		{"the first is the place once it exists", func(t *testing.T, p places) {
			mkdir(t, p.shared, 0o755)
			chown(t, p.shared, nobody, nobody)
			mkdir(t, p.system, 0o770)
			chown(t, p.system, 0, nobody)
		}, nobody, system, false, ""},
		{"the first not writable: refused with the command that mends it", func(t *testing.T, p places) {
			mkdir(t, p.system, 0o755)
		}, nobody, nil, true, "sudo install -d -m 2770 -g 54321 {system}"},
		{"the first is a team's: refused with the way into the team", func(t *testing.T, p places) {
			mkdir(t, p.system, 0o2770)
			chown(t, p.system, 0, team)
			must(t, os.Chmod(p.system, 0o2770|os.ModeSetgid))
		}, nobody, nil, true, "sudo usermod -aG 54300 54321"},
		{"the second of another login: refused", func(t *testing.T, p places) {
			mkdir(t, p.shared, 0o755)
			chown(t, p.shared, friend, friend)
		}, nobody, nil, true, "belongs to another login (user 54322)\n    it is mended by: sudo install -d -m 2770 -g 54321 {system}"},
		{"the second of another login, open to our group: refused too", func(t *testing.T, p places) {
			mkdir(t, p.shared, 0o770)
			chown(t, p.shared, friend, nobody)
		}, nobody, nil, true, "belongs to another login"},
		{"the first open to everybody: unsafe", func(t *testing.T, p places) {
			mkdir(t, p.system, 0o777)
		}, 0, nil, false, "anybody may write to {system}"},
		{"the second open to everybody: unsafe", func(t *testing.T, p places) {
			mkdir(t, p.shared, 0o777|os.ModeSticky)
		}, nobody, nil, false, "anybody may write to {shared}"},
		{"the first a link: unsafe", func(t *testing.T, p places) {
			must(t, os.Symlink("/tmp", p.system))
		}, 0, nil, false, "{system} is a link"},
		{"the second a link: unsafe", func(t *testing.T, p places) {
			must(t, os.Symlink("/root", p.shared))
		}, nobody, nil, false, "{shared} is a link"},
		{"a dangling link does not become a folder", func(t *testing.T, p places) {
			must(t, os.Symlink("/nowhere", p.system))
		}, 0, nil, false, "{system} is a link"},
		{"the second a file", func(t *testing.T, p places) {
			must(t, os.WriteFile(p.shared, nil, 0o600))
		}, nobody, nil, false, "{shared} is not a folder"},
		{"a folder above that everybody may change", func(t *testing.T, p places) {
			must(t, os.Chmod(filepath.Dir(p.shared), 0o777))
		}, nobody, nil, false, "anybody may write to"},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := newPlaces(t)
			row.prepare(t, p)
			err := p.open(shell{uid: row.uid}).Lock(t.Context(), lockOf("a1"), "")
			if row.want != nil {
				must(t, err)
				if _, err := os.Lstat(filepath.Join(row.want(p), "shop-production.lock")); err != nil {
					t.Error(err)
				}
				return
			}
			want := strings.NewReplacer("{system}", p.system, "{shared}", p.shared).Replace(row.text)
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got  %v\nwant %s", err, want)
			}
			if got := errors.Is(err, fs.ErrPermission); got != row.refused {
				t.Errorf("an fs.ErrPermission: %v, want %v", got, row.refused)
			}
		})
	}
}

func nothing(*testing.T, places) {}

func system(p places) string { return p.system }
func shared(p places) string { return p.shared }

func TestPlaceThatIsGiven(t *testing.T) {
	dir := t.TempDir()
	open := filepath.Join(dir, "open")
	mkdir(t, open, 0o777)
	link := filepath.Join(dir, "link")
	must(t, os.Symlink(dir, link))
	for _, row := range []struct{ name, place, want string }{
		{"is made, with the folders above it", filepath.Join(dir, "a/b c/it's"), ""},
		{"may lie behind a link of root's or ours", filepath.Join(link, "d"), ""},
		{"may not be a link", link, "is a link"},
		{"may not be open to everybody", open, "anybody may write to"},
		{"may not lie where everybody may change it", filepath.Join(open, "d"), "anybody may write to"},
		{"must be absolute", "records", "not the absolute path"},
		{"must not be everything", "/..", "not the absolute path"},
		{"must be one line", "/a\nb", "not the absolute path"},
	} {
		t.Run(row.name, func(t *testing.T) {
			err := record.Open(shell{}, row.place, "shop").Lock(t.Context(), lockOf("a1"), "")
			if row.want == "" {
				must(t, err)
				return
			}
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, want %q", err, row.want)
			}
		})
	}
}

// Who may not write is still told who holds the lock.
func TestPlaceOfAnotherLoginTellsWhoHoldsTheLock(t *testing.T) {
	asRoot(t)
	ctx, p := t.Context(), newPlaces(t)
	ann, bob := p.open(shell{uid: nobody}), p.open(shell{uid: friend})
	must(t, ann.Lock(ctx, lockOf("a1"), ""))
	if got := held(t, bob.Lock(ctx, lockOf("b1"), "")); got.Owner != "ann@laptop" {
		t.Errorf("held by %q", got.Owner)
	}
	must(t, ann.Unlock(ctx, "a1"))
	if err := bob.Lock(ctx, lockOf("b1"), ""); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("got %v, want a refusal", err)
	}
}

// When the better place is made while somebody is at work in the other, the
// two still see each other.
func TestPlaceThatAppearsLater(t *testing.T) {
	asRoot(t)
	ctx, p := t.Context(), newPlaces(t)
	ann, root := p.open(shell{uid: nobody}), p.open(shell{})
	must(t, ann.Lock(ctx, lockOf("a1"), ""))
	if got := held(t, root.Lock(ctx, lockOf("b1"), "")); got.Token != "a1" {
		t.Errorf("held by %q", got.Token)
	}
	must(t, os.Mkdir(p.system, 0o755))
	must(t, ann.Beat(ctx, "a1"))
	if got := held(t, root.Lock(ctx, lockOf("b1"), "")); got.Token != "a1" {
		t.Errorf("held by %q", got.Token)
	}
	if h, err := root.Holder(ctx); err != nil || h == nil || h.Token != "a1" {
		t.Errorf("holder: %+v, %v", h, err)
	}

	age(t, filepath.Join(p.shared, "shop-production.lock"), time.Hour)
	must(t, root.Lock(ctx, lockOf("b1"), ""))
	if err := ann.Beat(ctx, "a1"); !errors.Is(err, record.ErrLost) {
		t.Errorf("the one who slept: %v", err)
	}
}

// A folder that another login could have made may hold anything.
func TestPlaceOfAStrangerIsNotBelieved(t *testing.T) {
	asRoot(t)
	ctx, p := t.Context(), newPlaces(t)
	stranger, root := p.open(shell{uid: nobody}), p.open(shell{})
	must(t, stranger.Append(ctx, "20261124-193930-ab12", "lb1", "", 0, []byte("{}\n")))
	must(t, root.Append(ctx, "20261124-193931-ab12", "lb1", "", 0, []byte("{}\n")))
	runs, err := root.Runs(ctx)
	must(t, err)
	if len(runs) != 1 || runs[0].ID != "20261124-193931-ab12" {
		t.Errorf("runs: %v", runs)
	}
}

func TestPlaceForATeam(t *testing.T) {
	asRoot(t)
	ctx, p := t.Context(), newPlaces(t)
	mkdir(t, p.system, 0o770) // without the setgid bit
	chown(t, p.system, 0, team)
	ann := p.open(shell{uid: nobody, groups: []uint32{team}})
	bob := p.open(shell{uid: friend, groups: []uint32{team}})
	const run = "20261124-193930-ab12"
	must(t, ann.Lock(ctx, lockOf("a1"), ""))
	must(t, ann.Append(ctx, run, "lb1", "a1", 0, []byte("{\"seq\":1}\n")))
	must(t, bob.Lock(ctx, lockOf("b1"), "a1")) // ann's process is dead
	file := filepath.Join(p.system, "shop-production."+run+".lb1.jsonl")
	must(t, os.Chmod(file, 0o640)) // as an older umask may have left it
	must(t, bob.Append(ctx, run, "lb1", "b1", 10, []byte("{\"seq\":2}\n")))
	journal, err := os.ReadFile(file)
	must(t, err)
	if got, want := string(journal), "{\"seq\":1}\n{\"seq\":2}\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	must(t, bob.Append(ctx, "20261124-193931-ab12", "lb1", "b1", 0, []byte("{}\n")))
	for name, want := range map[string]os.FileMode{"shop-production.lock": 0o664, "shop-production.20261124-193931-ab12.lb1.jsonl": 0o660} {
		info, err := os.Stat(filepath.Join(p.system, name))
		must(t, err)
		if info.Mode() != want || info.Sys().(*syscall.Stat_t).Gid != team {
			t.Errorf("%s: mode %v, want %v", name, info.Mode(), want)
		}
	}
}

func TestCheckChangesNothing(t *testing.T) {
	asRoot(t)
	ctx, p := t.Context(), newPlaces(t)
	must(t, p.open(shell{}).Check(ctx))
	must(t, p.open(shell{uid: nobody}).Check(ctx))
	for _, dir := range []string{p.system, p.shared} {
		if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s has been made", dir)
		}
	}
	must(t, os.Mkdir(p.system, 0o755))
	if err := p.open(shell{uid: nobody}).Check(ctx); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("got %v, want a refusal", err)
	}
	must(t, record.Open(shell{}, filepath.Join(t.TempDir(), "a/b"), "shop").Check(ctx))
	err := record.Open(shell{uid: nobody}, filepath.Join(t.TempDir(), "a/b"), "shop").Check(ctx)
	if !errors.Is(err, fs.ErrPermission) {
		t.Errorf("got %v, want a refusal", err)
	}
}
