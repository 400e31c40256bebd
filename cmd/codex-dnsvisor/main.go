// Codex-dnsvisor runs a command whose every DNS question is answered by policy, and which reaches no network.
package main

import (
	"os"

	_ "github.com/codex-dnsvisor/codex-dnsvisor/internal/sys/early" // the command starts while Go does
)

func main() { os.Exit(Run(os.Args[1:], os.Stdout, os.Stderr)) } //nolint:forbidigo // the one exit
