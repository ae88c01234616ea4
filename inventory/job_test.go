package inventory

import (
	"strings"
	"testing"
)

func TestAJobThatIsNotThereIsAnErrorWithThoseThatAre(t *testing.T) {
	for _, tt := range []struct{ name, jobs, ask, want string }{
		{"there", "patch renew", "renew", ""},
		{"mistyped", "patch renew", "ptach", "no job is called \"ptach\"\ndid you mean \"patch\"?"},
		{"another", "patch renew", "reboot", "no job is called \"reboot\"\nthere are \"patch\" and \"renew\""},
		{"none at all", "", "patch", "no job is called \"patch\": the inventory has none\njobs: {patch: {steps: [{run: COMMAND}]}} adds it"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inv := &Inventory{}
			for name := range strings.FieldsSeq(tt.jobs) {
				inv.Jobs = append(inv.Jobs, Job{Name: name})
			}
			job, err := inv.Job(tt.ask)
			switch {
			case err == nil && (tt.want != "" || job.Name != tt.ask):
				t.Errorf("%+v", job)
			case err != nil && err.Error() != tt.want:
				t.Errorf("%q, want %q", err, tt.want)
			}
		})
	}
}
