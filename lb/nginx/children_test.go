package nginx

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// pausing makes the shell's read pause in the middle of a list of children, as on
// a busy machine, right after the last of $victims. Then the first one of them
// ends, and Linux leaves out one of the next two.
const pausing = `
read() {
	name=$2
	set -- $victims
	list=
	if [ $# -gt 0 ]; then
		bytes=0
		for victim; do bytes=$((bytes + ${#victim} + 1)); done
		list=$(dd bs=1 count=$bytes 2>/dev/null)
		kill "$1"
		while [ -e "/proc/$1" ]; do sleep 0.01; done
		shift
		victims=$*
	fi
	eval "$name=\$list\$(cat)"
}
`

// TestChildrenMissesNone lists the children of a process while those before the
// last two end, as old workers do after a reload.
func TestChildrenMissesNone(t *testing.T) {
	t.Parallel()
	parent := exec.CommandContext(t.Context(), "sh", "-c", "for i in 1 2 3 4 5; do sleep 60 & echo $!; done; while :; do wait; done")
	parent.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-parent.Process.Pid, syscall.SIGKILL)
		_ = parent.Wait()
	})
	if _, err := os.Stat(fmt.Sprintf("/proc/%[1]d/task/%[1]d/children", parent.Process.Pid)); err != nil {
		t.Skip(err) // Linux keeps no such list
	}
	var children []string
	for lines := bufio.NewScanner(out); len(children) < 5 && lines.Scan(); {
		children = append(children, lines.Text())
	}
	victims, rest := children[:3], children[3:]
	script := fmt.Sprintf("victims='%s'\n%s%schildren %d", strings.Join(victims, " "), pausing, preludeScript, parent.Process.Pid)
	listed, err := exec.CommandContext(t.Context(), "sh", "-c", script).Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, pid := range rest {
		if !slices.Contains(strings.Fields(string(listed)), pid) {
			t.Errorf("%s lives and is not listed: %q", pid, listed)
		}
	}
	for _, pid := range victims { // else nothing was tried
		if id, err := strconv.Atoi(pid); err != nil || syscall.Kill(id, 0) == nil {
			t.Errorf("%s lives", pid)
		}
	}
}
