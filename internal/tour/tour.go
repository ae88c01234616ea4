package main

import (
	"context"
	"regexp"
	"time"

	"rota/demo"
	"rota/internal/picture"
)

// tour goes through the demo, as a person at the screen would, and takes the
// pictures on the way. What it waits for is always to be seen on the screen; it
// stays a while here and there only so that whoever watches the film can read.
type tour struct {
	*terminal
	stay     time.Duration     // the usual while; 0 hurries
	camera   *camera           // nil: it is not filmed
	pictures map[string][]byte // by the names of their files
}

// all is the whole tour.
func (t *tour) all(ctx context.Context) error {
	if err := t.filmed(ctx, t.deploy); err != nil {
		return err
	}
	return t.failure(ctx)
}

// filmed goes a part of the way before the camera, from the demo's question on.
func (t *tour) filmed(ctx context.Context, part func(context.Context) error) error {
	now, err := t.see(ctx, "the question of the demo", `begin with web1`)
	if err != nil {
		return err
	}
	t.camera = roll(t.terminal, now)
	err = part(ctx)
	film := t.camera.cut()
	t.camera = nil
	t.pictures["deploy.svg"] = picture.Moving(picture.Caption{
		Title: "A deploy to six servers, from the question at its beginning to its end",
		Description: "A terminal that shows rota's live table. Batch by batch, servers drain, are deployed and checked, and come back; " +
			"after the first two batches rota shows what was done and asks whether to go on. At the end all six run the new version and no request has failed.",
	}, film)
	return err
}

// deploy carries out the deploy that the demo opens with: batch by batch, then
// all the rest.
func (t *tour) deploy(ctx context.Context) error {
	if _, err := t.choose(ctx, "C", "continue"); err != nil {
		return err
	}
	if _, err := t.see(ctx, "the first gate", `batch 1 .*done`); err != nil {
		return err
	}
	if _, err := t.choose(ctx, "C", "continue"); err != nil {
		return err
	}
	if _, err := t.see(ctx, "the second gate", `batch 2 .*done`); err != nil {
		return err
	}
	gate, err := t.choose(ctx, "A", "all")
	if err != nil {
		return err
	}
	t.still("gate.svg", gate, "A gate after the second batch",
		"Three of six servers run the new version. Below the table rota tells where they stand, how the traffic is shared, that there were no errors, "+
			"and what each choice would do.")

	table, err := t.see(ctx, "two servers that drain", `(?m)^.{1,3}web\d .*draining.*\n.{1,3}web\d .*draining`)
	if err != nil {
		return err
	}
	t.still("table.svg", table, "The live table in the middle of a deploy",
		"Two servers drain, one waits and three are updated. Above them stand the progress, the share of requests that each version gets, "+
			"and how many servers are in rotation; below them the latest events.")
	if t.camera != nil {
		t.camera.poster()
	}
	if _, err := t.see(ctx, "a server at work", `(?m)^.{1,3}web\d .*(deploying|checking)`); err != nil {
		return err
	}
	if err := t.press("3"); err != nil {
		return err
	}
	output, err := t.see(ctx, "the output of a server", `started `+regexp.QuoteMeta(demo.Next)+` (?s:.)*: 200 `)
	if err != nil {
		return err
	}
	t.still("output.svg", output, "The steps and the output of one server",
		"On the left the steps of the server with how long each took; on the right what its commands printed, what the balancer was told, and what the health check said.")
	t.linger(ctx, t.stay)
	if err := t.press("1"); err != nil {
		return err
	}
	if _, err := t.see(ctx, "the end of the deploy, with no request lost", `DONE(?s:.)* 0 failed(?s:.)* 6/6 `); err != nil {
		return err
	}
	t.linger(ctx, 3*t.stay/2)
	return nil
}

// failure deploys a version that never becomes healthy.
func (t *tour) failure(ctx context.Context) error {
	if err := t.press("D"); err != nil {
		return err
	}
	if _, err := t.see(ctx, "the question for a version", `which version`); err != nil {
		return err
	}
	if err := t.press(demo.Broken + "\r"); err != nil {
		return err
	}
	if err := t.confirm(ctx); err != nil {
		return err
	}
	failed, err := t.see(ctx, "the choices after a failure", `has failed(?s:.)* T retry`)
	if err != nil {
		return err
	}
	t.still("failure.svg", failed, "A server that does not become healthy",
		"The first server has failed its health check and is out of rotation, the other five serve the earlier version. Below the table rota shows "+
			"the last lines of its output and what each choice would do.")
	return nil
}

// choose waits until a choice may be made, makes it, and returns the frame in
// which it was offered.
func (t *tour) choose(ctx context.Context, key, word string) (picture.Frame, error) {
	offered, err := t.see(ctx, "the choice "+word, ` `+key+` `+word+` `)
	if err != nil {
		return offered, err
	}
	t.linger(ctx, t.stay)
	if err := t.press(key); err != nil {
		return offered, err
	}
	return offered, t.confirm(ctx)
}

// confirm answers yes where rota asks once more.
func (t *tour) confirm(ctx context.Context) error {
	if _, err := t.see(ctx, "the last question", `y yes`); err != nil {
		return err
	}
	t.linger(ctx, t.stay/3)
	return t.press("y")
}

// press presses a key, or several.
func (t *tour) press(keys string) error {
	if t.camera != nil {
		t.camera.pressed(keys)
	}
	return t.terminal.press(keys)
}

// linger stays for a while.
func (t *tour) linger(ctx context.Context, while time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(while):
	}
}

func (t *tour) still(name string, f picture.Frame, title, description string) {
	t.pictures[name] = picture.Still(picture.Caption{Title: title, Description: description}, f)
}
