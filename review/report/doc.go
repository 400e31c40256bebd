// Package report makes of the events of audit logs one page of HTML for looking rather than reading: a file that is whole in
// itself, needs no network and is kept from it by its own Content-Security-Policy.
//
// What events say is in the page as JSON in a block that no browser executes, with every character that could end it escaped.
// The page's own script, which its policy knows by its digest, puts it into the document as text and in no other way; Trusted
// Types are on, so that there is no other way. What does not print is written as its escape (see [audit.Show]).
//
// # Limitations
//
//   - The page holds at most [MaxEvents] events, and [MaxText] bytes of text: the denied ones are kept first, then the newest.
//     All events are counted, in the page's totals and its time line.
//   - Texts are cut at [MaxString] bytes.
//   - Processes are told apart by session, id, executable and arguments, and linked to their parents by id: where ids were used
//     again within one session, a process may be shown below another of its parent's id.
package report
