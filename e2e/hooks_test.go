package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCommandsAroundARun(t *testing.T) {
	heavy(t)
	w := newWorld(t, 2, brisk())
	log := filepath.Join(w.dir, "log")
	w.rewrite(
		t, "  - name: lb2\n", "  - name: lb2\n    before: echo puppet off >>"+log+"\n    after: echo puppet on >>"+log+"\n",
		"deploy:\n", `hooks:
  before: echo before "$ROTA_VERSION" "${ROTA_SERVER-nowhere}" >>log
  after-batch: |
    echo smoke "$ROTA_BATCH" >>log
    [ ! -e blank ] || { echo the page is blank; exit 3; }
  after: echo after "$ROTA_OUTCOME" >>log
  on-failure: echo failed "$ROTA_OUTCOME" "${ROTA_FAILED-none}" >>log
deploy:
`)
	me := w.operator(t, "ROTA_SERVER=somewhere")
	c := me.run(t, 0, "plan", newVersion, "--commands")
	for _, title := range []string{"# hooks.before\n", "# lb2: before\n", "hooks.after-batch\n", "# lb2: after\n", "# hooks.after\n", "# hooks.on-failure\n"} {
		if !strings.Contains(c.stdout(), title) {
			t.Errorf("the commands have no %q", title)
		}
	}
	blank := filepath.Join(w.dir, "blank")
	write(t, blank, "")
	c = me.run(t, 1, "deploy", newVersion, "--yes")
	c.says(t, "hooks.after-batch: exit status 3: the page is blank")
	c.says(t, "rota resume")
	if err := os.Remove(blank); err != nil {
		t.Fatal(err)
	}
	me.run(t, 0, "resume", "--yes")
	w.inPlace(t, me, newVersion)
	want := "before 1.0.2 nowhere, puppet off, smoke 1, puppet on, failed paused none, " +
		"puppet off, smoke 1, smoke 2, puppet on, after done"
	if got := strings.ReplaceAll(strings.TrimSpace(read(t, log)), "\n", ", "); got != want {
		t.Errorf("what ran: %s\nwant:     %s", got, want)
	}
}
