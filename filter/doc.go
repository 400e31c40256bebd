// Package filter says which system calls of a target are caught and which are refused, and compiles that to a classic
// BPF program for seccomp(2). libseccomp compiles; loading is the caller's.
//
// # Limitations
//
// The ABIs of amd64 (x86-64; i386 and x32 are refused the network) and of arm64 (AArch64; AArch32 likewise). A call of
// any other architecture kills the process. BPF sees registers only: what pointers point at is the supervisor's to read.
package filter
