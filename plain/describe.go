package plain

import (
	"fmt"
	"strings"
	"time"

	"rota/lb"
	"rota/rollout"
)

// describe tells an event in a word and a sentence. doing is what its step
// does, where that was told when it began.
func describe(e rollout.Event, doing string) (word, sentence string) {
	switch e.Kind {
	case rollout.RunBegun:
		return "start", begun(e)
	case rollout.Resumed:
		return "resume", or(e.Text, "another process goes on with the run") + by(e)
	case rollout.StepBegun:
		return "begin", several(e, step(e)) + again(e)
	case rollout.StepEnded:
		return ended(e), several(e, or(doing, string(e.Step))) + note(e) + took(e) + failure(e)
	case rollout.Moved:
		return phaseWord(e.State), told(e)
	case rollout.Observed:
		return "seen", fmt.Sprintf("%s says %s", e.Balancer, e.State) + note(e)
	case rollout.Output:
		return stream(e), talking(e) + e.Line
	case rollout.Found:
		return "version", "runs " + e.Version
	case rollout.Booted:
		return "boot", "up since boot " + e.State
	case rollout.Disturbed:
		return "disturbed", or(e.Text, fmt.Sprintf("somebody changed it at %s: now %s", e.Balancer, e.State))
	case rollout.Weighed:
		return "weights", weighed(e)
	case rollout.Compared:
		return comparedWord(e), told(e)
	case rollout.Asked:
		return "question", asked(e)
	case rollout.Answered:
		return "answer", e.State + note(e)
	case rollout.Probed:
		return "LOST", e.Text
	case rollout.Missed:
		return "LOST", sentAt(e) + e.Text
	case rollout.Reversed:
		return "rollback", or(e.Text, "from here on the servers go back to what they ran before")
	case rollout.RunEnded:
		return "end", e.State + note(e) + failure(e)
	default:
		return string(e.Kind), told(e)
	}
}

// whose names what the line is about.
func whose(e rollout.Event) string {
	if e.Batch > 0 && e.Server == "" && len(e.Servers) != 1 {
		return fmt.Sprintf("batch %d", e.Batch)
	}
	return one(e)
}

// one is the name of the server or the balancer that the line is about; ""
// where it is about a batch, or everything.
func one(e rollout.Event) string {
	switch {
	case e.Server != "":
		return e.Server
	case len(e.Servers) == 1:
		return e.Servers[0]
	case e.Batch > 0:
		return ""
	}
	return e.Balancer
}

func begun(e rollout.Event) string {
	if e.Plan == nil {
		return e.Text
	}
	return heading(*e.Plan) + ", run " + e.Run + by(e)
}

func step(e rollout.Event) string { return or(e.Text, string(e.Step)) }

// several tells what is done; where it is with more than one server, and does
// not name them itself, with whom.
func several(e rollout.Event, what string) string {
	names := strings.Join(e.Servers, ", ")
	if e.Server != "" || len(e.Servers) < 2 || strings.Contains(what, names) {
		return what
	}
	return names + ": " + what
}

func again(e rollout.Event) string {
	if e.Attempt < 2 {
		return ""
	}
	return fmt.Sprintf(" (try %d)", e.Attempt)
}

func ended(e rollout.Event) string {
	switch {
	case e.State == lb.Unknown.String():
		return "UNKNOWN"
	case e.Error != "":
		return "FAILED"
	default:
		return "ok"
	}
}

func phaseWord(phase string) string {
	switch rollout.Phase(phase) {
	case rollout.Failed, rollout.Uncertain:
		return strings.ToUpper(phase)
	default:
		return phase
	}
}

func stream(e rollout.Event) string {
	switch {
	case e.Stream != "lb":
		return "|"
	case e.Said:
		return "<"
	default:
		return ">"
	}
}

// talking names the balancer that is told or says something about a server.
func talking(e rollout.Event) string {
	if e.Stream != "lb" || whose(e) == e.Balancer {
		return ""
	}
	return e.Balancer + ": "
}

// weighed tells the weights that were found, or that are asked for.
func weighed(e rollout.Event) string {
	var members []string
	for _, m := range e.Weights {
		members = append(members, fmt.Sprintf("%s %d", or(m.Server, m.Name), m.Weight))
	}
	list := strings.Join(members, ", ")
	switch e.State {
	case rollout.WeightsFound:
		return e.Balancer + " has " + list
	case rollout.WeightsAsked:
		return e.Balancer + " is asked for " + or(list, "nothing")
	case rollout.WeightsRestored:
		if list != "" {
			return e.Balancer + " is as it was found, but for others' " + list
		}
		return e.Balancer + " is as it was found"
	}
	return e.Balancer + " " + list
}

func comparedWord(e rollout.Event) string {
	if e.Error != "" {
		return "WORSE"
	}
	return "compare"
}

func asked(e rollout.Event) string {
	if e.Text == "" && e.Question != nil {
		return e.Question.Text
	}
	return e.Text
}

// sentAt tells when a lost request was sent, where that was not just now.
func sentAt(e rollout.Event) string {
	if e.Lost == nil || e.Time.Sub(e.Lost.At) < time.Second {
		return ""
	}
	return "sent at " + e.Lost.At.Local().Format(time.TimeOnly) + ": "
}

func took(e rollout.Event) string {
	if e.ElapsedMS == 0 {
		return ""
	}
	return " " + short(time.Duration(e.ElapsedMS)*time.Millisecond)
}

func failure(e rollout.Event) string {
	if e.Error == "" {
		return ""
	}
	return ": " + e.Error
}

// told is what an event says by itself.
func told(e rollout.Event) string {
	if e.Text == "" {
		return e.Error
	}
	return e.Text + failure(e)
}

func note(e rollout.Event) string {
	if e.Text == "" {
		return ""
	}
	return " (" + e.Text + ")"
}

func by(e rollout.Event) string {
	if e.Operator == "" {
		return ""
	}
	return ", by " + e.Operator
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// short prints a duration as people read it: 0.2s, 58.1s, 2m13s.
func short(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%.1fs", d.Seconds())
	}
	return d.Round(time.Second).String()
}

func wordStyle(word string) style {
	switch word {
	case "FAILED", "UNKNOWN", "WORSE", "LOST", "disturbed":
		return bad
	case "question", "answer", "rollback", string(rollout.Skipped), string(rollout.LeftOut):
		return needs
	case "ok", string(rollout.Serving):
		return good
	case "|", ">", "<", "seen", "beat", "version", "boot":
		return quiet
	case string(rollout.Draining), string(rollout.Out), string(rollout.Deploying), string(rollout.Checking), string(rollout.Returning), string(rollout.Climbing):
		return moving
	default:
		return plainly
	}
}
