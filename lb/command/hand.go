package command

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"rota/lb"
)

//go:embed hand.sh
var handScript string

// Script implements lb.Scripter by the commands themselves.
func (b *Balancer) Script(_ context.Context, d lb.Deed, servers ...string) (lb.Script, error) {
	words := map[lb.Deed]string{lb.TakeOut: "leave", lb.AwaitEnd: "still", lb.PutIn: "enter"}[d]
	if words == "" { // out is out for everybody, and what it checks is its own affair
		return lb.Script{}, nil
	}
	script := lb.Script{}
	for _, c := range []command{b.state, b.out, b.in} {
		script.Words += fmt.Sprintf("do_%s() (\nset -eu\n%s\n)\n", c.key, c.text)
	}
	script.Words += handScript
	var s strings.Builder
	for _, m := range b.members {
		if slices.Contains(servers, m.Server) {
			fmt.Fprintf(&s, "(\nserver=%s\n%s%s\n)\n", quote(m.Server), m.exports(), words)
		}
	}
	script.Text = s.String()
	return script, nil
}
