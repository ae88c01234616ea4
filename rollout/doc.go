// Package rollout is the engine: it makes a Plan of an inventory, walks it,
// keeps the journal, and asks an Operator where a decision is a person's.
//
//	Runner ──Event──▶ Journal (append, fsync) ──▶ Operator.Observe ──▶ State.Apply ──▶ View
//	   ▲                                                                                 │
//	   └───────────────────────────── Answer ◀── Operator.Decide ◀──────── key ──────────┘
//
// It knows balancers, hosts and the store only by the small interfaces that it
// owns, prints nothing and reads no flag or environment variable.
package rollout
