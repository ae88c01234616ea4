package record

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
)

// machine names this machine, its boot and its process ids: containers share
// the first two.
func machine(host string) string {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	ids, err2 := os.Readlink("/proc/self/ns/pid")
	if err != nil || err2 != nil {
		return fmt.Sprintf("%s/process %d", host, os.Getpid()) // like no other: nobody is taken for dead
	}
	return host + "/" + strings.TrimSpace(string(boot)) + "/" + ids
}

// startOf returns when a process was started, in ticks since the boot, and
// whether it is there. Who may not see it is told that it is there.
func startOf(pid int) (start string, running bool) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
	}
	// The second field, the name in parentheses, may hold anything; the start is
	// field 22 (proc_pid_stat(5)).
	_, rest, _ := strings.Cut(string(stat[strings.LastIndexByte(string(stat), ')')+1:]), " ")
	fields := strings.Fields(rest)
	if len(fields) < 20 {
		return "", true
	}
	return fields[19], fields[0] != "Z"
}
