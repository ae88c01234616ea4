package tui

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"rota/rollout"
	"rota/tui/paint"
)

// The first lines are the same on every view: what goes where, how far it is,
// and whether anybody is hurt.

// title draws the first line: the app, the versions, and the badge.
func (m *model) title(p *paint.Pen) string {
	b := m.badge()
	fields := []paint.Field{paint.F(1, paint.Strong, " "+m.cfg.App)}
	if plan := m.run.state.Current(); m.run.state.Seq > 0 {
		versions := ""
		if plan.Version != "" {
			versions = join(" "+m.theme.Arrow+" ", fromVersions(plan), plan.Version)
		}
		fields[0] = paint.F(1, paint.Strong, join(" ", " "+plan.Kind, m.cfg.App, plan.Job, versions))
	}
	if m.cfg.Environment != "" {
		fields = append(fields, paint.F(3, paint.Plain, m.cfg.Environment))
	}
	if m.cfg.Protected {
		fields = append(fields, paint.F(4, paint.Strong, "PROTECTED"))
	}
	if m.cfg.ReadOnly {
		fields = append(fields, paint.F(4, paint.Quiet, "read-only"))
	}
	if m.run.state.Seq > 0 && !m.run.byHand() {
		fields = append(fields, paint.F(6, paint.Quiet, m.run.state.Plan.Strategy))
	}
	if m.fleet.lock != "" && !m.running() && len(m.asks) == 0 {
		fields = append(fields, paint.F(4, paint.Ask, m.fleet.lock))
	}
	if at := m.where(); at != "" {
		fields = append(fields, paint.F(5, paint.Plain, at).AtRight())
	}
	if m.replay != nil {
		fields = append(fields, paint.F(1, paint.Chosen, " REPLAY ").AtRight())
	}
	fields = append(fields, paint.F(0, b.role, b.glyph+" "+b.word).AtRight())
	if m.cfg.Protected {
		return p.BeginIn(paint.Danger, m.width).Fields(fields...).End()
	}
	return p.Begin(m.width).Fields(fields...).End()
}

// badge is the state of everything in a few words.
func (m *model) badge() look {
	g := &m.theme.Glyphs
	switch {
	case len(m.asks) > 0 && m.asks[0].trouble():
		return look{g.Failed, "STOPPED, NEEDS YOU", paint.Bad}
	case len(m.asks) > 0:
		return look{g.Held, "WAITING FOR YOU", paint.Ask}
	case m.replay != nil && m.replay.asks(m).trouble():
		return look{g.Failed, "STOPPED, ASKED", paint.Bad}
	case m.replay != nil && m.run.state.Question != nil:
		return look{g.Held, "ASKED", paint.Ask}
	case m.run.broken != "":
		return look{g.Unknown, "LOST TRACK", paint.Ask}
	case m.starting != "":
		return look{g.Running, "STARTING", paint.Work}
	case m.run.state.Ended:
		return outcomeLook(m.run.state.Outcome, g)
	case !m.run.on() && m.fleet.lock != "":
		return look{g.Held, "LOCKED", paint.Warn}
	case !m.run.on():
		return look{g.In, "IDLE", paint.Quiet}
	case m.stops > 0:
		return look{g.Held, "STOPPING", paint.Warn}
	case !m.run.state.Again.IsZero():
		return look{g.Warming, "WATCHING, asks again in " + seconds(m.run.state.Again.Sub(m.now)), paint.Work}
	case m.run.state.Reverse != nil:
		return look{g.Back, "ROLLING BACK", paint.Ask}
	case m.holding:
		return look{g.Held, "PAUSES AFTER THIS BATCH", paint.Warn}
	}
	return look{g.Running, "RUNNING", paint.Good}
}

// where tells the batch in work, and how long the run lasts.
func (m *model) where() string {
	st := &m.run.state
	switch {
	case st.Seq == 0:
		return ""
	case st.Ended:
		return "took " + seconds(st.Last.Sub(st.Begun))
	case st.Batch == 0 || m.run.byHand():
		return seconds(m.now.Sub(st.Begun))
	}
	return fmt.Sprintf("batch %d/%d, %s", st.Batch, len(st.Current().Batches), seconds(m.now.Sub(st.Begun)))
}

func fromVersions(p *rollout.Plan) string {
	var versions []string
	for _, t := range p.Targets {
		if t.From != "" && t.From != p.Version && !slices.Contains(versions, t.From) {
			versions = append(versions, t.From)
		}
	}
	if len(versions) > 3 {
		return fmt.Sprintf("%d versions", len(versions))
	}
	return strings.Join(versions, ", ")
}

// progress draws how far the run is and who is in rotation.
func (m *model) progress(p *paint.Pen, t *tally) string {
	g := &m.theme.Glyphs
	p.Begin(m.width).Skip(1)
	in := strconv.Itoa(t.in)
	if !t.sure {
		in = m.theme.Unknown
	}
	in = fmt.Sprintf("in rotation %s/%d", in, t.meant)
	if m.width < medium {
		in = strings.Replace(in, " rotation", "", 1)
	}
	if t.floor >= 0 {
		in += fmt.Sprintf(", floor %d", t.floor)
	}
	role := paint.Plain
	if t.sure && t.floor >= 0 && t.in < t.floor {
		role = paint.Bad
	}
	rotation := paint.F(0, role, in).AtRight()
	if m.run.state.Seq == 0 {
		return p.Fields(
			paint.F(0, paint.Plain, count(len(m.fleet.servers), "server")),
			counted(2, paint.Quiet, g.Out, t.out, "out"), counted(1, paint.Bad, g.Down, t.down, "down"),
			counted(2, paint.Bad, g.Failed, t.trouble, "sick"), counted(2, paint.Ask, g.Held, t.held, "held"),
			rotation).End()
	}
	width := 20
	switch {
	case m.width >= wide:
		width = 40
	case m.width >= medium:
		width = 26
	}
	total, busy := float64(t.total), t.work+t.draining-t.leaving
	p.Bar(width, paint.Part{Role: paint.Good, Glyph: g.New, N: float64(t.updated)},
		paint.Part{Role: paint.Bad, Glyph: g.Old, N: float64(t.failed)},
		paint.Part{Role: paint.Work, Glyph: g.Busy, N: float64(busy)},
		paint.Part{Role: paint.Quiet, Glyph: g.None, N: total - float64(t.updated+t.failed+busy)})
	words := []string{" updated", "draining", "in work", "failed"}
	switch {
	case m.run.byHand(), m.run.asIs():
		words[0] = " done"
	case m.run.back():
		words[0] = " back"
	}
	if m.width < wide {
		words = []string{"", "", "", ""}
	}
	return p.Skip(1).Fields(
		paint.F(0, paint.Strong, fmt.Sprintf("%d/%d%s", t.updated, t.total, words[0])),
		counted(2, paint.Warn, g.Draining, t.draining, words[1]),
		counted(2, paint.Work, g.Deploying, t.work, words[2]),
		counted(0, paint.Bad, g.Failed, t.failed, words[3]),
		rotation).End()
}

// counted is a number of servers; nothing to look at where it is none.
func counted(rank int, r paint.Role, glyph string, n int, word string) paint.Field {
	if n == 0 {
		r = paint.Quiet
	}
	if word != "" {
		word = " " + word
	}
	return paint.F(rank, r, glyph+strconv.Itoa(n)+word)
}

// traffic draws which part of it each version gets.
func (m *model) traffic(p *paint.Pen, t *tally) string {
	g := &m.theme.Glyphs
	p.Begin(m.width).Skip(1)
	by := "by weight"
	rate := 0.0
	for _, s := range t.shares {
		rate += s.amount
	}
	if t.byRate {
		by = fmt.Sprintf("of %.0f requests/s", rate)
	}
	probe := append(m.probe(), m.compared()...)
	if len(t.shares) == 0 {
		return p.Fields(append(probe, paint.F(1, paint.Quiet, "traffic: no balancer has told yet"))...).End()
	}
	newest, oldest := t.shares[0], t.shares[len(t.shares)-1]
	bar := m.width/3 - 10
	if m.run.state.Seq == 0 || len(t.shares) == 1 && !newest.brought {
		fields := append(probe, paint.F(0, paint.Plain, "traffic"))
		if len(t.shares) == 1 && newest.version == "" {
			return p.Fields(append(fields, paint.F(0, paint.Quiet, by), paint.F(1, paint.Quiet, "versions not known yet"))...).End()
		}
		for i, s := range t.shares {
			fields = append(fields, paint.F(i, paint.Old, fmt.Sprintf("%s %s", named(s.version), percent(s.part))))
		}
		return p.Fields(append(fields, paint.F(9, paint.Quiet, by))...).End()
	}
	new, others := 0.0, 0.0
	for _, s := range t.shares {
		if s.brought {
			new += s.part
		} else {
			others += s.part
		}
	}
	newWord, oldWord := "new ", " old"
	if m.run.back() {
		newWord, oldWord = "back ", " not yet"
	}
	p.Put(paint.Work, newWord+percent(new)).Skip(1)
	p.Bar(bar, paint.Part{Role: paint.Work, Glyph: g.New, N: new}, paint.Part{Role: paint.Old, Glyph: g.Old, N: others})
	p.Skip(1).Put(paint.Old, percent(others)+oldWord).Skip(2)
	legend := paint.F(2, paint.Work, g.New+" "+named(m.run.state.Current().Version))
	if !oldest.brought {
		legend.More = append(legend.More, paint.Span{Role: paint.Old, Text: "  " + g.Old + " " + named(oldest.version)})
	}
	return p.Fields(append(probe, paint.F(1, paint.Quiet, by), legend.AtRight())...).End()
}

// probe tells what the run's probe has sent and lost, where there is one.
func (m *model) probe() []paint.Field {
	switch probe := m.run.state.Probe; {
	case probe == nil:
		return nil
	case probe.Lost > 0:
		return []paint.Field{paint.F(0, paint.Bad, m.theme.Alert+" probe "+probe.Short())}
	default:
		return []paint.Field{paint.F(0, paint.Plain, "probe "+probe.Short())}
	}
}

// compared tells how the new version does beside the old one, where that is
// looked at: what could not be measured is no good news.
func (m *model) compared() []paint.Field {
	c := m.run.state.Compared
	if c == nil {
		return nil
	}
	switch text := fmt.Sprintf("new %.1f%% errors, old %.1f%%", c.New.Percent(), c.Old.Percent()); c.Verdict {
	case rollout.Worse:
		return []paint.Field{paint.F(0, paint.Bad, m.theme.Alert+" "+text)}
	case rollout.NotWorse:
		return []paint.Field{paint.F(0, paint.Good, text)}
	case rollout.Unmeasured:
		return []paint.Field{paint.F(0, paint.Ask, "errors: not measured")}
	case rollout.TooFew:
		return []paint.Field{paint.F(0, paint.Plain, fmt.Sprintf("errors: %d of %d requests to judge", c.New.Requests, c.Least))}
	case rollout.NoOld, rollout.Unjudged:
		return []paint.Field{paint.F(0, paint.Plain, text)}
	}
	return nil
}

// percent shows a part, and never rounds something to nothing or to all.
func percent(part float64) string {
	n := int(part*100 + 0.5)
	if part > 0 {
		n = max(n, 1)
	}
	if part < 1 {
		n = min(n, 99)
	}
	if part == 0 {
		n = 0
	}
	return fmt.Sprintf("%d%%", n)
}

func named(version string) string {
	if version == "" {
		return "unknown"
	}
	return version
}
