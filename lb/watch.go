package lb

import (
	"context"
	"time"
)

// Named is a balancer with the name that the inventory gives it.
type Named struct {
	Name     string
	Balancer Balancer
}

// Snapshot is what all balancers said at one time.
type Snapshot struct {
	At        time.Time
	Balancers []View
}

// View is what one balancer said.
type View struct {
	Name    string
	Info    Info
	Err     error // why it could not be asked; Servers is then empty
	At      time.Time
	Servers []Server
}

// Look asks all balancers side by side. A balancer that does not answer before
// ctx ends has an Err of its own; texts from outside are made harmless.
func Look(ctx context.Context, balancers []Named) Snapshot { panic("to be written") }

// Watch calls see with a snapshot at once and then every interval, until ctx
// ends. It calls see from one goroutine, its caller's.
func Watch(ctx context.Context, balancers []Named, interval time.Duration, see func(Snapshot)) {
	panic("to be written")
}
