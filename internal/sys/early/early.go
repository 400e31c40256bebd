// Package early has a program that imports it start the command of its command line before the Go runtime starts: what stands behind
// "--" is made a process, with its namespaces, while Go gets ready to supervise it. It is for the command line of codex-dnsvisor, whose
// arguments are read in C for that (internal/sys/early.c).
//
// # Limitations
//
// A program whose command line means something else by "--" must not import it.
package early

import "C"
