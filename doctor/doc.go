// Package doctor says what this machine has of what a run needs, and what to do about the rest.
//
// Checks are data: a table of features, since when Linux has them, and a probe with three outcomes. The last word has
// a real launch, up to an exec that is caught and refused: it goes every way that a run goes and runs no program.
//
// # Limitations
//
// What it says holds for the process that asks: another user, another container or another seccomp filter around it
// may have less. The launch cannot be cut short before its first processes stand, so an outer supervisor that
// leaves a call without an answer makes Examine wait for it. No upstream is asked whether it answers.
package doctor
