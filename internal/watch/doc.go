// Package watch notices that files have changed, in whatever way they are changed: written in place, renamed over, deleted
// and made again, by a symbolic link anywhere on the way to them that is switched, or by a first appearance.
//
// Events of inotify(7) only say when to look. It is the content of the files that says whether something has changed, and a
// look every [Slow] finds what no event tells of: on network and FUSE file systems, where a directory far above a
// file is swapped, or where the kernel's limits leave no watch.
//
// # Half-written files
//
// A file renamed into its place is whole. One that is written in place may be read when it is half there, and may
// make sense. It is therefore left alone while anybody has it open for writing, for as long as 2 s after the last write, which
// a read lease tells (fcntl(2), F_SETLEASE). Where a lease is not to be had (the file is another user's, or the file
// system knows none), it has to be 200 ms old. What is deleted is missing once it has been for a second. And what was
// loaded counts only where the content was the same before and after.
//
// # Limitations
//
// Who writes half of a file, closes it, and writes the rest later, may see the half loaded in between. Files below /proc,
// which are descriptors, are not followed.
package watch
