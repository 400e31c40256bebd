package main

import (
	"os"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

// mask takes away what the environment says of the kernel's features, for tests of what is done without them.
func mask(subcommand string) error {
	err := sys.Mask(os.Getenv(sys.MaskVariable))
	if err != nil && subcommand != "run" {
		return &statusError{exitUsage, err}
	}
	return err
}
