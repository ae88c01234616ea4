package conf

import (
	"bytes"
	"testing"
)

// set returns src with every server line of the address down or up.
func set(t testing.TB, src []byte, address string, down bool) []byte {
	t.Helper()
	f, err := Parse(src)
	if err != nil {
		t.Fatal(err)
	}
	e := f.Edit()
	for _, item := range f.Items(Scope{}) {
		if item.Kind == Server && (item.Server.Address == address || address == "") {
			e.SetDown(item.Server, down)
		}
	}
	return e.Bytes()
}

func TestSetDownTouchesOneWord(t *testing.T) {
	for name, row := range map[string]struct {
		down     bool
		src, out string
	}{
		"written after the address":               {true, "server a:1;", "server a:1 down;"},
		"written after the last word":             {true, "server a:1 weight=2 ;", "server a:1 weight=2 down ;"},
		"written before a comment":                {true, "server a:1 # why\n;", "server a:1 down # why\n;"},
		"written after a quote":                   {true, `server "a:1";`, `server "a:1" down;`},
		"down already":                            {true, "server a:1 \"down\" backup;", "server a:1 \"down\" backup;"},
		"every line of the address":               {true, "server a:1; server b:1; server A:1 backup;", "server a:1 down; server b:1; server A:1 backup down;"},
		"cut with the blanks before it":           {false, "server a:1 \t down;", "server a:1;"},
		"cut from the middle":                     {false, "server a:1 down backup;", "server a:1 backup;"},
		"cut with its quotes":                     {false, "server a:1 'down' ;", "server a:1 ;"},
		"cut from a line of its own":              {false, "server a:1\r\n\tdown;", "server a:1;"},
		"cut twice":                               {false, "server a:1 down down;", "server a:1;"},
		"cut without joining a comment":           {false, "server a:1 # c \n  down;", "server a:1 # c \n;"},
		"cut after two comments":                  {false, "server a:1 # c\n # d\n down ;", "server a:1 # c\n # d\n ;"},
		"up already":                              {false, "server a:1 weight=1;", "server a:1 weight=1;"},
		"other words that hold the letters stay":  {false, "server a:1 # down\n route=down;", "server a:1 # down\n route=down;"},
		"the word in another server's line stays": {false, "server b:1 down;", "server b:1 down;"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := string(set(t, []byte(row.src), "a:1", row.down)); got != row.out {
				t.Errorf("got  %q\nwant %q", got, row.out)
			}
		})
	}
}

func TestAChangeAskedForTwiceIsMadeOnce(t *testing.T) {
	f, err := Parse([]byte("server a:1; server b:1;"))
	if err != nil {
		t.Fatal(err)
	}
	e := f.Edit()
	if e.Changed() {
		t.Error("changed before any change")
	}
	items := f.Items(Scope{})
	for _, i := range []int{1, 0, 1, 0} {
		e.SetDown(items[i].Server, true)
	}
	if got := string(e.Bytes()); got != "server a:1 down; server b:1 down;" || !e.Changed() {
		t.Errorf("got %q", got)
	}
}

// FuzzMalleability holds the promises of an edit for whatever can be parsed.
func FuzzMalleability(f *testing.F) {
	for _, src := range seeds(f, "*.conf") {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		file, err := Parse(src)
		if err != nil {
			if file != nil {
				t.Fatal("an error and a file")
			}
			return
		}
		if !bytes.Equal(file.Edit().Bytes(), src) {
			t.Fatal("an edit without a change changed the file")
		}
		before := file.Items(Scope{})
		for i, item := range before {
			if item.Kind != Server || longest(file) > maxToken/2 {
				continue
			}
			want := !item.Server.Down
			e := file.Edit()
			e.SetDown(item.Server, want)
			changed := e.Bytes()
			again, err := Parse(changed)
			if err != nil {
				t.Fatalf("%q became unreadable: %v: %q", src, err, changed)
			}
			sameBut(t, before, again.Items(Scope{}), i)
			if want {
				back := again.Edit()
				back.SetDown(again.Items(Scope{})[i].Server, false)
				if !bytes.Equal(back.Bytes(), src) {
					t.Fatalf("down and up again: %q became %q", src, back.Bytes())
				}
			}
		}
	})
}

// sameBut fails unless two lists differ in the state of item i alone.
func sameBut(t *testing.T, before, after []Item, i int) {
	t.Helper()
	if len(before) != len(after) {
		t.Fatalf("%d items became %d", len(before), len(after))
	}
	for j := range before {
		a, b := before[j], after[j]
		if (a.Server.Down == b.Server.Down) == (i == j) {
			t.Errorf("item %d: down is %v after a change of item %d", j, b.Server.Down, i)
		}
		if a.Kind != b.Kind || a.Scope != b.Scope || a.Pattern != b.Pattern || a.Server.Address != b.Server.Address ||
			a.Server.Weight != b.Server.Weight || a.Server.Backup != b.Server.Backup {
			t.Errorf("item %d: %+v became %+v", j, a, b)
		}
	}
}

// longest returns the length of the longest word: near the limit of nginx's
// buffer one more word can be too much.
func longest(f *File) int {
	most := 0
	var walk func([]directive)
	walk = func(ds []directive) {
		for _, d := range ds {
			for _, w := range d.words {
				most = max(most, w.end-w.start)
			}
			walk(d.block)
		}
	}
	walk(f.directives)
	return most
}
