package main

import "context"

// groups goes through a blue-green deploy up to its switch.
func (t *tour) groups(ctx context.Context) error {
	if err := t.sides(ctx); err != nil {
		return err
	}
	ready, err := t.see(ctx, "the question before the switch", `switch all traffic(?s:.)* C continue `)
	if err != nil {
		return err
	}
	t.still("groups.svg", ready, "Blue and green, before the switch",
		"On the left the group that has all the traffic, on the right the one that was deployed to and is proved healthy. Below them rota asks whether to "+
			"move all traffic, and tells what each choice would do.")
	return nil
}

// versions goes through a canary deploy up to its second rung.
func (t *tour) versions(ctx context.Context) error {
	if err := t.sides(ctx); err != nil {
		return err
	}
	climbing, err := t.see(ctx, "the second rung, with enough requests to judge", `▸ 50% for [3-9]s(?s:.)*not worse(?s:.)*enough`)
	if err != nil {
		return err
	}
	t.still("versions.svg", climbing, "A canary that climbs",
		"One server runs the new version and gets half of its share of the traffic. The new version stands beside the old one: errors, requests and time "+
			"to answer by the balancer's own counters, with the limits, and the rungs that are done and to come.")
	return nil
}

// sides begins the deploy that the demo opens with, and looks at both sides.
func (t *tour) sides(ctx context.Context) error {
	if _, err := t.choose(ctx, "C", "continue"); err != nil {
		return err
	}
	if _, err := t.see(ctx, "the run", `RUNNING`); err != nil {
		return err
	}
	return t.press("6")
}
