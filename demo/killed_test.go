package demo_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"rota/demo"
	"rota/internal/servertest"
)

// childVariable makes the test binary a demo with that balancer, see child.
const childVariable = "ROTA_TEST_CHILD"

// child is the life of a process that is to be killed: it starts a site, says
// where, and waits for its end.
func child() {
	kind := os.Getenv(childVariable)
	if kind == "built-in" {
		kind = ""
	}
	s, err := demo.Start(context.Background(), demo.Options{Servers: 2, Balancer: kind})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(filepath.Dir(s.Inventory()))
	select {}
}

func TestAKilledDemoLeavesNothing(t *testing.T) {
	for _, kind := range []string{"built-in", "haproxy", "nginx"} {
		t.Run(kind, func(t *testing.T) {
			if kind != "built-in" {
				servertest.Need(t, kind)
			}
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), childVariable+"="+kind)
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
			line, err := bufio.NewReader(out).ReadString('\n')
			dir := strings.TrimSpace(line)
			if err != nil || !filepath.IsAbs(dir) {
				t.Fatal(line, err)
			}
			s := site{dir: dir}
			session, err := s.dial(t, "web1").NewSession()
			if err != nil {
				t.Fatal(err)
			}
			if err := session.Start("sleep 600 & exec sleep 600"); err != nil {
				t.Fatal(err)
			}
			var mine []int
			eventually(t, "all processes are seen", func() bool {
				mine = processes(dir)
				return len(mine) >= 2+2 // two applications, two commands
			})
			for _, pid := range pids(t, dir) {
				if !slices.Contains(mine, pid) {
					t.Fatalf("the application %d is not among %v", pid, mine)
				}
			}

			if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			eventually(t, "no process is left", func() bool { return !slices.ContainsFunc(mine, func(p int) bool { return !gone(p) }) })
			eventually(t, "no folder is left", func() bool { _, err := os.Stat(dir); return errors.Is(err, fs.ErrNotExist) })
		})
	}
}

// processes finds all that have their working directory in a folder, the
// daemons and their workers among them.
func processes(dir string) (pids []int) {
	links, _ := filepath.Glob("/proc/[0-9]*/cwd")
	for _, link := range links {
		at, err := os.Readlink(link)
		if err == nil && strings.HasPrefix(at, dir) {
			pid, _ := strconv.Atoi(strings.Split(link, "/")[2])
			pids = append(pids, pid)
		}
	}
	return pids
}
