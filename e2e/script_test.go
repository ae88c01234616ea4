package e2e

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"rota/internal/servertest"
)

// TestAPlanIsAScriptThatDeploys has rota write a deploy down, and carries it out
// with nothing but sh.
func TestAPlanIsAScriptThatDeploys(t *testing.T) {
	heavy(t)
	servertest.Need(t, "socat", "curl", "scp")
	w := newWorld(t, 4, brisk())
	w.rewrite(t, "  steps:\n", `  secrets: [SHOP_TOKEN]
  steps:
    - upload: it's-${ROTA_VERSION}
      to: `+w.dir+`/${ROTA_SERVER}/releases/
    - run: printf %s "$SHOP_TOKEN" >`+w.dir+`/$ROTA_SERVER/token
`)
	write(t, filepath.Join(w.dir, "it's-"+newVersion), "a release")
	const token = `it's "$HOME" \ here`
	me := w.operator(t, "SHOP_TOKEN="+token)
	load := w.traffic(t, w.balancers())
	load.everywhere(t, oldVersion)

	script := me.run(t, 0, "plan", newVersion, "--output", "sh").stdout()
	if strings.Contains(script, token) {
		t.Error("the script holds a secret")
	}
	file := filepath.Join(me.dir, "deploy.sh")
	write(t, file, script)
	sh := func(input string, args ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), "sh", append([]string{file}, args...)...)
		cmd.Dir, cmd.Env, cmd.Stdin = me.dir, append(os.Environ(), "SHOP_TOKEN="+token), strings.NewReader(input)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	out, err := sh("y\nn\n") // it begins, and ends at the first gate
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 4 || !strings.Contains(out, "stopped with status 4: batch 1 is done") {
		t.Errorf("%v\n%s", err, out)
	}
	w.server("web1").await(t, newVersion)
	w.server("web2").await(t, oldVersion)
	if out, err = sh("y\ny\n", "2"); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	t.Log(out)

	load.everywhere(t, newVersion)
	load.intact(t)
	w.inPlace(t, me, newVersion)
	for _, s := range w.servers {
		if got := read(t, s.dir+"/token"); got != token {
			t.Errorf("%s: the secret came as %q", s.name, got)
		}
		if got := read(t, s.dir+"/releases/it's-"+newVersion); got != "a release" {
			t.Errorf("%s: uploaded: %q", s.name, got)
		}
	}
}
