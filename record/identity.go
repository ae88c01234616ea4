package record

import (
	"fmt"
	"os"
	"os/user"
)

// Identity tells one operator's process from all others.
type Identity struct {
	Owner   string // login@machine
	Machine string // this machine since its boot, and where its process ids are valid
	PID     int
	Start   string // when the process started; "" where it cannot be told
}

// Self returns the identity of this process.
func Self() (Identity, error) {
	u, err := user.Current()
	if err != nil {
		return Identity{}, fmt.Errorf("who am I: %w", err)
	}
	host, err := os.Hostname()
	if err != nil {
		return Identity{}, fmt.Errorf("who am I: %w", err)
	}
	pid := os.Getpid()
	start, _ := startOf(pid)
	return Identity{Owner: u.Username + "@" + host, Machine: machine(host), PID: pid, Start: start}, nil
}

// Outlived reports whether the process that took a lock was one of this
// machine and has ended. What cannot be told is a process that lives.
func (id Identity) Outlived(l Lock) bool {
	if l.Machine == "" || l.Machine != id.Machine || l.PID <= 0 {
		return false
	}
	start, running := startOf(l.PID)
	return !running || start != "" && l.Start != "" && start != l.Start
}
