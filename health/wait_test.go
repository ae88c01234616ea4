package health_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"rota/health"
)

// script is a Runner whose commands take a time and end as they are told.
type script struct {
	answers []error
	takes   time.Duration
	n       int
}

func (s *script) Run(ctx context.Context, _, _ string, _ io.Writer) error {
	err := s.answers[min(s.n, len(s.answers)-1)]
	s.n++
	select {
	case <-time.After(s.takes):
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func TestWait(t *testing.T) {
	bad := errors.New("exit status 1")
	for _, row := range []struct {
		name    string
		answers []error
		takes   time.Duration
		want    string        // the error
		after   time.Duration // how long it all took
		inRow   []int
	}{
		{"passes in a row", []error{nil}, 0, "", 2 * time.Second, []int{1, 2, 3}},
		{"a failure begins again", []error{nil, nil, bad, nil}, 0, "", 5 * time.Second, []int{1, 2, 0, 1, 2, 3}},
		{"the time is over", []error{bad}, 0, "run x: exit status 1 (<1ms) (tried 11 times in 10.5s)", 10500 * time.Millisecond, []int{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
		{"the time is over in the middle of a try", []error{bad}, 3 * time.Second, "run x: exit status 1 (3s) (tried 3 times in 10.5s)", 10500 * time.Millisecond, []int{0, 0, 0}},
		{"one try takes all the time", []error{nil}, time.Minute, "run x: did not end in time (10.5s) (tried once in 10.5s)", 10500 * time.Millisecond, []int{0}},
		{"passed, but not often enough", []error{nil}, 5 * time.Second, "run x: succeeded (5s), but only 1 of 3 in a row (tried 2 times in 10.5s)", 10500 * time.Millisecond, []int{1, 0}},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				c := health.Check{Run: "x", Interval: time.Second, Timeout: 10500 * time.Millisecond, Passes: 3}
				var inRow []int
				err := c.Wait(t.Context(), nil, &script{answers: row.answers, takes: row.takes}, func(r health.Result) {
					inRow = append(inRow, r.InRow)
					if r.Try != len(inRow) {
						t.Errorf("try %d is the %dth", r.Try, len(inRow))
					}
				})
				got := ""
				if err != nil {
					got = err.Error()
				}
				if got != row.want {
					t.Errorf("got  %q\nwant %q", got, row.want)
				}
				if took := time.Since(began); took != row.after {
					t.Errorf("took %v, want %v", took, row.after)
				}
				if diff := cmp.Diff(row.inRow, inRow); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

func TestWaitEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stopped := errors.New("a person's stop")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(1500*time.Millisecond, func() { cancel(stopped) })
		c := health.Check{Run: "x", Interval: time.Second, Timeout: time.Hour}
		if err := c.Wait(ctx, nil, &script{answers: []error{errors.New("no")}}, nil); !errors.Is(err, stopped) {
			t.Errorf("got %v, want the cause", err)
		}
	})
}

// silent is a Dialer that never gets an answer.
type silent struct{}

func (silent) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestOneTryTakesFiveSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		r := health.Check{TCP: "10.0.0.1:80"}.Once(t.Context(), silent{}, nil)
		if r.OK || !strings.Contains(r.Text, "no answer in time") || time.Since(began) != 5*time.Second {
			t.Errorf("%+v after %v", r, time.Since(began))
		}
	})
}
