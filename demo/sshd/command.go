package sshd

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"

	gossh "golang.org/x/crypto/ssh"
)

// command is one command of a session, in a process group of its own.
type command struct {
	channel        gossh.Channel
	cmd            *exec.Cmd
	in, out, err   *os.File // our ends of its pipes; of a terminal out alone
	terminal       bool
	mu             sync.Mutex
	started, ended bool
	failed         error // why it could not be started
}

// The messages that tell how a command ended (RFC 4254, 6.10).
type (
	exitStatus struct{ Status uint32 }
	exitSignal struct {
		Name        string
		CoreDumped  bool
		Text, Langs string
	}
)

// signals are the names of RFC 4254, 6.10, which are those of sshd.
var signals = map[string]syscall.Signal{
	"ABRT": syscall.SIGABRT, "ALRM": syscall.SIGALRM, "FPE": syscall.SIGFPE, "HUP": syscall.SIGHUP,
	"ILL": syscall.SIGILL, "INT": syscall.SIGINT, "KILL": syscall.SIGKILL, "PIPE": syscall.SIGPIPE,
	"QUIT": syscall.SIGQUIT, "SEGV": syscall.SIGSEGV, "TERM": syscall.SIGTERM,
	"USR1": syscall.SIGUSR1, "USR2": syscall.SIGUSR2,
}

// start starts a command, or a shell that reads its input where line is empty,
// on a terminal if there is one. The client must be told that it was before
// attend, after which the channel may be closed at any time.
func (s *Server) start(channel gossh.Channel, line string, env []string, term *terminal) *command {
	c := &command{channel: channel, cmd: exec.Command("/bin/sh"), terminal: term != nil} //nolint:noctx // sshd does not kill what it starts
	switch {
	case line != "":
		c.cmd.Args = append(c.cmd.Args, "-c", line)
	case c.terminal:
		c.cmd = shell()
	}
	c.cmd.Dir, c.cmd.Env = s.o.Dir, env
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	c.failed = s.launch(c, term)
	return c
}

// attend carries the command's streams, and does not wait for its end: how it
// ended goes to the channel, which is then closed.
func (s *Server) attend(c *command) {
	channel := c.channel
	if c.failed != nil {
		_, _ = fmt.Fprintf(channel.Stderr(), "%s: %v\n", c.cmd.Path, c.failed)
		c.tell(exitStatus{126})
		_ = channel.Close()
		return
	}
	var output sync.WaitGroup
	s.wait.Go(func() {
		if c.terminal {
			_, _ = io.Copy(c.out, channel) // its end is a key, if any
			return
		}
		_, _ = io.Copy(c.in, channel)
		_ = c.in.Close()
	})
	output.Go(func() { _, _ = io.Copy(channel, c.out) })
	if !c.terminal {
		output.Go(func() { _, _ = io.Copy(channel.Stderr(), c.err) })
	}
	s.wait.Go(func() {
		_ = c.cmd.Wait()
		s.finished(c)
		c.tell(ending(c.cmd.ProcessState))
		output.Wait()
		c.disconnect()
		_ = channel.Close()
	})
}

// launch starts the process with pipes of its own, or a terminal: with those of
// os/exec, Wait would wait for the background children that hold them too.
func (s *Server) launch(c *command, term *terminal) (err error) {
	var theirs []*os.File
	defer func() {
		for _, f := range theirs {
			_ = f.Close()
		}
		if err != nil {
			c.disconnect()
		}
	}()
	if term != nil {
		var tty *os.File
		if c.out, tty, err = term.attach(c.cmd); err != nil {
			return err
		}
		theirs = append(theirs, tty)
	} else if theirs, err = c.pipe(); err != nil {
		return err
	}

	s.mu.Lock() // so that Close kills it, or it is never started
	defer s.mu.Unlock()
	if err := s.ctx.Err(); err != nil {
		return err
	}
	if err := c.cmd.Start(); err != nil {
		return err
	}
	c.started = true
	s.runs[c] = true
	if s.o.Began != nil {
		s.o.Began(c.cmd.Process.Pid)
	}
	return nil
}

// pipe gives the process a pipe for each of its streams, and returns its ends.
func (c *command) pipe() (theirs []*os.File, err error) {
	for i, ours := range []**os.File{&c.in, &c.out, &c.err} {
		r, w, err := os.Pipe()
		if err != nil {
			return theirs, err
		}
		if i == 0 {
			r, w = w, r
		}
		*ours, theirs = r, append(theirs, w)
	}
	c.cmd.Stdin, c.cmd.Stdout, c.cmd.Stderr = theirs[0], theirs[1], theirs[2]
	return theirs, nil
}

// finished forgets a command that has ended.
func (s *Server) finished(c *command) {
	c.mu.Lock()
	c.ended = true
	c.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.runs, c)
	if s.o.Ended != nil {
		s.o.Ended(c.cmd.Process.Pid)
	}
}

// signal sends a signal to the command's process group.
func (c *command) signal(name string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	sig, known := signals[name]
	return known && c.started && !c.ended && syscall.Kill(-c.cmd.Process.Pid, sig) == nil
}

// kill ends the process group, and the reading of what others may still write.
func (c *command) kill() {
	c.signal("KILL")
	c.disconnect()
}

// disconnect closes our ends of the pipes: the command reads the end of its
// input, and dies of SIGPIPE should it write. Who sits at a terminal is hung up:
// closing our end does not do it while it is read.
func (c *command) disconnect() {
	if c.terminal {
		c.signal("HUP")
	}
	for _, f := range []*os.File{c.in, c.out, c.err} {
		if f != nil {
			_ = f.Close()
		}
	}
}

// tell sends the client how the command ended.
func (c *command) tell(end any) {
	kind := "exit-status"
	if _, ok := end.(exitSignal); ok {
		kind = "exit-signal"
	}
	_, _ = c.channel.SendRequest(kind, false, gossh.Marshal(end))
}

// ending is the message for how a process ended.
func ending(state *os.ProcessState) any {
	status, ok := state.Sys().(syscall.WaitStatus)
	if !ok || !status.Signaled() {
		return exitStatus{uint32(state.ExitCode())}
	}
	end := exitSignal{Name: "KILL", CoreDumped: status.CoreDump()}
	for name, sig := range signals {
		if sig == status.Signal() {
			end.Name = name
		}
	}
	return end
}
