package cli

import (
	"context"
	"path/filepath"

	"rota/rollout"
	"rota/script"
)

// script prints a plan as a script that a person could run by hand.
func (s *session) script(ctx context.Context, plan rollout.Plan) error {
	folder, err := filepath.Abs(s.folder())
	if err != nil {
		return failed(err)
	}
	return world(script.Write(ctx, s.out, script.Source{
		Inventory: s.inv, Plan: plan, Balancers: s.fleet.Balancers, Folder: folder,
	}))
}
