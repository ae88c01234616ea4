package nginx

import (
	"strings"
	"testing"
	"time"

	"rota/lb"
	"rota/lb/nginx/conf"
)

// TestTheWordDrainIsSeenAndNotWritten is about nginx 1.29.6 and later.
func TestTheWordDrainIsSeenAndNotWritten(t *testing.T) {
	parsed, err := conf.Parse([]byte("upstream app { server a:1 drain; server b:1; }"))
	if err != nil {
		t.Fatal(err)
	}
	f := &file{name: "app.conf", conf: parsed}
	tr := &tree{files: []*file{f}}
	for _, item := range parsed.Items(conf.Scope{}) {
		if item.Kind == conf.Server {
			tr.lines = append(tr.lines, line{item.Scope, item.Line, item.Server, []*file{f}})
		}
	}
	b := New(Config{Members: []lb.Member{{Server: "web1", Pool: "app", Address: "A:1"}}})
	seen := look{generation: generation{serving: []worker{{born: time.Unix(1700000000, 0)}}}}
	if s := b.states(tr, seen)[0]; s.State != lb.Draining || !strings.Contains(s.Note, "drain in the file") {
		t.Errorf("web1 is %+v", s)
	}
	if _, err := b.plan(tr, []lb.Change{{Server: "web1", To: lb.In}}); err == nil || !strings.Contains(err.Error(), "app.conf:1: web1") {
		t.Errorf("the error is %v", err)
	}
	p, err := b.plan(tr, []lb.Change{{Server: "web1", To: lb.Out}})
	if err != nil || string(p.edits[0].edit.Bytes()) != "upstream app { server a:1 drain down; server b:1; }" {
		t.Errorf("%+v, %v", p, err)
	}
}
