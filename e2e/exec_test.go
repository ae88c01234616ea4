package e2e

import (
	"path/filepath"
	"strings"
	"testing"

	"rota/internal/servertest"
)

// lbctl is a balancer's program as a user would write one: here it tells
// HAProxy, by socat.
const lbctl = `set -eu
say() { echo "$1" | socat -t5 - UNIX-CONNECT:SOCKET; }
case $1 in
state) say "show stat" | awk -F, -v server="$2" '
	$1 == "shop" && $2 == server {
		known = 1
		print $18 ~ /^MAINT/ ? "out" : $18 ~ /^DOWN/ ? "down" : "in", "sessions=" $5, "weight=" $19
	}
	END { if (!known) { print "no server " server >"/dev/stderr"; exit 1 } }' ;;
out) say "set server shop/$2 state maint" ;;
in) say "set server shop/$2 state ready" ;;
esac
`

// TestABalancerByCommands deploys behind a balancer that is told by a script,
// which runs here, so that the first server's machine has to keep the records.
func TestABalancerByCommands(t *testing.T) {
	heavy(t)
	servertest.Need(t, "socat")
	w := newWorld(t, 2, brisk())
	write(t, filepath.Join(w.dir, "lbctl"), strings.ReplaceAll(lbctl, "SOCKET", w.haproxy.Socket))
	before, rest, _ := strings.Cut(read(t, w.inventory), "  - name: lb1\n")
	_, after, _ := strings.Cut(rest, "deploy:\n")
	w.write(t, before+`  - name: lb1
    exec:
      state: sh lbctl state "$ROTA_SERVER"
      out: sh lbctl out "$ROTA_SERVER"
      in: sh lbctl in "$ROTA_SERVER"
deploy:
`+after)
	for _, s := range w.servers {
		w.haproxy.Ask("disable health shop/" + s.name) // rota's own check is the only one
	}
	me := w.operator(t)
	load := w.traffic(t, map[string]string{"lb1": w.haproxy.Addr})
	load.everywhere(t, oldVersion)
	if s := me.status(t); s.Servers[0].Balancers["lb1"].State != "in" || s.Balancers[0].Kind != "exec" {
		t.Errorf("status: %+v", s)
	}

	me.run(t, 0, "drain", "web2")
	if got := me.status(t).rotation(); got != "web1 in, web2 out" {
		t.Errorf("after the drain: %s", got)
	}
	me.run(t, 4, "drain", "web1").says(t, "min_in_rotation")
	me.run(t, 0, "restore", "web2")
	me.run(t, 0, "deploy", newVersion, "--yes").says(t, "no server is left out of rotation")
	load.everywhere(t, newVersion)
	load.intact(t)
	if got := me.status(t).rotation(); got != "web1 in, web2 in" {
		t.Errorf("after the deploy: %s", got)
	}
}
