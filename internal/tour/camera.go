package main

import (
	"sync"
	"time"

	"rota/internal/picture"
)

// camera films a terminal.
type camera struct {
	terminal *terminal
	begun    time.Time
	film     picture.Film // its shots are run's until it has ended
	stop     chan struct{}
	running  sync.WaitGroup
}

// shutter is how often the camera looks: more often than anybody can read.
const shutter = 100 * time.Millisecond

// roll lets a camera begin with what is on the screen now; whoever does so must
// cut it.
func roll(t *terminal, now picture.Frame) *camera {
	c := &camera{terminal: t, begun: time.Now(), stop: make(chan struct{})}
	c.film.Shots = []picture.Shot{{Frame: now}}
	c.running.Go(c.run)
	return c
}

func (c *camera) run() {
	for {
		select {
		case <-c.stop:
			for !c.take() {
				time.Sleep(settled)
			}
			return
		case <-time.After(shutter):
			c.take()
		}
	}
}

// take takes a shot if there is something new. It returns false if the screen
// is just being drawn.
func (c *camera) take() bool {
	f, since, ok := c.terminal.frame()
	if at := since.Sub(c.begun); ok && at > c.film.Shots[len(c.film.Shots)-1].At {
		c.film.Shots = append(c.film.Shots, picture.Shot{At: at, Frame: f})
	}
	return ok
}

// pressed tells the camera of a key.
func (c *camera) pressed(key string) {
	c.film.Keys = append(c.film.Keys, picture.Key{At: time.Since(c.begun), Name: key})
}

// poster makes this moment, or what is filmed next, the one to be shown where
// nothing may move.
func (c *camera) poster() { c.film.Poster = time.Since(c.begun) }

// cut ends the film and returns it.
func (c *camera) cut() picture.Film {
	close(c.stop)
	c.running.Wait()
	c.film.Length = time.Since(c.begun).Round(100 * time.Millisecond)
	for _, shot := range c.film.Shots {
		if shot.At >= c.film.Poster {
			c.film.Poster = shot.At
			break
		}
	}
	return c.film
}
