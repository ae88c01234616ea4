package conf

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// seeds reads the files of testdata that match, and fails when there are none.
func seeds(t testing.TB, pattern string) map[string][]byte {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("testdata", pattern))
	if err != nil || len(names) == 0 {
		t.Fatalf("no seeds %s in testdata: %v", pattern, err)
	}
	found := map[string][]byte{}
	for _, name := range names {
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		found[filepath.Base(name)] = src
	}
	return found
}

func TestParseRefusesWhatNginxCannotRead(t *testing.T) {
	for name, want := range map[string]string{
		"refused-brace.conf":        `line 3: unexpected "}"`,
		"refused-end.conf":          `line 4: unexpected end of file, expecting ";" or "}"`,
		"refused-quote.conf":        `line 3: unexpected "d"`,
		"refused-semicolons.conf":   `line 3: unexpected ";"`,
		"refused-long-comment.conf": `line 3: too long parameter: a comment of more than 4096 bytes`,
		"refused-long-word.conf":    `line 2: too long parameter`,
		"refused-open.conf":         `line 4: unexpected end of file, expecting "}"`,
	} {
		t.Run(name, func(t *testing.T) {
			f, err := Parse(seeds(t, name)[name])
			var syntax *SyntaxError
			if f != nil || !errors.As(err, &syntax) || err.Error() != want {
				t.Errorf("got %v, %v; want nil and %q", f, err, want)
			}
		})
	}
}

func TestWordsAreCutByNginxsRules(t *testing.T) {
	for name, row := range map[string]struct {
		src  string
		want []string // the words of the first directive
	}{
		"blanks of every kind separate":                  {"a\tb\r\nc d;", []string{"a", "b", "c", "d"}},
		"a hash inside a word is part of it":             {"a b#c;", []string{"a", "b#c"}},
		"a comment may stand inside a directive":         {"a # ; }\nb;", []string{"a", "b"}},
		"a carriage return does not end a comment":       {"a # b\rc\nd;", []string{"a", "d"}},
		"a quote inside a word is literal":               {`a b"c;`, []string{"a", `b"c`}},
		"quotes hold blanks, semicolons and braces":      {`a "b; {c}" '"';`, []string{"a", "b; {c}", `"`}},
		"a parenthesis may follow a quote":               {`if ("a") {}`, []string{"if", `("a")`}},
		"a parenthesis after a quote begins a word":      {`a "b")c;`, []string{"a", "b", ")c"}},
		"a backslash takes the next byte":                {`a b\;c\ d\{;`, []string{"a", `b\;c\ d\{`}},
		"quotes and letters are decoded after backslash": {`a "\"\t\\" \n\x;`, []string{"a", "\"\t\\", "\n\\x"}},
		"a backslash joins no lines":                     {"a b\\\nc;", []string{"a", "b\\\nc"}},
		"a dollar with a brace opens no block":           {"a ${b}{}", []string{"a", "${b}"}},
		"a closing brace inside a word is literal":       {"a b}c;", []string{"a", "b}c"}},
		"a byte order mark is part of the first word":    {"\ufeffa b;", []string{"\ufeffa", "b"}},
		"bytes that are no text are kept":                {"a \xff\x00;", []string{"a", "\xff\x00"}},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := Parse([]byte(row.src))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, w := range f.directives[0].words {
				got = append(got, w.text)
				if row.src[w.start:w.end] == "" {
					t.Errorf("word %q has no bytes", w.text)
				}
			}
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestItems(t *testing.T) {
	shop, ws := Scope{Upstream: "shop_web"}, Scope{Upstream: "shop_ws"}
	peer := func(scope Scope, line int, p Peer) Item {
		if p.Weight == 0 {
			p.Weight = 1
		}
		return Item{Kind: Server, Scope: scope, Line: line, Server: p}
	}
	a, two, b := Scope{Module: "http", Upstream: "a"}, Scope{Module: "http", Upstream: "two words"}, Scope{Module: "http", Upstream: "b"}
	for name, row := range map[string]struct {
		file string
		in   Scope
		want []Item
	}{
		"a file of upstream blocks": {file: "part-upstreams.conf", want: []Item{
			{Kind: Upstream, Scope: shop, Line: 1},
			peer(shop, 2, Peer{Address: "10.0.0.11:8080"}),
			{Kind: Include, Scope: shop, Line: 3, Pattern: "servers.d/*.conf"},
			peer(shop, 4, Peer{Address: "10.0.0.12:8080", Down: true}),
			{Kind: Upstream, Scope: ws, Line: 7},
			peer(ws, 7, Peer{Address: "10.0.0.11:8081"}),
		}},
		"a file of server lines alone": {file: "part-servers.conf", want: []Item{
			peer(Scope{}, 1, Peer{Address: "10.0.0.11:8080"}),
			peer(Scope{}, 2, Peer{Address: "10.0.0.12:8080", Down: true}),
			peer(Scope{}, 2, Peer{Address: "10.0.0.13:8080"}),
		}},
		"the same included in an upstream": {file: "part-servers.conf", in: b, want: []Item{
			peer(b, 1, Peer{Address: "10.0.0.11:8080"}),
			peer(b, 2, Peer{Address: "10.0.0.12:8080", Down: true}),
			peer(b, 2, Peer{Address: "10.0.0.13:8080"}),
		}},
		"the same included in http holds nothing": {file: "part-servers.conf", in: Scope{Module: "http"}},
		"a Lua block is not nginx's grammar": {file: "part-lua.conf", in: Scope{Module: "http"}, want: []Item{
			{Kind: Upstream, Scope: a, Line: 1},
			peer(a, 2, Peer{Address: "10.0.0.11:8080"}),
		}},
		"quotes, several on a line, one form of an address": {file: "whole-quoted.conf", want: []Item{
			{Kind: Upstream, Scope: two, Line: 3},
			peer(two, 3, Peer{Address: "10.0.0.11:8080", Down: true}),
			peer(two, 3, Peer{Address: "unix:/tmp/a b.sock"}),
			peer(two, 3, Peer{Address: `unix:/tmp/x\;y.sock`}),
			{Kind: Upstream, Scope: b, Line: 4},
			peer(b, 4, Peer{Address: "[::1]:80"}),
			peer(b, 4, Peer{Address: "[::2]:8080", Weight: 3}),
			peer(b, 4, Peer{Address: "localhost:8080", Down: true}),
		}},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := Parse(seeds(t, row.file)[row.file])
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(row.want, f.Items(row.in), cmpopts.IgnoreUnexported(Peer{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestIncludesAreFoundWhereverTheyStand(t *testing.T) {
	src := `include a; events { include b; } http { include c; server { include d; } upstream u { include e; } }
		stream { include f; } upstream loose { include g; }`
	f, err := Parse([]byte(src))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]Scope{}
	for _, item := range f.Items(Scope{}) {
		if item.Kind == Include {
			got[item.Pattern] = item.Scope
		}
	}
	want := map[string]Scope{
		"a": {}, "b": {Foreign: true},
		"c": {Module: "http"}, "d": {Module: "http", Foreign: true}, "e": {Module: "http", Upstream: "u"},
		"f": {Module: "stream"}, "g": {Upstream: "loose"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestMainTellsAWholeConfigurationFromAPart(t *testing.T) {
	for name, src := range seeds(t, "*.conf") {
		if strings.HasPrefix(name, "refused-") {
			continue
		}
		f, err := Parse(src)
		if err != nil {
			t.Fatal(name, err)
		}
		if want := strings.HasPrefix(name, "whole-"); f.Main() != want {
			t.Errorf("%s: Main is %v", name, f.Main())
		}
	}
}

func TestAddress(t *testing.T) {
	for in, want := range map[string]string{
		"10.0.0.1":                "10.0.0.1:80",
		"10.0.0.1:08080":          "10.0.0.1:8080",
		"Web1.Example.COM":        "web1.example.com:80",
		"Web1:9000":               "web1:9000",
		"[::1]":                   "[::1]:80",
		"[0:0:0:0:0:0:0:1]:8080":  "[::1]:8080",
		"[FE80::0001]:8080":       "[fe80::1]:8080",
		"unix:/run/App.sock":      "unix:/run/App.sock",
		"UNIX:/run/App.sock":      "unix:/run/App.sock",
		"unix:/run/with:8080.sck": "unix:/run/with:8080.sck",
		"host:name":               "host:name",
		"":                        ":80",
	} {
		if got := Address(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
		if again := Address(Address(in)); again != Address(in) {
			t.Errorf("%q: not one form: %q", in, again)
		}
	}
}

func TestNestingWithoutEndIsRefused(t *testing.T) {
	if f, err := Parse(bytes.Repeat([]byte("a{"), 100_000)); err == nil || f != nil {
		t.Errorf("got %v, %v", f, err)
	}
}
