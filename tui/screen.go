// Package tui is the operator at a screen: it shows a run, or the fleet at
// rest, as a live table, and puts the run's questions to a person.
//
// Data flows one way. Others tell the Screen what happens (Observe, See,
// Survey); that goes into a queue which the program empties once a frame, is
// folded into the model, and the model is drawn. What a person decides goes
// back as the answer to a question, or through Actions.
//
// Lower-case keys look and upper-case keys act; what acts asks once more with
// another key. Nothing is told by colour alone. The package starts no
// goroutine and does no input or output of its own but the terminal's.
package tui

import (
	"context"
	"errors"
	"io"
	"time"

	tea "charm.land/bubbletea/v2"

	"rota/lb"
	"rota/record"
	"rota/rollout"
	"rota/survey"
)

// Config is what a screen is made with. All of it is known without asking a
// host, so that the first paint waits for nobody.
type Config struct {
	App, Environment    string
	Protected, ReadOnly bool
	Servers             []Row
	Balancers           []string
	Groups              []string // the two that take turns in rotation; nil: there are none
	Jobs                []string // that the inventory has
	Color, ASCII, Dark  bool
	Actions             Actions          // nil: nothing can be started or stopped
	Extra               func() string    // a line under the header, asked at each frame; may be nil; must be cheap
	Now                 func() time.Time // nil: time.Now
	Input               io.Reader        // nil: the terminal
	Output              io.Writer        // nil: the terminal
}

// Row is one server as the inventory knows it.
type Row struct {
	Name, Group string
	Balancers   []string // that it stands behind
	Address     string   // by which they reach it; "": it has none
	Host        string   // by which ssh reaches it
}

// Actions is what a person can start from the screen. Its methods are called
// off the screen's own loop and may block. Their ctx ends with the screen: a
// run that Start has begun must not hang on it.
type Actions interface {
	// Plan returns what a deploy of version to servers, or to all, would do, and
	// what a person should know beside that, a line each. It touches nothing.
	Plan(ctx context.Context, version string, servers ...string) (rollout.Plan, []string, error)
	// Commands lists every line that a plan would send to a balancer, every diff
	// that it would make there and every command that it would run, under titles
	// that begin with "# ". It asks the balancers, and touches nothing.
	Commands(ctx context.Context, p rollout.Plan) ([]string, error)
	// Versions lists versions that could be deployed, the newest first.
	Versions(ctx context.Context) ([]string, error)
	// Runs lists the past runs of the application, whoever made them, the newest
	// first. With an error come those that could be read all the same.
	Runs(ctx context.Context) ([]rollout.State, error)
	// Past reads one of them.
	Past(ctx context.Context, run string) (Past, error)
	// Start begins a run and returns once it has begun or cannot begin; its
	// events then come through Observe. The plan of a deploy has been shown and
	// confirmed before. ErrDeclined says that a person was asked once more, and
	// did not want it.
	Start(ctx context.Context, r Request) error
	// Stop is a person's stop: the first lets the servers in flight finish, a
	// second one starts no further step.
	Stop(ctx context.Context) error
	// Hold asks a gate after the batch in work.
	Hold(ctx context.Context) error
	// Lock tells who holds the application's lock, nil for nobody.
	Lock(ctx context.Context) (*Lock, error)
	// Unlock frees a lock that was shown, if it is still that one and is held by
	// hand or its holder is gone.
	Unlock(ctx context.Context, shown record.Held) error
	// Refresh looks at everything now, and lets a person be asked once more for
	// what was refused before: a host key, a passphrase, a password.
	Refresh(ctx context.Context)
	// Facts tells what is known of a server's host beside its Row, a line each.
	// What has to be asked there is asked in a few seconds or not at all.
	Facts(ctx context.Context, server string) []string
	// Shell makes the command that gives a person a shell on a server's host. It
	// is run by the screen, which is away until then.
	Shell(ctx context.Context, server string) (Command, error)
	// Save keeps lines in a file, and returns its path. name says whose they are.
	Save(ctx context.Context, name string, lines []string) (string, error)
}

// Command is a command that has the terminal to itself.
type Command = tea.ExecCommand

// Request is a wish to start something.
type Request struct {
	Do      string   // "deploy", "roll", "rehearse", "rollback", "switch", "resume", "drain" or "restore"
	Group   string   // switch
	Version string   // deploy
	Job     string   // roll
	Servers []string // drain, restore; deploy: empty for all
	Why     string   // drain
}

// ErrClosed says that the screen was left before a question was answered,
// ErrNotGiven that a person does not give what was asked for, and ErrDeclined
// that a person does not want what was to be started.
var (
	ErrClosed   = errors.New("the screen was closed")
	ErrNotGiven = errors.New("not given")
	ErrDeclined = errors.New("declined")
)

// Screen is the operator at a screen. It is a rollout.Operator; its methods
// may be called concurrently, before Run and after it too.
type Screen struct {
	cfg     Config
	feed    *feed
	model   *model
	options []tea.ProgramOption // of tests
}

// New makes a screen; nothing is drawn before Run.
func New(cfg Config) *Screen {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	s := &Screen{cfg: cfg, feed: newFeed()}
	s.model = newModel(cfg, s.feed)
	return s
}

// perSecond is how many frames are drawn at most: with so many a key is answered
// within 33 ms amid 5,000 events a second, and a screen to which nothing happens
// takes less than a hundredth of a core (BenchmarkKeyAmidEvents, BenchmarkIdle).
const perSecond = 45

// Run shows the screen until the person leaves, which while a run is under
// way means: stops it first. It returns ctx's error when ctx ends it, and an
// error of the terminal's. Signals are left to the caller: see Signal.
func (s *Screen) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer s.feed.close()
	s.model.do = func(f func(context.Context) tea.Msg) tea.Cmd {
		return func() tea.Msg { return f(ctx) }
	}
	options := []tea.ProgramOption{tea.WithContext(ctx), tea.WithoutSignalHandler(), tea.WithFPS(perSecond)}
	if s.cfg.Input != nil {
		options = append(options, tea.WithInput(s.cfg.Input))
	}
	if s.cfg.Output != nil {
		options = append(options, tea.WithOutput(s.cfg.Output))
	}
	_, err := tea.NewProgram(s.model, append(options, s.options...)...).Run()
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// Observe takes an event of a run. It never blocks. Where a run is resumed, the
// events of its journal must come first.
func (s *Screen) Observe(e rollout.Event) { s.feed.event(e) }

// Decide shows a question and waits for a person's answer. It ends with ctx,
// or with ErrClosed when the screen is left.
func (s *Screen) Decide(ctx context.Context, q rollout.Question) (rollout.Answer, error) {
	word, err := s.ask(ctx, ask{question: q})
	return rollout.Answer{Choice: word, By: "a person"}, err
}

// Confirm asks whether to trust host keys that are not known yet. The first
// line of text is the question, the others are shown below it, all of them
// before a yes is taken.
func (s *Screen) Confirm(ctx context.Context, text string) (bool, error) {
	word, err := s.ask(ctx, ask{question: trustQuestion(text)})
	return word == trusted, err
}

// Secret asks for a passphrase or a password, which is never shown. The last
// line of prompt says which one, those before it what to know. It ends with
// ErrNotGiven when the person gives it up.
func (s *Screen) Secret(ctx context.Context, prompt string) (string, error) {
	return s.ask(ctx, ask{secret: prompt})
}

func (s *Screen) ask(ctx context.Context, a ask) (string, error) {
	a.reply = make(chan string, 1)
	s.feed.ask(&a)
	select {
	case word, given := <-a.reply:
		if !given {
			return "", ErrNotGiven
		}
		return word, nil
	case <-ctx.Done():
		s.feed.withdraw(&a)
		return "", ctx.Err()
	case <-s.feed.closed:
		return "", ErrClosed
	}
}

// See takes what the balancers say; the last one wins.
func (s *Screen) See(snapshot lb.Snapshot) { s.feed.snapshot(snapshot) }

// Survey takes what the servers say; the last one wins.
func (s *Screen) Survey(snapshot survey.Snapshot) { s.feed.survey(snapshot) }

// Starting tells that something is about to begin ("deploy"), before it has an
// event to show; "" that it did not begin after all.
func (s *Screen) Starting(what string) { s.feed.starting(what) }

// Propose takes the plan that the next question is about, so that all of it
// can be read before the run has begun.
func (s *Screen) Propose(p rollout.Plan) { s.feed.propose(p) }

// Tell shows lines until the person has read them: what was found at the start,
// such as a run that waits to be settled. A question or a run goes before it.
// The last one counts; without lines it takes the one before away.
func (s *Screen) Tell(title string, lines ...string) { s.feed.notice(notice{title, lines}) }

// Signal takes the name of a signal that the process got. SIGINT is what
// ctrl+c is; any other stops a run safely and then closes the screen.
func (s *Screen) Signal(name string) { s.feed.signal(name) }
