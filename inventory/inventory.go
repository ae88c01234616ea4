// Package inventory holds what the user wrote: the servers of one application,
// the load balancers in front of them, and how it is deployed.
//
// Load reads one YAML file and checks all of it, so that a value of this
// package can be relied on. It resolves no name and touches no machine. Every
// problem is found at once and knows its place in the file.
package inventory

import (
	"slices"
	"time"
)

// Inventory is one application. It is not changed after Load.
type Inventory struct {
	File        string // as it was named to Load
	App         string
	Environment string
	Protected   bool
	SSH         SSH
	Servers     []Server // in the order of the file, brace ranges expanded: the rollout order
	Balancers   []Balancer
	Deploy      Deploy
	Jobs        []Job
	Health      Health
	Probe       *Probe
	Rollout     Rollout
	Hooks       Hooks
	Lock        string // the lock's name: as given, else App, with "-"+Environment where there is one
	Record      string // "" for the default place

	batches   []Size   // as they are given, see SetStrategy
	blueGreen []string // as they are given
}

// SSH is what the hosts below have in common.
type SSH struct {
	User           string
	Config         string // path of an ssh_config file; "" for the user's own; ~ is not expanded yet
	ConnectTimeout time.Duration
	SudoPassword   string // "never", "ask" or "env:NAME"
}

// Var is one environment variable or header, in the order of the file.
type Var struct{ Name, Value string }

// Hooks are commands that run here.
type Hooks struct{ Before, AfterBatch, After, OnFailure string }

// Server returns the server with a name, or nil. It points into the inventory.
func (inv *Inventory) Server(name string) *Server {
	for i := range inv.Servers {
		if inv.Servers[i].Name == name {
			return &inv.Servers[i]
		}
	}
	return nil
}

// Least returns how many servers must stay in rotation in a pool in which so
// many are meant to be.
func (inv *Inventory) Least(meant int) int { return inv.Rollout.Least(meant) }

// groups returns the groups, in the order in which servers name them.
func (inv *Inventory) groups() []string {
	var all []string
	for _, s := range inv.Servers {
		for _, g := range s.Groups {
			if !slices.Contains(all, g) {
				all = append(all, g)
			}
		}
	}
	return all
}

// names returns the servers and then the groups.
func (inv *Inventory) names() []string {
	var all []string
	for _, s := range inv.Servers {
		all = append(all, s.Name)
	}
	return append(all, inv.groups()...)
}

// Name is the application with its environment: "shop", "shop-production". It
// names the lock, unless another is given, and the records.
func (inv *Inventory) Name() string {
	if inv.Environment == "" {
		return inv.App
	}
	return inv.App + "-" + inv.Environment
}
