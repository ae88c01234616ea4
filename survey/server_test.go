package survey_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rota/health"
	"rota/inventory"
	"rota/survey"
)

func TestVersion(t *testing.T) {
	t.Setenv("ROTA_VERSION", "of somebody else")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, "1.0.2\n(%s)\n", r.URL.Path)
	}))
	defer server.Close()
	for _, row := range []struct {
		name string
		how  inventory.VersionCheck
		want string
		fail string // part of the error
	}{
		{"a line", inventory.VersionCheck{Run: "echo 1.0.2"}, "1.0.2", ""},
		{"lines become one", inventory.VersionCheck{Run: "echo; echo 1.0.2; echo '  beta '"}, "1.0.2 beta", ""},
		{"what goes to the standard error is no version", inventory.VersionCheck{Run: "echo careful >&2; echo 1.0.2"}, "1.0.2", ""},
		{"nothing moves the cursor", inventory.VersionCheck{Run: `printf '1.0.2\033[2J\r\n'`}, "1.0.2[2J", ""},
		{"the variables are there", inventory.VersionCheck{Run: `echo "$ROTA_SERVER $ROTA_PORT $A $B"`}, "it's 80 server more", ""},
		{"those without a value fail", inventory.VersionCheck{Run: `echo "$ROTA_VERSION"`}, "", "ROTA_VERSION"},
		{"a command may end the shell", inventory.VersionCheck{Run: "echo 1.0.2; exit 0"}, "1.0.2", ""},
		{"a failure says why", inventory.VersionCheck{Run: "echo no such file >&2; false; echo 1.0.2"}, "", "exit status 1: no such file"},
		{"silence is none", inventory.VersionCheck{Run: "true"}, "", "nothing is told"},
		{"over HTTP", inventory.VersionCheck{HTTP: server.URL + "/${ROTA_APP}"}, "1.0.2 (/shop)", ""},
		{"a name without a value", inventory.VersionCheck{HTTP: server.URL + "/${ROTA_VERSION}"}, "", "${ROTA_VERSION} has no value"},
		{"not given", inventory.VersionCheck{}, "", "deploy.version is not given"},
	} {
		t.Run(row.name, func(t *testing.T) {
			inv := shop()
			inv.Deploy.Version = row.how
			inv.Deploy.Env = []inventory.Var{{Name: "A", Value: "all"}, {Name: "B", Value: "all"}}
			server := inventory.Server{Name: "it's", SSH: "web1", Address: "web1:80", Env: []inventory.Var{{Name: "A", Value: "server"}, {Name: "B", Value: "server"}}}
			got, err := survey.Version(t.Context(), inv, server, &host{}, inventory.Var{Name: "B", Value: "more"})
			if got != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
			if (err != nil) != (row.fail != "") || err != nil && !strings.Contains(err.Error(), row.fail) {
				t.Errorf("got %v, want %q", err, row.fail)
			}
		})
	}
	if _, err := survey.Version(t.Context(), shop(), inventory.Server{}, &host{err: errors.New("no route to host")}); err == nil || err.Error() != "no route to host" {
		t.Errorf("got %v", err)
	}
}

func TestHealth(t *testing.T) {
	inv, server := shop(), shop().Servers[0]
	inv.Health = inventory.Health{
		HTTP: "http://${ROTA_ADDRESS}/${ROTA_VERSION}", Headers: []inventory.Var{{Name: "Host", Value: "shop"}},
		Expect: []inventory.StatusRange{{From: 200, To: 299}}, Body: "ok", Insecure: true, Passes: 2, Interval: 1, Timeout: 3,
	}
	got, err := survey.Health(inv, server, inventory.Var{Name: "ROTA_VERSION", Value: "1.0.2"})
	want := health.Check{
		HTTP: "http://web1:80/1.0.2", Headers: [][2]string{{"Host", "shop"}},
		Expect: []health.Range{{From: 200, To: 299}}, Body: "ok", Insecure: true, Passes: 2, Interval: 1, Timeout: 3,
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if _, err := survey.Health(inv, server); err == nil || !strings.Contains(err.Error(), "health: ${ROTA_VERSION} has no value") {
		t.Errorf("got %v", err)
	}

	inv.Health = inventory.Health{Run: `test "$ROTA_SERVER" = web1; echo "$ROTA_VERSION"`}
	check, err := survey.Health(inv, server)
	if err != nil {
		t.Fatal(err)
	}
	if r := check.Once(t.Context(), &host{}, &host{}); r.OK || !strings.Contains(r.Text, "ROTA_VERSION") {
		t.Errorf("a variable without a value: %+v", r)
	}
	inv.Health.Run = `test "$ROTA_SERVER" = web1`
	if check, err = survey.Health(inv, server); err != nil {
		t.Fatal(err)
	}
	if r := check.Once(t.Context(), &host{}, &host{}); !r.OK {
		t.Errorf("%+v", r)
	}
}
