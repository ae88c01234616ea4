package e2e

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"
)

// shopVariable makes the test binary the application.
const shopVariable = "ROTA_E2E_SHOP"

// pace is how slow everything is.
type pace struct {
	start time.Duration // until an application listens
	warm  time.Duration // then it answers 503 for so long
	slow  time.Duration // of a request for /slow
	pause time.Duration // of a client between two requests
	check time.Duration // between two checks, rota's or HAProxy's
	soak  time.Duration
}

// hard is the pace that the promises are made for, brisk the one for what is
// about something else.
func hard() pace {
	return pace{
		start: 800 * time.Millisecond, warm: 300 * time.Millisecond, slow: 2 * time.Second, pause: 40 * time.Millisecond,
		check: 200 * time.Millisecond, soak: time.Second,
	}
}

func brisk() pace {
	return pace{
		start: 200 * time.Millisecond, warm: 100 * time.Millisecond, slow: 500 * time.Millisecond, pause: 200 * time.Millisecond,
		check: 100 * time.Millisecond, soak: 100 * time.Millisecond,
	}
}

// shop is the life of an application process: os.Args are its address, name and
// version, the process that it must not outlive, and its pace in nanoseconds.
// SIGTERM ends it where it stands. It works in a folder of its own, where the
// file "fault" may make it sick, and notes the id of every request that it
// begins in the file "requests", with the time in nanoseconds.
func shop() {
	addr, name, version := os.Args[1], os.Args[2], os.Args[3]
	var parent int
	var p pace
	_, _ = fmt.Sscan(strings.Join(os.Args[4:], " "), &parent, &p.start, &p.warm, &p.slow)
	go func() {
		for syscall.Kill(parent, 0) == nil {
			time.Sleep(500 * time.Millisecond)
		}
		os.Exit(0)
	}()
	requests, err := os.OpenFile("requests", os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		die(err)
	}
	time.Sleep(p.start)
	l, err := net.Listen("tcp", addr)
	if err != nil {
		die(err)
	}
	warm := time.Now().Add(p.warm)
	die(http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/version":
			_, _ = io.WriteString(w, version)
			return
		case time.Now().Before(warm), r.URL.Path == "/healthz" && has("sick", version):
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		case r.URL.Path == "/healthz":
			return
		}
		_, _ = fmt.Fprintln(requests, r.Header.Get("X-Id"), time.Now().UnixNano())
		_, _ = io.Copy(io.Discard, r.Body)
		if r.URL.Path == "/slow" {
			time.Sleep(p.slow)
		}
		if has("flaky", version) && rand.IntN(5) == 0 {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		_, _ = fmt.Fprintln(w, name, version)
	})))
}

// has tells whether this version has a fault here.
func has(what, version string) bool {
	fault, _ := os.ReadFile("fault")
	return strings.TrimSpace(string(fault)) == what && version != oldVersion
}

func die(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// activate is what a deploy does on one machine. The file "fault" of a server's
// folder may make it go wrong with every version but the old one. What it
// starts lives on without it. The file "steps" tells when it began and ended.
// With the version "again" it starts what has died.
const activate = `#!/bin/sh
set -eu
server=$1 version=$2
cd "DIR/$server"
exec 9>turn
flock 9
gone() { [ ! -d "/proc/$1" ] || grep -q ' Z ' "/proc/$1/stat" 2>/dev/null; }
now() { date +%s%N; }
if [ "$version" = again ]; then # what looks after the processes of a machine
	gone "$(cat pid)" || exit 0
	version=$(cat version)
	exec 8>/dev/null
else
	exec 8>>steps
fi
echo "begin $(now) $version" >&8
echo "$server: activate $version"
fault=$(cat fault 2>/dev/null || true)
if [ "$version" != OLD ]; then
	case $fault in
	broken) echo "release $version is not whole" >&2; exit 7 ;;
	hang) echo "waiting for nothing"; sleep 600 ;;
	stale) version=OLD ;;
	esac
fi
if [ -s pid ]; then
	old=$(cat pid)
	kill -TERM "$old" 2>/dev/null || true
	until gone "$old"; do sleep 0.02; done
fi
rm -f pid
echo "$version" >version
SHOP=1 setsid sh -c 'echo $$ >pid; exec "$@"' sh "BINARY" "$(cat address)" "$server" "$version" PARENT PACE </dev/null >>log 2>&1 8>&- 9>&- &
until [ -s pid ]; do sleep 0.01; done
echo "$server: started $version"
echo "end $(now) $version" >&8
`
