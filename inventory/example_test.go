package inventory

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rota/inventory/yaml"
)

const example = "../inventory.example.yaml"

func readExample(t *testing.T) []byte {
	t.Helper()
	src, err := os.ReadFile(example)
	if err != nil {
		t.Fatal(err)
	}
	return src
}

func TestTheExampleLoads(t *testing.T) {
	inv, err := Load(bytes.NewReader(readExample(t)), "inventory.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if len(inv.Servers) != 5 || len(inv.Balancers) != 3 || len(inv.Jobs) != 1 {
		t.Errorf("got %+v", inv)
	}
}

// TestTheExampleShowsEveryKey puts a key that nobody knows into every mapping
// of the example. The hints then list the keys that are known there.
func TestTheExampleShowsEveryKey(t *testing.T) {
	shown, known := exampleKeys(t)
	src := string(readExample(t))
	for path, comment := range map[string]string{ // keys that cannot stand beside the ones shown
		"health.tcp": "or  tcp: 127.0.0.1:8080", "health.run": "or  run: COMMAND", "deploy.version.http": `or {http: "http://${ROTA_ADDRESS}/version"}`,
	} {
		shown[path] = strings.Contains(src, comment)
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(known)), slices.Sorted(maps.Keys(shown))); diff != "" {
		t.Errorf("-known +shown\n%s", diff)
	}
}

// TestTheSchemaHasEveryKey compares schema.json with what the reader knows.
func TestTheSchemaHasEveryKey(t *testing.T) {
	type node struct {
		Ref        string          `json:"$ref"`
		Properties map[string]node `json:"properties"`
		Additional json.RawMessage `json:"additionalProperties"`
		Items      *node           `json:"items"`
		OneOf      []node          `json:"oneOf"`
		Defs       map[string]node `json:"$defs"`
	}
	var schema node
	if err := json.Unmarshal(Schema(), &schema); err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	var visit func(n node, path string)
	visit = func(n node, path string) {
		if name, ok := strings.CutPrefix(n.Ref, "#/$defs/"); ok {
			def, defined := schema.Defs[name]
			if !defined {
				t.Errorf("%s: there is no %s", path, n.Ref)
			}
			if name == "step" {
				path = "step."
			}
			visit(def, path)
		}
		switch more := string(n.Additional); {
		case n.Properties != nil && more != "false":
			t.Errorf("%s takes keys that nobody knows", path)
		case n.Properties == nil && more != "":
			var named node // under a name of the user's, as a job
			if err := json.Unmarshal(n.Additional, &named); err != nil {
				t.Error(err)
			}
			visit(named, path+"patch.")
		}
		for key, p := range n.Properties {
			found[path+key] = true
			visit(p, path+key+".")
		}
		for _, one := range n.OneOf {
			visit(one, path)
		}
		if n.Items != nil {
			visit(*n.Items, path)
		}
	}
	visit(schema, "")
	_, known := exampleKeys(t)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(known)), slices.Sorted(maps.Keys(found))); diff != "" {
		t.Errorf("-reader +schema\n%s", diff)
	}
}

// exampleKeys returns the keys that the example has, and those that the reader
// knows there, as paths such as "rollout.canary.hold". Lists leave no trace,
// steps are alike everywhere, and the names of the user's are left out.
func exampleKeys(t *testing.T) (shown, known map[string]bool) {
	t.Helper()
	doc, bad := yaml.Parse(readExample(t))
	if len(bad) > 0 {
		t.Fatal(bad)
	}
	const stranger = "qqqqqqqqqqqq-"
	shown, known = map[string]bool{}, map[string]bool{}
	var visit func(n *yaml.Node, path string)
	visit = func(n *yaml.Node, path string) {
		switch path {
		case "deploy.prepare.", "deploy.steps.", "deploy.finish.", "deploy.rollback.", "jobs.patch.steps.":
			path = "step."
		case "deploy.env.", "servers.env.", "servers.pools.", "health.headers.", "x-yours.":
			return
		}
		for _, item := range n.Items {
			visit(item, path)
		}
		for _, p := range n.Pairs {
			shown[path+p.Key] = true
			visit(p.Value, path+p.Key+".")
		}
		if n.Kind == yaml.Mapping {
			n.Pairs = append(n.Pairs, yaml.Pair{Key: stranger + path, Pos: n.Pos, Value: &yaml.Node{Kind: yaml.Broken}})
		}
	}
	visit(doc.Root, "")
	delete(shown, "x-yours")
	delete(shown, "jobs.patch")
	known["deploy.version.http"] = true // the example has the command
	r := newReader("inventory.example.yaml", doc)
	r.root(doc.Root)
	for _, p := range r.problems {
		var key string
		if _, err := fmt.Sscanf(p.Text, "unknown key %q", &key); err != nil {
			continue // of a mapping whose keys are the user's
		}
		path, ok := strings.CutPrefix(key, stranger)
		list, listed := strings.CutPrefix(p.Hint, "the keys here: ")
		if !ok || !listed {
			t.Fatalf("unexpected: %v", p)
		}
		for name := range strings.SplitSeq(list, ", ") {
			known[path+strings.Trim(name, `"`)] = true
		}
	}
	return shown, known
}
