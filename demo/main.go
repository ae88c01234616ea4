package demo

import (
	"fmt"
	"os"
)

// roleVariable names what a process of the demo has to be.
const roleVariable = "ROTA_DEMO_APP"

// Main must be called first thing by a program that calls Start. Where this
// process was started as one of the demo's own, it does that work and does not
// return; else it returns at once.
func Main() {
	var err error
	switch role := os.Getenv(roleVariable); role {
	case "":
		return
	case "shop":
		err = serveShop()
	case "keeper":
		err = keep(os.Stdin, os.Args[1:])
	default:
		err = fmt.Errorf("%s: %q is unknown", roleVariable, role)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
	os.Exit(0)
}
