// Package resolve answers DNS questions: from static records, from its cache, and from upstream resolvers that it asks
// with questions of its own. It parses what clients send, builds what they get, and hides the DNS library.
//
// A client's message is never forwarded. What upstreams answer is taken apart link by link: each name of a CNAME chain
// is looked up, cached and put to the caller's [Chain] on its own, so that static records and denials hold anywhere
// in it.
//
// # Limitations
//
// Upstreams are asked for A, AAAA and CNAME; other types of a name have data only in static records. Upstreams speak
// plain UDP or TCP: whoever can read and forge packets between them and this machine can answer for them.
// Signatures are neither checked nor passed on.
package resolve
