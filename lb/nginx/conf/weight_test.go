package conf

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"rota/internal/servertest"
)

// weigh returns src with every server line of the address weighing so much.
func weigh(t testing.TB, src []byte, address string, weight int) []byte {
	t.Helper()
	f, err := Parse(src)
	if err != nil {
		t.Fatal(err)
	}
	e := f.Edit()
	for _, item := range f.Items(Scope{}) {
		if item.Kind == Server && (item.Server.Address == address || address == "") {
			e.SetWeight(item.Server, weight)
		}
	}
	return e.Bytes()
}

func TestSetWeightTouchesOneWord(t *testing.T) {
	for name, row := range map[string]struct {
		weight   int
		src, out string
	}{
		"added after the address":                {10, "server a:1;", "server a:1 weight=010;"},
		"added after the last word":              {10, "server a:1 backup ;", "server a:1 backup weight=010 ;"},
		"added after a quote":                    {10, `server "a:1";`, `server "a:1" weight=010;`},
		"added before a comment":                 {10, "server a:1 # why\r\n\t;", "server a:1 weight=010 # why\r\n\t;"},
		"what was added is changed":              {3, "server a:1 weight=010 down;", "server a:1 weight=03 down;"},
		"what was added is cut when it is 1":     {1, "server a:1 weight=010 down;", "server a:1 down;"},
		"what was there is changed":              {10, "server a:1 weight=2 down;", "server a:1 weight=10 down;"},
		"what was there stays when it is 1":      {1, "server a:1 weight=10 ;", "server a:1 weight=1 ;"},
		"a weight that is right is left alone":   {5, "server a:1 weight=5;", "server a:1 weight=5;"},
		"and one that nobody has to write":       {1, "server a:1;", "server a:1;"},
		"quotes stay":                            {10, `server a:1 'weight=2' "down";`, `server a:1 'weight=10' "down";`},
		"the last one is changed":                {10, "server a:1 weight=1 weight=2;", "server a:1 weight=1 weight=10;"},
		"every line of the address":              {7, "server a:1; server b:1; server A:1 weight=2;", "server a:1 weight=07; server b:1; server A:1 weight=7;"},
		"other words that hold the letters stay": {7, "server a:1 # weight=2\n route=weight=3;", "server a:1 # weight=2\n route=weight=3 weight=07;"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := string(weigh(t, []byte(row.src), "a:1", row.weight)); got != row.out {
				t.Errorf("got  %q\nwant %q", got, row.out)
			}
		})
	}
}

// TestDownAndWeightGoBackInAnyOrder has both words come and go.
func TestDownAndWeightGoBackInAnyOrder(t *testing.T) {
	for _, src := range []string{"server a:1;", "server a:1 weight=1;", "server a:1 # c\n ;", "server 'a:1' backup\n;"} {
		for _, order := range []string{"wdWD", "wdDW", "dwWD", "dwDW"} {
			out := []byte(src)
			for _, step := range order {
				switch step {
				case 'w':
					out = weigh(t, weigh(t, out, "a:1", 7), "a:1", 100)
				case 'W':
					out = weigh(t, out, "a:1", 1)
				default:
					out = set(t, out, "a:1", step == 'd')
				}
			}
			if string(out) != src {
				t.Errorf("%s: %q became %q", order, src, out)
			}
		}
	}
}

// What a change of a weight may replace, and by what.
var (
	replaced = regexp.MustCompile(`^([+-]?[0-9]+|[ \t\r\n]*["']?weight=0[0-9]+["']?|)$`)
	written  = regexp.MustCompile(`^([0-9]+| weight=0[0-9]+|)$`)
)

// FuzzWeights holds the promises of a change of weights for whatever can be
// parsed: nothing else changes, the new weight is read, and it goes back to the
// byte.
func FuzzWeights(f *testing.F) {
	for _, src := range seeds(f, "*.conf") {
		f.Add(src, 10)
	}
	f.Add([]byte("server a:1 weight=1 weight=+2 'weight=3' down; server b:1 weight=007;"), 1)
	f.Fuzz(func(t *testing.T, src []byte, weight int) {
		file, err := Parse(src)
		if err != nil || weight < 1 || longest(file) > maxToken/2 {
			return
		}
		before := file.Items(Scope{})
		for i, item := range before {
			if item.Kind != Server {
				continue
			}
			e := file.Edit()
			e.SetWeight(item.Server, weight)
			changed := e.Bytes()
			for _, s := range e.queue {
				if len(e.queue) > 1 || !replaced.Match(src[s.start:s.end]) || !written.MatchString(s.text) {
					t.Fatalf("more than a weight has changed: %q became %q", src, changed)
				}
			}
			again, err := Parse(changed)
			if err != nil {
				t.Fatalf("%q became unreadable: %v: %q", src, err, changed)
			}
			after := again.Items(Scope{})
			if len(after) != len(before) {
				t.Fatalf("%d items became %d", len(before), len(after))
			}
			for j := range before {
				want := before[j].Server.Weight
				if i == j {
					want = weight
				}
				a, b := before[j], after[j]
				if b.Server.Weight != want || a.Server.Down != b.Server.Down || a.Server.Backup != b.Server.Backup ||
					a.Server.Address != b.Server.Address || a.Scope != b.Scope || a.Pattern != b.Pattern {
					t.Fatalf("item %d: %+v became %+v after a change of item %d", j, a, b, i)
				}
			}
			if !plain(item.Server) {
				continue
			}
			back := again.Edit()
			back.SetWeight(after[i].Server, item.Server.Weight)
			if !bytes.Equal(back.Bytes(), src) {
				t.Fatalf("there and back again: %q became %q", src, back.Bytes())
			}
		}
	})
}

// plain tells whether the line's weight is written as people write it.
func plain(p Peer) bool {
	for i := len(p.words) - 1; i > 1; i-- {
		if n, ok := p.words[i].weight(); ok {
			_, figure, _ := strings.Cut(p.words[i].text, "=")
			return strconv.Itoa(n) == figure && n > 0
		}
	}
	return true
}

func TestNginxAcceptsWhatItAcceptedWithOtherWeights(t *testing.T) {
	servertest.Need(t, "nginx")
	for name, src := range seeds(t, "whole-*.conf") {
		dir := t.TempDir()
		src = quiet(src, dir)
		for _, weight := range []int{1, 10, 256} {
			if said := ask(t, dir, weigh(t, src, "", weight)); said != "" {
				t.Errorf("%s: nginx refuses the weight %d: %s", name, weight, said)
			}
		}
	}
}
