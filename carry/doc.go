// Package carry carries TCP connections from the loopback of an isolated namespace to services outside it: what a forward
// is, which proxies of the environment ask for one, and the connections themselves.
//
// # Limitations
//
//   - A connection is accepted before its target is connected: one whose target refuses is reset, not refused.
//   - Urgent data (MSG_OOB), and the ancillary data of a unix target, are lost.
//   - Who connects from a port that was given away again in the meantime cannot be told from who had it.
package carry
