// Package conditions has what a machine can be like beside its kernel, as rows of the kernel matrix: what is set, and what a user sees
// of it: that codex-dnsvisor works, or which error it gives.
//
// # Limitations
//
// Rows change the whole machine. Their test, with the build tag guest, runs in a guest of the matrix and nowhere else.
package conditions
