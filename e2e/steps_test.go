package e2e

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const secret = "correct horse battery staple"

// TestStepsOfEveryKind notes what runs where in a log that all servers share.
func TestStepsOfEveryKind(t *testing.T) {
	heavy(t)
	w := newWorld(t, 3, brisk())
	note := func(what string) string {
		return fmt.Sprintf(`echo "%s $ROTA_SERVER $ROTA_FROM-$ROTA_VERSION" >> %s/log`, what, w.dir)
	}
	write(t, filepath.Join(w.dir, "release.txt"), "all that is new\n")
	w.rewrite(
		t, "deploy:\n", "deploy:\n  secrets: [TOKEN]\n  prepare:\n"+
			"    - upload: release.txt\n      to: "+w.dir+"/${ROTA_SERVER}/release-${ROTA_VERSION}.txt\n"+
			"    - run: "+note("prepare")+"\n"+
			"    - {once: true, on: web2, run: '"+note("migrate")+"'}\n"+
			"  finish:\n    - run: "+note("finish")+"\n",
		"  steps:\n", "  steps:\n    - run: echo \"the token is $TOKEN\"; "+note("step")+"\n"+
			"    - {once: true, run: '"+note("once")+"'}\n",
	)
	me := w.operator(t, "TOKEN="+secret)
	nobody := w.operator(t)
	nobody.run(t, 2, "deploy", newVersion, "--yes").says(t, "TOKEN is not set")

	c := me.run(t, 0, "deploy", newVersion, "--yes")
	w.inPlace(t, me, newVersion)
	for _, s := range w.servers {
		if got := read(t, filepath.Join(s.dir, "release-"+newVersion+".txt")); got != "all that is new\n" {
			t.Errorf("%s has got %q", s.name, got)
		}
	}
	lines := strings.Split(strings.TrimSpace(read(t, filepath.Join(w.dir, "log"))), "\n")
	slices.Sort(lines[:3])  // prepare goes on side by side
	slices.Sort(lines[6:8]) // so does a batch
	slices.Sort(lines[8:])  // and finish
	want := []string{
		"prepare web1 1.0.1-1.0.2", "prepare web2 1.0.1-1.0.2", "prepare web3 1.0.1-1.0.2", "migrate web2 1.0.1-1.0.2",
		"step web1 1.0.1-1.0.2", "once web1 1.0.1-1.0.2", "step web2 1.0.1-1.0.2", "step web3 1.0.1-1.0.2",
	}
	if got := lines[:len(want)]; !slices.Equal(got, want) {
		t.Errorf("what ran:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if rest := lines[len(want):]; len(rest) != 3 || !strings.HasPrefix(rest[0], "finish web1") || !strings.HasPrefix(rest[2], "finish web3") {
		t.Errorf("at last ran %q", rest)
	}

	// The secret has been printed by a step, and is nowhere.
	if !strings.Contains(c.stdout(), "the token is ***") {
		t.Error("the line with the secret is not told")
	}
	for _, dir := range []string{filepath.Join(w.dir, "record"), filepath.Join(me.dir, "state")} {
		if files := containing(t, dir, secret); len(files) > 0 {
			t.Errorf("the secret is in %v", files)
		}
		if files := containing(t, dir, "the token is ***"); len(files) == 0 {
			t.Errorf("no journal in %s has the line without it", dir)
		}
	}
	if strings.Contains(c.stdout()+c.stderr()+me.run(t, 0, "history", "--output", "json").stdout(), secret) {
		t.Error("the secret was printed")
	}
}

// containing lists the files below a folder that hold a text.
func containing(t *testing.T, dir, text string) (files []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if strings.Contains(string(b), text) {
			files = append(files, path)
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return files
}

// TestConnectionsAreCutInAStep breaks all connections while a step runs that
// would never end.
func TestConnectionsAreCutInAStep(t *testing.T) {
	for n, row := range []struct {
		name   string
		retry  int
		status int
	}{
		{"without a retry it pauses", 0, 1},
		{"with a retry it goes on by itself", 1, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			some(t, n)
			heavy(t)
			w := newWorld(t, 3, brisk())
			hang := filepath.Join(w.dir, "hang")
			write(t, hang, "")
			w.rewrite(t, "batches: [1, 2, 3]", "batches: [1]", "  steps:\n", fmt.Sprintf(
				"  steps:\n    - run: if [ -e %[1]s ]; then rm %[1]s; echo hanging; sleep 300; fi\n      only: [web2]\n      retry: %[2]d\n", hang, row.retry))
			me := w.operator(t)
			load := w.traffic(t, w.balancers())
			load.everywhere(t, oldVersion)
			c := me.start(t, "deploy", newVersion, "--yes", "--output", "json")
			c.reaches(t, "the step hangs", func(e event) bool { return e.Server == "web2" && e.Line == "hanging" })
			w.sshd.Cut()
			c.ends(t, row.status)
			e := c.reaches(t, "the end of the step", func(e event) bool { return e.Event == "end" && e.Step == "web2/step1" })
			if e.State != "unknown" || e.Error == "" {
				t.Errorf("the step's end is told as %+v", e)
			}
			if row.status != 0 {
				c.says(t, "web2", "outcome", "not known", "rota resume")
				me.run(t, 0, "resume", "--yes")
			}
			load.everywhere(t, newVersion)
			load.intact(t)
			w.inPlace(t, me, newVersion)
		})
	}
}

// TestAOnceStepIsNotRunAgainUnasked kills rota while a once-step runs.
func TestAOnceStepIsNotRunAgainUnasked(t *testing.T) {
	heavy(t)
	w := newWorld(t, 2, brisk())
	log := filepath.Join(w.dir, "log")
	w.rewrite(t, "deploy:\n", fmt.Sprintf(
		"deploy:\n  prepare:\n    - {once: true, run: 'echo migrate >> %s; echo migrating; sleep 300'}\n", log))
	me := w.operator(t)
	c := me.start(t, "deploy", newVersion, "--yes", "--output", "json")
	c.reaches(t, "the migration", func(e event) bool { return e.Line == "migrating" })
	c.kill()
	me.run(t, 4, "resume", "--yes").says(t, "migrate", "run once", "not known")
	if got := read(t, log); got != "migrate\n" {
		t.Errorf("the once-step has run: %q", got)
	}
	me.answers(t, 0, "skip\nall\n", "resume")
	if got := read(t, log); got != "migrate\n" {
		t.Errorf("the once-step has run: %q", got)
	}
	w.inPlace(t, me, newVersion)
}
