package tui

import (
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"rota/tui/paint"
)

// command is one thing that a key does. The dispatch of keys, the last line of
// the screen and the help are all made of the one list of them.
type command struct {
	key.Binding
	group string
	rank  int                   // in the last line: 0 stays longest; -1 is not shown there
	on    func(m *model) bool   // whether it means anything in this view; nil: always
	not   func(m *model) string // why it cannot be done now; "" it can; nil: it always can
	do    func(m *model) tea.Cmd
}

// The headings of the help.
const (
	moving  = "moving"
	looking = "looking"
	acting  = "acting (each asks once more)"
	leaving = "leaving"
)

func bind(keys []string, short, does string) key.Binding {
	return key.NewBinding(key.WithKeys(keys...), key.WithHelp(short, does))
}

func keys(k ...string) []string { return k }

// commands lists what the keys do, in the order of the help.
func commands(g *paint.Glyphs) []command {
	show := func(v view) func(m *model) tea.Cmd {
		return func(m *model) tea.Cmd { m.show(v); return nil }
	}
	scroll := func(n int) func(m *model) tea.Cmd {
		return func(m *model) tea.Cmd { m.scroll(n); return nil }
	}
	page := func(n int) func(m *model) tea.Cmd {
		return func(m *model) tea.Cmd { m.scroll(n * max(m.room-1, 1)); return nil }
	}
	copies := func(all bool) func(m *model) tea.Cmd {
		return func(m *model) tea.Cmd { return m.copyLines(all) }
	}
	inTable := (*model).inServers
	inSides := func(m *model) bool { return m.view == sidesView }
	inPlan := func(m *model) bool { return m.view == planView }
	inLines := func(m *model) bool { return m.view.searched() }
	inHistory := func(m *model) bool { return m.view == historyView }
	inPast := func(m *model) bool { return m.view == historyView || m.view == pastView }
	read := func(plays bool) func(*model) tea.Cmd {
		return func(m *model) tea.Cmd { return m.readRun(plays) }
	}
	inOutput := func(m *model) bool { return m.view == outputView }
	return []command{
		{bind(keys("up", "k"), g.Up, "move"), moving, 4, nil, nil, scroll(-1)},
		{bind(keys("down", "j"), "j k", "move, too"), moving, -1, nil, nil, scroll(1)},
		{bind(keys("pgup", "ctrl+u", "b"), "pgup", "a page up"), moving, -1, nil, nil, page(-1)},
		{bind(keys("pgdown", "ctrl+d"), "pgdn", "a page down"), moving, -1, nil, nil, page(1)},
		{bind(keys("home", "g"), "g", "to the first line"), moving, -1, nil, nil, func(m *model) tea.Cmd { m.home(); return nil }},
		{bind(keys("end", "G"), "G", "to the last line"), moving, -1, nil, nil, func(m *model) tea.Cmd { m.end(); return nil }},
		{bind(keys("enter", "l"), "enter", "open: the steps and the output of the server"), moving, 5, inTable, (*model).notSelected, show(outputView)},
		{bind(keys("enter", "l"), "enter", "read: the steps, decisions and outputs of the run"), moving, 0, inHistory, (*model).notPast, read(false)},
		{bind(keys("esc"), "esc", "clear: the filter, then the view of the marked, then the marks"), moving, 5, (*model).clears, nil, (*model).clear},
		{bind(keys("esc"), "esc", "back"), moving, 5, func(m *model) bool { return m.view != serversView }, nil, (*model).leaveView},

		{bind(keys("1"), "1", "the servers"), looking, -1, nil, nil, show(serversView)},
		{bind(keys("2"), "2", "the balancers"), looking, -1, nil, nil, show(balancersView)},
		{bind(keys("3"), "3", "the chosen server: steps and output"), looking, -1, nil, (*model).notSelected, show(outputView)},
		{bind(keys("4"), "4", "the plan"), looking, -1, nil, nil, show(planView)},
		{bind(keys("5"), "5", "the events"), looking, -1, nil, nil, show(eventsView)},
		{bind(keys("6"), "6", "sides: the two groups, or the old and the new version with its limits"), looking, 9, func(m *model) bool { return m.hasSides() && !inSides(m) }, (*model).notSides, show(sidesView)},
		{bind(keys("left", "right"), g.Across, "across: the other side"), looking, 6, inSides, nil, (*model).across},
		{bind(keys("h"), "h", "history: past runs, to read or to play again"), looking, 10, nil, (*model).notHistory, (*model).openHistory},
		{bind(keys("p"), "p", "play: the run again, on this screen"), looking, 0, inPast, (*model).notPast, read(true)},
		{bind(keys("/"), "/", "filter: words, !not, web1,web2, state: lb: batch: group: v: lb1:out"), looking, 6, inTable, nil, (*model).beginFilter},
		{bind(keys("s"), "s", "sort: by activity, name, group or version in turn"), looking, 8, inTable, nil, (*model).nextSort},
		{bind(keys("space"), "space", "mark: the server, to act on several"), looking, 9, inTable, (*model).notSelected, (*model).mark},
		{bind(keys("a"), "a", "mark all that are shown, or none"), looking, -1, inTable, nil, (*model).markAll},
		{bind(keys("v"), "v", "view the marked servers alone, or all again"), looking, -1, inTable, (*model).notPicked, (*model).pick},
		{bind(keys("c"), "c", "exact: every socket line, nginx diff and command of the plan, or the plan again"), looking, 5, inPlan, (*model).notExact, (*model).switchExact},
		{bind(keys("/"), "/", "search: in the lines of this view"), looking, 6, inLines, nil, (*model).beginSearch},
		{bind(keys("n"), "n", "next: the line below that has what is looked for"), looking, 7, inLines, (*model).notSearched, func(m *model) tea.Cmd { return m.find(1) }},
		{bind(keys("N"), "N", "the line above that has it"), looking, -1, inLines, (*model).notSearched, func(m *model) tea.Cmd { return m.find(-1) }},
		{bind(keys("f"), "f", "follow: keep the newest line in sight"), looking, 6, inOutput, nil, func(m *model) tea.Cmd { m.end(); return nil }},
		{bind(keys("right"), "right", "the next server in the table"), looking, -1, inOutput, nil, neighbour(1)},
		{bind(keys("left"), "left", "the server before it"), looking, -1, inOutput, nil, neighbour(-1)},
		{bind(keys("w"), "w", "wrap: long lines whole, or cut"), looking, 7, inOutput, nil, (*model).switchWrap},
		{bind(keys("o"), "o", "source: all, commands only, or what balancers were told and said"), looking, 6, inOutput, nil, (*model).nextSource},
		{bind(keys("r"), "r", "refresh: ask every host now, and you once more for what you refused"), looking, -1, nil, (*model).notRefresh, (*model).askAnew},
		{bind(keys("i"), "i", "info: the server's address, groups, host, its key, load and clock"), looking, -1, nil, (*model).notSelected, (*model).info},
		{bind(keys("y"), "y", "copy: the lines in sight, or the chosen servers' names, by the terminal's clipboard"), looking, -1, nil, nil, copies(false)},
		{bind(keys("Y"), "Y", "copy all lines, or the names of all servers that are shown"), looking, -1, nil, nil, copies(true)},
		{bind(keys("ctrl+s"), "ctrl+s", "save: all lines, in a file"), looking, -1, nil, (*model).notSave, (*model).save},
		{bind(keys("tab"), "tab", "fold: the panel, or open it"), looking, 3, (*model).folds, nil, toPanel(tea.KeyPressMsg{Code: tea.KeyTab})},
		{bind(keys("e"), "e", "everything: what a panel has no room for, to scroll through"), looking, -1, (*model).hidesSome, nil, toPanel(tea.KeyPressMsg{Code: 'e', Text: "e"})},
		{bind(keys("b"), "b", "by hand: how to go on from a failure without rota, or its evidence again"), looking, -1, (*model).knowsByHand, nil, toPanel(tea.KeyPressMsg{Code: 'b', Text: "b"})},
		{bind(keys(":", "ctrl+p"), ":", "commands: a list of all to choose from"), looking, 7, nil, nil, (*model).openPalette},
		{bind(keys("m"), "m", "mouse: to choose and scroll, or for the terminal to select text"), looking, -1, nil, nil, (*model).switchMouse},
		{bind(keys("ctrl+l"), "ctrl+l", "draw anew"), looking, -1, nil, nil, func(*model) tea.Cmd { return tea.ClearScreen }},
		{bind(keys("?"), "?", "help"), looking, 0, nil, nil, (*model).switchHelp},

		{bind(keys("P"), "P", "pause after this batch"), acting, 1, (*model).running, (*model).notHold, (*model).hold},
		{bind(keys("X"), "X", "stop safely: finish the servers in flight"), acting, 1, (*model).running, (*model).notStop, (*model).stop},
		{bind(keys("D"), "D", "deploy: a version, to the marked servers or to all; its plan is shown first"), acting, 1, (*model).resting, (*model).notStart, (*model).deploy},
		{bind(keys("R"), "R", "roll back: what the last run changed"), acting, 2, nil, (*model).notBack, (*model).rollBack},
		{bind(keys("S"), "S", "switch: all traffic to the other group"), acting, 3, (*model).takesTurns, (*model).notSwitch, (*model).switchOver},
		{bind(keys("U"), "U", "resume: a run that was interrupted"), acting, 3, (*model).resting, (*model).notStart, (*model).resume},
		{bind(keys("J"), "J", "job: one of the inventory, by the same safe way"), acting, -1, (*model).resting, (*model).notJob, (*model).job},
		{bind(keys("T"), "T", "try: rehearse the way of a deploy, without its steps"), acting, -1, (*model).resting, (*model).notStart, (*model).rehearse},
		{bind(keys("L"), "L", "lock: who holds it; unlock it when its holder is gone, or it is held by hand"), acting, -1, nil, (*model).notLock, (*model).lock},
		{bind(keys("E"), "E", "shell on the server's host, by ssh"), acting, -1, nil, (*model).notShell, (*model).shell},
		{bind(keys("O"), "O", "out: take servers out of rotation"), acting, 3, (*model).resting, (*model).notServers, (*model).drain},
		{bind(keys("I"), "I", "in: put servers into rotation"), acting, 3, (*model).resting, (*model).notServers, (*model).restore},

		{bind(keys("q"), "q", "leave: a run is stopped safely first"), leaving, 1, nil, nil, leave("q")},
		{bind(keys("ctrl+c"), "ctrl+c", "leave, too; once more is a yes, and twice more stops a run harder"), leaving, -1, nil, nil, leave("ctrl+c")},
		{bind(keys("ctrl+z"), "ctrl+z", "nothing: it would freeze a run"), leaving, -1, nil, nil, (*model).neverSuspend},
	}
}

// pressed takes a key that no panel has taken. From a keyboard in Hangul mode an
// upper-case letter mostly cannot be told from a lower-case one.
func (m *model) pressed(k tea.KeyPressMsg) tea.Cmd {
	p := pressed(k)
	bound := slices.ContainsFunc(m.commands, func(c command) bool { return key.Matches(p, c.Binding) })
	if !bound && string(p) != k.String() {
		return m.say(paint.Warn, "Hangul mode cannot tell upper-case keys: switch it off, or choose by :")
	}
	if d := m.asking(); !bound && m.view == helpView && d != nil && d.find(string(p)) != nil {
		return m.say(paint.Warn, string(p)+" "+d.find(string(p)).Word+": esc first, the question is behind this")
	}
	return m.command(p)
}

// command takes a key by its name.
func (m *model) command(k press) tea.Cmd {
	for _, c := range m.commands {
		if !key.Matches(k, c.Binding) {
			continue
		}
		if c.on != nil && !c.on(m) && c.group != acting {
			continue
		}
		return m.perform(c)
	}
	return nil
}

// means reports whether a key does something in this view.
func (m *model) means(k press) bool {
	return slices.ContainsFunc(m.commands, func(c command) bool {
		return key.Matches(k, c.Binding) && (c.on == nil || c.on(m))
	})
}

// why tells why it cannot be done now; "" where it can.
func (c *command) why(m *model) string {
	switch {
	case m.replay != nil && c.group == acting:
		return "this is a replay"
	case c.not == nil:
		return ""
	}
	return c.not(m)
}

// perform does what a command is for, or says why it cannot be done now.
func (m *model) perform(c command) tea.Cmd {
	if why := c.why(m); why != "" {
		does, _, _ := strings.Cut(c.Help().Desc, ":")
		return m.say(paint.Warn, c.Help().Key+" "+does+": not now, "+why)
	}
	return c.do(m)
}
