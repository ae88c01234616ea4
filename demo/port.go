package demo

import (
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// port is a loopback port that stays reserved while its application is not
// running: a socket is bound to it and never listens, so connections are refused
// and no outgoing connection of another process gets the number.
type port struct {
	address string
	socket  *os.File
}

func reserve() (*port, error) {
	syscall.ForkLock.RLock() // no process is to be started between the two
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	socket := os.NewFile(uintptr(fd), "port")
	err = shared(fd)
	if err == nil {
		err = os.NewSyscallError("bind", syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	}
	if err != nil {
		_ = socket.Close()
		return nil, err
	}
	at, err := syscall.Getsockname(fd)
	if err != nil {
		_ = socket.Close()
		return nil, os.NewSyscallError("getsockname", err)
	}
	return &port{fmt.Sprintf("127.0.0.1:%d", at.(*syscall.SockaddrInet4).Port), socket}, nil
}

func (p *port) free() { _ = p.socket.Close() }

// share lets a socket use a reserved port; it is a net.ListenConfig.Control.
func share(_, _ string, raw syscall.RawConn) error {
	var err error
	if e := raw.Control(func(fd uintptr) { err = shared(int(fd)) }); e != nil {
		return e
	}
	return err
}

func shared(fd int) error {
	return os.NewSyscallError("setsockopt", unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1))
}
