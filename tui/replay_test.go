package tui

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"rota/lb"
	"rota/rollout"
)

// pastRun is a run that stood at a gate for ten minutes and then had a server fail.
func pastRun(t testing.TB, damage error) *story {
	st := newStory(t, 6, 120, 40)
	st.damage = damage
	st.begin()
	for _, s := range st.cfg.Servers {
		st.observed(s.Name, lb.In, st.cfg.Balancers...)
	}
	st.deployed("web1", rollout.Serving)
	st.deployed("web2", rollout.Serving)
	q := gateQuestion
	st.event(rollout.Event{Kind: rollout.Asked, Question: &q, Choices: q.Choices, Batch: 2, Text: q.Text})
	for range 120 {
		st.now = st.now.Add(4700 * time.Millisecond)
		st.event(rollout.Event{
			Kind: rollout.Sampled, Server: "web1", Balancer: "lb1", State: lb.In.String(),
			Sample: &rollout.Sample{Weight: 100, Sessions: 3, Rate: 20},
		})
	}
	st.event(rollout.Event{Kind: rollout.Answered, State: rollout.Continue, Text: "by a person"})
	st.deployed("web3", rollout.Failed)
	f := failureQuestion
	st.event(rollout.Event{Kind: rollout.Asked, Question: &f, Choices: f.Choices, Server: "web3", Text: f.Text})
	return st
}

// replayed plays the run of a story on a screen of its own.
func (st *story) replayed(width, height int, speed float64) *story {
	again := &story{now: st.now.Add(24 * time.Hour), past: st.past}
	cfg := Config{Dark: true, Now: func() time.Time { return again.now }}
	again.model = newReplay(cfg, newFeed(), st.past, st.damage, speed)
	again.after = func(time.Duration, tea.Msg) tea.Cmd { return nil }
	again.do = func(func(context.Context) tea.Msg) tea.Cmd { return nil }
	again.roll()
	again.send(tea.WindowSizeMsg{Width: width, Height: height})
	return again
}

// play lets a replay go on for so long.
func (st *story) play(d time.Duration) {
	for end := st.now.Add(d); st.now.Before(end); {
		st.now = st.now.Add(frame)
		of := st.replay
		if st.playing != nil {
			of = st.playing.replay
		}
		st.send(reel{of})
	}
}

func TestReplayEndsAsTheRunDid(t *testing.T) {
	t.Parallel()
	for _, scene := range []string{"run", "failure", "canary", "lost", "done"} {
		t.Run(scene, func(t *testing.T) {
			t.Parallel()
			past := scenes[scene](t, 120, 40)
			st := past.replayed(120, 40, 1)
			same := func(when string) {
				t.Helper()
				want, err := rollout.Replay(past.past[:st.replay.at])
				if err != nil {
					t.Fatal(err)
				}
				if st.run.broken != "" || !reflect.DeepEqual(st.run.state, want) {
					t.Errorf("%s: the state after %d events is another one: %s", when, st.replay.at, st.run.broken)
				}
				if err := st.check(); err != nil {
					t.Errorf("%s: %v", when, err)
				}
			}
			st.play(time.Minute)
			if !st.replay.ended() {
				t.Fatalf("after a minute it is at event %d of %d", st.replay.at, len(past.past))
			}
			same("played")
			for _, s := range past.fleet.servers {
				again := st.fleet.byName[s.Name]
				for i := range s.seats {
					if again != nil && !again.seats[i].at.IsZero() && again.seats[i].told != s.seats[i].told {
						t.Errorf("%s: %v, was %v", s.Name, again.seats[i].told, s.seats[i].told)
					}
				}
			}
			r := rand.New(rand.NewPCG(1, 2))
			keys := strings.Fields("< > . , home end space ] [ < , <")
			for range 60 {
				key := keys[r.IntN(len(keys))]
				st.press(key)
				st.play(time.Duration(r.IntN(500)) * time.Millisecond)
				same(key)
			}
			st.press("end")
			same("at the end")
		})
	}
}

func TestReplayLooksTheSameWhereverItComesFrom(t *testing.T) {
	t.Parallel()
	past := pastRun(t, nil)
	back, on := past.replayed(120, 40, 1), past.replayed(120, 40, 1)
	for _, st := range []*story{back, on} {
		st.press("space", "j", "j")
	}
	back.press("end")
	for n := len(past.past) - 1; n > 0; n -= 7 {
		back.seek(n)
		back.wait(0)
		on.seek(1)
		on.seek(n)
		on.wait(0)
		if got, want := back.screen(), on.screen(); got != want {
			t.Fatalf("after %d events, from the end:\n%s\nfrom the beginning:\n%s", n, got, want)
		}
		if name := back.table.selected().Name; name != "web3" {
			t.Fatalf("after %d events the cursor is on %s", n, name)
		}
	}
}

func TestReplayKeepsTheTimeOfTheRun(t *testing.T) {
	t.Parallel()
	st := pastRun(t, nil).replayed(120, 40, 1)
	st.play(time.Second)
	st.shows(t, "replay 12:00:01, ")
	st.press("space")
	st.play(time.Minute)
	st.shows(t, "replay 12:00:01, ", "paused")
	st.press("]", "]", "]", "space")
	st.play(time.Second)
	st.shows(t, "replay 12:00:11, ", ", x10")
	st.press(">") // the gate
	at := st.replay.at
	st.shows(t, "ASKED", "wait of 10m00s shortened", "answered: continue, by a person, after 10m00s")
	st.play(2900 * time.Millisecond)
	if st.run.state.Question == nil {
		t.Errorf("the wait is over at once, at event %d after %d", st.replay.at, at)
	}
	st.play(200 * time.Millisecond)
	if st.run.state.Question != nil {
		t.Errorf("the wait lasts longer than three seconds")
	}
	st.hides(t, "answered: continue") // it was to be read for long
	st.play(time.Minute)
	st.shows(t, "the end", "STOPPED, ASKED", "nobody has answered")
	st.press("space")
	st.shows(t, "replay 12:00:00, 0%")
}

func TestReplayGoesToWhatMatters(t *testing.T) {
	t.Parallel()
	st := pastRun(t, nil).replayed(120, 40, 1)
	st.press("space")
	at := func(keys string, want rollout.Kind, batch int) {
		t.Helper()
		st.press(strings.Fields(keys)...)
		if e := st.past[st.replay.at-1]; e.Kind != want || e.Batch != batch {
			t.Errorf("%s leads to event %d, %s of batch %d; want %s of batch %d", keys, e.Seq, e.Kind, e.Batch, want, batch)
		}
	}
	at(">", rollout.StepBegun, 1)
	at(">", rollout.Asked, 2)
	at(".", rollout.Answered, 0)
	at(">", rollout.StepBegun, 2)
	at(">", rollout.Asked, 0)
	at("<", rollout.StepBegun, 2)
	at("<", rollout.Asked, 2)
	at(",", rollout.Moved, 0)
	at(". . <", rollout.Asked, 2)
	at("< <", rollout.RunBegun, 0)
	at("< , <", rollout.RunBegun, 0)
	at("end .", rollout.Asked, 0)
	at("home", rollout.RunBegun, 0)
}

func TestNothingActsInAReplay(t *testing.T) {
	t.Parallel()
	st := pastRun(t, nil).replayed(120, 40, 1)
	st.press("end")
	for _, c := range st.commands {
		if c.group != acting {
			continue
		}
		for _, name := range c.Keys() {
			st.press(name)
			st.shows(t, "this is a replay")
			if st.front != nil {
				t.Fatalf("%s opens a panel", name)
			}
		}
	}
	for _, name := range []string{"T", "B", "S"} { // what the question would take
		st.press(name, "y")
		st.press(name)
		st.shows(t, "this is a replay")
	}
	if st.run.state.Question == nil || len(st.calls) > 0 {
		t.Errorf("something was done: %v", st.calls)
	}
	st.press("?")
	st.shows(t, "next: batch or question")
	st.press("esc", "q")
	if got := st.quits(); !got {
		t.Error("q does not leave")
	}
}

// quits runs what the last key asked for, and tells whether it leaves the screen.
func (st *story) quits() bool {
	last := st.cmds[len(st.cmds)-1]
	_, ok := last().(tea.QuitMsg)
	return ok
}

func TestReplayTellsOfServersBesideTheRun(t *testing.T) {
	t.Parallel()
	past := newStory(t, 4, 120, 40)
	past.plan.Targets, past.plan.Batches = past.plan.Targets[:1], []rollout.Batch{rollout.Roll("web1")}
	past.plan.Skipped = []rollout.Where{{Server: "web2", State: "in", Why: "runs 1.42.0 already"}}
	past.begin()
	past.observed("web1", lb.In, "lb1", "lb2")
	past.observed("web3", lb.Draining, "lb2")
	st := past.replayed(120, 40, 0)
	st.shows(t, "web1", "web2", "web3", "beside", "drain", "the end")
	st.hides(t, "asking", past.cfg.Servers[3].Name)
}

// A journal that somebody sent may hold anything.
func TestReplayOfAnything(t *testing.T) {
	t.Parallel()
	for seed := range uint64(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 11))
			past := pastRun(t, errors.New(hostile[r.IntN(len(hostile))]))
			var events []rollout.Event
			var folded rollout.State
			for _, e := range past.past {
				text := hostile[r.IntN(len(hostile))]
				switch r.IntN(8) {
				case 0:
					continue
				case 1:
					e.Text, e.Line, e.Error, e.State = text, text, text, text
				case 2:
					e.Batch, e.Attempt = r.IntN(9)-4, -1
				case 3:
					e.Time = e.Time.Add(time.Duration(r.Int64N(int64(1e18))) - 5e17)
				case 4:
					e.Question, e.Sample, e.Servers = nil, nil, []string{text, "web1"}
				case 5:
					e.Kind = []rollout.Kind{
						rollout.Reversed, rollout.Answered, rollout.Resumed, rollout.Missed, rollout.Compared, rollout.Weighed, rollout.Asked, rollout.Probed,
					}[r.IntN(8)]
					e.Plan = []*rollout.Plan{nil, {}, &past.plan}[r.IntN(3)]
					e.State = []string{text, rollout.Back, rollout.BackBatch}[r.IntN(3)]
				}
				if e.Seq = folded.Seq + 1; folded.Apply(e) == nil {
					events = append(events, e)
				}
			}
			if len(events) == 0 {
				return
			}
			past.past = events
			st := past.replayed(20+r.IntN(200), 1+r.IntN(60), 1)
			for range 60 {
				st.press(strings.Fields("< > . , home end space ] [ 1 2 3 4 5 ? tab j enter esc G g s")[r.IntN(21)])
				st.play(time.Duration(r.IntN(200)) * time.Millisecond)
				if err := st.check(); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func TestReplayIsSeenInATerminal(t *testing.T) {
	t.Parallel()
	past := pastRun(t, nil)
	x := openWith(t, func(c Config) *Screen { return NewReplay(c, past.past, nil, 1000) })
	x.sees("replay 12:")
	x.sees("the end")
	x.vt.SendText("< ") // back, and stay there
	x.sees("batch 1 of 3 is done")
	x.vt.SendText("X")
	x.sees("this is a replay")
	x.vt.SendText("q")
	if err := x.ends(); err != nil {
		t.Error(err)
	}
}

// Where a policy answers at once, the question and its answer are shown for a
// while all the same, but not for long to whoever plays fast.
func TestAReplayedQuestionCanBeRead(t *testing.T) {
	t.Parallel()
	past := newStory(t, 6, 120, 40)
	past.begin()
	past.deployed("web1", rollout.Serving)
	past.deployed("web2", rollout.Serving)
	q := gateQuestion
	past.event(rollout.Event{Kind: rollout.Asked, Question: &q, Choices: q.Choices, Text: q.Text})
	past.event(rollout.Event{Kind: rollout.Answered, State: rollout.Continue, Text: "by policy"})
	past.now = past.now.Add(time.Minute)
	past.event(rollout.Event{Kind: rollout.RunEnded, State: string(rollout.Done)})
	for speed, long := range map[float64]time.Duration{1: lingering, 2: lingering, 5: noticing, 20: noticing} {
		st := past.replayed(120, 40, speed)
		for st.past[st.replay.at-1].Kind != rollout.Answered {
			st.play(frame)
		}
		st.play(long - 6*frame)
		st.shows(t, "REPLAY", "answered: continue, by policy", "A all       all other batches")
		st.play(8 * frame)
		st.hides(t, "answered: continue")
	}
}
