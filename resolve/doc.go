// Package resolve answers DNS questions: from static records, from its cache, and from upstream resolvers that it asks
// with questions of its own. It parses what clients send, builds what they get, and hides the DNS library.
//
// A client's message is never forwarded. What upstreams answer is taken apart link by link: each name of a CNAME chain
// is looked up, cached and put to the caller's [Chain] on its own, so that static records and denials hold anywhere
// in it.
//
// # Limitations
//
// Upstreams are asked for the types of [Config] alone; others of a name have data only in static records. Whoever can
// read and forge packets between this machine and an upstream that is asked by plain UDP or TCP can answer for it. The name of a tls or
// https upstream without an address is looked up by the system's resolver, which can keep it from being found, but not take its place.
// Signatures are passed on to who asks for them, and not checked.
package resolve
