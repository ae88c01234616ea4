package record_test

import (
	"rota/record"
	"rota/rollout"
)

// A Set is the store that the engine uses.
var _ rollout.Store = (*record.Set)(nil)
