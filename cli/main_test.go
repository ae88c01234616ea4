package cli_test

import (
	"flag"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"rota/cli"
	"rota/demo"
)

// update writes what the program printed into the scripts.
var update = flag.Bool("update", false, "write the golden files of the scripts")

func TestMain(m *testing.M) {
	demo.Main() // the demo starts this binary again for its own processes
	testscript.Main(m, map[string]func(){
		"rota": func() { os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

// TestScripts runs the whole program as a user would, one script a story.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script", UpdateScripts: *update,
		Setup: func(env *testscript.Env) error {
			env.Setenv("XDG_STATE_HOME", env.WorkDir+"/state")
			env.Setenv("TERM", "dumb")
			return nil
		},
	})
}
