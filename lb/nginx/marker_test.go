package nginx

import (
	"encoding/json"
	"testing"
	"time"

	"rota/lb/nginx/conf"
)

func TestWhenWordsWereChanged(t *testing.T) {
	now := time.Unix(1700000000, 0)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	f := &file{real: "/etc/app.conf", src: []byte("server a:1 down;"), stamp: stamp{ctime: now}}
	workers := func(age time.Duration) generation { return generation{serving: []worker{{born: ago(age)}}} }
	ours := func(c content) marker {
		c.Sum = f.sum()
		return marker{Contents: []content{{Sum: "another"}, c}, written: ago(time.Second)}
	}
	for name, row := range map[string]struct {
		marker  marker
		workers generation
		loaded  bool
	}{
		"another hand's change":                               {marker{}, workers(time.Hour), false},
		"written and loaded at once":                          {marker{}, workers(20 * time.Millisecond), true},
		"our change of this server":                           {ours(content{Before: ago(2 * time.Hour), Changed: []string{"app a:1"}}), workers(time.Hour), false},
		"our change of another server":                        {ours(content{Before: ago(2 * time.Hour), Changed: []string{"app b:1"}}), workers(time.Hour), true},
		"our change of its weight":                            {ours(content{Before: ago(2 * time.Hour), Changed: []string{"app a:1 weight"}}), workers(time.Hour), true},
		"the same where what was before is not known":         {ours(content{Changed: []string{"app b:1"}}), workers(time.Hour), false},
		"the same where what was before is not loaded":        {ours(content{Before: ago(time.Minute)}), workers(time.Hour), false},
		"put back by us":                                      {ours(content{Before: ago(2 * time.Hour), Restored: true}), workers(time.Hour), true},
		"put back, but workers came in between":               {ours(content{Before: ago(2 * time.Hour), Restored: true}), workers(500 * time.Millisecond), false},
		"our change, and the clocks cannot tell what was 1st": {ours(content{}), workers(20 * time.Millisecond), false},
		"our change, reloaded":                                {ours(content{}), workers(-time.Second), true},
		"a marker of another content":                         {marker{Contents: []content{{Sum: "another", Before: ago(2 * time.Hour)}}}, workers(time.Hour), false},
	} {
		t.Run(name, func(t *testing.T) {
			tr := &tree{markers: map[*file]marker{f: row.marker}}
			l := line{scope: conf.Scope{Upstream: "app"}, peer: conf.Peer{Address: "a:1"}, chain: []*file{f}}
			if at := tr.changed(l, l.key(), row.workers); row.workers.loaded(at) != row.loaded {
				t.Errorf("changed %v, loaded is %v", at, !row.loaded)
			}
		})
	}
}

func TestAMarkerIsReadAsItWasWritten(t *testing.T) {
	f := &file{src: []byte("old"), stamp: stamp{ctime: time.Unix(1700000000, 0)}}
	g := generation{serving: []worker{{born: time.Unix(1700000100, 0)}}}
	written, err := json.Marshal((&tree{}).mark(f, g, "new sum", []string{"app a:1"}))
	if err != nil {
		t.Fatal(err)
	}
	m := parseMarker(&file{src: written})
	c, ok := m.about(f)
	if !ok || !c.Restored || c.Before.IsZero() || len(c.Changed) != 0 {
		t.Errorf("of the old content: %+v, %v", c, ok)
	}
	if len(m.Contents) != 2 || m.Contents[0].Sum != "new sum" || m.Contents[0].Changed[0] != "app a:1" || m.Contents[0].Restored {
		t.Errorf("of the new content: %+v", m.Contents)
	}
	unproved := generation{serving: []worker{{born: time.Unix(1600000000, 0)}}}
	if m := (&tree{}).mark(f, unproved, "new sum", nil); len(m.Contents) != 1 || !m.Contents[0].Before.IsZero() {
		t.Errorf("another hand's content was taken for ours: %+v", m)
	}
	if m := parseMarker(&file{src: []byte("left over")}); len(m.Contents) != 0 {
		t.Errorf("%+v", m)
	}
}
