package nginx

import (
	"fmt"
	"slices"

	"rota/lb/nginx/conf"
)

// part is some lines of a diff, and the servers that they are about.
type part struct {
	lines   []string
	servers []string
}

// diff returns the edits of a plan as a unified diff without context, in whose
// parts each server finds what is changed for it.
func (b *Balancer) diff(p plan) []part {
	var parts []part
	for _, e := range p.edits {
		wishes := slices.DeleteFunc(slices.Clone(p.lines), func(w wish) bool { return w.done || w.line.file() != e.file })
		parts = append(parts, part{[]string{"--- " + e.file.real, "+++ " + e.file.real}, b.serversOf(wishes)})
		for _, h := range e.edit.Hunks() {
			lines := []string{fmt.Sprintf("@@ -%d,%d +%d,%d @@", h.OldLine, len(h.Old), h.NewLine, len(h.New))}
			for _, l := range h.Old {
				lines = append(lines, "-"+l)
			}
			for _, l := range h.New {
				lines = append(lines, "+"+l)
			}
			here := slices.DeleteFunc(slices.Clone(wishes), func(w wish) bool { return !w.within(h) })
			parts = append(parts, part{lines, b.serversOf(here)})
		}
	}
	return parts
}

// within reports whether some of a hunk is the wish's doing.
func (w wish) within(h conf.Hunk) bool {
	alone := w.line.file().conf.Edit()
	w.write(alone)
	return slices.ContainsFunc(alone.Hunks(), func(own conf.Hunk) bool {
		return own.OldLine < h.OldLine+len(h.Old) && h.OldLine < own.OldLine+len(own.Old)
	})
}

// serversOf returns the servers of wishes, each once, those that the inventory names.
func (b *Balancer) serversOf(wishes []wish) []string {
	var servers []string
	for _, w := range wishes {
		if name := b.serverOf(w.line); name != "" {
			servers = include(servers, name)
		}
	}
	return servers
}
