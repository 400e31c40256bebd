// Package sys is the only place with raw system calls, unsafe and C: the launch of a command, seccomp
// notifications, another process's memory and descriptors, and socket calls on byte-exact addresses.
//
// # Limitations
//
// Linux 5.10 or newer with cgo and glibc: a C constructor runs before the Go runtime, in every program that
// links this package. Nothing here decides anything; callers bound sizes before they ask for memory.
package sys
