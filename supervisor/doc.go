// Package supervisor is one run: it starts the command behind the wall, receives its notifications, answers its
// questions by policy, passes signals on, and ends when the tree has ended.
//
// # Limitations
//
// The wall contains internet sockets. What AF_UNIX sockets by path reach, and what files the user may write, is as
// it is without us; SECURITY.md has the list.
package supervisor
