// Package supervisor is one run: it starts the command behind the wall, receives its notifications, answers its
// questions by policy, passes signals on, and ends when the tree has ended.
//
// # Embedding
//
// [Run] with a [Config] is what a Go program calls to run a command by a policy, and the way in to everything else: policy makes the rules, resolve the
// answers, audit the log. The command line of codex-dnsvisor is such a program. What these four packages export may still change before version 1; the
// other packages of this module are its own, wherever they are, and change without notice.
//
// A process runs one command. Run confines its whole process for good before the command starts: no program is executed and no file made by it afterwards, by
// nobody in it, and it handles signals until the command has ended. It lets go of standard input and output, and of every descriptor that the process was
// started with, which are the command's; it says what there is to say on Config.Stderr. A program that does anything else starts one of its own for each run.
// It is built with cgo, as internal/sys starts the command by C that runs before Go does.
//
// # Limitations
//
// The wall contains internet sockets. What AF_UNIX sockets by path reach, and what files the user may write, is as
// it is without us; SECURITY.md has the list.
package supervisor
