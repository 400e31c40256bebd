// Package emulate carries out one caught call: it decodes the arguments, reads the target's memory once, takes the
// socket, acts or refuses, and delivers the result.
//
// A question that a target sends by sendto, sendmsg or sendmmsg never leaves it: its bytes go to the Handler, the
// response is written to the target's socket from the address that was asked, and the call returns the byte count.
// Whatever this package does not model (control messages, MSG_MORE, a corked socket) is sent on the target's behalf
// from the copied bytes, and the stub on the wall answers it.
//
// # Limitations
//
// It does not decide: the Handler does. It relies on the wall: a call that is let run (Continue) may find other
// bytes in the target's memory than were looked at, and must find a namespace that reaches nobody. A look at an
// AF_UNIX path is a look, and a program that races it can win.
package emulate
