// Package verify proves that an audit log is whole: that its lines are those that package audit wrote, all of them, each once and
// in their order.
//
// A [Verifier] reads files one after the other, in any order. Of each session it puts the pieces that it has found in the
// files together by their numbers, and [Verifier.Report] says what is missing, changed, moved or too much, with file and line.
//
// # What it can tell
//
// A line that was changed, removed, added, moved or taken from another session breaks a chain: that is [Damaged]. A session
// that lacks its last line, or its first ones, is [Unfinished]: its run was killed or goes on, and rotation has removed its first files;
// or somebody has cut it there. A session tells itself what rotation has removed of it, but not what that of another session has.
// A [Seal] tells a cut end: the last line that it knows of a session must be there, as it was.
//
// Half a line, which a full disk or a kill leaves behind, is none of the log's, and told as a note; so is a line of somebody else.
// A line that looks like one of ours and is in no chain is damage.
//
// # Limitations
//
//   - Who can write the log can write all of it anew, and the chain with it. A seal that was made before tells.
//   - A whole session that has been removed leaves no trace, unless it was sealed; one that was made up looks as any other.
//   - In one file, the lines of a session must be in their order: files that were put together must have been so in theirs.
package verify
