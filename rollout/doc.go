// Package rollout has the words of a run: Plan, Event, State, Question. It makes
// a plan of an inventory and of what was seen, folds events into the state, and
// keeps the journal; package engine walks the plan.
//
//	engine ──Event──▶ Journal (append, fsync, copies) ──▶ Operator.Observe ──▶ State.Apply ──▶ view
//	   ▲                                                                                       │
//	   └───────────────────────────── Answer ◀── Operator.Decide ◀────────── key, line or policy ──┘
//
// Making a plan and applying an event are pure: the same input gives the same
// result. Only the Journal writes, to a file and to the Store that it is handed.
// The package knows operators, hosts and the store only by the small interfaces
// that it owns, prints nothing and reads no flag or environment variable.
package rollout
