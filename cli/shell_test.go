package cli

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestHostFacts(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_700_000_000, 0)
	tests := []struct {
		name, out string
		want      []string
	}{
		{"Linux", "1700000001\n0.10 0.20 0.30 1/234 5678\nLinux 6.1.0\n", []string{"its clock: as here, to a second or two", "its load: 0.10 0.20 0.30", "its system: Linux 6.1.0"}},
		{"another", "1699999940\n 3:04 up 2 days, load averages: 1.10 1.20 1.30\nFreeBSD 14.1\n", []string{"its clock: 1m0s behind here", "its load: 1.10 1.20 1.30", "its system: FreeBSD 14.1"}},
		{"nothing", "", nil},
		{"harmful", "x\n\x1b[2J a b c\n\x1b]0;t\aL\n", []string{"its load: a b c", "its system: L"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, hostFacts(tt.out, now)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
