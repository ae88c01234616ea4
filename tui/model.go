package tui

import (
	"context"
	"errors"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"rota/rollout"
	"rota/tui/paint"
)

// model is the only tea.Model. It is changed by Update alone; what is drawn is
// a function of it.
type model struct {
	cfg      Config
	feed     *feed
	do       func(func(context.Context) tea.Msg) tea.Cmd // makes a command whose context ends with the screen
	after    func(time.Duration, tea.Msg) tea.Cmd        // makes a command that brings a message later
	commands []command

	theme   *paint.Theme
	pen     *paint.Pen
	profile colorprofile.Profile
	dark    bool
	width   int
	height  int
	blurred bool // the terminal's window has not the focus
	notices notices
	reports bool // the terminal takes reports of the program's status

	now    time.Time // of what is shown: of the run, where a past one is played
	wall   time.Time // of whoever looks
	replay *replay   // the past run that is played; nil: everything is shown as it is now
	extra  string

	history history
	playing *model // the replay that is shown in the place of this screen, or nil

	fleet fleet
	run   run
	tally tally
	table table
	view  view
	from  view // where help was asked for
	pages [views]page
	room  int // lines of the body, when it was last drawn

	both      [2]side // the two sides, as they were last drawn
	sidesTop  int     // the first row of them that is seen
	sidesHead int     // lines above it

	source    string // whose output is shown: "" all, "out" or "lb"
	wrap      bool   // long lines of it are shown whole
	filtering bool
	filter    input
	filterWas string // before it was typed anew
	search    search
	mouse     mouse
	asks      []*ask
	panels    map[*ask]panel
	front     panel // that a person has opened; goes before the questions
	attended  panel // that was shown last
	led       led
	proposed  *rollout.Plan
	vain      vain
	exact     exact     // lines of the plan
	starting  string    // what was asked for and has not begun
	holding   bool      // a gate was asked for
	stops     int       // how often the run was asked to stop
	closing   bool      // the screen closes when the run has ended
	away      time.Time // when the last shell ended; zero: there was none
	toast     string    // an answer to a key, for a short while
	toastRole paint.Role
	toastEnds time.Time

	frame tea.View
}

// tick lets the times on the screen go on.
type tick struct{}

func newModel(cfg Config, f *feed) *model {
	m := &model{
		cfg: cfg, feed: f, fleet: newFleet(cfg), panels: map[*ask]panel{},
		search: search{at: -1}, dark: cfg.Dark, profile: colorprofile.TrueColor, now: cfg.Now(), wall: cfg.Now(),
		after: func(d time.Duration, msg tea.Msg) tea.Cmd {
			return tea.Tick(d, func(time.Time) tea.Msg { return msg })
		},
	}
	m.restyle()
	m.commands = commands(&m.theme.Glyphs)
	m.settle()
	m.frame = m.draw()
	return m
}

func (m *model) restyle() {
	profile := m.profile
	if !m.cfg.Color {
		profile = colorprofile.ASCII
	}
	m.theme = paint.NewTheme(profile, m.dark, m.cfg.ASCII)
	m.pen = paint.NewPen(m.theme)
}

// Init begins to wait for news and asks for the terminal's background.
func (m *model) Init() tea.Cmd {
	return tea.Batch(m.do(m.feed.wait), m.tick(), tea.RequestBackgroundColor, tea.RequestProgramStatusSupport, m.roll())
}

func (m *model) tick() tea.Cmd {
	every := time.Second
	if m.cfg.Extra != nil {
		every = 200 * time.Millisecond
	}
	return m.after(every, tick{})
}

// Update takes one message, and makes the frame anew where it changed something.
func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if m.wall = m.cfg.Now(); m.replay == nil {
		m.now = m.wall
	}
	cmd, changed := m.update(msg)
	if changed {
		cmd = tea.Batch(cmd, m.attend())
		m.frame = m.draw()
	}
	return m, cmd
}

func (m *model) update(msg tea.Msg) (cmd tea.Cmd, changed bool) {
	var there tea.Cmd
	if m.playing != nil {
		var done bool
		if there, done = m.passOn(msg); done {
			return there, true
		}
	}
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case tea.ColorProfileMsg:
		m.profile = msg.Profile
		m.restyle()
	case tea.BackgroundColorMsg:
		m.dark = msg.IsDark()
		m.restyle()
	case tea.EnvMsg:
		m.notices = noticesOf(msg.Getenv)
	case tea.ProgramStatusSupportMsg:
		m.reports = true
	case tea.FocusMsg:
		m.blurred = false
	case tea.BlurMsg:
		m.blurred = true
	case tick:
		m.refresh()
		cmd = m.tick()
	case news:
		cmd = tea.Batch(m.take(msg), m.do(m.feed.wait))
	case quietOver:
		if p := m.panel(); p != nil && p.patience() != nil {
			p.patience().look(m.now)
		}
	case reel:
		cmd = m.turn(msg)
	case tea.KeyPressMsg:
		cmd = m.key(msg)
	case tea.PasteMsg:
		m.paste(msg.Content)
	case tea.MouseClickMsg:
		cmd = m.click(msg)
	case tea.MouseWheelMsg:
		m.wheel(msg)
	case versions:
		m.recent(msg)
	case runsTold:
		m.takeRuns(msg)
	case lastTold:
		cmd = m.takeLast(msg)
	case pastTold:
		cmd = m.takePast(msg)
	case planned:
		cmd = m.showPlan(msg)
	case exactTold:
		m.takeExact(msg)
	case started:
		cmd = m.begun(msg)
	case saved:
		cmd = m.showSaved(msg)
	case facts:
		m.showFacts(msg)
	case lockTold:
		cmd = m.showLock(msg)
	case unlocked:
		cmd = m.freed(msg)
	case shell:
		cmd = m.runShell(msg)
	case shellEnded:
		cmd = m.backFromShell(msg)
	default:
		return there, false
	}
	return tea.Batch(there, cmd), true
}

// refresh brings up to date what goes on with time.
func (m *model) refresh() {
	if m.wall.After(m.toastEnds) {
		m.toast = ""
	}
	if m.cfg.Extra != nil {
		m.extra = m.cfg.Extra()
	}
	m.settle()
}

// settle sums up anew what is known.
func (m *model) settle() {
	m.fleet.settle(m.now)
	for _, s := range m.fleet.servers {
		m.judge(s)
		s.state, s.health = m.stateOf(s).word, ""
		if m.run.state.Seq > 0 { // else the state tells it
			s.health = m.healthOf(s).word
		}
	}
	m.tally = m.count()
	m.record()
	m.table.order(&m.fleet)
}

// take folds what came in since the last frame.
func (m *model) take(n news) tea.Cmd {
	var cmds []tea.Cmd
	was := m.run.on()
	for _, e := range n.events {
		m.observe(e)
	}
	if was && !m.run.on() {
		cmds = append(cmds, m.notify("the run has ended: "+string(m.run.state.Outcome)), m.tellEnding())
	}
	if len(n.events) > 0 {
		m.starting, m.proposed = "", nil
	}
	if n.starting != nil {
		if m.starting = *n.starting; m.starting == "" {
			m.proposed = nil
		}
	}
	if n.proposed != nil {
		m.proposed = n.proposed
	}
	if n.survey != nil {
		m.fleet.survey(*n.survey)
	}
	if n.snapshot != nil {
		m.fleet.see(n.snapshot.Balancers)
	}
	for _, a := range n.asks {
		cmds = append(cmds, m.asked(a))
	}
	for _, a := range n.withdrawn {
		m.answered(a)
	}
	for _, name := range n.signals {
		cmds = append(cmds, m.signal(name))
	}
	for _, x := range n.notices {
		cmds = append(cmds, m.noticed(x))
	}
	if m.run.state.Ended {
		m.stops, m.holding = 0, false
		if d, ok := m.front.(*dialog); ok && d.during {
			m.front = nil
		}
		if m.closing {
			cmds = append(cmds, tea.Quit)
		}
	}
	m.refresh()
	return tea.Batch(cmds...)
}

// noticed shows what a person should know, unless there is something else to
// look at. The last notice counts; one that tells nothing takes it away.
func (m *model) noticed(x notice) tea.Cmd {
	if d, ok := m.front.(*dialog); ok && d.told {
		m.front = nil
	}
	if m.front != nil || m.run.on() || len(x.lines) == 0 {
		return nil
	}
	d := newNotice(x.title, x.lines)
	d.told = true
	return m.open(d)
}

// recent takes the versions that a prompt offers.
func (m *model) recent(v versions) {
	v.prompt.options, v.prompt.note = v.recent, ""
	if v.err != nil {
		v.prompt.note = "recent versions: " + v.err.Error()
	} else if len(v.recent) == 0 {
		v.prompt.note = "no list of versions (deploy.versions in the inventory gives one)"
	}
}

// begun takes what became of a start.
func (m *model) begun(s started) tea.Cmd {
	if s.err == nil {
		if s.what == "deploy" || s.what == "drain" || s.what == "restore" {
			m.unmark() // what was marked for it is in work
		}
		return nil
	}
	if m.starting == s.what {
		m.starting = ""
	}
	switch s.what {
	case "pause":
		m.holding = false
	case "stop":
		m.closing = false
	}
	if errors.Is(s.err, ErrDeclined) {
		said := s.what + " was declined: nothing was touched"
		m.run.log.push(entry{at: m.now, role: paint.Quiet, glyph: m.theme.Done, text: said})
		return m.say(paint.Plain, said)
	}
	title := s.what + " did not begin"
	if cmd, held := m.heldUp(title, s.err); held {
		return cmd
	}
	return m.fail(title, s.err)
}

// fail shows an error until it has been read, and keeps it among the events.
func (m *model) fail(title string, err error) tea.Cmd {
	lines := strings.Split(err.Error(), "\n")
	m.run.log.push(entry{at: m.now, role: paint.Bad, glyph: m.theme.Failed, text: title + ": " + lines[0]})
	return m.open(newNotice(title, lines))
}

// say answers a key in the last line, for a short while.
func (m *model) say(r paint.Role, s string) tea.Cmd {
	m.toast, m.toastRole, m.toastEnds = s, r, m.wall.Add(4*time.Second)
	return nil
}
