package rollout

import (
	"context"

	"rota/record"
)

// Store keeps what several operators must agree on, on the balancers' hosts.
// record.Set is one; its methods may be called concurrently.
type Store interface {
	// Lock takes the lock on all hosts or on none. A lock whose holder is gone
	// (no heartbeat for two minutes, or its process on this machine is dead) is
	// taken over. A *record.HeldError says that somebody else holds it.
	Lock(ctx context.Context, l record.Lock) error
	// Beat renews the lock; record.ErrLost says that it is no more ours.
	Beat(ctx context.Context, token string) error
	// Holder returns who holds the lock, or nil.
	Holder(ctx context.Context) (*record.Held, error)
	// Unlock gives the lock back; one that is not ours is left alone.
	Unlock(ctx context.Context, token string) error

	// Append makes data the bytes from offset on of a run's journal on every
	// host; what stood there is cut first, so that asking twice is asking once.
	Append(ctx context.Context, run string, offset int64, data []byte) error
	// Runs lists the runs that any host knows, the newest first.
	Runs(ctx context.Context) ([]record.Run, error)
	// Journal returns the longest copy of a run's journal.
	Journal(ctx context.Context, run string) ([]byte, error)

	// Holds lists the servers that are held out of rotation.
	Holds(ctx context.Context) ([]record.Hold, error)
	// Hold keeps a server out; Release ends that.
	Hold(ctx context.Context, h record.Hold) error
	Release(ctx context.Context, server string) error

	// Versions tells what rota itself deployed last on each server; Deployed notes it.
	Versions(ctx context.Context) (map[string]string, error)
	Deployed(ctx context.Context, server, version string) error
}
