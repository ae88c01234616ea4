//go:build !linux

package record

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// machine names this machine and its boot, where sysctl can tell (macOS).
func machine(host string) string {
	boot := tell("sysctl", "-n", "kern.bootsessionuuid")
	if boot == "" {
		return fmt.Sprintf("%s/process %d/%d", host, os.Getpid(), time.Now().UnixNano()) // like no other: nobody is taken for dead
	}
	return host + "/" + boot
}

// startOf returns when a process was started, and whether it is there. What
// cannot be told is a process that is there.
func startOf(pid int) (start string, running bool) {
	process, err := os.FindProcess(pid)
	if err != nil {
		return "", true
	}
	if errors.Is(process.Signal(syscall.Signal(0)), os.ErrProcessDone) {
		return "", false
	}
	return tell("ps", "-o", "lstart=", "-p", strconv.Itoa(pid)), true
}

// tell returns what a program prints, or "".
func tell(program string, args ...string) string {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = append(os.Environ(), "LC_ALL=C", "TZ=UTC") // or two processes would tell one time differently
	out, err := cmd.Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}
