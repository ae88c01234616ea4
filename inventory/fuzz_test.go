package inventory

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzLoad: no file makes Load panic; there is either an inventory or a
// problem; every problem lies in the file and shows its line.
func FuzzLoad(f *testing.F) {
	const seeds = "testdata/seeds"
	files, err := os.ReadDir(seeds)
	if err != nil || len(files) < 8 {
		f.Fatalf("the seeds are missing: %d of them, %v", len(files), err)
	}
	for _, file := range files {
		src, err := os.ReadFile(seeds + "/" + file.Name())
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src)
	}
	src, err := os.ReadFile(example)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(src)
	f.Fuzz(func(t *testing.T, src []byte) {
		inv, err := Load(bytes.NewReader(src), "inventory.yaml")
		if inv != nil && err == nil {
			sound(t, inv)
			return
		}
		var problems Problems
		if inv != nil || !errors.As(err, &problems) || len(problems) == 0 {
			t.Fatalf("got %v, %v", inv, err)
		}
		text := strings.ReplaceAll(strings.TrimPrefix(string(src), "\ufeff"), "\r\n", "\n")
		lines := strings.Split(text, "\n")
		for _, p := range problems {
			if p.Pos.Line < 1 || p.Pos.Line > len(lines) || p.Text == "" || p.File != "inventory.yaml" {
				t.Fatalf("%+v", p)
			}
			line := lines[p.Pos.Line-1]
			if p.Pos.Column < 1 || p.Pos.Column > utf8.RuneCountInString(line)+1 {
				t.Fatalf("%+v is not in %q", p, line)
			}
			if !utf8.ValidString(p.Line) || p.Line != line && utf8.ValidString(text) && !strings.Contains(p.Line, "\ufffd") && len(src) < 1000 {
				t.Fatalf("%+v does not show %q", p, line)
			}
		}
	})
}

// sound checks what the other rooms rely on.
func sound(t *testing.T, inv *Inventory) {
	t.Helper()
	if !isTitle(inv.App) || !isTitle(inv.Lock) || len(inv.Servers) == 0 || len(inv.Deploy.Steps) == 0 || len(inv.Rollout.Batches) == 0 {
		t.Fatalf("%+v", inv)
	}
	for _, s := range inv.Servers {
		if !isName(s.Name) || !isTarget(s.SSH) || s.Balanced && !isAddress(s.Address) {
			t.Fatalf("%+v", s)
		}
	}
	for _, b := range inv.Balancers {
		kinds := 0
		for _, set := range []bool{b.HAProxy != nil, b.Nginx != nil, b.Exec != nil} {
			if set {
				kinds++
			}
		}
		if kinds != 1 || !isName(b.Name) || len(b.Servers) == 0 || b.SSH != "" && !isTarget(b.SSH) {
			t.Fatalf("%+v", b)
		}
		if inv.Rollout.Strategy != "blue-green" && inv.Least(len(b.Servers)) >= len(b.Servers) {
			t.Fatalf("no server behind %s can go out", b.Name)
		}
	}
}
