// Rota deploys to your own servers, batch by batch, without losing a request.
package main

import (
	"os"

	"rota/cli"
	"rota/demo"
)

func main() {
	demo.Main() // a process of the demo ends here
	os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
