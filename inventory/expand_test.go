package inventory

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestExpandPutsValuesInTheirPlaces(t *testing.T) {
	values := map[string]string{"ROTA_VERSION": "1.2", "ROTA_SERVER": "web1", "ROTA_BATCH": "", "ROTA_APP": "${ROTA_SERVER}"}
	value := func(name string) (string, bool) { v, ok := values[name]; return v, ok }
	for text, want := range map[string]string{
		"":                                "",
		"plain":                           "plain",
		"a-${ROTA_VERSION}.tgz":           "a-1.2.tgz",
		"${ROTA_SERVER}${ROTA_SERVER}":    "web1web1",
		"日${ROTA_SERVER}本":                "日web1本",
		"$ROTA_SERVER $ $$ {ROTA_SERVER}": "$ROTA_SERVER $ $$ {ROTA_SERVER}",
		"$${ROTA_SERVER}":                 "$web1",
		"[${ROTA_BATCH}]":                 "[]",
		"${ROTA_APP}":                     "${ROTA_SERVER}", // a value is not expanded again
	} {
		if got, err := Expand(text, value); err != nil || got != want {
			t.Errorf("%q: got %q, %v; want %q", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"${ROTA_PREVIOUS}":              "${ROTA_PREVIOUS} has no value",
		"${HOME}":                       "unknown name ${HOME}",
		"${rota_app}":                   "unknown name ${rota_app}",
		"${}":                           "${} without a name",
		"${ROTA_VERSION}${ROTA_VERSION": `"${" without "}"`,
	} {
		if got, err := Expand(text, value); err == nil || got != "" || err.Error() != want {
			t.Errorf("%q: got %q, %v; want %s", text, got, err, want)
		}
	}
}

func TestVarsAreWhatTheInventoryAloneKnows(t *testing.T) {
	inv := &Inventory{App: "shop", Environment: "prod"}
	for name, row := range map[string]struct {
		server Server
		want   []Var
	}{
		"all of them": {
			Server{Name: "web1", SSH: "me@web1.example.com:22", Address: "[::1]:8080", Groups: []string{"blue", "eu"}},
			[]Var{{"ROTA_APP", "shop"}, {"ROTA_ENV", "prod"}, {"ROTA_SERVER", "web1"}, {"ROTA_HOST", "web1.example.com"}, {"ROTA_ADDRESS", "[::1]:8080"}, {"ROTA_PORT", "8080"}, {"ROTA_GROUP", "blue,eu"}},
		},
		"what has no value is left out": {
			Server{Name: "job", SSH: "job"},
			[]Var{{"ROTA_APP", "shop"}, {"ROTA_ENV", "prod"}, {"ROTA_SERVER", "job"}, {"ROTA_HOST", "job"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := inv.Vars(row.server)
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			for _, v := range got {
				if !slices.Contains(Names(), v.Name) {
					t.Errorf("%s is none of Names", v.Name)
				}
			}
		})
	}
}
