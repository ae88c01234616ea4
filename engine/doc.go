// Package engine carries plans out: it takes servers out of every balancer,
// waits until they are drained, runs their steps, sees them healthy, has the
// balancers check them afresh, and puts them back, batch by batch, asking an
// operator where a decision is a person's.
//
// One run is one value of run, walked by one goroutine; servers of a batch are
// worked on side by side by goroutines that the walk waits for. Beside it run
// the watcher, which asks the balancers again and again and takes a server out
// again that somebody else put back, and the lease's heartbeat.
//
// Whatever happens, these hold: the begin of a step is in the journal before
// the deed; no server that was touched goes back without a passed check; no
// pool falls below its floor by our hand; what could not be finished stays out
// and the last words say so.
package engine
