package main_test

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// rooms says which packages of ours each package may import; its tests may
// import more. A package that is not in this table has no room in the house.
var rooms = map[string]string{
	"": "cli",
	"cli": "demo engine fleet health internal/terminal internal/text inventory lb lb/haproxy lb/nginx lb/nginx/conf " +
		"plain probe record rollout script ssh survey tui",
	"demo":                "demo/proxy demo/sshd internal/daemon lb",
	"demo/proxy":          "",
	"demo/sshd":           "",
	"e2e":                 "", // only tests
	"engine":              "inventory lb record rollout",
	"fleet":               "inventory lb lb/command lb/haproxy lb/nginx record ssh",
	"health":              "",
	"internal/daemon":     "",
	"internal/picture":    "",
	"internal/servertest": "internal/daemon",
	"internal/terminal":   "",
	"internal/text":       "",
	"internal/tour":       "demo internal/picture",
	"inventory":           "inventory/yaml",
	"inventory/yaml":      "",
	"lb":                  "internal/text",
	"lb/command":          "lb",
	"lb/haproxy":          "lb",
	"lb/lbtest":           "lb",
	"lb/nginx":            "lb lb/nginx/conf",
	"lb/nginx/conf":       "",
	"plain":               "internal/text lb record rollout survey",
	"probe":               "",
	"record":              "",
	"rollout":             "health internal/text inventory lb record",
	"script":              "inventory lb rollout",
	"ssh":                 "ssh/config ssh/knownhosts",
	"ssh/config":          "",
	"ssh/knownhosts":      "",
	"survey":              "health inventory lb record",
	"tui":                 "internal/text lb record rollout survey tui/paint",
	"tui/paint":           "internal/text",
}

// forbidden says which packages of others a room must not import. A path that
// ends in a slash stands for everything below it.
var forbidden = map[string]string{
	"engine":           "charm.land/ flag github.com/charmbracelet/ os/exec",
	"internal/picture": "net net/http os os/exec",
	"inventory":        "net net/http os/exec golang.org/x/crypto/",
	"inventory/yaml":   "net net/http os os/exec golang.org/x/crypto/",
	"lb":               "net net/http os/exec",
	"lb/command":       "net net/http os os/exec",
	"lb/nginx/conf":    "io/fs net os os/exec",
	"plain":            "charm.land/ github.com/charmbracelet/",
	"probe":            "os/exec",
	"rollout":          "charm.land/ flag github.com/charmbracelet/ os/exec",
	"tui":              "net net/http os os/exec",
	"tui/paint":        "net net/http os os/exec",
}

// speakSSH lists the only rooms that may import x/crypto/ssh.
var speakSSH = strings.Fields("demo demo/sshd internal/daemon internal/servertest ssh ssh/config ssh/knownhosts")

func TestEveryPackageHasARoomAndKeepsToIt(t *testing.T) {
	imports := list(t)
	for _, room := range slices.Sorted(maps.Keys(imports)) {
		allowed, ok := rooms[room]
		if !ok {
			t.Errorf("%q has no room in the house", room)
			continue
		}
		for _, path := range imports[room] {
			if ours, ok := strings.CutPrefix(path, "rota/"); ok && !slices.Contains(strings.Fields(allowed), ours) {
				t.Errorf("%q must not import %q", room, ours)
			}
		}
	}
	for room := range rooms {
		if _, ok := imports[room]; !ok {
			t.Errorf("the room %q is empty", room)
		}
	}
}

func TestRoomsKeepTheWorldOut(t *testing.T) {
	imports := list(t)
	for room := range forbidden {
		if _, ok := rooms[room]; !ok {
			t.Errorf("a rule is about %q, which is not in the table", room)
		}
	}
	for room, paths := range imports {
		rules := strings.Fields(forbidden[room])
		if !slices.Contains(speakSSH, room) {
			rules = append(rules, "golang.org/x/crypto/ssh", "golang.org/x/crypto/ssh/")
		}
		for _, path := range paths {
			if slices.ContainsFunc(rules, func(rule string) bool { return covers(rule, path) }) {
				t.Errorf("%q must not import %q", room, path)
			}
		}
	}
}

func covers(rule, path string) bool {
	return path == rule || strings.HasSuffix(rule, "/") && strings.HasPrefix(path, rule)
}

// list returns what each package of ours imports, its tests left aside, by its
// path below the module's; the program itself is "".
func list(t *testing.T) map[string][]string {
	t.Helper()
	out, err := exec.Command("go", "list", "-e", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			t.Fatalf("go list: %s", exit.Stderr)
		}
		t.Fatal(err)
	}
	imports := map[string][]string{}
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return imports
		} else if err != nil {
			t.Fatal(err)
		}
		room := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, "rota"), "/")
		imports[room] = p.Imports
	}
}
