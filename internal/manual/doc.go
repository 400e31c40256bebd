// Package manual writes a program's manual page and its completions for shells from kong's model of its command line, so that they say what --help says.
//
// # Limitations
//
// It knows what codex-dnsvisor has: long flags with at most one short one, subcommands, one of them the default, and a command of somebody
// else's behind "--", which shells complete as they complete commands elsewhere. Words that complete come from enum and, where a value
// may be something else too, from the tag words; a value whose placeholder says so is a file's name.
package manual
