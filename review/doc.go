// Package review reads audit logs back: what [audit.Log] wrote, and what Codex's own export has of its network proxy.
//
// [Sources] finds the files, [Open] reads them, and [Reader.Events] gives one event after the other, in the order of the
// files and lines. Memory does not grow with the input. Lines are decoded on all cores.
//
// # What is read
//
// A line that is one flat object as [audit] documents it; of the keys that are not known here nothing is said. An event of
// Codex's (codex.network_proxy.policy_decision) as such an object, as the "fields" of a line of Rust's tracing, or among the
// attributes of log records in OTLP/JSON, of which a line may have many (the collector's file exporter, an HTTP body).
// Files may be compressed by gzip or zstd, which is told by their first bytes and not by their name.
//
// # What is not
//
// A line that is none of these is a [Problem]: it is counted, and the first few are kept with file and line. One longer
// than [MaxLine] is skipped without being held. No line ends the reading, and neither does a file that cannot be
// read, which [Reader.Err] tells.
//
// # Hostile input
//
// Who is being watched chose much of what stands in a log, and who wrote the file may have been somebody else
// altogether. Strings of an [Event] are what the line's JSON has: print them by [audit.Show], never as they are.
//
// # Limitations
//
//   - Whether the log is whole is not looked at: audit verify is for that.
//   - Events are in the order of the lines, which is not always that of their times.
//   - A zstd frame that wants a window of more than 32 MiB (zstd --long=26 and up) is not read.
package review
