package haproxy

import (
	"context"
	_ "embed"
	"fmt"
	"strings"

	"rota/lb"
)

//go:embed script.sh
var scriptWords string

// Script implements lb.Scripter, with socat for what we do ourselves. Workers
// that somebody's reload has left behind are not looked at.
func (b *Balancer) Script(ctx context.Context, d lb.Deed, servers ...string) (lb.Script, error) {
	r, err := b.read(ctx)
	if err != nil {
		return lb.Script{}, err
	}
	var rows []row
	for _, name := range servers {
		found, err := b.find(r, name)
		if err != nil {
			return lb.Script{}, err
		}
		rows = append(rows, found...)
	}
	var lines []string
	shows := func(row row, pattern, seconds string) {
		lines = append(lines, fmt.Sprintf("shows %s %s '%s' %s", row.pool, row.name, pattern, seconds))
	}
	switch d {
	case lb.AwaitEnd:
		still := []string{"still"}
		for _, row := range rows {
			still = append(still, row.String())
		}
		lines = append(lines, strings.Join(still, " "))
	case lb.Recheck:
		for _, row := range rows {
			// See Prove.
			if row.checked() && row.tracked == "" {
				lines = append(lines, fmt.Sprintf("tell 'set server %v state drain; set server %v health down'", row, row))
				shows(row, "^DRAIN", "120")
			}
		}
	case lb.TakeOut, lb.Shut, lb.PutIn:
		to, pattern := lb.Draining, "^(DRAIN|MAINT)"
		switch d {
		case lb.Shut:
			to, pattern = lb.Out, "^MAINT"
		case lb.PutIn:
			to, pattern = lb.In, "^(UP|no check)"
		default:
		}
		var want []lb.Change
		for _, name := range servers {
			want = append(want, lb.Change{Server: name, To: to})
		}
		commands, _, err := b.plan(ctx, want)
		if err != nil {
			return lb.Script{}, err
		}
		if len(commands) > 0 {
			lines = append(lines, "tell '"+line(commands)+"'")
		}
		for _, row := range rows {
			shows(row, pattern, "5")
		}
	}
	return lb.Script{Words: "socket=" + quote(b.wire.socat()) + "\n" + scriptWords, Text: strings.Join(lines, "\n")}, nil
}

// socat is the address of the socket in socat's words.
func (w *wire) socat() string {
	if w.network == "unix" {
		return "UNIX-CONNECT:" + w.address
	}
	return "TCP:" + w.address
}
