package nginx

import (
	"context"
	"slices"
	"strings"

	"rota/lb"
)

// Info implements lb.Informer. The version is that of the program that the
// test command runs.
func (b *Balancer) Info(ctx context.Context) (lb.Info, error) {
	words := strings.Fields(b.cfg.Test)
	command := "nginx -v"
	if i := slices.Index(words, "-t"); i >= 0 {
		words[i] = "-v"
		command = strings.Join(words, " ")
	}
	out, err := b.run(ctx, pollLimit, "("+command+") 2>&1 </dev/null || true\n", nil)
	if err != nil {
		return lb.Info{}, err
	}
	// nginx version: nginx/1.22.1 (Debian): others say openresty/1.21.4.1 and the like.
	_, rest, _ := strings.Cut(string(out), "version: ")
	_, version, _ := strings.Cut(rest, "/")
	info := lb.Info{Kind: "nginx"}
	if f := strings.Fields(version); len(f) > 0 {
		info.Version = f[0]
	}
	return info, nil
}
