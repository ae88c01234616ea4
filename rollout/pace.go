package rollout

import (
	"slices"
	"time"
)

// A wait in which nothing but figures come is long when it lasts longer than
// longWait; played again it takes no longer than shortWait.
const (
	longWait  = 30 * time.Second
	shortWait = 3 * time.Second
)

// Pace tells how fast a past run is played: as it was, but for the long waits,
// which nobody wants to sit through twice. The zero value is that of no events.
// It is never changed and may be used concurrently.
type Pace struct {
	gaps  []time.Duration // how long it was from the event before to each one
	waits []time.Duration // the long wait that ends with it, or that it lies in; else 0
	ends  []time.Duration // when it comes, played once as fast as it was
}

// PaceOf returns the pace of a run.
func PaceOf(events []Event) Pace {
	p := Pace{waits: make([]time.Duration, len(events))}
	begun := 0 // the event that the wait under way began with
	for i, e := range events {
		gap := time.Duration(0)
		if i > 0 { // clocks are set back, and another machine may have gone on with the run
			gap = max(e.Time.Sub(events[i-1].Time), 0)
		}
		p.gaps = append(p.gaps, gap)
		if e.Figures() && i < len(events)-1 {
			continue
		}
		wait := time.Duration(0)
		for _, gap := range p.gaps[min(begun+1, i):] {
			wait += gap
		}
		if wait > longWait {
			for k := begun + 1; k <= i; k++ {
				p.waits[k] = wait
			}
		}
		begun = i
	}
	at := time.Duration(0)
	for i, gap := range p.gaps {
		at += p.played(i, gap, 1)
		p.ends = append(p.ends, at)
	}
	return p
}

// Pause is how long the pause before event i is at a speed; 0 where the speed
// is 0, which stands for at once.
func (p Pace) Pause(i int, speed float64) time.Duration {
	if speed <= 0 {
		return 0
	}
	return p.played(i, p.gaps[i], speed)
}

// Rate is how many times as fast as it was the time before event i goes by at a speed.
func (p Pace) Rate(i int, speed float64) float64 {
	return max(speed, float64(p.waits[i])/float64(shortWait))
}

// Shortened is how long the wait was that ends with event i, or that it lies
// in, if that is played faster than the speed says; else 0.
func (p Pace) Shortened(i int, speed float64) time.Duration {
	if p.Rate(i, speed) > speed {
		return p.waits[i]
	}
	return 0
}

// Part tells how much of the run has been played, from 0 to 1, when so much
// time has gone by since event i-1, which was played.
func (p Pace) Part(i int, since time.Duration) float64 {
	if len(p.ends) == 0 || i >= len(p.ends) || p.ends[len(p.ends)-1] == 0 {
		return 1
	}
	at := p.ends[max(i-1, 0)]
	if i > 0 {
		at += p.played(i, min(max(since, 0), p.gaps[i]), 1)
	}
	return float64(at) / float64(p.ends[len(p.ends)-1])
}

func (p Pace) played(i int, d time.Duration, speed float64) time.Duration {
	return time.Duration(float64(d) / p.Rate(i, speed))
}

// Figures reports whether an event tells nothing but how much there is of
// something. Such ones come all the time, also while nothing happens.
func (e Event) Figures() bool {
	return e.Kind == Sampled || e.Kind == Probed && e.Text == ""
}

// Playable returns the events at the beginning of a journal that can be read
// and follow from each other, and what is wrong with the next one, if anything.
func Playable(journal []byte) ([]Event, error) {
	events, err := ReadEvents(journal)
	var s State
	for i, e := range events {
		if err := s.Apply(e); err != nil {
			return slices.Clip(events[:i]), err
		}
	}
	return events, err
}
