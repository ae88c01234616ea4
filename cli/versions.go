package cli

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"time"
)

const versionsLimit = 10 * time.Second

// versions lists what could be deployed, by the inventory's command, which runs
// here beside the inventory.
func (s *session) versions(ctx context.Context) ([]string, error) {
	if s.inv.Deploy.Versions == "" {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, versionsLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", s.inv.Deploy.Versions)
	cmd.Dir = s.folder()
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("deploy.versions: %w", err)
	}
	return strings.Fields(string(out)), nil
}
