package tui

import (
	"context"
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"rota/rollout"
	"rota/tui/paint"
)

// What a person can start. Each act opens a panel that asks for a yes, and
// then becomes a command, off the screen's own loop.

func (m *model) running() bool { return m.run.on() || m.starting != "" }
func (m *model) resting() bool { return !m.running() }

func (m *model) notAct() string {
	switch {
	case m.replay != nil:
		return "this is a replay"
	case m.cfg.ReadOnly:
		return "this screen is read-only"
	case m.cfg.Actions == nil:
		return "nothing can be started from this screen"
	}
	return ""
}

func (m *model) notStart() string {
	switch {
	case m.notAct() != "":
		return m.notAct()
	case m.running():
		return "a run is under way"
	case len(m.asks) > 0:
		return "a question waits for you"
	}
	return ""
}

func (m *model) notBack() string {
	if why := m.notAct(); why != "" {
		return why
	}
	if d := m.asking(); m.run.on() && d != nil && d.offers(rollout.RollBack) {
		return "it is a choice of the question that waits"
	}
	if m.run.on() {
		return "pause first (P): the way back is a choice at the gate"
	}
	return m.notStart()
}

func (m *model) notServers() string {
	if why := m.notStart(); why != "" {
		return why
	}
	if len(m.chosenServers()) == 0 {
		return "no server is chosen"
	}
	return ""
}

func (m *model) notRun() string {
	switch {
	case m.notAct() != "":
		return m.notAct()
	case !m.run.on():
		return "no run is under way"
	}
	return ""
}

func (m *model) notHold() string {
	switch {
	case m.notRun() != "":
		return m.notRun()
	case len(m.asks) > 0:
		return "the run waits for you already"
	case m.holding:
		return "it will pause after this batch already"
	case m.stops > 0:
		return "it is being stopped"
	}
	return ""
}

func (m *model) notStop() string {
	if m.stops > 1 {
		return "it starts no further step already"
	}
	return m.notRun()
}

func (m *model) notSelected() string {
	if m.table.selected() == nil {
		return "no server is chosen"
	}
	return ""
}

// markedServers are those that a person has marked.
func (m *model) markedServers() []string {
	var names []string
	for _, s := range m.fleet.servers {
		if s.marked {
			names = append(names, s.Name)
		}
	}
	return names
}

// chosenServers are the marked ones, or else the one under the cursor.
func (m *model) chosenServers() []string {
	names := m.markedServers()
	if s := m.table.selected(); s != nil && len(names) == 0 {
		names = append(names, s.Name)
	}
	return names
}

// listed names some, and counts the others.
func listed(names []string) string {
	const most = 6
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// open shows a panel that a person has asked for.
func (m *model) open(p panel) tea.Cmd {
	if m.view == helpView {
		m.view = m.from
	}
	m.front = p
	return nil
}

// deploy asks for a version, and then shows the plan before it asks for a yes.
// It goes to the marked servers, or to all where none is marked.
func (m *model) deploy() tea.Cmd {
	servers := m.markedServers()
	title := "deploy which version?"
	if len(servers) > 0 {
		title = "deploy which version to " + listed(servers) + "?"
	}
	p := newPrompt(title, "version", func(m *model, version string) tea.Cmd {
		if version = strings.TrimSpace(version); version == "" {
			return m.say(paint.Warn, "give a version, or esc")
		}
		m.front, m.starting = nil, "planning "+version
		return m.do(func(ctx context.Context) tea.Msg {
			plan, notes, err := m.cfg.Actions.Plan(ctx, version, servers...)
			return planned{version, servers, plan, notes, err}
		})
	})
	p.note = "asking for recent versions"
	m.open(p)
	return m.do(func(ctx context.Context) tea.Msg {
		recent, err := m.cfg.Actions.Versions(ctx)
		return versions{p, recent, err}
	})
}

// versions are the recent ones for a prompt; planned is the plan of a deploy.
type versions struct {
	prompt *prompt
	recent []string
	err    error
}

type planned struct {
	version string
	servers []string // that were marked; none: all
	plan    rollout.Plan
	notes   []string
	err     error
}

// started says that something has begun, or why it could not.
type started struct {
	what string
	err  error
}

func (m *model) showPlan(p planned) tea.Cmd {
	m.starting = ""
	if p.err != nil {
		return m.fail("no plan can be made of "+p.version, p.err)
	}
	m.proposed = &p.plan
	facts := m.alsoUnseen(append(planFacts(&p.plan), p.notes...))
	to := count(len(p.plan.Targets), "server")
	if len(p.servers) > 0 {
		to = listed(p.servers)
	}
	d := newStart("deploy "+p.version+" to "+to+"?", "carry this plan out? (4 shows all of it, and c there every line)", facts,
		func(m *model) tea.Cmd { return m.start(Request{Do: "deploy", Version: p.version, Servers: p.servers}) })
	return m.open(d)
}

// newStart makes the panel that asks for a yes before something is started.
func newStart(title, then string, facts []string, take func(m *model) tea.Cmd) *dialog {
	d := newAct(title, then, facts, take)
	d.starts = true
	return d
}

func (m *model) start(r Request) tea.Cmd {
	m.front, m.starting = nil, r.Do
	if r.Do != "switch" { // that is seen best beside each other
		m.show(serversView)
	}
	return m.do(func(ctx context.Context) tea.Msg {
		return started{r.Do, m.cfg.Actions.Start(ctx, r)}
	})
}

func (m *model) rollBack() tea.Cmd { return m.aboutLast(takingBack()) }
func (m *model) resume() tea.Cmd   { return m.aboutLast(resuming()) }

func (m *model) hold() tea.Cmd {
	d := newAct("pause after this batch?", "finish the batch in work, then ask?", nil,
		func(m *model) tea.Cmd {
			m.front, m.holding = nil, true
			return m.do(func(ctx context.Context) tea.Msg { return started{"pause", m.cfg.Actions.Hold(ctx)} })
		})
	d.during = true
	return m.open(d)
}
