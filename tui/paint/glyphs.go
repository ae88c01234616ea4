package paint

// Glyphs are the signs of the screen. Each takes one cell, but for Arrow, Up and Across,
// which stand in running text.
type Glyphs struct {
	ASCII bool

	In, Warming, Draining, Out, Down, Unknown      string // where a balancer has a server
	Waiting, Deploying, Checking, Done             string // what a run does with it
	Held, Failed, Back, Skipped                    string
	Running, Cursor, Mark, Sorted, Alert           string
	New, Old, None, Busy                           string // bars
	Rule, HeavyRule, Split, Quote, Arrow, Ellipsis string
	Up, Across                                     string // the keys that move

	Steps []string // of a figure's height, from nothing to all
}

func unicodeGlyphs() Glyphs {
	return Glyphs{
		In: "●", Warming: "◔", Draining: "◐", Out: "○", Down: "✗", Unknown: "?",
		Waiting: "·", Deploying: "▲", Checking: "◇", Done: "✓",
		Held: "‖", Failed: "✗", Back: "↺", Skipped: "⊘",
		Running: "▸", Cursor: "▸", Mark: "✚", Sorted: "▾", Alert: "!",
		New: "█", Old: "▒", None: "░", Busy: "▓",
		Rule: "─", HeavyRule: "━", Split: "│", Quote: "│", Arrow: "→", Ellipsis: "…",
		Up: "↑↓", Across: "←→",
		Steps: []string{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"},
	}
}

func asciiGlyphs() Glyphs {
	return Glyphs{
		ASCII: true,
		In:    "*", Warming: "%", Draining: "~", Out: "-", Down: "x", Unknown: "?",
		Waiting: ".", Deploying: "^", Checking: "o", Done: "+",
		Held: "=", Failed: "x", Back: "<", Skipped: "/",
		Running: ">", Cursor: ">", Mark: "+", Sorted: "v", Alert: "!",
		New: "#", Old: "=", None: ".", Busy: "%",
		Rule: "-", HeavyRule: "=", Split: "|", Quote: "|", Arrow: "->", Ellipsis: "~",
		Up: "up/down", Across: "left/right",
		Steps: []string{"_", ".", "-", "=", "^"},
	}
}
