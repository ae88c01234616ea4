// Rota deploys to your own servers, batch by batch, without losing a request.
package main

import (
	"os"

	"rota/cli"
)

func main() {
	os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
