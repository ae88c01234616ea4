package record_test

import (
	"strings"
	"testing"

	"rota/record"
)

func TestSelfIsAliveAndAlwaysTheSame(t *testing.T) {
	a, err := record.Self()
	must(t, err)
	b, err := record.Self()
	must(t, err)
	if a != b || !strings.Contains(a.Owner, "@") || a.Machine == "" || a.Start == "" {
		t.Errorf("%+v, then %+v", a, b)
	}
	mine := record.Lock{Machine: a.Machine, PID: a.PID, Start: a.Start}
	for _, row := range []struct {
		name   string
		change func(*record.Lock)
		want   bool
	}{
		{"this process lives", func(*record.Lock) {}, false},
		{"its id was another's before", func(l *record.Lock) { l.Start = "1" }, true},
		{"no process has this id", func(l *record.Lock) { l.PID = 1 << 30 }, true},
		{"a process of another machine", func(l *record.Lock) { l.PID, l.Machine = 1<<30, "elsewhere" }, false},
		{"no process is told", func(l *record.Lock) { l.PID = 0 }, false},
		{"when it started is not told", func(l *record.Lock) { l.Start = "" }, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			l := mine
			row.change(&l)
			if got := a.Outlived(l); got != row.want {
				t.Errorf("got %v, want %v", got, row.want)
			}
		})
	}
}
